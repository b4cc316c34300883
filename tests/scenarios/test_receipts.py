"""Receipts: what the bot calls safe is proven anew each time, and what is missing is said (MISSION M1)."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlmodel import col

from bot.sandbox import Faults
from bot.sandbox.clock import SHANGHAI
from bot.sandbox.sample_photos import draw_gate, make_photo
from handlers.receipts import broken_entries
from storage import tables as t
from tests.fakes import make_amr
from tests.scenarios.story import Hero, Story, open_story, until

#: A small picture.
PHOTO = make_photo(draw_gate, datetime(2026, 3, 10, 10), 31.3, 120.6)
EVENING = datetime(2026, 3, 10, 20, tzinfo=SHANGHAI)
ONE_LOST = "今天采集 1，已安全 0，待传 0，没取到 1"


@pytest.fixture
async def story(tmp_path: Path) -> AsyncIterator[Story]:
    async with open_story(tmp_path, faults=Faults(), time_scale=4.0) as running:
        yield running


@pytest.fixture
def hero(story: Story) -> Hero:
    return story.hero()


async def test_the_evening_message_counts_what_is_proven_safe(story: Story, hero: Hero) -> None:
    await story.confirmed(hero)
    await story.speak(hero, make_amr(3), hero.note(1))
    await hero.phone.photo(PHOTO)
    await hero.phone.location(31.3, 120.6, "厂门口")
    await story.say(hero, "你好", "草稿")
    await story.move(EVENING)
    (told,) = [text for text in hero.phone.texts() if text.startswith("今天采集")]
    assert told.startswith("今天采集 4，已安全 4，待传 0。")


async def test_a_recording_waiting_for_the_recogniser_is_safe_already(story: Story, hero: Hero) -> None:
    amr = story.hearing.hold(story.hearing.learn(make_amr(4), hero.note()))
    await hero.phone.voice(amr)
    await until(lambda: story.hearing.heard > 0)
    await hero.phone.say("收据")
    await hero.phone.wait_until(lambda _: "语音：已安全" in hero.phone.texts()[-1])
    assert "今天采集 1，已安全 1，待传 0。" in hero.phone.texts()[-1]
    story.hearing.let_go(amr)
    await story.settle()


async def test_bytes_that_vanished_from_the_store_are_not_called_safe(story: Story, hero: Hero) -> None:
    await story.speak(hero, make_amr(5), hero.note())
    (capture,) = await story.rows(t.Capture, person_id=hero.userid)
    assert await story.app.media.purge(str(capture.media_sha256))
    await story.say(hero, "收据")
    assert "没取到原件，请再发一次" in hero.phone.texts()[-1]


async def test_words_that_were_altered_are_not_called_safe(story: Story, hero: Hero) -> None:
    await story.draft(hero)
    async with story.app.store.begin() as uow:
        await uow.run(sa.update(t.Capture).where(col(t.Capture.person_id) == hero.userid).values(text="别的话"))
        await uow.commit()
    await story.say(hero, "收据")
    assert ONE_LOST in hero.phone.texts()[-1]


async def test_a_file_that_the_platform_lost_is_counted_as_lost(story: Story, hero: Hero) -> None:
    story.standin.faults.once("media_gone", where="media/get")
    await hero.phone.photo(PHOTO)
    await story.settle()
    await story.say(hero, "收据")
    assert ONE_LOST in hero.phone.texts()[-1]


async def test_a_receipt_s_number_proves_the_capture_to_its_owner_alone(story: Story, hero: Hero) -> None:
    await story.draft(hero)
    await story.say(hero, "收据")
    found = re.search(r"编号 (\d{4}-[A-Z2-7]{8})", hero.phone.texts()[-1])
    assert found is not None
    await story.say(hero, f"收据 {found[1]}", "收据 0001-AAAAAAAA")
    assert "收据有效" in hero.phone.texts()[-2] and "没有编号" in hero.phone.texts()[-1]
    other = story.hero()
    await story.say(other, f"收据 {found[1]}")
    assert "没有编号" in other.phone.texts()[-1]


async def test_an_entry_that_was_removed_or_changed_is_found(story: Story, hero: Hero) -> None:
    await story.say(hero, hero.note(), hero.note(1), "好的")
    async with story.app.store.begin() as uow:
        assert await broken_entries(uow, hero.userid) == []
        own = col(t.Receipt.person_id) == hero.userid
        await uow.run(sa.update(t.Receipt).where(own, col(t.Receipt.seq) == 2).values(content_sha256="0" * 64))
        assert await broken_entries(uow, hero.userid) == [2]
        await uow.run(sa.delete(t.Receipt).where(own, col(t.Receipt.seq) == 1))
        assert 2 in await broken_entries(uow, hero.userid)
