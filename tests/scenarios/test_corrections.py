"""Putting things right in words: before and after the confirm, and while the note is still being heard."""

from __future__ import annotations

from datetime import timedelta

import pytest

from storage import tables as t
from tests.fakes import make_amr
from tests.scenarios.story import Hero, Story, newest, rows_of, title, until

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_correction_before_the_confirm_shows_a_new_card(story: Story, hero: Hero) -> None:
    await story.draft(hero)
    await story.say(hero, "跟进改成3月18日")
    visit = await story.visit(hero)
    assert (visit.state, visit.version) == ("draft", 2)
    assert "3月18日" in rows_of(newest(hero))["下次跟进"] and len(hero.phone.cards()) == 2


async def test_another_customer_in_words_moves_the_visit(story: Story, hero: Hero) -> None:
    await story.draft(hero)
    wrong, right = hero.customers[:2]
    await story.say(hero, f"客户是{right.name}，不是{wrong.name}")
    assert (await story.visit(hero)).customer_id == right.customer_id


async def test_a_correction_after_the_confirm_asks_for_a_new_one(story: Story, hero: Hero) -> None:
    await story.confirmed(hero)
    await story.say(hero, "跟进改成3月18日")
    visit = await story.visit(hero)
    assert (visit.state, visit.version) == ("draft", 2)
    card = newest(hero)
    assert "3月18日" in rows_of(card)["下次跟进"] and title(card).startswith("确认拜访")
    await story.say(hero, "确认")
    assert (await story.visit(hero)).state == "confirmed"
    opportunity = await story.one(t.Opportunity, customer_id=hero.customer.customer_id)
    assert str(opportunity.next_followup) == "2026-03-18"


async def test_a_correction_waits_for_the_note_that_is_still_being_heard(story: Story, hero: Hero) -> None:
    amr = story.hearing.hold(story.hearing.learn(make_amr(10), hero.note()))
    await hero.phone.voice(amr)
    await hero.phone.wait_until(lambda screen: any("正在听写" in i.text for i in screen))
    await story.clock.advance(timedelta(seconds=5))
    await hero.phone.say("跟进改成3月18日")
    await hero.phone.wait_until(lambda screen: any("听写完就一起改" in i.text for i in screen))
    assert hero.phone.cards() == []
    story.hearing.let_go(amr)
    await story.settle()
    visit = await story.visit(hero)
    assert await story.value(visit, "next_followup") == "2026-03-18"
    assert "3月18日" in rows_of(newest(hero))["下次跟进"]


async def test_words_that_stand_alone_do_not_wait_for_the_note(story: Story, hero: Hero) -> None:
    amr = story.hearing.hold(story.hearing.learn(make_amr(11), hero.note()))
    await hero.phone.voice(amr)
    await hero.phone.say(hero.note(1))
    await hero.phone.wait_until(lambda screen: any(i.card for i in screen))
    story.hearing.let_go(amr)
    await story.settle()
    wanted = {hero.customers[0].customer_id, hero.customers[1].customer_id}
    assert {v.customer_id for v in await story.visits(hero)} == wanted


async def test_of_two_notes_heard_in_reverse_order_the_newer_words_win(story: Story, hero: Hero) -> None:
    early = story.hearing.learn(make_amr(12), hero.note(followup="3月18日"))
    late = story.hearing.learn(make_amr(13), hero.note(followup="3月25日"))
    await hero.phone.voice(story.hearing.hold(early))
    await story.clock.advance(timedelta(minutes=1))
    await hero.phone.voice(late)
    await hero.phone.wait_until(lambda screen: any(i.card for i in screen))
    story.hearing.let_go(early)
    await story.settle()
    visit = await story.visit(hero)
    assert await story.value(visit, "next_followup") == "2026-03-25"
    assert "3月25日" in rows_of(newest(hero))["下次跟进"]


async def test_a_spoken_correction_heard_late_does_not_undo_newer_words(story: Story, hero: Hero) -> None:
    await story.draft(hero)
    late = story.hearing.hold(story.hearing.learn(make_amr(15), "跟进改成3月18日"))
    await hero.phone.voice(late)
    await story.clock.advance(timedelta(minutes=1))
    await hero.phone.say(hero.note(followup="3月25日"))
    await hero.phone.wait_until(lambda _: "3月25日" in rows_of(newest(hero))["下次跟进"])
    story.hearing.let_go(late)
    await story.settle()
    assert await story.value(await story.visit(hero), "next_followup") == "2026-03-25"


async def test_a_voice_note_alone_makes_one_visit_and_one_card(story: Story, hero: Hero) -> None:
    heard = story.hearing.heard
    await story.speak(hero, make_amr(14, seconds=20), hero.note())
    await until(lambda: story.hearing.heard == heard + 1)
    assert (await story.visit(hero)).voice_seconds > 0 and len(hero.phone.cards()) == 1
