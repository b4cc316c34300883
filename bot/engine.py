"""DBOS, launched once: the durable queues behind everything (DESIGN §3, with the pitfalls of its measurements)."""

from __future__ import annotations

import asyncio
import fcntl
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any

import sqlalchemy as sa
from dbos import DBOS, DBOSConfig

from storage.engine import make_sync_engine

logger = logging.getLogger("bot.engine")

#: Constant: the version in a deploy must not strand work (pitfall 2). A workflow's steps change under a new name.
APPLICATION_VERSION = "1"
INBOX, MEDIA, TRANSCRIBE, TELL = "inbox", "media", "transcribe", "tell"
ALL_QUEUES = (INBOX, MEDIA, TRANSCRIBE, TELL)
#: Finished workflows are kept this long, so that a late redelivery still meets the first run.
KEEP_FINISHED = timedelta(days=30)


#: The workflow engine leaves a database that was handed to it open.
_opened: list[sa.Engine] = []


class DatabaseInUse(Exception):
    """Another process already works on this SQLite file."""


class SqliteLock:
    """SQLite admits one process (DECISIONS 6): a second one would run work twice."""

    def __init__(self, database_url: str) -> None:
        self._path = Path(database_url.removeprefix("sqlite:///") + ".lock")
        self._file: IO[str] | None = None

    def take(self) -> None:
        """Hold the lock until the process ends. Raises `DatabaseInUse` with a sentence for the operator."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        file = self._path.open("w")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            raise DatabaseInUse(
                "another waiqin process already uses this SQLite database; "
                "stop it, or set WAIQIN_DATABASE_URL to a PostgreSQL database to run several processes"
            ) from None
        self._file = file

    def release(self) -> None:
        """Give the lock back."""
        if self._file is not None:
            self._file.close()
            self._file = None


def configure(database_url: str, executor_id: str) -> None:
    """Create the DBOS instance. Workflows are registered after this and before `launch`."""
    database = make_sync_engine(database_url)
    _opened.append(database)
    config: DBOSConfig = {
        "name": "waiqin",
        "system_database_url": database_url,
        "log_level": "WARNING",
        "application_version": APPLICATION_VERSION,
        "executor_id": executor_id,
        "max_executor_threads": 8,
        "notification_listener_polling_interval_sec": 0.25,
        "system_database_engine": database,
    }
    DBOS(config=config)


async def launch(queues: Sequence[str]) -> None:
    """Start working on these queues; with an empty list the process only enqueues."""
    DBOS.listen_queues(list(queues))
    DBOS.launch()
    await DBOS.register_queue_async(INBOX, partition_concurrency=1, worker_concurrency=8, polling_interval_sec=0.1)
    await DBOS.register_queue_async(MEDIA, worker_concurrency=20, polling_interval_sec=0.2)
    await DBOS.register_queue_async(TRANSCRIBE, worker_concurrency=2, polling_interval_sec=0.1)
    await DBOS.register_queue_async(TELL, worker_concurrency=20, polling_interval_sec=0.5)


async def stop(timeout_s: int = 10) -> None:
    """Finish what is running, at most `timeout_s` seconds, and let go; the rest goes on after the next start."""
    await asyncio.to_thread(DBOS.destroy, destroy_registry=True, workflow_completion_timeout_sec=timeout_s)
    while _opened:
        _opened.pop().dispose()


async def owners_of_running_work() -> set[str]:
    """Return the executor ids under which work is noted as running, alive or not."""
    running: list[Any] = await DBOS.list_workflows_async(status="PENDING", load_input=False, load_output=False)
    return {w.executor_id for w in running if w.executor_id}


async def free_work_of(executor_id: str) -> int:
    """Put a dead executor's running work back into its queues, for whoever listens; return how much it was.

    A workflow keeps its place: its partition and the time of its birth, so a person's messages stay in order.
    """
    dropped: list[Any] = await DBOS.list_workflows_async(
        status="PENDING", executor_id=executor_id, load_input=False, load_output=False
    )
    by_queue: dict[str, list[str]] = {}
    for workflow in dropped:
        by_queue.setdefault(workflow.queue_name or TELL, []).append(workflow.workflow_id)
    for queue, ids in by_queue.items():
        await DBOS.resume_workflows_async(ids, queue_name=queue)
    return len(dropped)


async def forget_finished(now: datetime) -> int:
    """Delete workflows that finished long ago; return how many."""
    before = (now - KEEP_FINISHED).isoformat()
    done: list[Any] = await DBOS.list_workflows_async(
        status=["SUCCESS"], end_time=before, load_input=False, load_output=False, limit=5000
    )
    ids = [w.workflow_id for w in done]
    if ids:
        await DBOS.delete_workflows_async(ids)
    return len(ids)
