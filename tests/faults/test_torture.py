"""Forty seeded days against real processes, and a day for each safeguard that must go wrong without it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.torture.plan import Story, plan
from bot.torture.run import Lab, Outcome, tell_all
from bot.torture.session import Order, played, run
from bot.torture.shrink import shrink
from bot.torture.system import Shape
from tests.faults.small_stories import EVENTS, SLOWER, order_for, small_story
from tests.storage.databases import fresh_url

JOBS = 2
CHUNK = 8
SEEDS = range(1, 41)
POSTGRESQL_SEEDS = (1, 2)
CLEAN = {"lost": 0, "doubled": 0, "altered": 0, "stuck": 0}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lab() -> AsyncIterator[Lab]:
    """The product, loaded once for all stories of this module, with the tests' hook to maim it."""
    async with Lab(Shape(), module="tests.faults.torture_child") as loaded:
        yield loaded


async def _play(lab: Lab, safeguard: str, number: int, *, removed: bool) -> Outcome:
    without = order_for(safeguard, removed=removed)
    return await lab.tell(small_story(safeguard, number), without=without, time_scale=SLOWER.get(safeguard))


def _report(outcome: Outcome) -> str:
    wrong = outcome.verdict.lines()
    return f"seed {outcome.story.seed}: {outcome.verdict.figures()} {outcome.figures} " + " | ".join(wrong)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("first", SEEDS[::CHUNK])
async def test_a_day_of_faults_loses_doubles_alters_and_sticks_nothing(lab: Lab, first: int) -> None:
    outcomes = await tell_all(lab, [plan(seed) for seed in range(first, first + CHUNK)], JOBS)
    for outcome in outcomes:
        print(_report(outcome))
    assert await _wrong_again(lab, outcomes) == []


async def _wrong_again(lab: Lab, outcomes: list[Outcome]) -> list[str]:
    """Play what failed once more, alone: on a busy machine a day can fail for want of time. What fails twice failed."""
    failed = [outcome for outcome in outcomes if not outcome.clean]
    again = [await lab.tell(outcome.story) for outcome in failed]
    for outcome in again:
        print("once more:", _report(outcome))
    return [_report(outcome) for outcome in again if not outcome.clean]


@pytest.mark.asyncio(loop_scope="module")
async def test_the_small_stories_end_well_with_every_safeguard_in_place(lab: Lab) -> None:
    turn = asyncio.Semaphore(JOBS)

    async def play(number: int, safeguard: str) -> Outcome:
        async with turn:
            return await _play(lab, safeguard, number, removed=False)

    outcomes = await asyncio.gather(*(play(number, name) for number, name in enumerate(EVENTS, 1)))
    assert [_report(outcome) for outcome in outcomes if not outcome.clean] == []


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("safeguard", list(EVENTS))
async def test_without_this_safeguard_the_ledger_does_not_balance(lab: Lab, safeguard: str) -> None:
    outcome = await _play(lab, safeguard, 1, removed=True)
    print(_report(outcome))
    assert outcome.verdict.figures() != CLEAN


async def test_days_of_faults_on_postgresql_with_two_servers_and_two_workers(tmp_path: Path) -> None:
    url = next(fresh_url("postgresql", tmp_path))
    shape = Shape(servers=2, workers=2, database_url=url)
    async with Lab(shape) as lab:
        outcomes = await tell_all(lab, [plan(seed, processes=shape.processes) for seed in POSTGRESQL_SEEDS], 1)
        assert await _wrong_again(lab, outcomes) == []


def test_a_number_is_a_story_and_the_same_number_the_same_story() -> None:
    assert plan(7) == plan(7)
    assert plan(7) != plan(8)
    assert Story.from_json(plan(7).to_json()).lines() == plan(7).lines()


async def test_shrinking_keeps_what_makes_a_story_fail() -> None:
    story = plan(3)
    guilty = {story.acts[4].n, story.troubles[2].n}

    async def wrongs(shorter: Story) -> set[str]:
        left = {act.n for act in shorter.acts} | {trouble.n for trouble in shorter.troubles}
        return {"lost"} if guilty <= left else set()

    shortest = await shrink(story, {"lost"}, wrongs, tries=400)
    assert {event.n for event in shortest.acts} | {event.n for event in shortest.troubles} == guilty


def test_a_long_session_goes_on_where_it_stopped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record = tmp_path / "record.jsonl"
    record.write_text('{"seed": 1}\n{"seed": 2}\n', encoding="utf-8")
    assert played(record) == {1, 2}
    assert run(Order(seeds=(1, 2), record=record)) == 0
    assert '"total": {}' in capsys.readouterr().out
