"""Finished work is forgotten after a month; what it did stays, and is not done again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from bot.engine import forget_finished
from storage import tables as t
from tests.scenarios.story import Hero, Story

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_only_work_that_finished_long_ago_is_forgotten_and_captures_stay(story: Story, hero: Hero) -> None:
    await hero.phone.say("帮助")
    await story.settle()
    now = datetime.now(UTC)
    assert await forget_finished(now + timedelta(days=29)) == 0
    assert await forget_finished(now + timedelta(days=31)) >= 1
    assert await forget_finished(now + timedelta(days=31)) == 0
    async with story.app.store.begin() as uow:
        assert len(await uow.all(sa.select(t.Capture))) == 1
