"""The clock runs, jumps, and lets the ticks in between be played in order."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest

from bot.sandbox import DEMO_START, SandboxClock


class Ticker:
    """Real seconds under the test's control."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_clock_starts_on_the_demo_morning_and_runs() -> None:
    ticker = Ticker()
    clock = SandboxClock(ticker=ticker)
    assert clock.now() == DEMO_START
    assert clock.now().utcoffset() == timedelta(0)
    ticker.seconds = 90
    assert clock.now() == DEMO_START + timedelta(seconds=90)


def test_time_scale_makes_the_clock_run_faster() -> None:
    ticker = Ticker()
    clock = SandboxClock(rate=60.0, ticker=ticker)
    ticker.seconds = 2
    assert clock.now() == DEMO_START + timedelta(minutes=2)


async def test_hook_plays_days_in_between_before_the_target_is_reached() -> None:
    clock = SandboxClock(rate=0.0)
    played: list[datetime] = []

    async def play(start: datetime, target: datetime) -> None:
        due = start + timedelta(days=1)
        while due < target:
            clock.step_to(due)
            played.append(clock.now())
            due += timedelta(days=1)

    clock.on_advance.append(play)
    await clock.advance(timedelta(days=3, hours=1))
    assert played == [DEMO_START + timedelta(days=n) for n in (1, 2, 3)]
    assert clock.now() == DEMO_START + timedelta(days=3, hours=1)
    assert clock.moving is None


async def test_step_never_passes_the_target_nor_goes_back() -> None:
    clock = SandboxClock(rate=0.0)
    seen: list[datetime] = []

    async def play(start: datetime, target: datetime) -> None:
        for at in (target + timedelta(days=9), start):
            clock.step_to(at)
            seen.append(clock.now())

    clock.on_advance.append(play)
    await clock.advance(timedelta(hours=1))
    assert seen == [DEMO_START + timedelta(hours=1)] * 2


async def test_clock_arrives_even_if_a_hook_fails() -> None:
    clock = SandboxClock(rate=0.0)

    async def fail(_start: datetime, _target: datetime) -> None:
        raise RuntimeError("scheduler")

    clock.on_advance.append(fail)
    with pytest.raises(RuntimeError, match="scheduler"):
        await clock.advance(timedelta(hours=1))
    assert clock.now() == DEMO_START + timedelta(hours=1)


async def test_setting_back_jumps_without_playing() -> None:
    clock = SandboxClock(rate=0.0)
    played: list[datetime] = []

    async def play(start: datetime, _target: datetime) -> None:
        played.append(start)

    clock.on_advance.append(play)
    await clock.set(DEMO_START - timedelta(days=1))
    assert (clock.now(), played) == (DEMO_START - timedelta(days=1), [])


async def test_sleeper_wakes_when_the_clock_is_pushed_past_its_time() -> None:
    clock = SandboxClock(rate=0.0)
    sleeper = asyncio.create_task(clock.sleep_until(DEMO_START + timedelta(days=8)))
    await asyncio.sleep(0)
    await clock.advance(timedelta(days=7))
    assert not sleeper.done()
    await clock.advance(timedelta(days=1))
    await asyncio.wait_for(sleeper, 1)
