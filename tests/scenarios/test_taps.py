"""Buttons pressed twice, late, by others, on old cards, and with keys that we never made (T12)."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlmodel import col

from handlers.messages import Action
from storage import tables as t
from tests.scenarios.story import Hero, Story, body_text, buttons, confirm_button, key_of, newest, rows_of, title

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def confirmations(story: Story, visit: t.Visit) -> int:
    """Count how often a visit was confirmed, by the audit."""
    async with story.app.store.begin() as uow:
        changes = t.Change.__table__.select().where(  # type: ignore[attr-defined]
            col(t.Change.entity_id) == visit.id, col(t.Change.field) == "state"
        )
        return len(await uow.tuples(changes))


@pytest.mark.parametrize("taps", [2, 10])
async def test_many_taps_on_confirm_confirm_once(story: Story, hero: Hero, taps: int) -> None:
    item = await story.draft(hero)
    key, card = key_of(item, confirm_button(item)), item.card
    assert card is not None
    await asyncio.gather(*(hero.phone.press(card.task_id, key) for _ in range(taps)))
    await story.settle()
    visit = await story.visit(hero)
    assert (visit.state, await confirmations(story, visit)) == ("confirmed", 1)
    assert len(await story.rows(t.Task, visit_id=visit.id, kind="follow_up")) == 1
    assert len(hero.phone.cards()) == 1 and title(item).startswith("已确认 ✓")


async def test_a_tap_by_somebody_else_is_refused_in_words(story: Story, hero: Hero) -> None:
    item = await story.draft(hero)
    other = story.hero()
    assert item.card is not None
    await other.phone.press(item.card.task_id, key_of(item, confirm_button(item)))
    await story.settle()
    assert "只有本人能点" in other.phone.texts()[-1] and other.phone.cards() == []
    assert (await story.visit(hero)).state == "draft"


async def test_a_tap_on_an_outdated_card_only_brings_it_up_to_date(story: Story, hero: Hero) -> None:
    old = await story.draft(hero)
    await story.say(hero, "跟进改成3月18日")
    fresh = newest(hero)
    assert fresh is not old and "3月18日" in rows_of(fresh)["下次跟进"]
    await story.tap(hero, confirm_button(old), old)
    assert (await story.visit(hero)).state == "draft"
    assert "3月18日" in rows_of(old)["下次跟进"]
    await story.tap(hero, confirm_button(old), old)
    assert (await story.visit(hero)).state == "confirmed"


async def test_a_choice_that_was_not_offered_changes_nothing(story: Story, hero: Hero) -> None:
    item = await story.draft(hero)
    visit = await story.visit(hero)
    assert item.card is not None
    for field, value in (("customer", "C9999"), ("stage", "成交"), ("nonsense", "x")):
        await hero.phone.press(item.card.task_id, Action("set", visit.id, visit.version, field, value).pack())
        await story.settle()
        after = await story.visit(hero)
        assert (after.state, after.version, after.customer_id) == ("draft", visit.version, visit.customer_id)


async def test_forged_buttons_are_answered_and_do_nothing(story: Story, hero: Hero) -> None:
    item = await story.draft(hero)
    assert item.card is not None
    for key in ("确认", "1|confirm|x", "2|confirm|a|1||", "1|confirm|nobody|1||", "1|drop|a|1||"):
        await hero.phone.press(item.card.task_id, key)
    await story.settle()
    answers = await story.rows(t.Delivery, person_id=hero.userid, kind="text")
    assert len(answers) == 5 and all("已经失效" in str(a.outbound) for a in answers)
    assert (await story.visit(hero)).state == "draft" and hero.phone.texts()


async def test_each_tap_uses_its_own_right_to_update_the_card_once(story: Story, hero: Hero) -> None:
    item = await story.confirmed(hero)
    assert item.card is not None
    await story.tap(hero, "撤销", item)
    await story.tap(hero, confirm_button(item), item)
    codes = await story.rows(t.CardCode, card_id=item.card.task_id)
    assert len(codes) == 4 and len([c for c in codes if c.used_at]) == 3  # one came with the send
    assert item.card.updates == 3 and title(item).startswith("已确认 ✓")


async def test_undo_takes_back_what_the_confirm_did(story: Story, hero: Hero) -> None:
    before = await story.one(t.Opportunity, customer_id=hero.customer.customer_id)
    item = await story.confirmed(hero)
    moved = await story.one(t.Opportunity, customer_id=hero.customer.customer_id)
    assert moved.next_followup is not None and moved.last_touch_at is not None
    await story.tap(hero, "撤销", item)
    after = await story.one(t.Opportunity, customer_id=hero.customer.customer_id)
    assert (after.stage, after.next_followup, after.last_touch_at) == (before.stage, None, before.last_touch_at)
    visit = await story.visit(hero)
    assert (visit.state, visit.version) == ("draft", 2)
    assert "待确认" in body_text(item) and "不是拜访" in buttons(item)
    assert {task.state for task in await story.rows(t.Task, visit_id=visit.id, kind="follow_up")} == {"cancelled"}


async def test_not_a_visit_sets_aside_and_restore_brings_back(story: Story, hero: Hero) -> None:
    item = await story.draft(hero)
    await story.tap(hero, "不是拜访", item)
    assert (await story.visit(hero)).state == "voided" and buttons(item) == ["恢复"]
    await story.tap(hero, "恢复", item)
    assert (await story.visit(hero)).state == "draft"
    await story.tap(hero, confirm_button(item), item)
    assert (await story.visit(hero)).state == "confirmed"


async def test_undo_a_day_later_is_refused_in_words(story: Story, hero: Hero) -> None:
    item = await story.confirmed(hero)
    await story.move(story.clock.now() + timedelta(hours=25))
    await story.tap(hero, "撤销", item)
    assert (await story.visit(hero)).state == "confirmed"
    assert "24 小时" in hero.phone.texts()[-1]


async def test_a_tap_three_days_later_still_works(story: Story, hero: Hero) -> None:
    item = await story.draft(hero)
    await story.move(story.clock.now() + timedelta(hours=73))
    await story.tap(hero, confirm_button(item), item)
    assert (await story.visit(hero)).state == "confirmed" and title(newest(hero)).startswith("已确认 ✓")
