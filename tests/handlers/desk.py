"""A small company on a real database whose messages are handled one by one: for the tests of learning."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from handlers.know import World
from handlers.links import Links
from handlers.messages import Action, InboundAction, InboundText
from handlers.playbooks import Playbooks
from handlers.receive import receive
from storage import Store
from storage import tables as t
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


@asynccontextmanager
async def open_desk(folder: Path, **people: str) -> AsyncIterator[Desk]:
    """Open a fresh company in this folder; `people` are the roles to have besides the reps."""
    url = f"sqlite:///{folder / 'test.db'}"
    upgrade(url)
    store = Store(make_async_engine(url))
    desk = Desk(store)
    await desk.found(**people)
    yield desk
    await store.close()


def buttons(outbound: dict[str, Any]) -> list[str]:
    return [button["text"] for button in outbound["card"]["buttons"]]
