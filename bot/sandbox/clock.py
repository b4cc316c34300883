"""The sandbox's clock: starts on a fixed morning, runs in real time, and can be pushed forward.

All expiries of the stand-in (tokens, media, card codes, windows) and all times of the application follow it. Moving
it forward lets every hook in `on_advance` play what falls due in between before the target time is reached.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
#: Tuesday, 2026-03-10 10:00 in Shanghai: where the demo and its tests start.
DEMO_START = datetime(2026, 3, 10, 10, 0, tzinfo=SHANGHAI)

#: Called with (from, to); may call `SandboxClock.step_to` for each tick that it plays.
AdvanceHook = Callable[[datetime, datetime], Awaitable[None]]


class SandboxClock:
    """A clock that implements `handlers.ports.Clock`. `rate` is virtual seconds per real second (0 stands still)."""

    def __init__(
        self, start: datetime = DEMO_START, *, rate: float = 1.0, ticker: Callable[[], float] = time.monotonic
    ) -> None:
        if start.tzinfo is None:
            raise ValueError("the clock needs an aware start")
        self.on_advance: list[AdvanceHook] = []
        self.on_change: list[Callable[[], None]] = []
        self.start = start
        self._rate = rate
        self._ticker = ticker
        self._anchor = (start.astimezone(UTC), ticker(), rate)
        self._changed = asyncio.Event()
        self._turn = asyncio.Lock()
        self._move: tuple[datetime, datetime] | None = None

    @property
    def moving(self) -> tuple[datetime, datetime] | None:
        """(from, to) while an advance is being played, else `None`."""
        return self._move

    @property
    def rate(self) -> float:
        """Virtual seconds per real second at this moment (0 while an advance is played)."""
        return self._anchor[2]

    def now(self) -> datetime:
        """Return the virtual time, aware, in UTC. Safe to call from any thread."""
        at, ticked, rate = self._anchor
        return at + timedelta(seconds=(self._ticker() - ticked) * rate)

    async def advance(self, delta: timedelta) -> None:
        """Move forward by `delta`: let the hooks play what lies in between, then arrive and run on.

        The clock stands still while hooks play and moves only by their `step_to`. It arrives even if a hook raises.
        """
        if delta < timedelta(0):
            raise ValueError("advance goes forward only; use set() to go back")
        async with self._turn:
            start = self.now()
            await self._play(start, start + delta)

    async def set(self, at: datetime) -> None:
        """Go to `at`. Forward plays the ticks in between; back is a jump without ticks (a wrong clock put right)."""
        async with self._turn:
            start = self.now()
            if at > start:
                await self._play(start, at)
            else:
                self._go(at, self._rate)

    def step_to(self, at: datetime) -> None:
        """Show `at` while an advance is played. Never goes back nor beyond the target."""
        if self._move is None:
            raise RuntimeError("step_to belongs inside an advance hook")
        self._go(min(max(at, self.now()), self._move[1]), 0.0)

    async def changed(self) -> None:
        """Return at the next jump or step (not at the ordinary running of time)."""
        await self._changed.wait()

    async def sleep_until(self, at: datetime) -> None:
        """Return when the clock shows `at` or later, however it gets there."""
        while (left := (at - self.now()).total_seconds()) > 0:
            rate = self._anchor[2]
            timeout = left / rate if rate else None
            try:
                await asyncio.wait_for(self.changed(), timeout)
            except TimeoutError:
                continue

    async def _play(self, start: datetime, target: datetime) -> None:
        self._move = (start, target)
        self._go(start, 0.0)
        try:
            for hook in list(self.on_advance):
                await hook(start, target)
        finally:
            self._move = None
            self._go(target, self._rate)

    def _go(self, at: datetime, rate: float) -> None:
        self._anchor = (at.astimezone(UTC), self._ticker(), rate)
        waiting, self._changed = self._changed, asyncio.Event()
        waiting.set()
        for listener in self.on_change:
            listener()
