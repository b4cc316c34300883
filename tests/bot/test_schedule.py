"""Ticks: each once, in order, late within their grace, missed beyond it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from apscheduler.triggers.cron import CronTrigger
from sqlmodel import col

from bot.delivery import Delivery
from bot.schedule import JOBS, Job, Schedule
from handlers.know import Person
from handlers.messages import OutboundText
from handlers.tell import tell
from handlers.texts import SHANGHAI
from storage import Store
from storage import tables as t
from tests.bot.doubles import START, RecordingMessenger, StoppedClock

NOON = Job("noon", CronTrigger(hour=12, timezone=SHANGHAI), grace=timedelta(hours=1))


class Fired:
    def __init__(self) -> None:
        self.ticks: list[tuple[str, datetime]] = []
        self.told: list[str] = []

    async def run_tick(self, job: str, due_at: datetime) -> None:
        self.ticks.append((job, due_at))

    async def tell(self, key: str) -> None:
        self.told.append(key)


def schedule_of(store: Store, clock: StoppedClock, fired: Fired, jobs: tuple[Job, ...] = (NOON,)) -> Schedule:
    delivery = Delivery(store, {"wecom": RecordingMessenger()}, clock)
    return Schedule(clock=clock, store=store, delivery=delivery, run_tick=fired.run_tick, tell=fired.tell, jobs=jobs)


async def test_a_tick_fires_once_also_after_a_restart(store: Store) -> None:
    clock, fired = StoppedClock(), Fired()
    schedule = schedule_of(store, clock, fired)
    await schedule.catch_up()
    clock.forward(hours=2, minutes=1)
    await schedule.catch_up()
    await schedule.catch_up()
    await schedule_of(store, clock, fired).catch_up()
    assert fired.ticks == [("noon", datetime(2026, 3, 10, 4, 0, tzinfo=UTC))]


async def test_a_tick_missed_by_less_than_its_grace_runs_late(store: Store) -> None:
    clock, fired = StoppedClock(), Fired()
    await schedule_of(store, clock, fired).catch_up()
    clock.forward(hours=2, minutes=1)
    await schedule_of(store, clock, fired).catch_up()
    clock.forward(days=1, minutes=30)
    await schedule_of(store, clock, fired).catch_up()
    assert [due.day for _, due in fired.ticks] == [10, 11]


async def test_a_tick_missed_by_more_is_recorded_and_not_run(store: Store) -> None:
    clock, fired = StoppedClock(), Fired()
    await schedule_of(store, clock, fired).catch_up()
    clock.forward(hours=2, minutes=1)
    await schedule_of(store, clock, fired).catch_up()
    clock.forward(days=1, hours=3)
    await schedule_of(store, clock, fired).catch_up()
    async with store.begin() as uow:
        missed = await uow.all(sa.select(col(t.Tick.due_at)).where(col(t.Tick.missed)))
    assert ([due.day for _, due in fired.ticks], [due.day for due in missed]) == ([10], [11])


async def test_moving_the_clock_plays_every_tick_in_order(store: Store) -> None:
    clock, fired = StoppedClock(), Fired()
    steps: list[datetime] = []
    schedule = schedule_of(store, clock, fired, JOBS)
    await schedule.play(START, START + timedelta(days=2), steps.append)
    assert steps == sorted(steps)
    assert [job for job, _ in fired.ticks].count("evening_summary") == 2
    assert [due for _, due in fired.ticks] == sorted(due for _, due in fired.ticks)


async def test_a_push_that_falls_due_while_the_clock_moves_leaves_at_its_moment(store: Store) -> None:
    clock, fired = StoppedClock(), Fired()
    rep = Person("zhangwei", "张伟", "", "rep", "wecom", "zhangwei")
    async with store.begin() as uow:
        moment = START + timedelta(hours=1)
        await tell(uow, rep, OutboundText("提醒"), key="p", now=START, push=True, not_before=moment)
        await uow.commit()

    def step_to(at: datetime) -> None:
        clock.at = at

    await schedule_of(store, clock, fired, ()).play(START, START + timedelta(days=1), step_to)
    async with store.begin() as uow:
        assert (await uow.need(t.Delivery, "p")).sent_at == moment
