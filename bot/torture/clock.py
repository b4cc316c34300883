"""One virtual time for the platform and for every server process, kept in a small file that all of them read.

The file holds `<instant> <monotonic seconds at that instant> <virtual seconds per second> <skew in seconds>`. The skew
is added by the servers only: a server whose clock is wrong. The monotonic clock is the machine's, the same in every
process.
"""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.sandbox import SandboxClock

#: The longest real time for which a change of the file goes unnoticed by a sleeper.
_NAP_S = 0.1


class ClockFile:
    """Writes the file whenever the platform's clock or the servers' skew changes."""

    def __init__(self, path: Path, clock: SandboxClock) -> None:
        self._path = path
        self._clock = clock
        self._skew_s = 0.0
        clock.on_change.append(self._write)
        self._write()

    def skew(self, seconds: float) -> None:
        """Put the servers' clocks wrong by so many virtual seconds; 0 puts them right."""
        self._skew_s = seconds
        self._write()

    def _write(self) -> None:
        unfinished = self._path.with_suffix(".tmp")
        line = f"{self._clock.now().isoformat()} {time.monotonic()!r} {self._clock.rate!r} {self._skew_s!r}"
        unfinished.write_text(line, encoding="ascii")
        unfinished.replace(self._path)


class SharedClock:
    """The clock of a server process: what the file says (a `bot.clock.WaitingClock`)."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def now(self) -> datetime:
        """Return the virtual time as this server believes it, aware, in UTC."""
        at, ticked, rate, skew_s = self._path.read_text(encoding="ascii").split()
        passed = (time.monotonic() - float(ticked)) * float(rate) + float(skew_s)
        return datetime.fromisoformat(at).astimezone(UTC) + timedelta(seconds=passed)

    async def sleep_until(self, at: datetime) -> None:
        """Return when the clock shows `at` or later, however it gets there."""
        while self.now() < at:  # noqa: ASYNC110 - the file has no other way to tell
            await asyncio.sleep(_NAP_S)
