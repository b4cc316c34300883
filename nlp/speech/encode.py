"""Samples to AMR-NB as WeCom delivers voice: 8 kHz, 12.2 kbit/s, frames of 20 ms.

For the sandbox, whose browser records WebM or WAV, and for tests. The encoder is OpenCORE's, inside PyAV's wheel.
"""

from __future__ import annotations

import io
from collections.abc import Iterator

import av
import numpy as np

from nlp.speech.decode import RATE, Samples, decode, detect

_AMR_RATE = 8_000
_BIT_RATE = 12_200
_FRAME = 160


def to_amr(data: bytes) -> bytes:
    """Turn any readable recording into AMR-NB; AMR-NB is returned as it is. Raises `SpeechUnreadable`."""
    return data if detect(data) == "amr-nb" else encode_amr(decode(data))


def encode_amr(samples: Samples, *, dtx: bool = False) -> bytes:
    """Encode samples at 16 kHz as an AMR-NB file. With `dtx`, silence becomes silence frames, as phones send it."""
    out = io.BytesIO()
    with av.open(out, mode="w", format="amr") as container:
        stream = container.add_stream("libopencore_amrnb", rate=_AMR_RATE, options={"dtx": "1"} if dtx else {})
        stream.layout = "mono"
        stream.bit_rate = _BIT_RATE
        for frame in _frames(samples):
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return out.getvalue()


def _frames(samples: Samples) -> Iterator[av.AudioFrame]:
    """Resample to 8 kHz and cut into frames, the last one filled up with silence."""
    low = _low_rate(samples)
    padded = np.pad(low, (0, -len(low) % _FRAME))
    for start in range(0, len(padded), _FRAME):
        frame = av.AudioFrame.from_ndarray(padded[None, start : start + _FRAME], format="s16", layout="mono")
        frame.sample_rate = _AMR_RATE
        frame.pts = start
        yield frame


def _low_rate(samples: Samples) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    pcm = (np.clip(samples, -1.0, 1.0) * 32767).astype(np.int16)
    whole = av.AudioFrame.from_ndarray(pcm[None, :], format="s16", layout="mono")
    whole.sample_rate = RATE
    resampler = av.AudioResampler(format="s16", layout="mono", rate=_AMR_RATE)
    pieces = [frame.to_ndarray()[0] for frame in (*resampler.resample(whole), *resampler.resample(None))]
    return np.concatenate(pieces) if pieces else np.zeros(0, np.int16)
