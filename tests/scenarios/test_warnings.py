"""Silence becomes a warning, once, to the right person, at a decent hour; progress takes it back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.sandbox import Item
from bot.sandbox.clock import SHANGHAI
from handlers import texts
from storage import tables as t
from tests.scenarios.story import Hero, Story, body_text, confirm_button, key_of, newest, open_story, title

BOSS = "zhoujianming"


def on(day: int, hour: int = 12, minute: int = 0) -> datetime:
    """Return a time of March 2026 in Shanghai; the stories begin on Tuesday the 10th at 10:00."""
    return datetime(2026, 3, day, hour, minute, tzinfo=SHANGHAI)


@pytest.fixture
async def story(tmp_path: Path) -> AsyncIterator[Story]:
    async with open_story(tmp_path) as running:
        yield running


@pytest.fixture
def hero(story: Story) -> Hero:
    return story.hero()


def warnings(story: Story, userid: str) -> list[Item]:
    """Return the cards on a phone that warn, oldest first."""
    return [i for i in story.standin.phone(userid).cards() if title(i).startswith(("提醒：", "红旗："))]


def titles(story: Story, userid: str) -> list[str]:
    return [title(i) for i in warnings(story, userid)]


async def test_yellow_goes_to_the_owner_and_red_to_the_supervisor_once_each(story: Story, hero: Hero) -> None:
    await story.confirmed(hero)
    name = hero.customer.aliases[0]
    await story.move(on(16, 20))
    assert titles(story, hero.userid) == titles(story, BOSS) == []
    await story.move(on(17, 20))
    assert titles(story, hero.userid) == [f"提醒：{name} 停住了"] and titles(story, BOSS) == []
    await story.move(on(18, 20))
    assert titles(story, BOSS) == [f"红旗：{name} 停住了"]
    assert "节拍不够" in body_text(warnings(story, BOSS)[0]) and hero.name in body_text(warnings(story, BOSS)[0])
    await story.move(on(23, 20))
    assert (len(titles(story, hero.userid)), len(titles(story, BOSS))) == (1, 1)


async def test_nobody_is_pushed_in_quiet_hours_nor_on_the_full_hour(story: Story, hero: Hero) -> None:
    await story.confirmed(hero)
    await story.draft(hero, 1)
    await story.move(on(19, 20))
    pushed = await story.rows(t.Delivery, push=True, state="sent")
    times = [push.sent_at.astimezone(SHANGHAI) for push in pushed if push.sent_at]
    assert len(times) >= 4 and all((7, 30) <= (at.hour, at.minute) < (21, 0) for at in times)
    assert all(at.minute not in (0, 30) for at in times)


async def test_a_restart_in_the_middle_warns_no_second_time(tmp_path: Path) -> None:
    async with open_story(tmp_path) as story:
        hero = story.hero()
        await story.confirmed(hero)
        await story.move(on(17, 15))
        assert len(titles(story, hero.userid)) == 1
    async with open_story(tmp_path, start=on(17, 16)) as story:
        await story.move(on(18, 20))
        assert titles(story, hero.userid) == [] and len(titles(story, BOSS)) == 1
        assert len(await story.rows(t.Alert)) == 2


async def test_ticks_missed_while_we_were_away_are_made_up_for_at_a_decent_hour(tmp_path: Path) -> None:
    async with open_story(tmp_path) as story:
        hero = story.hero()
        await story.confirmed(hero)
    async with open_story(tmp_path, start=on(17, 22)) as story:
        await story.app.schedule.catch_up()
        await story.settle()
        assert titles(story, hero.userid) == [] and len(await story.rows(t.Alert, level="yellow")) == 1
        await story.move(on(18, 9, 30))
        assert len(titles(story, hero.userid)) == 1


async def test_a_snooze_is_quiet_for_three_days_and_then_warns_anew(story: Story, hero: Hero) -> None:
    await story.confirmed(hero)
    await story.move(on(17, 20))
    card = warnings(story, hero.userid)[0]
    await story.tap(hero, "延期 3 天", card)
    assert "延期到 3月20日" in body_text(card)
    await story.move(on(19, 20))
    assert titles(story, BOSS) == [] and len(titles(story, hero.userid)) == 1
    await story.move(on(20, 20))
    assert len(titles(story, BOSS)) == 1 and len(titles(story, hero.userid)) == 2


async def test_a_warning_is_answered_only_by_whom_it_is_for_and_then_says_so(story: Story, hero: Hero) -> None:
    await story.confirmed(hero)
    await story.move(on(17, 20))
    item, other = warnings(story, hero.userid)[0], story.hero()
    assert item.card is not None
    await other.phone.press(item.card.task_id, key_of(item, "知道了"))
    await story.settle()
    assert "只有本人能点" in other.phone.texts()[-1] and (await story.one(t.Alert)).state == "raised"
    await story.tap(hero, "知道了", item)
    assert f"{hero.name} 已知道" in body_text(item) and (await story.one(t.Alert)).state == "acknowledged"


async def test_a_visit_that_moves_the_deal_takes_both_warnings_back(story: Story, hero: Hero) -> None:
    await story.confirmed(hero)
    await story.move(on(18, 15))
    cards = [*warnings(story, hero.userid), *warnings(story, BOSS)]
    assert len(cards) == 2
    await story.say(hero, hero.note())
    await story.tap(hero, confirm_button(newest(hero)))
    await story.clock.advance(timedelta(minutes=1))
    for card in cards:
        await story.standin.phone(card.userid).wait_until(lambda _, card=card: texts.ALERT_RESOLVED in body_text(card))  # type: ignore[misc]
    assert {a.state for a in await story.rows(t.Alert)} == {"resolved"}
    await story.move(on(24, 20))
    assert (len(titles(story, hero.userid)), len(titles(story, BOSS))) == (1, 1)


async def test_the_evening_summary_lists_what_is_unconfirmed(story: Story, hero: Hero) -> None:
    await story.draft(hero)
    await story.confirmed(hero, 1)
    await story.move(on(10, 20))
    (summary,) = [text for text in hero.phone.texts() if "没确认" in text]
    assert hero.customer.aliases[0] in summary and hero.customers[1].aliases[0] not in summary
    await story.say(hero, "确认 1")
    assert {v.state for v in await story.visits(hero)} == {"confirmed"}


async def test_the_morning_reminds_of_the_day_s_follow_ups(story: Story, hero: Hero) -> None:
    await story.say(hero, hero.note(followup="3月12日"))
    await story.tap(hero, confirm_button(newest(hero)))
    await story.move(on(11, 10))
    assert not any("今天要跟进" in text for text in hero.phone.texts())
    await story.move(on(12, 10))
    (reminder,) = [text for text in hero.phone.texts() if "今天要跟进 1 家" in text]
    assert hero.customer.aliases[0] in reminder
