"""`kill -9` at every step of the voice path: no note lost, no visit doubled, no card for a visit that is not there.

Only the recogniser is a fake (DECISIONS 17); process, database, HTTP and platform protocol are real.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.faults.kill_points import POINTS
from tests.faults.ledger import Verdict
from tests.faults.server import Nursery
from tests.faults.voice_story import plan_kills, voice_story

pytestmark = pytest.mark.asyncio(loop_scope="module")

KILLS = 50
CLEAN = {"lost": 0, "doubled": 0, "altered": 0, "stuck": 0}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def nursery() -> AsyncIterator[Nursery]:
    """The product, loaded once for all servers of this module."""
    loaded = Nursery()
    await loaded.open()
    yield loaded
    await loaded.close()


async def _survive(nursery: Nursery, data: Path, plan: list[tuple[str, int]]) -> tuple[int, Verdict]:
    async with voice_story(data, nursery) as story:
        for point, nth in plan:
            await story.live_until(point, nth)
        return story.ledger.size, await story.live_on()


async def test_fifty_kills_between_the_steps_lose_and_double_nothing(nursery: Nursery, tmp_path: Path) -> None:
    plan = plan_kills(POINTS, KILLS, seed=1)
    halves = (plan[::2], plan[1::2])
    results = await asyncio.gather(*(_survive(nursery, tmp_path / str(n), half) for n, half in enumerate(halves)))
    for notes, verdict in results:
        print(f"{KILLS // 2} kills, {notes} notes:", verdict.figures())
    assert [verdict.figures() for _, verdict in results] == [CLEAN, CLEAN], results


@pytest.mark.parametrize(
    ("without", "point", "nth", "wrong"),
    [
        ("commit_before_answer", "accept:before", 1, "lost"),
        ("same_bytes", "send:after", 2, "doubled"),  # a note's second send is its card
        ("voice_once", "draft:after", 1, "stuck"),
    ],
)
async def test_the_ledger_notices_a_missing_safeguard(
    nursery: Nursery, tmp_path: Path, without: str, point: str, nth: int, wrong: str
) -> None:
    async with voice_story(tmp_path, nursery, without=without) as story:
        await story.live_until(point, nth, notes=1)
        verdict = await story.live_on(timeout_s=10)
    assert verdict.figures()[wrong] > 0, verdict


async def test_a_correction_held_for_the_note_survives_a_kill_between_card_and_checkpoint(
    nursery: Nursery, tmp_path: Path
) -> None:
    async with voice_story(tmp_path, nursery) as story:
        await story.server.start("draft:after")
        finish_hearing = story.speak(heard=False)
        phone = story.phone()
        await phone.wait_until(lambda screen: any("正在听写" in i.text for i in screen))
        await phone.say("跟进改成3月18日")
        await phone.wait_until(lambda screen: any("听写完就一起改" in i.text for i in screen))
        finish_hearing()
        assert await story.server.died(within_s=20)
        verdict = await story.live_on(timeout_s=20)
    assert verdict.stuck == [] and len(phone.cards()) == 2
    newest = phone.cards()[-1].card
    assert newest is not None and "3月18日" in newest.rows()["下次跟进"]
