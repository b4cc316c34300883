"""A `waiqin worker --queues transcribe` whose recogniser takes its time elsewhere: it waits, as for another machine.

Run by `benchmarks.many_processes`: `python -m benchmarks.waiting_worker SECONDS`.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence

from bot.engine import TRANSCRIBE
from bot.server import run
from bot.settings import Settings
from handlers.ports import Heard


class Elsewhere:
    """Hears the same words in every recording, after so many seconds."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    async def transcribe(self, audio: bytes, *, hints: Sequence[str] = ()) -> Heard:
        """Wait, and say a note."""
        await asyncio.sleep(self._seconds)
        return Heard(text="见了采购，合同在法务手里，下周三再去。", engine="none", model="none", seconds=15)


if __name__ == "__main__":
    sys.exit(run(Settings(), queues=(TRANSCRIBE,), listen=False, transcriber=Elsewhere(float(sys.argv[1]))))
