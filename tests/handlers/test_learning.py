"""Corrections that come twice become a proposal to an administrator, and only a tap makes an alias of it."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import col

from handlers.import_directory import import_customers
from handlers.know import World
from handlers.learn_aliases import normalise
from handlers.links import Links
from handlers.messages import Action, InboundAction, InboundText
from handlers.playbooks import Playbooks
from handlers.receive import receive
from handlers.rules.days import day_of
from storage import Store, audit
from storage import tables as t
from storage.directory_files import CustomerRow
from storage.engine import make_async_engine
from storage.migrate import upgrade

#: Tuesday 2026-03-10, 10:00 in Shanghai.
START = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)
PEOPLE = (("lin", "林悦", "rep"), ("han", "韩梅", "rep"), ("zhou", "周建明", "supervisor"), ("gao", "高远", "admin"))
CUSTOMERS = (
    ("C0001", "苏州华锐精密机械有限公司", ["华锐"]),
    ("C0002", "无锡博恒新能源科技有限公司", ["博恒"]),
    ("C0003", "常州天朗光伏科技有限公司", ["天朗"]),
)
HEARD = "鑫海传动"


class Desk:
    """The company's messages, handled on a real database; the clock moves only by `later`."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.world = World(Playbooks(), "manufacturing", Links("https://waiqin.example", "secret"))
        self.now = START
        self._numbers = itertools.count(1)

    def later(self, **by: float) -> None:
        self.now += timedelta(**by)

    async def found(self, **people: str) -> None:
        """Set up people and customers; `people` are the roles to have besides the reps."""
        async with self.store.begin() as uow:
            for userid, name, role in PEOPLE:
                if role == "rep" or role in people.values():
                    uow.add(t.Person(id=userid, name=name, role=role, team="华东"))
                    await uow.flush()
                    uow.add(t.Identity(channel="wecom", channel_user_id=userid, person_id=userid))
            for customer_id, name, aliases in CUSTOMERS:
                uow.add(t.Customer(id=customer_id, name=name, aliases=aliases, owner_id="lin", created_at=START))
            await uow.commit()

    async def say(self, person: str, text: str) -> None:
        await self._receive(InboundText(**self._head(person), text=text))

    async def tap(self, person: str, key: str, card_id: str = "") -> None:
        await self._receive(InboundAction(**self._head(person), action=key, task_id=card_id))

    def _head(self, person: str) -> dict[str, Any]:
        return {"channel": "wecom", "message_id": str(next(self._numbers)), "sender_id": person, "sent_at": self.now}

    async def _receive(self, inbound: InboundText | InboundAction) -> None:
        async with self.store.begin() as uow:
            await receive(inbound, uow=uow, world=self.world, now=self.now)
            await uow.commit()

    async def corrected(self, heard: str = HEARD, to: str = "博恒", *, by: str = "lin") -> None:
        """A visit two days later, in which one customer is heard and another was meant; left unconfirmed."""
        if self.now > START:
            await self.say(by, "确认")
        self.later(days=2)
        await self.say(by, f"去了{heard}，见了陈经理，方案看完了，交期太长，下周三再去")
        self.later(minutes=1)
        await self.say(by, f"客户是{to}")

    async def rows(self, table: Any, **equal: Any) -> list[Any]:
        query = sa.select(table)
        for name, value in equal.items():
            query = query.where(getattr(table, name) == value)
        async with self.store.begin() as uow:
            return await uow.all(query)

    async def proposals(self) -> list[t.AliasProposal]:
        return await self.rows(t.AliasProposal)

    async def aliases(self, customer_id: str = "C0002") -> list[str]:
        customer: t.Customer = (await self.rows(t.Customer, id=customer_id))[0]
        return customer.aliases

    async def press(self, person: str, verb: str, *, version: int | None = None) -> None:
        """Press a button of the only proposal's card as this person sees it."""
        proposal = (await self.proposals())[0]
        shown = await self.rows(t.CardShown, object_id=proposal.id, person_id=person)
        key = Action(verb, proposal.id, version or proposal.version).pack()
        await self.tap(person, key, shown[0].id if shown else "")

    async def newest(self, person: str) -> dict[str, Any]:
        """Return what this person was told last."""
        query = sa.select(t.Delivery).where(col(t.Delivery.person_id) == person)
        async with self.store.begin() as uow:
            row = await uow.first(query.order_by(sa.literal_column("rowid").desc()))
        outbound: dict[str, Any] = row.outbound
        return outbound


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    url = f"sqlite:///{tmp_path / 'test.db'}"
    upgrade(url)
    store = Store(make_async_engine(url))
    desk = Desk(store)
    await desk.found(a="admin", s="supervisor")
    yield desk
    await store.close()


def buttons(outbound: dict[str, Any]) -> list[str]:
    return [button["text"] for button in outbound["card"]["buttons"]]


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
            full = {"channel": "wecom", "recipient_id": "gao", "kind": "card", "push": True, "created_at": desk.now}
            uow.add(t.Delivery(id=f"alert:{number}", person_id="gao", not_before=day_after_next, **full))
        await uow.commit()
    await desk.corrected()
    (push,) = [row for row in await desk.rows(t.Delivery, push=True) if row.id.startswith("alias:")]
    assert (day_of(push.not_before) - day_of(desk.now)).days == 1


async def test_without_an_admin_the_teams_supervisor_decides(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'other.db'}"
    upgrade(url)
    desk = Desk(Store(make_async_engine(url)))
    await desk.found(s="supervisor")
    await desk.corrected()
    await desk.corrected()
    assert [push.person_id for push in await desk.rows(t.Delivery, push=True)] == ["zhou"]
    await desk.store.close()


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
