"""A small company on a real SQLite file, and one visit to look at: what the tests of the page start from."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aiohttp import web

from bot.page import page_routes
from handlers.know import World
from handlers.links import Links
from handlers.playbooks import Playbooks
from storage import Store, audit
from storage import tables as t
from storage.engine import make_async_engine
from storage.media import FolderMediaStore, open_media_store

#: 2026-03-12, a Thursday, 16:40 in Shanghai; the visit was ten minutes before.
NOW = datetime(2026, 3, 12, 8, 40, tzinfo=UTC)
SAID_AT = NOW - timedelta(minutes=10)
WORDS = "刚从华锐出来，见了王建国王经理，需求确认得差不多了，就是交期他们嫌长，下周三再去一趟"
PEOPLE = (
    ("zhangwei", "张伟", "华东", "rep"),
    ("liuyang", "刘洋", "华东", "rep"),
    ("chenjing", "陈静", "华东", "supervisor"),
    ("zhaolei", "赵磊", "华南", "supervisor"),
    ("sunli", "孙丽", "", "director"),
)
CUSTOMERS = (
    ("C1", "苏州华锐精密机械有限公司", ["华锐", "华锐精密"], "苏州", 31.362273, 120.649767, "zhangwei"),
    ("C2", "无锡华锐自动化设备有限公司", ["华锐", "华锐自动化"], "无锡", 31.5, 120.3, "zhangwei"),
    ("C3", "昆山鑫达模具有限公司", ["鑫达"], "昆山", None, None, "zhangwei"),
    ("C4", "宁波博川轴承有限公司", ["博川"], "宁波", 29.9, 121.6, "liuyang"),
)
#: field: (value, words it was read from, how it is known)
FIELDS = {
    "customer": ("C1", "华锐", "said"),
    "contact": ("王建国", "王建国王经理", "said"),
    "stage": ("需求确认", "需求确认", "said"),
    "next_followup": ("2026-03-18", "下周三", "said"),
    "obstacle": ("交期他们嫌长", "交期他们嫌长", "said"),
}


class StandingClock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.at = NOW

    def now(self) -> datetime:
        return self.at


@dataclass
class Company:
    """The parts of the page, and what it told."""

    store: Store
    media: FolderMediaStore
    links: Links
    world: World
    clock: StandingClock
    told: list[str] = field(default_factory=list)

    def app(self) -> web.Application:
        app = web.Application()
        app.add_routes(page_routes(self.store, self.world, self.links, self.clock, self.media, self._tell))
        return app

    async def _tell(self, key: str) -> None:
        self.told.append(key)

    def link(self, person_id: str = "zhangwei", target: str = "v1") -> str:
        """Return the path of a visit's page for a person."""
        return self.links.visit(target, person_id, self.clock.now()).removeprefix("https://waiqin.example")

    async def visit(self) -> t.Visit:
        async with self.store.begin() as uow:
            return await uow.need(t.Visit, "v1")

    async def change(self, row: type, key: str, **values: object) -> None:
        """Set columns of a row."""
        async with self.store.begin() as uow:
            found = await uow.need(row, key)
            for name, value in values.items():
                setattr(found, name, value)
            uow.add(found)
            await uow.commit()

    async def add(self, *rows: object) -> None:
        async with self.store.begin() as uow:
            for row in rows:
                uow.add(row)  # type: ignore[arg-type]
                await uow.flush()
            await uow.commit()


async def open_company(folder: Path) -> Company:
    """Fill the migrated `waiqin.db` of a folder: people, customers, 张伟's visit `v1` as the note `WORDS` left it."""
    url = f"sqlite:///{folder / 'waiqin.db'}"
    links = Links("https://waiqin.example", "a secret of the tests")
    world = World(Playbooks(None), "manufacturing", links)
    media = open_media_store(str(folder / "media"))
    company = Company(Store(make_async_engine(url)), media, links, world, StandingClock())
    people = [t.Person(id=i, name=name, team=team, role=role) for i, name, team, role in PEOPLE]
    identities = [t.Identity(channel="wecom", channel_user_id=i, person_id=i) for i, *_ in PEOPLE]
    customers = [
        t.Customer(id=i, name=name, aliases=a, city=city, lat=lat, lon=lon, owner_id=owner, created_at=NOW)
        for i, name, a, city, lat, lon, owner in CUSTOMERS
    ]
    contacts = [
        t.Contact(customer_id="C1", name="王建国", title="采购经理"),
        t.Contact(customer_id="C1", name="李敏", title="技术总监"),
    ]
    await company.add(*people, *identities, *customers, *contacts)
    await _add_visit(company)
    return company


async def _add_visit(company: Company) -> None:
    capture = t.Capture(
        id="c1",
        source_id="wecom:m1",
        kind="text",
        person_id="zhangwei",
        channel="wecom",
        captured_at=SAID_AT,
        received_at=SAID_AT,
        text=WORDS,
        visit_id="v1",
        state="read",
        reading="note",
    )
    visit = t.Visit(
        id="v1",
        source_id="c1",
        person_id="zhangwei",
        customer_id="C1",
        playbook="manufacturing",
        started_at=SAID_AT,
        last_capture_at=SAID_AT,
    )
    guesses = [
        t.FieldGuess(
            id=f"g-{name}",
            visit_id="v1",
            field=name,
            value=value,
            confidence=0.95,
            known_by=known_by,
            shown="value",
            capture_id="c1",
            span_start=WORDS.index(words),
            span_end=WORDS.index(words) + len(words),
            said_at=SAID_AT,
        )
        for name, (value, words, known_by) in FIELDS.items()
    ]
    await company.add(visit, capture, *guesses)
    async with company.store.begin() as uow:
        await audit.record(
            uow,
            chain="customer:C1",
            at=SAID_AT,
            actor_id="zhangwei",
            via="wecom:m1",
            entity="visit",
            entity_id="v1",
            field="*",
            before=dict.fromkeys(FIELDS),
            after={name: value for name, (value, *_) in FIELDS.items()},
        )
        await uow.commit()
