"""Which names are suggested to the recogniser for a voice note: of open drafts and today's plan, then of one's own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from handlers.capture_voice import hints_for
from storage import tables as t
from tests.handlers.desk import START, Desk, open_desk


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path) as desk:
        yield desk


def voice(person: str) -> t.Capture:
    """Return a voice note as it was received."""
    return t.Capture(
        source_id="v", kind="voice", person_id=person, channel="wecom", captured_at=START, received_at=START
    )


async def hinted(desk: Desk, person: str, *, capture: bool = True) -> tuple[str, ...]:
    async with desk.store.begin() as uow:
        return await hints_for(uow, person, desk.world, capture=voice(person) if capture else None, now=desk.now)


async def test_a_colleagues_customer_of_an_open_draft_is_suggested(desk: Desk) -> None:
    await desk.say("han", "替林悦跑了一趟天朗，方案看完了，交期太长，下周三再去")
    assert "天朗" in await hinted(desk, "han")
    assert await hinted(desk, "han", capture=False) == ()


async def test_a_customer_planned_for_today_is_suggested(desk: Desk) -> None:
    assert await hinted(desk, "han") == ()
    async with desk.store.begin() as uow:
        uow.add(
            t.Task(
                source_key="k",
                kind="followup",
                title="拜访",
                person_id="han",
                customer_id="C0002",
                due_on=START.date(),
            )
        )
        await uow.commit()
    assert "博恒" in await hinted(desk, "han")


async def test_ones_own_customers_are_suggested_without_anything_else(desk: Desk) -> None:
    assert {"华锐", "博恒", "天朗"} <= set(await hinted(desk, "lin", capture=False))
