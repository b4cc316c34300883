"""Is anybody speaking? The voice detector that ships with faster-whisper (Silero, a local file), and what it keeps.

It takes about 2 ms per second of sound and gives zero for silence, hum, tones, clicks, white and pink noise.
"""

from __future__ import annotations

import numpy as np

from nlp.speech.decode import RATE, Samples

#: A chance of 0.5 and more in a window of 32 ms counts as voice.
_THRESHOLD = 0.5
#: A shorter voice is nobody speaking (a short 好的 has about 0.3 s).
_MIN_VOICE_MS = 200
#: Pauses longer than this are shortened: Whisper fills them with words.
_LONG_PAUSE_MS = 2_000
_PAD_MS = 400


def voiced(samples: Samples) -> Samples:
    """Return the stretches with voice, padded by 0.4 s, without long pauses; empty when nobody speaks."""
    from faster_whisper.vad import VadOptions, get_speech_timestamps

    options = VadOptions(
        threshold=_THRESHOLD,
        min_speech_duration_ms=_MIN_VOICE_MS,
        min_silence_duration_ms=_LONG_PAUSE_MS,
        speech_pad_ms=_PAD_MS,
    )
    stretches = get_speech_timestamps(samples, options, RATE)
    return np.concatenate([samples[:0], *(samples[stretch["start"] : stretch["end"]] for stretch in stretches)])
