"""Processes that share one PostgreSQL: each shows that it lives, and the living take over the work of the dead.

The workflow engine recovers only an executor that comes back under its own name; ours have names of their own, so that
nobody has to hand out stable ones (ENGINE §1, pitfall 1). All ages are by the database's clock: machines need not agree
on the time.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlmodel import col

from storage import Store
from storage import tables as t
from storage.uow import table_of

logger = logging.getLogger("bot.processes")

#: The silence after which a process counts as dead, and how many signs of life fit into it.
DEAD_AFTER_S = 30.0
BEATS_TO_DEATH = 6
#: However fast time runs, a busy process must find the time to show that it lives.
LEAST_SILENCE_S = 2.0

_PROCESSES = table_of(t.Process)
_NOW = sa.cast(sa.func.extract("epoch", sa.func.clock_timestamp()), sa.Float)


class SharedFolder(Exception):
    """Media lie in a folder, and a process on another machine (or with another folder) shares the database."""


@dataclass(frozen=True, slots=True)
class Others:
    """The engine's side: who owns running work, and how to free an owner's work for others."""

    owners: Callable[[], Awaitable[set[str]]]
    free_work_of: Callable[[str], Awaitable[int]]


class Processes:
    """This process among its like."""

    def __init__(
        self,
        store: Store,
        others: Others,
        *,
        executor_id: str,
        role: str = "serve",
        queues: Sequence[str] = (),
        media_folder: str = "",
        host: str = "",
        dead_after_s: float = DEAD_AFTER_S,
    ) -> None:
        self._store = store
        self._others = others
        self._beat_s = dead_after_s / BEATS_TO_DEATH
        self._dead_after_s = dead_after_s
        self._me = t.Process(
            id=executor_id,
            host=host or socket.gethostname(),
            role=role,
            queues=",".join(queues),
            media=media_folder,
        )
        #: Since when the database has answered us without a gap, and when it last did; by its own clock.
        self._steady_since = self._last_beat = float("-inf")

    async def enter(self) -> None:
        """Show that we are here. Raises `SharedFolder` when our media would not be seen by all, or theirs by us."""
        await self._show_life()
        async with self._store.begin() as uow:
            living = await uow.all(
                sa.select(t.Process).where(
                    col(t.Process.id) != self._me.id,
                    ~col(t.Process.left),
                    col(t.Process.host) != "",
                    col(t.Process.seen_at) > _NOW - self._dead_after_s,
                )
            )
        apart = [p for p in living if not self._shares_media_with(p)]
        if apart:
            await self.leave()
            raise SharedFolder(
                f"another waiqin process ({apart[0].role} on {apart[0].host}) uses this database, and photos and"
                " recordings lie in a local folder that the other does not see; set WAIQIN_MEDIA_URL to the same"
                " s3://… for all processes"
            )

    def _shares_media_with(self, other: t.Process) -> bool:
        if not other.media and not self._me.media:
            return True
        return (other.host, other.media) == (self._me.host, self._me.media)

    async def run(self) -> None:
        """Show life and look after the dead until cancelled. A database that is away is waited for."""
        turn = 0
        while True:
            await asyncio.sleep(self._beat_s)
            try:
                await self.beat(look_for_unknown=turn % BEATS_TO_DEATH == 0)
            except Exception as error:
                logger.warning("no sign of life", extra={"action": "beat_failed", "outcome": type(error).__name__})
            turn += 1

    async def beat(self, *, look_for_unknown: bool = False) -> list[str]:
        """Show life once and take over what is free; return the executor ids whose work was freed."""
        now = await self._show_life()
        if look_for_unknown:
            await self._note_unknown_owners(now)
        freed = []
        for executor_id in await self._claim_dead(now):
            count = await self._others.free_work_of(executor_id)
            await self._bury(executor_id, now)
            logger.warning("taken over", extra={"action": "taken_over", "workflow_id": executor_id, "count": count})
            freed.append(executor_id)
        return freed

    async def leave(self) -> None:
        """Say that we have stopped: what is unfinished is free at once."""
        async with self._store.begin() as uow:
            await uow.run(sa.update(_PROCESSES).where(_PROCESSES.c.id == self._me.id).values(left=True))
            await uow.commit()

    async def _show_life(self) -> float:
        """Note that we live; return the database's time."""
        async with self._store.begin() as uow:
            now = float((await uow.tuples(sa.select(_NOW)))[0][0])
            mine = sa.update(_PROCESSES).where(_PROCESSES.c.id == self._me.id)
            if not await uow.run(
                mine.values(seen_at=now, host=self._me.host, left=False)
            ):  # the first time, or others took us for dead
                self._me.seen_at = now
                await uow.insert_new(self._me)
            await uow.commit()
        if now - self._last_beat > self._dead_after_s / 2:
            self._steady_since = now
        self._last_beat = now
        return now

    async def _note_unknown_owners(self, now: float) -> None:
        """Give an owner of running work whom nobody knows a row, and thereby the usual time to show up."""
        for executor_id in await self._others.owners():
            async with self._store.begin() as uow:
                await uow.insert_new(t.Process(id=executor_id, seen_at=now))
                await uow.commit()

    async def _claim_dead(self, now: float) -> list[str]:
        """Claim the processes that left or are silent; each goes to one claimer, who lives or is replaced in turn.

        While the database was away all were silent: who has not himself been heard for long enough calls nobody dead.
        """
        gone: list[sa.ColumnElement[bool]] = [_PROCESSES.c.left]
        if now - self._steady_since >= self._dead_after_s:
            gone.append(_PROCESSES.c.seen_at < now - self._dead_after_s)
        free = sa.and_(_PROCESSES.c.id != self._me.id, sa.or_(*gone))
        async with self._store.begin() as uow:
            found = await uow.all(sa.select(_PROCESSES.c.id).where(free))
            claimed = [
                executor_id
                for executor_id in found
                if await uow.run(
                    sa.update(_PROCESSES)
                    .where(_PROCESSES.c.id == executor_id, free)
                    .values(seen_at=now, left=False, host="")
                )
            ]
            if claimed:
                await uow.commit()
        return claimed

    async def _bury(self, executor_id: str, claimed_at: float) -> None:
        """Forget a process whose work is freed, unless it has shown life again meanwhile."""
        dead = sa.and_(_PROCESSES.c.id == executor_id, _PROCESSES.c.seen_at <= claimed_at)
        async with self._store.begin() as uow:
            await uow.run(sa.delete(_PROCESSES).where(dead))
            await uow.commit()
