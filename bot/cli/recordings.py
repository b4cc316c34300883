"""The recogniser of `waiqin voice`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bot.cli.lines import LineError
from bot.cli.usage import UsageError
from nlp.speech import models
from nlp.speech.decode import SpeechUnreadable
from nlp.speech.whisper import NothingHeardError, WhisperTranscriber

#: From a recording and the names that may be said to its text, empty where nothing was said.
Recogniser = Callable[[bytes, Sequence[str]], str]

_WEIGHTS = "model.bin"


@contextmanager
def open_recogniser(folder: Path | None) -> Iterator[Recogniser]:
    """Open the model of `folder`, or the one on this machine. Raises `UsageError` where there is none."""
    transcriber = WhisperTranscriber(find_model(folder), workers=1)
    with asyncio.Runner() as runner:

        def recognise(audio: bytes, hints: Sequence[str]) -> str:
            try:
                return runner.run(transcriber.transcribe(audio, hints=hints)).text
            except NothingHeardError:
                return ""
            except SpeechUnreadable as error:
                raise LineError(f"录音打不开：{error}") from error

        try:
            yield recognise
        finally:
            transcriber.close()


def find_model(folder: Path | None) -> Path:
    """Return the folder of the model itself; `folder` may also be the one that holds `base`. Raises `UsageError`."""
    if folder is None:
        found = models.find()
        if found is None:
            raise UsageError("没有语音识别模型；先运行 waiqin models pull base，或用 --model 指明目录")
        return found
    for candidate in (folder, folder / "base"):
        if (candidate / _WEIGHTS).is_file():
            return candidate
    raise UsageError(f"{folder} 里没有语音识别模型（{_WEIGHTS}）")
