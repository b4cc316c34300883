"""Several `waiqin serve` and `waiqin worker` processes on one PostgreSQL, for `benchmarks.many_processes`."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import secrets
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import psycopg

from benchmarks.service import (
    LOOPBACK,
    Platform,
    Shown,
    end,
    environment_of,
    free_port,
    import_corpus,
    post,
    serving,
    spawn,
    until_ready,
)
from bot.sandbox.company import Company, invent_company
from bot.sandbox.envelopes import Sealed, event_xml, message_xml, seal
from tests.nlp.corpus import load_reps
from tests.storage.databases import fresh_postgresql

_OPEN = "select count(*) from dbos.workflow_status where status in ('ENQUEUED', 'PENDING', 'DELAYED')"


@dataclass
class Cluster:
    """A company's database and platform, and the processes that were started on it."""

    company: Company
    platform: Platform
    session: aiohttp.ClientSession
    environment: dict[str, str]
    urls: list[str] = field(default_factory=list)
    _processes: list[Process] = field(default_factory=list)
    _ids: itertools.count[int] = field(default_factory=lambda: itertools.count(7_000_000_000_000_000_000))

    @property
    def database_url(self) -> str:
        """The URL of the database, as the processes got it."""
        return self.environment["WAIQIN_DATABASE_URL"]

    async def serve(self, queues: str) -> None:
        """Start a server that works on these queues (`none`: it only accepts); return when it is ready."""
        port = free_port()
        process = await spawn(self.environment, "serve", "--host", LOOPBACK, "--port", str(port), "--queues", queues)
        self._processes.append(process)
        await until_ready(self.session, f"http://{LOOPBACK}:{port}", process)
        self.urls.append(f"http://{LOOPBACK}:{port}")

    async def work(self, *arguments: str, module: str = "bot.cli") -> Process:
        """Start a worker (or another module that is one); return when it shows life."""
        known = await self._alive()
        process = await spawn(self.environment, *arguments, module=module)
        self._processes.append(process)
        while await self._alive() == known:  # noqa: ASYNC110 - another process writes it
            await asyncio.sleep(0.1)
        return process

    async def _alive(self) -> int:
        return await self.ask('select count(*) from process where not "left"')

    async def ask(self, query: str) -> int:
        """Return the one number that a query answers."""
        async with await psycopg.AsyncConnection.connect(self.database_url) as connection:
            row = await (await connection.execute(query.encode())).fetchone()
        return int(row[0]) if row else 0

    async def drained(self, within_s: float) -> bool:
        """Wait until no work is open; false if it is not in time."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while await self.ask(_OPEN):  # noqa: ASYNC110 - other processes work
                    await asyncio.sleep(0.2)
                return True
        return False

    def note(self, userid: str, text: str) -> Sealed:
        """Return a signed, encrypted text message."""
        return self._message(userid, "text", {"Content": text})

    def voice(self, userid: str, media_id: str) -> Sealed:
        """Return a voice message; its recording must be in `platform.media`."""
        return self._message(userid, "voice", {"MediaId": media_id, "Format": "amr"})

    def tap(self, card: Shown) -> Sealed:
        """Return the callback of a press on a card's first button."""
        now = datetime.now(UTC)
        facts = {
            "EventKey": card.button_key,
            "TaskId": card.body["template_card"]["task_id"],
            "CardType": "button_interaction",
            "ResponseCode": card.response_code,
        }
        return seal(self.company, event_xml(self.company, card.userid, now, "template_card_event", facts), now)

    def _message(self, userid: str, kind: str, fields: dict[str, str]) -> Sealed:
        now = datetime.now(UTC)
        return seal(self.company, message_xml(self.company, userid, now, kind, fields, next(self._ids)), now)

    async def post(self, sealed: Sealed) -> float:
        """Deliver to one of the servers in turn; return the seconds until it was accepted. Raises `RuntimeError`."""
        self.urls.append(self.urls.pop(0))
        return await post(self.session, self.urls[0] + "/wecom/callback", sealed)

    async def stop(self) -> None:
        """End all processes."""
        await asyncio.gather(*(end(process) for process in self._processes))


@contextlib.asynccontextmanager
async def open_cluster(folder: Path) -> AsyncIterator[Cluster]:
    """Prepare a fresh database with the corpus directory, and the platform; no processes yet."""
    company, platform = invent_company(tuple(load_reps())), Platform()
    connector = aiohttp.TCPConnector(limit=0)
    async with serving(platform.web_app()) as platform_url, aiohttp.ClientSession(connector=connector) as session:
        environment = environment_of(folder, company, platform_url, f"http://{LOOPBACK}", fresh_postgresql())
        environment["WAIQIN_LINK_SECRET"] = secrets.token_urlsafe(32)
        await import_corpus(environment)
        cluster = Cluster(company, platform, session, environment)
        try:
            yield cluster
        finally:
            await cluster.stop()
