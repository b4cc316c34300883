"""The clock's hands: cron lines to jobs, each tick once, and pushes when their moment comes (DECISIONS 4).

A tick's identity is (job, due time), the id of the workflow that it starts: two schedulers or a restart run it once.
A tick missed by no more than its grace runs late; beyond that it is recorded as missed.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from apscheduler.triggers.cron import CronTrigger
from sqlmodel import col

from bot.clock import WaitingClock
from bot.delivery import Delivery
from handlers.texts import SHANGHAI
from storage import Store
from storage import tables as t

logger = logging.getLogger("bot.schedule")

#: The longest time between two looks at what is due.
LONGEST_NAP = timedelta(seconds=30)
#: The wait after a failed look, in real seconds.
RETRY_AFTER_S = 2.0
SCHEDULE_SINCE = "schedule_since"


@dataclass(frozen=True, slots=True)
class Job:
    """A cron line, and how late a missed tick may still run."""

    name: str
    trigger: CronTrigger
    grace: timedelta

    def ticks(self, after: datetime, until: datetime) -> Iterator[datetime]:
        """Yield due times in `(after, until]`, in UTC."""
        moment = self.trigger.get_next_fire_time(None, (after + timedelta(microseconds=1)).astimezone(SHANGHAI))
        while moment is not None and moment <= until:
            yield moment.astimezone(after.tzinfo)
            moment = self.trigger.get_next_fire_time(moment, moment + timedelta(microseconds=1))


def _cron(**fields: str) -> CronTrigger:
    return CronTrigger(timezone=SHANGHAI, **fields)


JOBS: tuple[Job, ...] = (
    Job("scan_stages", _cron(hour="8-20", minute="5"), grace=timedelta(hours=12)),
    Job("morning_reminder", _cron(hour="7", minute="50"), grace=timedelta(hours=3)),
    Job("evening_summary", _cron(hour="18", minute="30"), grace=timedelta(hours=2)),
)

RunTick = Callable[[str, datetime], Awaitable[None]]
Tell = Callable[[str], Awaitable[None]]
#: Puts off what is due while its receiver is not to be disturbed.
HoldPushes = Callable[[datetime], Awaitable[None]]


async def _hold_none(_now: datetime) -> None:
    """Let every push go when it is due."""


class Schedule:
    """Fires ticks and pushes, by the given clock."""

    def __init__(
        self,
        *,
        clock: WaitingClock,
        store: Store,
        delivery: Delivery,
        run_tick: RunTick,
        tell: Tell,
        hold_pushes: HoldPushes = _hold_none,
        jobs: tuple[Job, ...] = JOBS,
    ) -> None:
        self._clock = clock
        self._store = store
        self._delivery = delivery
        self._run_tick = run_tick
        self._tell = tell
        self._hold_pushes = hold_pushes
        self._jobs = jobs
        self._turn = asyncio.Lock()

    async def run(self) -> None:
        """Work until cancelled. What fails (the database is away) is tried again after a while."""
        while True:
            try:
                await self.catch_up()
                next_moment = await self._next_moment()
            except Exception as error:
                logger.warning("schedule waits", extra={"action": "schedule_waits", "outcome": type(error).__name__})
                await asyncio.sleep(RETRY_AFTER_S)
            else:
                await self._clock.sleep_until(next_moment)

    async def catch_up(self) -> None:
        """Fire everything that is due now."""
        async with self._turn:
            now = self._clock.now()
            for due_at, job in await self._due(now):
                await self._fire(job, due_at, now)
            for key in await self._due_pushes(now):
                await self._tell(key)

    async def play(self, start: datetime, target: datetime, step_to: Callable[[datetime], None]) -> None:
        """Play everything between two times in order: the sandbox's clock is being moved (a hook of its)."""
        async with self._turn:
            await self._due(start)
            reached = start
            while (moment := await self._next_in(reached, target)) is not None:
                reached = moment
                step_to(moment)
                for due_at, job in await self._due(moment):
                    await self._fire(job, due_at, moment)
                for key in await self._due_pushes(moment):
                    await self._delivery.deliver(key)

    async def _due_pushes(self, now: datetime) -> list[str]:
        await self._hold_pushes(now)
        return await self._delivery.due_pushes(now)

    async def _next_in(self, after: datetime, target: datetime) -> datetime | None:
        moments = [next(job.ticks(after, target), None) for job in self._jobs]
        moments.append(await self._delivery.next_push(after))
        return min((m for m in moments if m is not None and m <= target), default=None)

    async def _next_moment(self) -> datetime:
        now = self._clock.now()
        return await self._next_in(now, now + LONGEST_NAP) or now + LONGEST_NAP

    async def _due(self, now: datetime) -> list[tuple[datetime, Job]]:
        """Return the ticks since each job's last one, in order of time."""
        last, since = await self._remembered(now)
        due = [(moment, job) for job in self._jobs for moment in job.ticks(last.get(job.name, since), now)]
        return sorted(due, key=lambda pair: pair[0])

    async def _remembered(self, now: datetime) -> tuple[dict[str, datetime], datetime]:
        """Return each job's last tick, and when this deployment began to have a schedule (now, the first time)."""
        async with self._store.begin() as uow:
            rows = await uow.tuples(
                sa.select(col(t.Tick.job), sa.func.max(col(t.Tick.due_at))).group_by(col(t.Tick.job))
            )
            begun = await uow.get(t.Setting, SCHEDULE_SINCE)
            if begun is None:
                await uow.insert_new(t.Setting(key=SCHEDULE_SINCE, value=now.isoformat()))
                await uow.commit()
                begun = await uow.need(t.Setting, SCHEDULE_SINCE)
        return {row[0]: row[1] for row in rows}, datetime.fromisoformat(begun.value)

    async def _fire(self, job: Job, due_at: datetime, now: datetime) -> None:
        missed = now - due_at > job.grace
        if missed:
            logger.warning("tick missed", extra={"action": "tick_missed", "job": job.name})
        else:
            await self._run_tick(job.name, due_at)
        async with self._store.begin() as uow:
            await uow.insert_new(t.Tick(job=job.name, due_at=due_at, missed=missed))
            await uow.commit()
