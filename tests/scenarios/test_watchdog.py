"""What has no end is found, tried again, and told to the administrator; what is under way is left alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from dbos import DBOS
from sqlmodel import col

import bot.work
from bot.sandbox import Faults
from storage import tables as t
from tests.fakes import make_amr
from tests.scenarios.story import Hero, Story, open_story, until

LATER = timedelta(minutes=11)


@pytest.fixture
async def story(tmp_path: Path) -> AsyncIterator[Story]:
    async with open_story(tmp_path, faults=Faults(), time_scale=4.0) as running:
        yield running


@pytest.fixture
def hero(story: Story) -> Hero:
    return story.hero()


async def appoint_admin(story: Story, hero: Hero) -> None:
    async with story.app.store.begin() as uow:
        await uow.run(sa.update(t.Person).where(col(t.Person.id) == hero.userid).values(role="admin"))
        await uow.commit()


async def test_work_that_failed_is_done_after_all(story: Story, hero: Hero, monkeypatch: pytest.MonkeyPatch) -> None:
    receive, broken = bot.work.receive, [True]

    async def fails_at_first(inbound: Any, **known: Any) -> Any:
        if broken:
            raise KeyError("a fault that is mended later")
        return await receive(inbound, **known)

    monkeypatch.setattr(bot.work, "receive", fails_at_first)
    await hero.phone.say(hero.note())
    await until(lambda: any("处理时出错" in text for text in hero.phone.texts()))
    broken.clear()
    await story.settle()
    found = await story.app.watchdog.look()
    await story.settle()
    assert len(found.run_again) == 1 and len(hero.phone.cards()) == 1
    assert (await story.app.watchdog.look()).run_again == []


async def test_work_that_keeps_failing_is_tried_three_times_and_no_more(
    story: Story, hero: Hero, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_: Any, **__: Any) -> Any:
        raise KeyError("a fault of ours")

    monkeypatch.setattr(bot.work, "receive", fails)
    await hero.phone.say(hero.note())
    tries = []
    for _ in range(5):
        await story.settle()
        tries += (await story.app.watchdog.look()).run_again
    assert [run[-2:] for run in tries] == ["~1", "~2", "~3"]
    assert sum("处理时出错" in text for text in hero.phone.texts()) == 1


async def test_a_message_whose_sending_was_forgotten_leaves_after_all(story: Story, hero: Hero) -> None:
    await story.draft(hero)
    async with story.app.store.begin() as uow:
        row = (await uow.all(sa.select(t.Delivery).where(col(t.Delivery.person_id) == hero.userid)))[0]
        values = {name: getattr(row, name) for name in t.Delivery.model_fields}
        forgotten = {
            **values,
            "id": "answer:forgotten",
            "state": "queued",
            "sent_at": None,
            "outbound": {"text": "补发"},
        }
        uow.add(t.Delivery(**{**forgotten, "card_id": None, "kind": "text"}))
        await uow.commit()
    assert (await story.app.watchdog.look()).told_again == []
    await story.clock.advance(LATER)
    assert (await story.app.watchdog.look()).told_again == ["answer:forgotten"]
    await story.settle()
    assert hero.phone.texts()[-1] == "补发"


async def test_a_recording_that_nobody_works_on_is_told_to_the_administrator_once_a_day(
    story: Story, hero: Hero
) -> None:
    admin = story.hero()
    await appoint_admin(story, admin)
    amr = story.hearing.hold(story.hearing.learn(make_amr(7), hero.note()))
    await hero.phone.voice(amr)
    await until(lambda: story.hearing.heard > 0)
    await story.clock.advance(LATER)
    assert (await story.app.watchdog.look()).unended == []
    (working,) = await DBOS.list_workflows_async(status="PENDING", name="hear_voice")
    await DBOS.cancel_workflow_async(working.workflow_id)
    story.hearing.let_go(amr)
    for _ in range(2):
        assert len((await story.app.watchdog.look()).unended) == 1
    await story.clock.advance(timedelta(minutes=1))
    await admin.phone.wait_until(lambda _: any("还没处理完" in text for text in admin.phone.texts()))
    assert sum("还没处理完" in text for text in admin.phone.texts()) == 1
