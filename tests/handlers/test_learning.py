"""Corrections that come twice become a proposal to an administrator, and only a tap makes an alias of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from handlers.import_directory import import_customers
from handlers.learn_aliases import normalise
from handlers.messages import Action
from handlers.rules.days import day_of
from storage import audit
from storage import tables as t
from storage.directory_files import CustomerRow
from tests.handlers.desk import CUSTOMERS, HEARD, Desk, buttons, open_desk


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path, a="admin", s="supervisor") as desk:
        yield desk


async def test_one_correction_is_remembered_with_the_words_that_were_heard(desk: Desk) -> None:
    await desk.corrected()
    (seen,) = await desk.rows(t.CorrectionSeen)
    assert (seen.words, seen.customer_id, seen.person_id) == (HEARD, "C0002", "lin")
    assert await desk.proposals() == []


async def test_the_second_correction_raises_one_proposal_to_the_admin_alone(desk: Desk) -> None:
    await desk.corrected(by="lin")
    await desk.corrected(by="han")
    await desk.corrected(by="han")
    (proposal,) = await desk.proposals()
    assert (proposal.words, proposal.customer_id, proposal.state) == (HEARD, "C0002", "proposed")
    pushes = await desk.rows(t.Delivery, push=True)
    assert [push.person_id for push in pushes] == ["gao"]
    assert f"“{HEARD}”两次被改成博恒（C0002）" in pushes[0].outbound["card"]["quote"]
    assert buttons(pushes[0].outbound) == ["加为别名", "不加", "看详情"]


async def test_the_same_visit_twice_is_no_second_sighting(desk: Desk) -> None:
    await desk.corrected()
    await desk.say("lin", "客户是天朗")
    await desk.say("lin", "客户是博恒")
    assert await desk.proposals() == []


async def test_a_change_of_mind_counts_for_who_was_meant_in_the_end(desk: Desk) -> None:
    await desk.corrected(to="天朗")
    await desk.say("lin", "客户是博恒")
    await desk.corrected()
    assert [p.customer_id for p in await desk.proposals()] == ["C0002"]


async def test_a_choice_on_the_card_is_a_correction_too(desk: Desk) -> None:
    for _ in range(2):
        desk.later(days=2)
        await desk.say("lin", f"去了{HEARD}，见了陈经理，方案看完了，交期太长，下周三再去")
        (visit,) = await desk.rows(t.Visit, state="draft")
        (guess,) = await desk.rows(t.FieldGuess, visit_id=visit.id, field="customer")
        async with desk.store.begin() as uow:
            guess.shown, guess.value, guess.alternatives = "question", None, ["C0002", "C0003"]
            await uow.session.merge(guess)
            await uow.commit()
        await desk.tap("lin", Action("set", visit.id, visit.version, "customer", "C0002").pack())
    assert [p.words for p in await desk.proposals()] == [HEARD]


async def test_nothing_changes_without_the_tap(desk: Desk) -> None:
    await desk.corrected()
    await desk.corrected()
    assert await desk.aliases() == ["博恒"]
    assert await desk.rows(t.Change, field="aliases") == []


async def test_accepting_adds_the_alias_and_the_next_note_knows_it(desk: Desk) -> None:
    await desk.corrected()
    await desk.corrected()
    await desk.press("gao", "alias")
    assert await desk.aliases() == ["博恒", HEARD]
    await desk.say("lin", "确认")
    desk.later(days=2)
    await desk.say("lin", f"去了{HEARD}，方案看完了，下周三再去")
    newest = max(await desk.rows(t.Visit), key=lambda visit: visit.started_at)
    assert newest.customer_id == "C0002"


async def test_accepting_is_in_the_customers_audit_chain(desk: Desk) -> None:
    await desk.corrected()
    await desk.corrected()
    await desk.press("gao", "alias")
    (change,) = await desk.rows(t.Change, entity="customer", field="aliases")
    (value,) = await desk.rows(t.ChangeValue, change_id=change.id)
    assert (change.chain, change.actor_id) == ("customer:C0002", "gao")
    assert (value.before, value.after) == (["博恒"], ["博恒", HEARD])
    async with desk.store.begin() as uow:
        assert await audit.broken_links(uow, "customer:C0002") == []


async def test_a_double_tap_accepts_once_and_shows_how_it_stands(desk: Desk) -> None:
    await desk.corrected()
    await desk.corrected()
    await desk.press("gao", "alias", version=1)
    await desk.press("gao", "alias", version=1)
    assert await desk.aliases() == ["博恒", HEARD]
    assert len(await desk.rows(t.Change, field="aliases")) == 1
    assert "撤销" in buttons(await desk.newest("gao"))


async def test_a_rejected_pair_is_never_asked_again(desk: Desk) -> None:
    await desk.corrected()
    await desk.corrected()
    await desk.press("gao", "noalias")
    await desk.corrected()
    (proposal,) = await desk.proposals()
    assert proposal.state == "rejected" and await desk.aliases() == ["博恒"]
    assert len(await desk.rows(t.Delivery, push=True)) == 1


async def test_undo_takes_the_alias_back_by_a_reverse_entry(desk: Desk) -> None:
    await desk.corrected()
    await desk.corrected()
    await desk.press("gao", "alias")
    desk.later(hours=23)
    await desk.press("gao", "unalias")
    assert await desk.aliases() == ["博恒"]
    assert len(await desk.rows(t.Change, field="aliases")) == 2
    assert buttons(await desk.newest("gao")) == ["加为别名", "不加", "看详情"]


async def test_undo_ends_after_a_day(desk: Desk) -> None:
    await desk.corrected()
    await desk.corrected()
    await desk.press("gao", "alias")
    desk.later(hours=25)
    await desk.press("gao", "unalias")
    assert await desk.aliases() == ["博恒", HEARD]
    assert buttons(await desk.newest("gao")) == ["看详情"]


@pytest.mark.parametrize("person", ["lin", "zhou"])
async def test_others_cannot_decide(desk: Desk, person: str) -> None:
    await desk.corrected()
    await desk.corrected()
    await desk.press(person, "alias")
    assert await desk.aliases() == ["博恒"]
    assert "管理员" in (await desk.newest(person))["text"]


async def test_anothers_name_cannot_become_an_alias(desk: Desk) -> None:
    await desk.corrected(heard="天朗")
    await desk.corrected(heard="天朗")
    card = (await desk.rows(t.Delivery, push=True))[0].outbound
    assert "也是常州天朗光伏科技有限公司的名字" in card["card"]["quote"]
    assert buttons(card) == ["不加", "看详情"]
    await desk.press("gao", "alias")
    assert await desk.aliases() == ["博恒"]


async def test_a_persons_name_is_no_alias_of_a_company(desk: Desk) -> None:
    async with desk.store.begin() as uow:
        uow.add(t.Contact(customer_id="C0001", name="王建国", title="采购经理"))
        await uow.commit()
    desk.later(days=2)
    await desk.say("lin", "跟王建国聊了，方案看完了，交期太长，下周三再去")
    (guess,) = await desk.rows(t.FieldGuess, field="customer")
    assert guess.span_start is not None, "the customer was not read from the person"
    await desk.say("lin", "客户是博恒")
    assert await desk.rows(t.CorrectionSeen) == []


async def test_the_other_admins_card_follows_and_an_unsent_one_stays_unsent(desk: Desk) -> None:
    async with desk.store.begin() as uow:
        uow.add(t.Person(id="qin", name="秦岚", role="admin"))
        await uow.flush()
        uow.add(t.Identity(channel="wecom", channel_user_id="qin", person_id="qin"))
        await uow.commit()
    await desk.corrected()
    await desk.corrected()
    await desk.press("gao", "alias")
    push, update = sorted(await desk.rows(t.Delivery, person_id="qin"), key=lambda row: row.push, reverse=True)
    assert (push.push, push.state) == (True, "superseded")
    assert (update.update_of, update.or_send) == (push.card_id, False)
    assert buttons(update.outbound) == ["看详情"] and "高远" in update.outbound["card"]["desc"]


async def test_a_full_day_of_pushes_puts_the_question_off_to_the_next(desk: Desk) -> None:
    await desk.corrected()
    day_after_next = desk.now + timedelta(days=2, hours=1)
    async with desk.store.begin() as uow:
        for number in range(3):
            full: dict[str, Any] = {
                "channel": "wecom",
                "recipient_id": "gao",
                "kind": "card",
                "push": True,
                "created_at": desk.now,
            }
            uow.add(t.Delivery(id=f"alert:{number}", person_id="gao", not_before=day_after_next, **full))
        await uow.commit()
    await desk.corrected()
    (push,) = [row for row in await desk.rows(t.Delivery, push=True) if row.id.startswith("alias:")]
    assert (day_of(push.not_before) - day_of(desk.now)).days == 1


async def test_without_an_admin_the_teams_supervisor_decides(tmp_path: Path) -> None:
    async with open_desk(tmp_path, s="supervisor") as desk:
        await desk.corrected()
        await desk.corrected()
        assert [push.person_id for push in await desk.rows(t.Delivery, push=True)] == ["zhou"]


async def test_a_voided_visit_teaches_nothing(desk: Desk) -> None:
    await desk.corrected()
    await desk.say("lin", "不是拜访")
    await desk.corrected()
    assert await desk.proposals() == []


async def test_a_voided_visit_counts_again_once_restored(desk: Desk) -> None:
    await desk.corrected()
    await desk.say("lin", "不是拜访")
    await desk.say("lin", "恢复")
    await desk.corrected()
    assert [proposal.times for proposal in await desk.proposals()] == [2]


async def test_an_import_keeps_what_an_admin_accepted(desk: Desk) -> None:
    await desk.corrected()
    await desk.corrected()
    await desk.press("gao", "alias")
    async with desk.store.begin() as uow:
        row = CustomerRow(customer_id="C0002", name=CUSTOMERS[1][1], aliases=("博恒", "博恒新能源"))
        await import_customers([row], uow=uow, world=desk.world, now=desk.now)
        await uow.commit()
    assert await desk.aliases() == ["博恒", "博恒新能源", HEARD]


def test_words_are_compared_without_blanks_width_and_case() -> None:
    assert normalise(" ＡＢＢ－传 动。") == normalise("abb传动") == "abb传动"
