"""Memory of a process that hears one clip: before, with the model, after unloading; as JSON on standard output."""

from __future__ import annotations

import asyncio
import json
import os
import sys

import bot.bootstrap  # noqa: F401 - what the service has in memory before it hears anything
from benchmarks.service import rss_mb
from nlp.speech.models import find
from nlp.speech.whisper import WhisperTranscriber
from tests.nlp.corpus import CORPUS


async def main() -> int:
    """Print the figures. Returns 1, and prints nothing, where no model has been pulled."""
    folder = find()
    if folder is None:
        return 1
    hearing, figures = WhisperTranscriber(folder), {"before_mb": rss_mb(os.getpid())}
    await hearing.transcribe((CORPUS / "voice-dev" / "d005.amr").read_bytes(), hints=("力凯科技", "黄佳伟"))
    figures["loaded_mb"] = rss_mb(os.getpid())
    hearing.unload()
    figures["unloaded_mb"] = rss_mb(os.getpid())
    print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
