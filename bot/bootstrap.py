"""The composition root: the one place that sees everything and builds it once.

`build` makes the application's parts; `Application.start` brings them up in order, `stop` takes them down.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import aiohttp
from aiohttp import web
from sqlalchemy.exc import SQLAlchemyError

from bot import engine, metrics, wecom
from bot.clock import SystemClock, WaitingClock
from bot.delivery import Delivery
from bot.health import HealthCheck
from bot.hearing import WhisperHearing
from bot.pace import Pace
from bot.page import page_routes
from bot.processes import DEAD_AFTER_S, LEAST_SILENCE_S, Others, Processes
from bot.proposer import ModelProposer
from bot.schedule import Schedule
from bot.settings import Settings
from bot.spool import Spool
from bot.watchdog import Watchdog
from bot.work import Work
from bot.workflows import Workflows, register
from handlers.know import World
from handlers.links import Links
from handlers.playbooks import Playbooks
from handlers.ports import Messenger, Proposer, Transcriber
from storage import Store
from storage.engine import is_sqlite, make_async_engine
from storage.media import MediaStore, folder_of, open_media_store
from storage.migrate import upgrade

logger = logging.getLogger("bot")

#: The platform waits five seconds; what is not durable by then goes to the spool (DECISIONS 1).
ENQUEUE_WITHIN_S = 4.0
SPOOL_EVERY_S = 5.0
RETENTION_EVERY_S = 24 * 3600.0
#: The watchdog's round, and the shortest one at a quicker pace.
WATCH_EVERY_S, WATCH_EVERY_AT_LEAST_S = 60.0, 3.0


@dataclass(slots=True)
class Counters:
    """What the edge has done so far (`bot.metrics` has the same for Prometheus)."""

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
        self.pace = Pace(settings.time_scale)
        self.clock = clock
        self.session = session
        self.counters = Counters()
        self.store = Store(make_async_engine(settings.database_url))
        metrics.watch_database(self.store.engine.sync_engine)
        self.media: MediaStore = open_media_store(settings.media_url)
        self.links = Links(settings.public_url, settings.link_secret.get_secret_value())
        self.world = World(Playbooks(settings.playbook_dir), settings.playbook, self.links, self.media)
        self.spool = Spool(settings.spool_dir)
        self.stopping = False
        self.health = HealthCheck(
            self.store, clock, self.spool, model_dir=settings.model_dir, stopping=lambda: self.stopping
        )
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
            status=self._status,
        )
        self.workflows: Workflows = register(self.work, self.pace)
        self.schedule = Schedule(
            clock=clock,
            store=self.store,
            delivery=self.delivery,
            run_tick=self.workflows.run_tick,
            tell=self.workflows.tell,
            hold_pushes=self.work.hold_pushes,
        )
        self.watchdog = Watchdog(self.store, clock, self.workflows.tell)
        self._executor_id = executor_id
        self._processes: Processes | None = None
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
            limits=wecom.ClientLimits().at_pace(self.pace.patience_s),
            pause=self.pace.sleep,
        )

    async def _status(self) -> str:
        return (await self.health.look()).in_words(self.clock.now())

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
            within_s = self.pace.patience_s(ENQUEUE_WITHIN_S)
            await asyncio.wait_for(self.workflows.enqueue_update(update_id, sender_id, update), within_s)
            self.counters.accepted += 1
        except Exception as error:
            logger.error("queue away, spooling", extra={"action": "spooled", "reason": type(error).__name__})
            await self._spool(update_id, sender_id, update)
        return "stored"

    async def _spool(self, update_id: str, sender_id: str, update: dict[str, Any]) -> None:
        try:
            await self.spool.put(update_id, sender_id, update)
            self.counters.spooled += 1
            metrics.SPOOLED.inc()
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
        edge = wecom.routes(
            self.accept, crypto, self.clock, count_rejection=self._count_refused, count_taken=metrics.taken
        )
        app.add_routes(edge)
        app.add_routes(page_routes(self.store, self.world, self.links, self.clock, self.media, self.workflows.tell))
        app.router.add_get("/healthz", self._health)
        return app

    async def _health(self, _request: web.Request) -> web.Response:
        """Tell a proxy whether callbacks can be kept, and nothing else; the rest is on the administrator's port."""
        try:
            await asyncio.wait_for(self.store.ping(), 2)
        except (OSError, TimeoutError, SQLAlchemyError) as error:
            logger.warning("database away", extra={"action": "health", "reason": type(error).__name__})
            return web.json_response({"ok": False}, status=503)
        return web.json_response({"ok": True})

    def _count_refused(self, reason: str) -> None:
        self.counters.reject(reason)
        metrics.refused(reason)

    async def start(self, queues: Sequence[str] = engine.ALL_QUEUES, *, schedule: bool = True) -> None:
        """Launch the queues, take up what was left, and start the clock's hands.

        Raises `SharedFolder` when processes on several machines would each keep media to themselves.
        """
        if not is_sqlite(self.settings.database_url):
            self._processes = self._among_others(queues, "serve" if schedule else "worker")
            await self._processes.enter()
        if queues:
            await self.work.warm_up()
        await engine.launch(queues)
        left = await self.spool.drain(self.workflows.enqueue_update)
        if left:
            logger.warning("spool drained", extra={"action": "spool_drained", "count": left})
        self._tasks = [asyncio.create_task(self._drain_spool()), asyncio.create_task(self._forget_finished())]
        if schedule:
            self._tasks.append(asyncio.create_task(self.schedule.run()))
            self._tasks.append(asyncio.create_task(self._watch()))
        if self._processes is not None:
            self._tasks.append(asyncio.create_task(self._processes.run()))

    def _among_others(self, queues: Sequence[str], role: str) -> Processes:
        return Processes(
            self.store,
            Others(engine.owners_of_running_work, engine.free_work_of),
            executor_id=self._executor_id,
            role=role,
            queues=queues,
            media_folder=folder_of(self.settings.media_url),
            dead_after_s=max(self.pace.wait_s(DEAD_AFTER_S), LEAST_SILENCE_S),
        )

    async def _forget_finished(self) -> None:
        """Once a day, drop workflows that finished a month ago; by the machine's time, as the engine notes it."""
        while True:
            try:
                await engine.forget_finished(SystemClock().now())
            except Exception as error:
                logger.warning("retention waits", extra={"action": "retention_waits", "reason": type(error).__name__})
            await asyncio.sleep(RETENTION_EVERY_S)

    async def _watch(self) -> None:
        """Look again and again for inbounds without an end."""
        while True:
            await asyncio.sleep(max(self.pace.wait_s(WATCH_EVERY_S), WATCH_EVERY_AT_LEAST_S))
            try:
                await self.watchdog.look()
            except Exception as error:
                logger.warning("watchdog waits", extra={"action": "watchdog_waits", "kind": type(error).__name__})

    async def _drain_spool(self) -> None:
        while True:
            await self.pace.sleep(SPOOL_EVERY_S)
            try:
                await self.spool.drain(self.workflows.enqueue_update)
            except Exception as error:
                logger.warning("spool waits", extra={"action": "spool_waits", "reason": type(error).__name__})

    async def stop(self, timeout_s: int = 10) -> None:
        """Let running steps finish, then let go. What is unfinished goes on after the next start."""
        self.stopping = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await engine.stop(timeout_s)
        if self._processes is not None:
            with contextlib.suppress(SQLAlchemyError, OSError):  # others find out by our silence
                await self._processes.leave()
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
