"""Recordings on their way in and out of the page: browser audio → AMR as the client sends it, AMR → WAV to listen."""

from __future__ import annotations

import io
import wave
from collections.abc import Callable

import numpy as np

from bot.sandbox.media import AMR_MAGIC
from nlp.speech.decode import RATE, SpeechUnreadable, decode

#: Any recording → AMR-NB. Raises `SpeechUnreadable` on a broken one.
ToAmr = Callable[[bytes], bytes]


class RecordingRefused(Exception):
    """A recording that cannot be sent; `sentence` is for the person at the page."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def as_amr(data: bytes, to_amr: ToAmr) -> bytes:
    """Return the recording as AMR-NB, unchanged if it is. Raises `RecordingRefused`."""
    if data.startswith(AMR_MAGIC):
        return data
    try:
        return to_amr(data)
    except SpeechUnreadable as error:
        if error.why in ("empty", "too_short"):
            raise RecordingRefused("录音太短了，按住说完再松开。") from error
        raise RecordingRefused("这个录音打不开。请换 MP3、WAV、M4A、AMR 或 WebM 文件。") from error


def as_wav(data: bytes) -> bytes:
    """Return any recording as WAV, which every browser plays. Raises `RecordingRefused`."""
    try:
        samples = decode(data)
    except SpeechUnreadable as error:
        raise RecordingRefused("这个录音打不开。") from error
    out = io.BytesIO()
    with wave.open(out, "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(RATE)
        wav.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return out.getvalue()
