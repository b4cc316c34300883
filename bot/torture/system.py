"""The system under test: real `serve` and `worker` processes on a real database, started, killed and healed."""

from __future__ import annotations

import asyncio
import shutil
import socket
import sqlite3
import time
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psycopg

from bot.bootstrap import prepare_database
from bot.pace import Pace
from bot.sandbox import Company
from bot.settings import Settings
from bot.torture.books import Books
from bot.torture.child import FOLDER
from bot.torture.nursery import LOOPBACK, Nursery, ServerProcess
from handlers.import_directory import import_customers, import_people
from handlers.know import World
from handlers.links import Links
from handlers.playbooks import Playbooks
from storage import Store
from storage.directory_files import CustomerRow, RepRow
from storage.engine import make_async_engine

SECRET = "s" * 43
#: The callback's path on every server.
CALLBACK = "/wecom/callback"
#: How long a server may take to come up, real seconds.
START_S = 20.0


@dataclass(frozen=True, slots=True)
class Shape:
    """What the deployment consists of. SQLite (no `database_url`) admits one server and no worker."""

    servers: int = 1
    workers: int = 0
    #: PostgreSQL server on which databases may be made; empty: SQLite
    database_url: str = ""
    time_scale: float = 60.0

    @property
    def processes(self) -> int:
        """How many processes can be killed."""
        return self.servers + self.workers


class System:
    """One deployment with its folder."""

    def __init__(self, folder: Path, shape: Shape, database_url: str, processes: list[ServerProcess]) -> None:
        self.folder = folder
        self.shape = shape
        self.database_url = database_url
        self.processes = processes
        self.books = Books(database_url, folder / "media", list(folder.glob("spool-*")))
        self._next = 0

    @property
    def servers(self) -> list[ServerProcess]:
        """The processes that listen."""
        return [p for p in self.processes if p.listen]

    def balance(self, _url: str) -> str:
        """Choose the server for a request, in turn, the living before the dead."""
        living = [p for p in self.servers if p.alive] or self.servers
        self._next += 1
        return f"http://{LOOPBACK}:{living[self._next % len(living)].port}{CALLBACK}"

    async def bring_up(self) -> None:
        """Start whatever does not run, with a healthy disk, and wait until it listens. Raises `RuntimeError`."""
        for process in self.processes:
            if process.alive:
                process.fill_disk(False)
        for _ in range(3):
            await self.restart_dead()
            ready = await asyncio.gather(*(process.ready(START_S) for process in self.processes))
            if all(ready):
                return
        raise RuntimeError(f"a server does not start, see {self.folder / 'server.log'}")

    async def restart_dead(self) -> None:
        """Start what has died, as a supervisor does."""
        for process in self.processes:
            if not process.alive:
                await process.start()

    async def take_down(self) -> None:
        """Kill everything."""
        await asyncio.gather(*(process.kill() for process in self.processes))

    async def hold_database(self, real_s: float) -> None:
        """Let nobody write to the database (SQLite) or reach it at all (PostgreSQL) for a while."""
        await asyncio.to_thread(self._lock_sqlite if not self.shape.database_url else self._shut_postgres, real_s)

    def _lock_sqlite(self, real_s: float) -> None:
        connection = sqlite3.connect(self.database_url.removeprefix("sqlite:///"), timeout=10, isolation_level=None)
        try:
            connection.execute("begin exclusive")
            time.sleep(real_s)
            connection.execute("rollback")
        finally:
            connection.close()

    def _shut_postgres(self, real_s: float) -> None:
        name = _name_of(self.database_url)
        with psycopg.connect(self.shape.database_url, autocommit=True) as admin:
            admin.execute(f'alter database "{name}" allow_connections false'.encode())
            try:
                deadline = time.monotonic() + real_s
                while time.monotonic() < deadline:
                    admin.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", (name,))
                    time.sleep(0.1)
            finally:
                admin.execute(f'alter database "{name}" allow_connections true'.encode())


async def make_template(
    path: Path, shape: Shape, people: Iterable[RepRow], customers: Iterable[CustomerRow], now: datetime
) -> str:
    """Make a database with the company in it, to be copied for each story; return its URL."""
    url = f"sqlite:///{path / 'template.db'}"
    if shape.database_url:
        url = _make_database(shape.database_url, f"torture_{uuid.uuid4().hex[:8]}")
    lock = await asyncio.to_thread(prepare_database, Settings(database_url=url))
    store = Store(make_async_engine(url))
    world = World(Playbooks(), "manufacturing", Links("http://localhost", SECRET))
    async with store.begin() as uow:
        await import_people(tuple(people), uow=uow)
        await import_customers(tuple(customers), uow=uow, world=world, now=now)
        await uow.commit()
    await store.close()
    if lock is not None:
        lock.release()
    return url


def build_system(
    folder: Path,
    shape: Shape,
    template_url: str,
    nursery: Nursery,
    company: Company,
    api_url: str,
    without: str = "",
) -> System:
    """Copy the template and prepare the processes; none is started yet."""
    if shape.database_url:
        database_url = _make_database(shape.database_url, f"torture_{uuid.uuid4().hex[:8]}", template_url)
    else:
        shutil.copy(template_url.removeprefix("sqlite:///"), folder / "waiqin.db")
        database_url = f"sqlite:///{folder / 'waiqin.db'}"
    (folder / "words").mkdir()
    processes = []
    for number in range(shape.processes):
        (folder / f"spool-{number}").mkdir()
        port = _free_port()
        env = _environment(folder, number, shape, database_url, company, api_url, port)
        listens = number < shape.servers
        processes.append(ServerProcess(nursery, env, port=port, listen=listens, without=without))
    return System(folder, shape, database_url, processes)


def drop_database(shape: Shape, database_url: str) -> None:
    """Remove a PostgreSQL database that was made for a story or a template."""
    if shape.database_url:
        name = _name_of(database_url)
        with psycopg.connect(shape.database_url, autocommit=True) as admin:
            admin.execute(f'drop database if exists "{name}" with (force)'.encode())


def _name_of(database_url: str) -> str:
    return database_url.partition("?")[0].rsplit("/", 1)[1]


def _make_database(server_url: str, name: str, template_url: str = "") -> str:
    template = f' template "{_name_of(template_url)}"' if template_url else ""
    with psycopg.connect(server_url, autocommit=True) as admin:
        admin.execute(f'create database "{name}"{template}'.encode())
    head, _, query = server_url.partition("?")
    return f"{head.rsplit('/', 1)[0]}/{name}" + (f"?{query}" if query else "")


def _environment(
    folder: Path, number: int, shape: Shape, database_url: str, company: Company, api_url: str, port: int
) -> dict[str, str]:
    pace = Pace(shape.time_scale)
    return {
        FOLDER: str(folder),
        "WAIQIN_DATABASE_URL": database_url,
        "WAIQIN_MEDIA_URL": str(folder / "media"),
        "WAIQIN_SPOOL_DIR": str(folder / f"spool-{number}"),
        "WAIQIN_HOST": LOOPBACK,
        "WAIQIN_PORT": str(port),
        "WAIQIN_ADMIN_PORT": "0",
        "WAIQIN_PUBLIC_URL": f"http://{LOOPBACK}:{port}",
        "WAIQIN_LINK_SECRET": SECRET,
        "WAIQIN_LOG_LEVEL": "WARNING",
        "WAIQIN_TIME_SCALE": str(shape.time_scale),
        "WAIQIN_DEAD_AFTER_S": str(pace.patience_s(30.0) / 3),
        "WAIQIN_WECOM_CORP_ID": company.corpid,
        "WAIQIN_WECOM_AGENT_ID": str(company.agentid),
        "WAIQIN_WECOM_SECRET": company.secret,
        "WAIQIN_WECOM_TOKEN": company.token,
        "WAIQIN_WECOM_AES_KEY": company.encoding_aes_key,
        "WAIQIN_WECOM_API_URL": api_url,
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])
