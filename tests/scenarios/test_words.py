"""Repeats that are meant, cards as numbered text, stages that may not be skipped, customers nobody knows yet."""

from __future__ import annotations

import pytest

from storage import tables as t
from tests.fakes import make_amr
from tests.scenarios.story import Hero, Story, body_text, buttons, confirm_button, newest, title

pytestmark = pytest.mark.asyncio(loop_scope="module")

NEWCOMER = "苏州启明星轴承有限公司"


async def test_the_same_two_words_within_seconds_are_two_messages(story: Story, hero: Hero) -> None:
    await hero.phone.say("好的")
    await hero.phone.say("好的")
    await story.settle()
    captures = await story.rows(t.Capture, person_id=hero.userid)
    assert [c.text for c in captures] == ["好的", "好的"]
    answers = hero.phone.texts()
    assert len(answers) == len(set(answers)) == 2  # the platform shows the same words only once


async def test_two_notes_of_one_minute_that_nobody_heard_are_both_answered(story: Story, hero: Hero) -> None:
    for seed in (40, 41):
        await hero.phone.voice(story.hearing.learn(make_amr(seed), ""))
    await story.settle()
    assert sum("没听清" in text for text in hero.phone.texts()) == 2


async def test_the_same_note_twice_is_two_notes_of_one_visit(story: Story, hero: Hero) -> None:
    await story.say(hero, hero.note(), hero.note())
    captures = await story.rows(t.Capture, person_id=hero.userid)
    visit = await story.visit(hero)
    assert [c.visit_id for c in captures] == [visit.id, visit.id]
    assert all(c.reading == "note" for c in captures)


async def test_text_mode_shows_cards_as_numbered_text(story: Story, hero: Hero) -> None:
    await story.say(hero, "文字版", hero.note())
    assert hero.phone.cards() == []
    assert "回复 1 " in hero.phone.texts()[-1] and len(hero.phone.texts()[-1].encode()) <= 2048
    await story.say(hero, "1")
    assert (await story.visit(hero)).state == "confirmed"
    assert "已确认" in hero.phone.texts()[-1]
    await story.say(hero, "卡片版", hero.note(1))
    assert len(hero.phone.cards()) == 1


async def test_a_number_that_is_no_button_presses_none(story: Story, hero: Hero) -> None:
    await story.say(hero, "文字版", hero.note(), "9")
    assert (await story.visit(hero)).state == "draft"


async def test_skipping_a_stage_is_confirmed_and_said_on_the_card(story: Story, hero: Hero) -> None:
    before = await story.one(t.Opportunity, customer_id=hero.customer.customer_id)
    customer = hero.customer
    note = f"{customer.name}，{customer.contacts[0].name}。合同在他们法务手里审批，嫌违约金比例高，下周五去改"
    await story.say(hero, note)
    item = newest(hero)
    await story.tap(hero, confirm_button(item), item)
    visit = await story.visit(hero)
    assert visit.state == "confirmed" and await story.value(visit, "stage") == "合同审批"
    after = await story.one(t.Opportunity, customer_id=customer.customer_id)
    assert after.stage == before.stage and after.last_touch_at is not None
    assert visit.stage_note and visit.stage_note in body_text(item)


async def test_a_new_customer_is_created_by_the_confirm_and_undone_with_it(story: Story, hero: Hero) -> None:
    await story.say(hero, f"今天拜访了新客户{NEWCOMER}，见了采购经理沈国强，方案看完了，预算不够，下周五再去")
    item = newest(hero)
    offered = next((b for b in buttons(item) if "启明星" in b), None) or confirm_button(item)
    await story.tap(hero, offered, item)
    assert title(item).startswith("已确认 ✓")
    created = await story.one(t.Customer, name=NEWCOMER)
    assert created.owner_id == hero.userid and (await story.visit(hero)).customer_id == created.id
    await story.tap(hero, "撤销", item)
    assert await story.rows(t.Customer, name=NEWCOMER) == []
    assert (await story.visit(hero)).state == "draft"
