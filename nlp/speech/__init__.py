"""Speech to text: decoding any voice clip, Whisper with hints, the silence gate, and the model's files.

The model hub is never asked at run time. Its client reads the setting when it is imported, hence before anything else.
"""

import os

os.environ.setdefault("HF_HUB_OFFLINE", "1")
