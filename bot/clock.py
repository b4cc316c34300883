"""The one clock that gives all our times (DECISIONS 4). The sandbox has its own, which can be pushed forward."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Protocol

from handlers.ports import Clock


class WaitingClock(Clock, Protocol):
    """A clock that one can also wait on."""

    async def sleep_until(self, at: datetime) -> None:
        """Return when the clock shows `at` or later."""
        ...


class SystemClock:
    """The machine's time."""

    def now(self) -> datetime:
        """Return the current time, aware, in UTC."""
        return datetime.now(UTC)

    async def sleep_until(self, at: datetime) -> None:
        """Return at `at` or later."""
        # The wall clock may be set while we wait: look again each hour.
        while (left := (at - self.now()).total_seconds()) > 0:  # noqa: ASYNC110
            await asyncio.sleep(min(left, 3600))
