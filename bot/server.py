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
from bot.health_site import health_site
from bot.processes import SharedFolder
from bot.settings import Settings
from handlers.ports import Transcriber
from storage.engine import is_sqlite

#: How long stopping waits for callbacks that are being taken, and for running work. Together with a start it takes
#: less than the ten seconds in which the platform tries a callback again; what is unfinished goes on after the start.
CALLBACKS_WITHIN_S, WORK_WITHIN_S = 3.0, 5


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
    queues = _queues_of(args)
    if queues is None:
        return 2
    if is_sqlite(settings.database_url) and set(queues) != set(ALL_QUEUES):
        _say("Leaving queues to other processes needs PostgreSQL: set WAIQIN_DATABASE_URL. SQLite admits one process.")
        return 2
    return run(settings.model_copy(update=changes), queues=queues, listen=True)


def run_worker(args: argparse.Namespace) -> int:
    """Work on queues without listening; several of these need PostgreSQL."""
    settings = _checked_settings(serving=True)
    if settings is None:
        return 2
    if is_sqlite(settings.database_url):
        _say("A worker beside the server needs PostgreSQL: set WAIQIN_DATABASE_URL. SQLite admits one process.")
        return 2
    queues = _queues_of(args)
    if queues is None:
        return 2
    if not queues:
        _say("a worker without queues has nothing to do")
        return 2
    return run(settings, queues=queues, listen=False)


def _queues_of(args: argparse.Namespace) -> tuple[str, ...] | None:
    """Return the queues that are asked for (all without a word, none for `none`); None after saying what is wrong."""
    said: str | None = getattr(args, "queues", None)
    if said is None:
        return ALL_QUEUES
    wanted = tuple(part.strip() for part in said.split(",") if part.strip() not in ("", "none"))
    unknown = [queue for queue in wanted if queue not in ALL_QUEUES]
    if unknown:
        _say(f"unknown queue {unknown[0]!r}; the queues are {', '.join(ALL_QUEUES)}")
        return None
    return wanted


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
    except SharedFolder as error:
        _say(str(error))
        return 2
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
        runner = web.AppRunner(
            application.web_app(), access_log=None, handler_cancellation=True, shutdown_timeout=CALLBACKS_WITHIN_S
        )
        async with health_site(application.health, settings.admin_host, settings.admin_port):
            if listen:
                await runner.setup()
                await web.TCPSite(runner, settings.host, settings.port).start()
                _say(f"waiqin is listening on port {settings.port}")
            else:
                _say("waiqin worker is running")
            await _until_interrupted()
            _say("stopping: finishing what is running")
            application.stopping = True
            await runner.cleanup()
            await application.stop(WORK_WITHIN_S)


async def _until_interrupted() -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()
