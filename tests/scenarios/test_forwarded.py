"""A chat pasted to the bot becomes a card with its messages, their times, and one tick: 需跟进 or not."""

from __future__ import annotations

from datetime import date

import pytest

from storage import tables as t
from tests.scenarios.story import Hero, Story, body_text, buttons, newest, rows_of, title

pytestmark = pytest.mark.asyncio(loop_scope="module")

NEXT_WORKING_DAY = date(2026, 3, 11)


def chat(hero: Hero, *, last: str = "好，我回去问一下") -> str:
    """Return a pasted chat of the evening before (the stage's clock stands at Tuesday 10:00), without a day in it."""
    who = f"{hero.customer.name} {hero.customer.contacts[0].name}"
    return (
        f"{who} 2026/3/9 18:02:10\n方案收到了，就是交期太长，我们等不了\n"
        f"{who} 2026/3/9 18:03:40\n别家六周就能到\n{hero.name} 2026/3/9 18:05:00\n{last}"
    )


async def test_a_pasted_chat_is_kept_with_speakers_and_times(story: Story, hero: Hero) -> None:
    await story.say(hero, chat(hero))
    visit = await story.visit(hero)
    capture = await story.one(t.Capture, visit_id=visit.id)
    messages = await story.rows(t.ForwardedMessage, capture_id=capture.id)
    assert (capture.kind, capture.text) == ("forward", chat(hero))
    assert [m.is_rep for m in messages] == [False, False, True]
    assert [f"{m.said_at:%H:%M:%S}" for m in messages if m.said_at] == ["10:02:10", "10:03:40", "10:05:00"]


async def test_the_card_shows_what_matters_and_asks_only_whether_to_follow_up(story: Story, hero: Hero) -> None:
    await story.say(hero, chat(hero))
    card = newest(hero)
    assert "3月9日 18:02" in body_text(card) and "交期太长" in body_text(card)
    assert buttons(card)[:2] == ["需跟进 3月11日", "不用跟进"]
    assert "3月11日 周三" in rows_of(card)["下次跟进"]


async def test_ticking_follow_up_sets_the_next_working_day(story: Story, hero: Hero) -> None:
    await story.say(hero, chat(hero))
    await story.tap(hero, "需跟进 3月11日")
    visit = await story.visit(hero)
    assert visit.state == "confirmed" and "已确认" in title(newest(hero))
    assert (await story.one(t.Task, kind="follow_up", person_id=hero.userid)).due_on == NEXT_WORKING_DAY


async def test_no_follow_up_leaves_the_day_open(story: Story, hero: Hero) -> None:
    await story.say(hero, chat(hero))
    await story.tap(hero, "不用跟进")
    visit = await story.visit(hero)
    assert visit.state == "confirmed" and await story.value(visit, "next_followup") is None
    assert "待补" in rows_of(newest(hero))["下次跟进"]
    assert await story.rows(t.Task, kind="follow_up", person_id=hero.userid) == []


@pytest.mark.parametrize(("typed", "day"), [("需跟进", NEXT_WORKING_DAY), ("不用跟了", None)])
async def test_the_tick_can_be_typed(story: Story, hero: Hero, typed: str, day: date | None) -> None:
    await story.say(hero, chat(hero), typed)
    visit = await story.visit(hero)
    assert await story.value(visit, "next_followup") == (day.isoformat() if day else None)
    assert "需跟进" not in " ".join(buttons(newest(hero)))


async def test_a_day_said_in_the_chat_stands(story: Story, hero: Hero) -> None:
    await story.say(hero, chat(hero, last="好，我周五带新方案过去"))
    card = newest(hero)
    assert "3月13日 周五" in rows_of(card)["下次跟进"]
    follow = next(b for b in buttons(card) if "确认" in b)
    await story.tap(hero, follow)
    assert (await story.one(t.Task, kind="follow_up", person_id=hero.userid)).due_on == date(2026, 3, 13)


async def test_a_bare_title_is_answered_with_what_to_do(story: Story, hero: Hero) -> None:
    await story.say(hero, f"{hero.customer.contacts[0].name}和{hero.name}的聊天记录")
    assert "标题" in hero.phone.texts()[-1] and "截图" in hero.phone.texts()[-1]
    assert await story.visits(hero) == []
