"""Fakes for the ports: what a test may put where the real thing is slow. One for each port that needs one."""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections.abc import Sequence

from handlers.errors import NothingHeard, Unreadable
from handlers.ports import Heard
from nlp.speech.decode import SpeechUnreadable, decode

AMR_MAGIC = b"#!AMR\n"
#: Header and payload of one 12.2 kbit/s frame of 20 ms (RFC 4867).
_FRAME_HEADER, _FRAME_BYTES, _FRAME_S = b"\x3c", 31, 0.02


def make_amr(seed: int, seconds: float = 1.0) -> bytes:
    """Return a well-formed AMR-NB file whose frames hold noise: every seed is another recording."""
    noise = random.Random(seed)
    frames = round(seconds / _FRAME_S)
    return AMR_MAGIC + b"".join(_FRAME_HEADER + noise.randbytes(_FRAME_BYTES) for _ in range(frames))


class FakeTranscriber:
    """Hears in a recording what the test said is in it. Of any other it hears nothing, if the real decoder opens it.

    `hold(amr)` makes the recording take until `let_go(amr)`, as a long one would.
    """

    def __init__(self) -> None:
        self.heard = 0
        self._words: dict[str, str | None] = {}
        self._held: dict[str, asyncio.Event] = {}

    def learn(self, amr: bytes, words: str | None) -> bytes:
        """Say what is in a recording (None: the file cannot be opened); return the recording."""
        self._words[_digest(amr)] = words
        return amr

    def hold(self, amr: bytes) -> bytes:
        """Keep the recogniser busy with this recording until it is let go; return the recording."""
        self._held[_digest(amr)] = asyncio.Event()
        return amr

    def let_go(self, amr: bytes) -> None:
        """Let the recogniser finish a held recording."""
        self._held[_digest(amr)].set()

    async def transcribe(self, audio: bytes, *, hints: Sequence[str] = ()) -> Heard:
        """Hear a recording; see `handlers.ports.Transcriber`."""
        self.heard += 1
        held = self._held.get(_digest(audio))
        if held is not None:
            await held.wait()
        words = self._words.get(_digest(audio), "")
        if words is None:
            raise Unreadable("broken recording")
        if not words:
            _open(audio)
            raise NothingHeard("silence")
        return Heard(text=words, engine="fake", model="fake", seconds=len(audio) / 1600)


def _open(audio: bytes) -> None:
    try:
        decode(audio)
    except SpeechUnreadable as error:
        raise Unreadable(str(error)) from error


def _digest(audio: bytes) -> str:
    return hashlib.sha256(audio).hexdigest()
