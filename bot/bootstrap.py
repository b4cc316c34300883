"""The composition root: the one place that sees everything and builds it once.

`build` makes the application's parts; `Application.start` brings them up in order, `stop` takes them down.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import aiohttp
from aiohttp import web
from sqlalchemy.exc import SQLAlchemyError

from bot import engine, wecom
from bot.clock import SystemClock, WaitingClock
from bot.delivery import Delivery
from bot.hearing import WhisperHearing
from bot.page import page_routes
from bot.proposer import ModelProposer
from bot.schedule import Schedule
from bot.settings import Settings
from bot.spool import Spool
from bot.work import Work
from bot.workflows import Workflows, register
from handlers.know import World
from handlers.links import Links
from handlers.playbooks import Playbooks
from handlers.ports import Messenger, Proposer, Transcriber
from storage import Store
from storage.engine import is_sqlite, make_async_engine
from storage.media import MediaStore, open_media_store
from storage.migrate import upgrade

logger = logging.getLogger("bot")

#: The platform waits five seconds; what is not durable by then goes to the spool (DECISIONS 1).
ENQUEUE_WITHIN_S = 4.0
SPOOL_EVERY_S = 5.0
RETENTION_EVERY_S = 24 * 3600.0


@dataclass(slots=True)
class Counters:
    """What `/healthz` and the log tell of the edge."""

    accepted: int = 0
    spooled: int = 0
    rejected: dict[str, int] = field(default_factory=dict)

    def reject(self, reason: str) -> None:
        """Count a refused callback."""
        self.rejected[reason] = self.rejected.get(reason, 0) + 1


class Application:
    """All parts of a running process, bound to each other once."""

    def __init__(
        self,
        settings: Settings,
        *,
        clock: WaitingClock,
        session: aiohttp.ClientSession,
        transcriber: Transcriber,
        executor_id: str,
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.session = session
        self.counters = Counters()
        self.store = Store(make_async_engine(settings.database_url))
        self.media: MediaStore = open_media_store(settings.media_url)
        self.links = Links(settings.public_url, settings.link_secret.get_secret_value())
        self.world = World(Playbooks(settings.playbook_dir), settings.playbook, self.links)
        self.spool = Spool(settings.spool_dir)
        self.transcriber = transcriber
        self.messengers: Mapping[str, Messenger] = {"wecom": self._wecom()}
        self.delivery = Delivery(self.store, self.messengers, clock)
        engine.configure(settings.database_url, executor_id)
        self.work = Work(
            store=self.store,
            world=self.world,
            clock=clock,
            media=self.media,
            transcriber=transcriber,
            messengers=self.messengers,
            parsers={"wecom": wecom.from_update},
            delivery=self.delivery,
            proposer=self._proposer(),
        )
        self.workflows: Workflows = register(self.work)
        self.schedule = Schedule(
            clock=clock,
            store=self.store,
            delivery=self.delivery,
            run_tick=self.workflows.run_tick,
            tell=self.workflows.tell,
            hold_pushes=self.work.hold_pushes,
        )
        self._tasks: list[asyncio.Task[None]] = []

    def _wecom(self) -> wecom.WeComMessenger:
        s = self.settings
        return wecom.WeComMessenger(
            self.session,
            corp_id=s.wecom_corp_id,
            agent_id=s.wecom_agent_id,
            secret=s.wecom_secret.get_secret_value(),
            base_url=s.wecom_api_url,
            clock=self.clock,
        )

    def _proposer(self) -> Proposer | None:
        s = self.settings
        if not s.proposer_url:
            return None
        return ModelProposer(
            self.session, url=s.proposer_url, model=s.proposer_model, key=s.proposer_key, clock=self.clock
        )

    async def accept(self, update_id: str, sender_id: str, update: dict[str, Any]) -> Literal["stored", "duplicate"]:
        """Make an update durable within the platform's patience: in the queue, else in the spool."""
        try:
            await asyncio.wait_for(self.workflows.enqueue_update(update_id, sender_id, update), ENQUEUE_WITHIN_S)
            self.counters.accepted += 1
        except Exception as error:
            logger.error("queue away, spooling", extra={"action": "spooled", "reason": type(error).__name__})
            await self._spool(update_id, sender_id, update)
        return "stored"

    async def _spool(self, update_id: str, sender_id: str, update: dict[str, Any]) -> None:
        try:
            await self.spool.put(update_id, sender_id, update)
            self.counters.spooled += 1
        except OSError as error:
            raise wecom.NotAccepted("neither queue nor spool can keep it") from error

    def web_app(self) -> web.Application:
        """Return the service's web application: callbacks, the visit page, health."""
        app = web.Application(client_max_size=2**20)
        crypto = wecom.Crypto(
            self.settings.wecom_token.get_secret_value(),
            self.settings.wecom_aes_key.get_secret_value(),
            self.settings.wecom_corp_id,
        )
        app.add_routes(wecom.routes(self.accept, crypto, self.clock, count_rejection=self.counters.reject))
        app.add_routes(page_routes(self.store, self.world, self.links, self.clock, self.media, self.workflows.tell))
        app.router.add_get("/healthz", self._health)
        return app

    async def _health(self, _request: web.Request) -> web.Response:
        try:
            await asyncio.wait_for(self.store.ping(), 2)
        except (OSError, TimeoutError, SQLAlchemyError) as error:
            return web.json_response({"ok": False, "database": type(error).__name__}, status=503)
        waiting = len(self.spool.waiting())
        return web.json_response(
            {"ok": True, "accepted": self.counters.accepted, "refused": self.counters.rejected, "spooled": waiting}
        )

    async def start(self, queues: Sequence[str] = engine.ALL_QUEUES, *, schedule: bool = True) -> None:
        """Launch the queues, take up what was left, and start the clock's hands."""
        await engine.launch(queues)
        left = await self.spool.drain(self.workflows.enqueue_update)
        if left:
            logger.warning("spool drained", extra={"action": "spool_drained", "count": left})
        self._tasks = [asyncio.create_task(self._drain_spool()), asyncio.create_task(self._forget_finished())]
        if schedule:
            self._tasks.append(asyncio.create_task(self.schedule.run()))

    async def _forget_finished(self) -> None:
        """Once a day, drop workflows that finished a month ago; by the machine's time, as the engine notes it."""
        while True:
            await engine.forget_finished(SystemClock().now())
            await asyncio.sleep(RETENTION_EVERY_S)

    async def _drain_spool(self) -> None:
        while True:
            await asyncio.sleep(SPOOL_EVERY_S)
            try:
                await self.spool.drain(self.workflows.enqueue_update)
            except Exception as error:
                logger.warning("spool waits", extra={"action": "spool_waits", "reason": type(error).__name__})

    async def stop(self, timeout_s: int = 10) -> None:
        """Let running steps finish, then let go. What is unfinished goes on after the next start."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await engine.stop(timeout_s)
        await self.store.close()


def prepare_database(settings: Settings) -> engine.SqliteLock | None:
    """Create or migrate the tables; on SQLite, hold the file for this process alone. Raises `DatabaseInUse`."""
    lock = None
    if is_sqlite(settings.database_url):
        lock = engine.SqliteLock(settings.database_url)
        lock.take()
    upgrade(settings.database_url)
    return lock


def build(
    settings: Settings,
    session: aiohttp.ClientSession,
    *,
    clock: WaitingClock | None = None,
    transcriber: Transcriber | None = None,
    executor_id: str = "local",
) -> Application:
    """Build the application for these settings. Tests pass their own clock and transcriber."""
    return Application(
        settings,
        clock=clock or SystemClock(),
        session=session,
        transcriber=transcriber or WhisperHearing(settings.model_dir),
        executor_id=executor_id,
    )
