"""Several real `serve` and `worker` processes on one PostgreSQL, the stand-in for the platform, and reps who talk.

The processes are forked from a loaded one (`bot.torture.nursery`); their recogniser hears what the test has laid down
for a recording, and all read one clock. Everything else is the product.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import psycopg
from aiohttp import web

from bot.bootstrap import prepare_database
from bot.engine import ALL_QUEUES
from bot.sandbox import DEMO_START, Phone, PlatformRules, SandboxClock, WeComStandIn, invent_company
from bot.settings import Settings
from bot.torture.child import FOLDER
from bot.torture.clock import ClockFile
from bot.torture.nursery import LOOPBACK, Nursery, ServerProcess
from handlers.import_directory import import_customers, import_people
from handlers.know import World
from handlers.links import Links
from handlers.playbooks import Playbooks
from storage import Store
from storage.directory_files import CustomerRow
from storage.engine import make_async_engine
from tests.company import PEOPLE, Role, cast, members, note
from tests.fakes import make_amr
from tests.faults.server import free_port
from tests.storage.databases import fresh_postgresql

TIME_SCALE = 10.0
ROLES: list[Role] = [replace(role, customers=role.customers[:4]) for role in cast() if len(role.customers) >= 4]
#: Work that is not done, and work that ended otherwise than well.
OPEN_WORK = "select count(*) from dbos.workflow_status where status in ('ENQUEUED', 'PENDING', 'DELAYED')"
BROKEN_WORK = "select workflow_uuid, status from dbos.workflow_status where status <> 'SUCCESS'"


class Cluster:
    """A company's processes. `phone(n)` belongs to the rep with this number in `ROLES`."""

    def __init__(self, folder: Path, nursery: Nursery, standin: WeComStandIn, env: dict[str, str]) -> None:
        self.standin = standin
        self.database_url = env["WAIQIN_DATABASE_URL"]
        self.clock_file = ClockFile(folder / "clock", standin.clock)
        self._folder = folder
        self._nursery = nursery
        self._env = env
        self._processes: list[ServerProcess] = []
        self._serving: list[int] = []
        self._recordings = itertools.count()

    async def serve(self, *queues: str) -> ServerProcess:
        """Start a server that works on these queues only (none: it accepts and schedules)."""
        process = await self._start(free_port(), queues or ("none",), listen=True)
        self._serving.append(process.port)
        ports = itertools.cycle(self._serving)
        self.standin.callbacks.url = f"http://{LOOPBACK}/wecom/callback"
        self.standin.callbacks.balance = lambda _url: f"http://{LOOPBACK}:{next(ports)}/wecom/callback"
        return process

    async def worker(self, *queues: str) -> ServerProcess:
        """Start a worker on these queues (without a word, on all)."""
        return await self._start(0, queues or ALL_QUEUES, listen=False)

    async def _start(self, port: int, queues: tuple[str, ...], *, listen: bool) -> ServerProcess:
        name = f"{len(self._processes)}"
        env = {**self._env, "WAIQIN_PORT": str(port or 1), "WAIQIN_SPOOL_DIR": str(self._folder / f"spool-{name}")}
        process = ServerProcess(self._nursery, env, port=port, queues=queues, listen=listen)
        self._processes.append(process)
        known = len(await self.rows("select id from process"))
        await process.start()
        assert await process.ready(20)
        await self.until(lambda rows: len(rows) > known, "select id from process")
        return process

    async def stop(self) -> None:
        """End all processes."""
        await asyncio.gather(*(process.kill() for process in self._processes))

    def phone(self, number: int) -> Phone:
        """Return a rep's phone."""
        return self.standin.phone(ROLES[number].userid)

    def say(self, rep: int, customer: int) -> asyncio.Task[object]:
        """Let a rep type a note about one of the rep's customers."""
        return asyncio.ensure_future(self.phone(rep).say(note(ROLES[rep].customers[customer])))

    def speak(self, rep: int, customer: int) -> Callable[[], None]:
        """Let a rep say a note. The recogniser is busy with it until what is returned is called."""
        words, amr = note(ROLES[rep].customers[customer]), make_amr(next(self._recordings))
        self._sending = asyncio.ensure_future(self.phone(rep).voice(amr))
        return lambda: self._lay_down(f"{sha256(amr).hexdigest()}.txt", words)

    def _lay_down(self, name: str, words: str) -> None:
        unfinished = self._folder / "words" / f"{name}.tmp"
        unfinished.write_text(words, encoding="utf-8")
        unfinished.replace(self._folder / "words" / name)

    async def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Ask the database."""
        async with await psycopg.AsyncConnection.connect(self.database_url, autocommit=True) as connection:
            return await (await connection.execute(query.encode())).fetchall()

    async def until(self, true: Callable[[list[tuple[Any, ...]]], bool], query: str, within_s: float = 40) -> None:
        """Wait until the answer to a query fits. Raises `TimeoutError`."""
        async with asyncio.timeout(within_s):
            while True:
                with contextlib.suppress(psycopg.OperationalError):
                    if true(await self.rows(query)):
                        return
                await asyncio.sleep(0.1)

    async def finished(self, captures: int, within_s: float = 60) -> None:
        """Wait until so many captures are read, and nothing is queued, running or untold."""
        await self.standin.callbacks.drain()
        query = (
            f"select (select count(*) from capture where state = 'read') >= {captures}"
            f" and ({OPEN_WORK}) = 0 and not exists (select from delivery where state = 'queued' and not push)"
        )
        await self.until(lambda rows: bool(rows[0][0]), query, within_s)

    async def importing(self, *customers: CustomerRow) -> None:
        """Import customers as another process does."""
        await _import(self.database_url, list(customers))

    async def assert_once(self, notes: int) -> None:
        """Check that every note is one capture, one visit and one card on its rep's phone, and that nothing failed."""
        assert await self.rows(BROKEN_WORK) == []
        visits = await self.rows("select source_id, person_id, 'v-' || id || '-' || version from visit")
        assert await self.rows("select count(*) from capture") == [(notes,)]
        assert len(visits) == notes
        for userid in {person for _, person, _ in visits}:
            shown = sorted(item.card.task_id for item in self.standin.phone(userid).cards() if item.card)
            assert shown == sorted(card for _, person, card in visits if person == userid)


@contextlib.asynccontextmanager
async def open_cluster(folder: Path, nursery: Nursery) -> AsyncIterator[Cluster]:
    """Prepare a company's database and platform, without processes yet."""
    (folder / "words").mkdir(parents=True)
    company = invent_company(members())
    standin = WeComStandIn(company, clock=SandboxClock(DEMO_START, rate=TIME_SCALE), rules=PlatformRules().at_scale(2))
    async with contextlib.AsyncExitStack() as stack:
        runner = web.AppRunner(standin.build_app(), access_log=None)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, LOOPBACK, 0).start()
        env = {
            "WAIQIN_DATABASE_URL": fresh_postgresql(),
            "WAIQIN_MEDIA_URL": str(folder / "media"),
            "WAIQIN_HOST": LOOPBACK,
            "WAIQIN_ADMIN_PORT": "0",
            "WAIQIN_PUBLIC_URL": f"http://{LOOPBACK}",
            "WAIQIN_LINK_SECRET": "s" * 43,
            "WAIQIN_LOG_LEVEL": "INFO",
            "WAIQIN_TIME_SCALE": str(TIME_SCALE),
            "WAIQIN_WECOM_CORP_ID": company.corpid,
            "WAIQIN_WECOM_AGENT_ID": str(company.agentid),
            "WAIQIN_WECOM_SECRET": company.secret,
            "WAIQIN_WECOM_TOKEN": company.token,
            "WAIQIN_WECOM_AES_KEY": company.encoding_aes_key,
            "WAIQIN_WECOM_API_URL": f"http://{LOOPBACK}:{runner.addresses[0][1]}",
            FOLDER: str(folder),
        }
        prepare_database(Settings(database_url=env["WAIQIN_DATABASE_URL"]))
        await _import(env["WAIQIN_DATABASE_URL"], [customer for role in ROLES for customer in role.customers])
        cluster = Cluster(folder, nursery, standin, env)
        stack.push_async_callback(cluster.stop)
        yield cluster


async def _import(database_url: str, customers: list[CustomerRow]) -> None:
    store = Store(make_async_engine(database_url))
    world = World(Playbooks(), "manufacturing", Links("http://localhost", "s" * 43))
    async with store.begin() as uow:
        await import_people(PEOPLE, uow=uow)
        await import_customers(customers, uow=uow, world=world, now=DEMO_START)
        await uow.commit()
    await store.close()
