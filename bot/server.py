"""`waiqin serve` and `waiqin worker`: the production processes."""

from __future__ import annotations

import argparse
import asyncio
import gc
import signal
import sys
import uuid
from collections.abc import Sequence

import aiohttp
from aiohttp import web
from pydantic import ValidationError

from bot import logs
from bot.bootstrap import build, prepare_database
from bot.clock import WaitingClock
from bot.engine import ALL_QUEUES, DatabaseInUse
from bot.settings import Settings
from handlers.ports import Transcriber
from storage.engine import is_sqlite


def load_settings() -> Settings | None:
    """Read the settings; on a wrong one, say which on standard error and return None."""
    try:
        return Settings()
    except ValidationError as error:
        for problem in error.errors():
            name = "WAIQIN_" + "_".join(str(part) for part in problem["loc"]).upper()
            print(f"{name}: {problem['msg']}", file=sys.stderr)  # noqa: T201
        return None


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)  # noqa: T201


def _checked_settings(*, serving: bool) -> Settings | None:
    settings = load_settings()
    if settings is None:
        return None
    missing = settings.missing_for_serving() if serving else []
    if missing:
        _say("These settings are missing: " + ", ".join(missing) + ". See README, “configuration”.")
        return None
    return settings


def run_serve(args: argparse.Namespace) -> int:
    """Serve callbacks and pages and work on all queues, until interrupted."""
    settings = _checked_settings(serving=True)
    if settings is None:
        return 2
    changes = {name: value for name in ("host", "port") if (value := getattr(args, name, None)) is not None}
    return run(settings.model_copy(update=changes), queues=ALL_QUEUES, listen=True)


def run_worker(args: argparse.Namespace) -> int:
    """Work on queues without listening; several of these need PostgreSQL."""
    settings = _checked_settings(serving=True)
    if settings is None:
        return 2
    if is_sqlite(settings.database_url):
        _say("A worker beside the server needs PostgreSQL: set WAIQIN_DATABASE_URL. SQLite admits one process.")
        return 2
    said = getattr(args, "queues", None) or ""
    wanted = tuple(part.strip() for part in said.split(",") if part.strip()) or ALL_QUEUES
    unknown = [q for q in wanted if q not in ALL_QUEUES]
    if unknown:
        _say(f"unknown queue {unknown[0]!r}; the queues are {', '.join(ALL_QUEUES)}")
        return 2
    return run(settings, queues=wanted, listen=False)


def run(
    settings: Settings,
    *,
    queues: Sequence[str],
    listen: bool,
    clock: WaitingClock | None = None,
    transcriber: Transcriber | None = None,
) -> int:
    """Prepare the database and run one process until SIGINT or SIGTERM."""
    logs.configure(settings.log_level)
    # A message makes thousands of short-lived objects beside a large, lasting directory index: with the defaults the
    # collector walks it again and again (a fifth of a message's processor time).
    gc.set_threshold(50_000, 20, 50)
    try:
        lock = prepare_database(settings)
    except DatabaseInUse as error:
        _say(str(error))
        return 2
    try:
        asyncio.run(_run(settings, queues, listen, clock, transcriber))
    finally:
        if lock is not None:
            lock.release()
    return 0


async def _run(
    settings: Settings,
    queues: Sequence[str],
    listen: bool,
    clock: WaitingClock | None,
    transcriber: Transcriber | None,
) -> None:
    executor_id = "local" if is_sqlite(settings.database_url) else f"w-{uuid.uuid4().hex[:8]}"
    async with aiohttp.ClientSession() as session:
        application = build(settings, session, clock=clock, transcriber=transcriber, executor_id=executor_id)
        await application.start(queues, schedule=listen)
        runner = web.AppRunner(application.web_app(), access_log=None, handler_cancellation=True)
        if listen:
            await runner.setup()
            await web.TCPSite(runner, settings.host, settings.port).start()
            _say(f"waiqin is listening on port {settings.port}")
        else:
            _say("waiqin worker is running")
        await _until_interrupted()
        _say("stopping: finishing what is running")
        await runner.cleanup()
        await application.stop()


async def _until_interrupted() -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()
