"""The stage of the scenarios: the real application, the stand-in for the platform, and reps with their customers.

One application serves a whole module; every test plays another rep with customers of his own, so that stories do not
meet. `settle` returns when everything that was set going has come to its end.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import pytest
import sqlalchemy as sa
from dbos import DBOS
from sqlmodel import SQLModel, col

from bot.demo import Demo, running
from bot.sandbox import DEMO_START, Faults, Item, Phone, SandboxClock
from handlers.rules.geo import Point
from storage import tables as t
from storage.directory_files import CustomerRow
from tests.company import CORPUS, cast, note
from tests.fakes import FakeTranscriber
from tests.storage.databases import url_for_story

Row = TypeVar("Row", bound=SQLModel)


@dataclass(frozen=True, slots=True)
class Hero:
    """A rep with a phone, and the customers that the story is about."""

    userid: str
    name: str
    phone: Phone
    customers: tuple[CustomerRow, ...]

    @property
    def customer(self) -> CustomerRow:
        return self.customers[0]

    def note(self, number: int = 0, *, followup: str = "下周五") -> str:
        """Return a note that leaves nothing open about the hero's customer with this number."""
        return note(self.customers[number], followup)

    def point(self) -> Point:
        """Return where the customer is, WGS-84."""
        assert self.customer.lat is not None and self.customer.lon is not None
        return Point(self.customer.lat, self.customer.lon)


class Story:
    """One running application with its platform."""

    def __init__(self, demo: Demo, hearing: FakeTranscriber) -> None:
        self.demo = demo
        self.app = demo.application
        self.standin = demo.standin
        self.hearing = hearing
        self._heroes = iter(cast())

    @property
    def clock(self) -> SandboxClock:
        return self.standin.clock

    def hero(self) -> Hero:
        """Return a rep who has not been on stage yet."""
        role = next(self._heroes, None)
        assert role is not None, "every rep has been on stage: split the module"
        return Hero(role.userid, role.name, self.standin.phone(role.userid), role.customers)

    async def settle(self, timeout_s: float = 30.0) -> None:
        """Return when no callback, no workflow and no answer is under way. Pushes wait for their time of day."""
        await self.standin.callbacks.drain()
        async with asyncio.timeout(timeout_s):
            while await self._busy():  # noqa: ASYNC110
                await asyncio.sleep(0.03)

    async def _busy(self) -> bool:
        if self.app.spool.waiting():
            return True
        working = await DBOS.list_workflows_async(
            status=["ENQUEUED", "PENDING"], load_input=False, load_output=False, limit=1
        )
        return bool(working) or bool(await self.rows(t.Delivery, state="queued", push=False))

    async def rows(self, table: type[Row], **equal: Any) -> list[Row]:
        """Return the rows of a table whose columns have these values, oldest first."""
        query = sa.select(table)
        for name, value in equal.items():
            query = query.where(getattr(table, name) == value)
        async with self.app.store.begin() as uow:
            return await uow.all(query.order_by(*sa.inspect(table).primary_key))

    async def one(self, table: type[Row], **equal: Any) -> Row:
        """Return the only row that matches."""
        found = await self.rows(table, **equal)
        assert len(found) == 1, f"{len(found)} rows of {table.__name__} with {equal}"
        return found[0]

    async def visits(self, hero: Hero) -> list[t.Visit]:
        """Return the hero's visits in the order of their beginning."""
        async with self.app.store.begin() as uow:
            query = sa.select(t.Visit).where(col(t.Visit.person_id) == hero.userid)
            return await uow.all(query.order_by(col(t.Visit.started_at), col(t.Visit.id)))

    async def visit(self, hero: Hero) -> t.Visit:
        """Return the hero's only visit."""
        found = await self.visits(hero)
        assert len(found) == 1, f"{len(found)} visits"
        return found[0]

    async def value(self, visit: t.Visit, name: str) -> Any:
        """Return the stored value of one of a visit's fields."""
        return (await self.one(t.FieldGuess, visit_id=visit.id, field=name)).value

    async def say(self, hero: Hero, *texts: str) -> None:
        """Type messages, each after the one before has been answered."""
        for text in texts:
            await hero.phone.say(text)
            await self.settle()

    async def speak(self, hero: Hero, amr: bytes, words: str) -> None:
        """Say a voice note and wait for its card."""
        await hero.phone.voice(self.hearing.learn(amr, words))
        await self.settle()

    async def tap(self, hero: Hero, button: str, item: Item | None = None, select: str | None = None) -> None:
        """Tap a button of a card (the newest by default) and wait for what comes of it."""
        await hero.phone.tap(item, button, select)
        await self.settle()

    async def draft(self, hero: Hero, number: int = 0) -> Item:
        """Type a complete note; return its card."""
        await self.say(hero, hero.note(number))
        return newest(hero)

    async def confirmed(self, hero: Hero, number: int = 0) -> Item:
        """Type a complete note and confirm it; return the card."""
        item = await self.draft(hero, number)
        await self.tap(hero, confirm_button(item), item)
        return item

    async def move(self, at: datetime) -> None:
        """Move the clock forward, playing what falls due, and let everything come to its end."""
        await self.clock.set(at)
        await self.settle()


def newest(hero: Hero) -> Item:
    """Return the newest card on the hero's phone."""
    item = hero.phone.newest_card()
    assert item is not None, "no card"
    return item


def buttons(item: Item) -> list[str]:
    """Return the buttons that a card shows."""
    assert item.card is not None
    return item.card.buttons()


def title(item: Item) -> str:
    """Return a card's title."""
    assert item.card is not None
    return item.card.title


def rows_of(item: Item) -> dict[str, str]:
    """Return a card's lines."""
    assert item.card is not None
    return item.card.rows()


def body_text(item: Item) -> str:
    """Return all that a card says, as one text."""
    assert item.card is not None
    return str(item.card.body)


def confirm_button(item: Item) -> str:
    """Return the button that confirms without tags."""
    return next(b for b in buttons(item) if b in ("确认", "只确认不标"))


def key_of(item: Item, button: str) -> str:
    """Return what a button means."""
    assert item.card is not None
    return str(next(b["key"] for b in item.card.body["button_list"] if b["text"] == button))


@contextlib.asynccontextmanager
async def open_story(
    data: Path,
    *,
    faults: Faults | None = None,
    start: datetime = DEMO_START,
    time_scale: float = 1.0,
) -> AsyncIterator[Story]:
    """Run the application with the corpus's people and the customers of the cast.

    `time_scale` divides the waits of application and queue, and lets the sandbox's clock run so much faster
    (DECISIONS 17).
    """
    hearing = FakeTranscriber()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DBOS, "sleep_async", _shortened(DBOS.sleep_async, time_scale))
        async with running(
            data,
            customers_file=_customers_of_the_cast(data),
            reps_file=CORPUS / "reps.csv",
            start=start,
            transcriber=hearing,
            faults=faults,
            clock_rate=time_scale,
            database_url=url_for_story(data),
        ) as demo:
            yield Story(demo, hearing)


def _shortened(sleep: Callable[[float], Awaitable[None]], time_scale: float) -> Callable[[float], Awaitable[None]]:
    async def sleep_shorter(seconds: float) -> None:
        await sleep(seconds / time_scale)

    return sleep_shorter


def _customers_of_the_cast(data: Path) -> Path:
    ids = {customer.customer_id for role in cast() for customer in role.customers}
    header, *lines = (CORPUS / "customers.csv").read_text(encoding="utf-8").splitlines()
    path = data / "customers.csv"
    path.write_text("\n".join([header, *(line for line in lines if line.split(",")[0] in ids)]), encoding="utf-8")
    return path


async def until(true: Callable[[], bool], timeout_s: float = 10.0) -> None:
    """Return as soon as something holds. Raises `TimeoutError`."""
    deadline = time.monotonic() + timeout_s
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError
        await asyncio.sleep(0.02)
