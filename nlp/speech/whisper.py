"""Whisper on this machine's processor: recordings in, Simplified Chinese out, nothing sent anywhere."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nlp.speech.decode import decode, duration_s
from nlp.speech.models import ModelUnavailable, default_root, find
from nlp.speech.passes import RememberedEncodings, recognise
from nlp.speech.resident import Resident
from nlp.speech.silence import voiced

#: Seconds of no use after which the model leaves memory.
IDLE_UNLOAD_S = 600.0
#: Recordings recognised at once: two workers with a thread each beat one worker with two threads by a third.
WORKERS = 2


class NothingHeardError(Exception):
    """Silence, noise, or words that the recogniser is known to make up."""


@dataclass(frozen=True, slots=True)
class Recognition:
    """What was heard. `text` is Simplified Chinese as heard, names written as the directory writes them where the
    sound allows it; `alternatives` are other readings, the unprompted one first. `seconds` is the recording's length,
    `took_s` the time it took including any loading of the model."""

    text: str
    engine: str
    model: str
    seconds: float
    took_s: float = 0.0
    alternatives: tuple[str, ...] = ()


class WhisperTranscriber:
    """Speech to text with a local model that is loaded at first use and leaves memory when idle."""

    def __init__(
        self,
        folder: Path | None = None,
        *,
        name: str = "base",
        idle_unload_s: float = IDLE_UNLOAD_S,
        workers: int = WORKERS,
    ) -> None:
        """`folder` is the model's own folder; without it, `name` is looked up where `waiqin models pull` puts it."""
        self._folder = folder
        self._name = name
        self._workers = workers
        self._model: Resident[Any] = Resident(self._load, _release, idle_s=idle_unload_s)
        self._threads = ThreadPoolExecutor(max_workers=workers, thread_name_prefix="speech")

    @property
    def is_loaded(self) -> bool:
        return self._model.is_loaded

    async def transcribe(self, audio: bytes, *, hints: Sequence[str] = ()) -> Recognition:
        """Transcribe a recording of any known format, at most 10 minutes and 20 MB.

        `hints` are names the person may say, likely ones first. Raises `SpeechUnreadable`, `NothingHeardError`, or
        `ModelUnavailable` when no model has been pulled. At most `workers` recordings are worked on at once.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._transcribe, audio, tuple(hints))

    def unload(self) -> bool:
        """Free the model's memory now. Returns `False`, and does nothing, while a recording is being worked on."""
        return self._model.let_go()

    def close(self) -> None:
        """Finish what is being worked on, drop what waits, and free everything."""
        self._threads.shutdown(cancel_futures=True)
        self._model.let_go()

    def _transcribe(self, audio: bytes, hints: Sequence[str]) -> Recognition:
        started = time.perf_counter()
        samples = decode(audio)
        speech = voiced(samples)
        if not len(speech):
            raise NothingHeardError("no voice in the recording")
        with self._model.use() as model:
            readings = recognise(model, speech, hints)
            model.encode.forget()
        if not readings:
            raise NothingHeardError("no words in the recording")
        return Recognition(
            text=readings[0],
            engine="faster-whisper",
            model=self._name,
            seconds=round(duration_s(samples), 2),
            took_s=round(time.perf_counter() - started, 3),
            alternatives=readings[1:],
        )

    def _load(self) -> Any:
        """Load the model from its folder; the hub is never asked."""
        folder = self._folder or find(name=self._name)
        if folder is None or not folder.is_dir():
            place = folder or default_root() / self._name
            raise ModelUnavailable(f"no model in {place}: run `waiqin models pull {self._name}`")
        from faster_whisper import WhisperModel

        model = WhisperModel(
            str(folder),
            device="cpu",
            compute_type="int8",
            cpu_threads=1,
            num_workers=self._workers,
            local_files_only=True,
        )
        model.encode = RememberedEncodings(model.encode)
        return model


def _release(model: Any) -> None:
    model.model.unload_model()
