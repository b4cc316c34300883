"""How each kind of trouble is made. Lengths in a story are virtual seconds."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from bot.sandbox import Fault
from bot.torture.nursery import ServerProcess
from bot.torture.plan import Trouble
from bot.torture.platform import Platform
from bot.torture.system import System

_FORGERIES = ("wrong_signature", "wrong_corp", "stale", "replay", "big_body", "xml_bomb")
#: Trouble that strikes the next so many occasions.
_STRIKES: dict[str, Fault] = {
    "redeliver": "redeliver",
    "reorder": "reorder",
    "lost_answer": "drop_response",
    "late_answer": "late_response",
    "busy": "system_busy",
    "throttle": "throttle",
    "token_revoked": "revoke_token",
    "token_expired": "expired_token",
    "media_gone": "media_gone",
    "slow_callback": "slow_body",
    "half_closed": "half_close",
}


class Mischief:
    """Makes trouble for one story."""

    def __init__(self, platform: Platform, system: System) -> None:
        self._platform = platform
        self._system = system

    async def make(self, trouble: Trouble) -> None:
        """Make one trouble and, where it has a length, end it."""
        if trouble.what in _STRIKES:
            where = str(trouble.given.get("where", ""))
            times = int(trouble.given.get("times", 1))
            self._platform.faults.once(_STRIKES[trouble.what], where=where, times=times)
        elif trouble.what in _FORGERIES:
            await self._platform.forge(trouble.what)
        else:
            making: Callable[[Trouble], Awaitable[None]] = getattr(self, f"_{trouble.what}")
            await making(trouble)

    def _real_s(self, virtual_s: float) -> float:
        return virtual_s / self._system.shape.time_scale

    def _process(self, trouble: Trouble) -> ServerProcess:
        processes = self._system.processes
        return processes[int(trouble.given.get("process", 0)) % len(processes)]

    async def _pass(self, trouble: Trouble, name: str = "for_s") -> None:
        await asyncio.sleep(self._real_s(float(trouble.given[name])))

    # --- processes -----------------------------------------------------------------------------------------------

    async def _kill(self, trouble: Trouble) -> None:
        process = self._process(trouble)
        await process.kill()
        await self._pass(trouble, "down_s")
        if not process.alive:
            await process.start()

    async def _kill_starting(self, trouble: Trouble) -> None:
        """Kill a process so soon after its start that it is still starting, perhaps twice."""
        process = self._process(trouble)
        for _ in range(int(trouble.given["times"])):
            await process.kill()
            await process.start()
            await asyncio.sleep(float(trouble.given["after_real_s"]))
        await process.kill()
        await process.start()

    async def _disk_full(self, trouble: Trouble) -> None:
        process = self._process(trouble)
        if process.alive:
            process.fill_disk(True)
            await self._pass(trouble)
            process.fill_disk(False)

    # --- what all share ------------------------------------------------------------------------------------------

    async def _database_away(self, trouble: Trouble) -> None:
        await self._system.hold_database(self._real_s(float(trouble.given["for_s"])))

    async def _platform_down(self, trouble: Trouble) -> None:
        self._platform.faults.rate("platform_down", 1.0)
        await self._pass(trouble)
        self._platform.faults.rate("platform_down", 0.0)

    async def _skew(self, trouble: Trouble) -> None:
        """The servers' clocks are wrong for a while; the platform's is right."""
        self._platform.clock_file.skew(float(trouble.given["by_s"]))
        await self._pass(trouble)
        self._platform.clock_file.skew(0.0)

    async def _jump(self, trouble: Trouble) -> None:
        """Time passes for everybody while nobody could do anything: a machine that was asleep."""
        await self._platform.clock.advance(timedelta(seconds=float(trouble.given["by_s"])))
