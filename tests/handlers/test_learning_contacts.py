"""A contact that is put right twice from the same words becomes a proposal too: another name of that person."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from handlers.import_directory import import_customers
from storage import audit
from storage import tables as t
from storage.directory_cells import ContactCell
from storage.directory_files import CustomerRow
from tests.handlers.desk import CUSTOMERS, Desk, buttons, open_desk

#: What is heard, and who was meant: the recogniser takes one for the other, and no rule can know.
HEARD, MEANT = "钱工", "田伟"


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path, a="admin") as desk:
        async with desk.store.begin() as uow:
            for position, (name, title) in enumerate((("王建国", "采购经理"), (MEANT, "设备工程师"))):
                uow.add(t.Contact(customer_id="C0001", name=name, title=title, position=position))
            await uow.commit()
        yield desk


async def met(desk: Desk, heard: str = HEARD, *, put_right: str = f"联系人是{MEANT}") -> None:
    """A visit two days later with a contact that is put right; the visit before is confirmed."""
    await desk.say("lin", "确认")
    desk.later(days=2)
    await desk.say("lin", f"去了华锐，见了{heard}，方案看完了，交期太长，下周三再去")
    desk.later(minutes=1)
    await desk.say("lin", put_right)


async def aliases(desk: Desk) -> list[str]:
    (contact,) = await desk.rows(t.Contact, name=MEANT)
    names: list[str] = contact.aliases
    return names


async def test_the_second_correction_of_a_contact_is_proposed_to_the_admin(desk: Desk) -> None:
    await met(desk)
    assert await desk.proposals() == []
    await met(desk)
    (proposal,) = await desk.proposals()
    assert (proposal.customer_id, proposal.contact, proposal.words) == ("C0001", MEANT, HEARD)
    (push,) = await desk.rows(t.Delivery, push=True)
    assert push.person_id == "gao" and f"“{HEARD}”两次被改成{MEANT}" in push.outbound["card"]["quote"]
    assert buttons(push.outbound)[:2] == ["加为别名", "不加"]


async def test_nothing_changes_without_the_tap_and_the_next_note_knows_it_after(desk: Desk) -> None:
    await met(desk)
    await met(desk)
    assert await aliases(desk) == []
    await desk.press("gao", "alias")
    assert await aliases(desk) == [HEARD]
    await met(desk, put_right="好的")
    newest = max(await desk.rows(t.Visit), key=lambda visit: visit.started_at)
    (guess,) = await desk.rows(t.FieldGuess, visit_id=newest.id, field="contact")
    assert (guess.value, guess.status) == (MEANT, "confirmed")


async def test_an_accepted_name_is_in_the_customers_audit_chain(desk: Desk) -> None:
    await met(desk)
    await met(desk)
    await desk.press("gao", "alias")
    (change,) = await desk.rows(t.Change, entity="contact", field="aliases")
    assert (change.chain, change.actor_id) == ("customer:C0001", "gao")
    async with desk.store.begin() as uow:
        assert await audit.broken_links(uow, "customer:C0001") == []


async def test_undo_takes_a_contacts_name_back(desk: Desk) -> None:
    await met(desk)
    await met(desk)
    await desk.press("gao", "alias")
    await desk.press("gao", "unalias")
    assert await aliases(desk) == []


async def test_words_that_name_another_contact_there_are_not_proposed(desk: Desk) -> None:
    for _ in range(3):
        await met(desk, "王经理")
    assert await desk.proposals() == []


async def test_someone_the_directory_does_not_know_is_not_proposed(desk: Desk) -> None:
    for _ in range(2):
        await met(desk, put_right="联系人是孙丽")
    assert len(await desk.rows(t.CorrectionSeen, field="contact")) == 2
    assert await desk.proposals() == []


async def test_a_voided_visit_teaches_nothing_of_contacts_either(desk: Desk) -> None:
    await met(desk)
    await desk.say("lin", "不是拜访")
    await met(desk)
    assert await desk.proposals() == []


async def test_customer_and_contact_put_right_at_once_count_for_the_right_customer(desk: Desk) -> None:
    for _ in range(2):
        await desk.say("lin", "确认")
        desk.later(days=2)
        await desk.say("lin", f"去了天朗，见了{HEARD}，方案看完了，交期太长，下周三再去")
        await desk.say("lin", f"联系人是{MEANT}，客户是华锐")
    assert (HEARD, "C0001", MEANT) in [(p.words, p.customer_id, p.contact) for p in await desk.proposals()]


async def test_an_import_keeps_a_contacts_other_names(desk: Desk) -> None:
    await met(desk)
    await met(desk)
    await desk.press("gao", "alias")
    async with desk.store.begin() as uow:
        people = (ContactCell(MEANT, "设备部长"),)
        row = CustomerRow(customer_id="C0001", name=CUSTOMERS[0][1], aliases=("华锐",), contacts=people)
        await import_customers([row], uow=uow, world=desk.world, now=desk.now)
        await uow.commit()
    assert await aliases(desk) == [HEARD]
    (customer,) = await desk.rows(t.Customer, id="C0001")
    assert HEARD not in customer.aliases
