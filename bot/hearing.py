"""Whisper behind the `Transcriber` port: finds the model, translates its errors into ours."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from handlers.errors import NothingHeard, PermanentError, Unreadable
from handlers.ports import Heard
from nlp.speech import models
from nlp.speech.decode import SpeechUnreadable
from nlp.speech.whisper import NothingHeardError, WhisperTranscriber


class WhisperHearing:
    """The real recogniser. The model is loaded with the first note and unloaded when idle."""

    def __init__(self, model_dir: Path | None) -> None:
        self._model_dir = model_dir
        self._whisper: WhisperTranscriber | None = None

    def _ready(self) -> WhisperTranscriber:
        if self._whisper is None:
            folder = models.find(self._model_dir)
            if folder is None:
                raise PermanentError("no speech model: run `waiqin models pull base`", code="no_model")
            self._whisper = WhisperTranscriber(folder)
        return self._whisper

    async def transcribe(self, audio: bytes, *, hints: Sequence[str] = ()) -> Heard:
        """Transcribe a recording; see `handlers.ports.Transcriber`."""
        try:
            heard = await self._ready().transcribe(audio, hints=hints)
        except NothingHeardError as error:
            raise NothingHeard(str(error)) from error
        except SpeechUnreadable as error:
            raise Unreadable(str(error)) from error
        return Heard(
            text=heard.text,
            engine=heard.engine,
            model=heard.model,
            seconds=heard.seconds,
            took_s=heard.took_s,
            alternatives=tuple(heard.alternatives),
        )
