"""The durable workflows: which step follows which. Each is found again after a crash and goes on where it was.

A workflow's steps change only under a new name, while the old one drains (DESIGN §3). Ids are identities: the
delivery's (`wecom:<msg id>`), the capture's (`fetch:…`, `hear:…`), the row's (`tell:…`), the tick's (`tick:…`).
"""

from __future__ import annotations

import errno
import logging
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ParamSpec, TypeVar

from dbos import DBOS, SetEnqueueOptions, SetWorkflowID
from sqlalchemy.exc import SQLAlchemyError

from bot.engine import INBOX, MEDIA, TELL, TRANSCRIBE
from bot.pace import Pace
from bot.work import Work
from handlers.errors import RetryableError
from storage.engine import is_away
from storage.media import MediaAway

logger = logging.getLogger("bot.workflows")

#: The wait before looking again for a database, store or disk that is away, in seconds.
AWAY_WAIT_S = 1.0
_DISK = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO}

#: A delivery that waits longer than this between tries is still one workflow; it sleeps durably.
MOST_TRIES = 400


@dataclass(frozen=True, slots=True)
class Workflows:
    """How to start each kind of work."""

    enqueue_update: Callable[[str, str, dict[str, Any]], Awaitable[None]]
    run_tick: Callable[[str, datetime], Awaitable[None]]
    tell: Callable[[str], Awaitable[None]]


P = ParamSpec("P")
R = TypeVar("R")


def _is_passing(error: BaseException) -> bool:
    """Tell trouble outside (database, disk, platform) from a fault of our own, which repeating does not heal."""
    return isinstance(error, SQLAlchemyError | OSError | TimeoutError | RetryableError)


def _must_wait(error: BaseException) -> bool:
    """Tell whether nothing can be done or said until something outside comes back: database, store or disk."""
    return is_away(error) or isinstance(error, MediaAway) or (isinstance(error, OSError) and error.errno in _DISK)


def _step(name: str, do: Callable[P, Coroutine[Any, Any, R]], pace: Pace) -> Callable[P, Coroutine[Any, Any, R]]:
    """Return a method of `Work` as a durable step.

    While the database is away the step waits, however long; another passing trouble is tried again for a minute.
    """

    @DBOS.step(
        name=name,
        retries_allowed=True,
        interval_seconds=pace.wait_s(0.5),
        backoff_rate=2.0,
        max_attempts=8,
        should_retry=_is_passing,
    )
    async def run(*args: P.args, **kwargs: P.kwargs) -> R:
        while True:
            try:
                return await do(*args, **kwargs)
            except (SQLAlchemyError, OSError) as error:
                if not _must_wait(error):
                    raise
                logger.warning(
                    "waiting", extra={"action": "step_waits", "event": name, "outcome": type(error).__name__}
                )
            await pace.sleep(AWAY_WAIT_S)

    return run


def register(work: Work, pace: Pace | None = None) -> Workflows:
    """Bind the steps to DBOS and return the starters. Call between `engine.configure` and `engine.launch`."""
    pace = pace or Pace()
    take_in = _step("take_in", work.take_in, pace)
    apologise = _step("apologise", work.apologise, pace)
    apologise_for = _step("apologise_for", work.apologise_for, pace)
    fetch = _step("fetch", work.fetch, pace)
    join = _step("join", work.join, pace)
    hear = _step("hear", work.hear, pace)
    draft = _step("draft", work.draft, pace)
    answer = _step("answer", work.answer, pace)
    try_delivery = _step("try_delivery", work.try_delivery, pace)
    run_job = _step("run_job", work.run_job, pace)

    @DBOS.workflow(name="tell")
    async def tell(key: str) -> None:
        for _ in range(MOST_TRIES):
            wait_s = await try_delivery(key)
            if wait_s is None:
                return
            await DBOS.sleep_async(pace.wait_s(wait_s))

    async def start_telling(key: str) -> None:
        with SetWorkflowID(f"tell:{key}"):
            await DBOS.enqueue_workflow_async(TELL, tell, key)

    async def answer_all(keys: list[str]) -> None:
        """Send now; what the platform does not take now is told by a workflow of its own."""
        if keys:
            for key in await answer(keys):
                await start_telling(key)

    async def excuse(capture_id: str) -> None:
        logger.exception("Work on a capture failed.", extra={"action": "capture_failed"})
        await answer_all(await apologise_for(capture_id))

    @DBOS.workflow(name="hear_voice")
    async def hear_voice(capture_id: str, stored: dict[str, Any]) -> None:
        try:
            outcome = await hear(capture_id, stored)
            keys = await draft(capture_id, stored, outcome)
        except Exception:
            await excuse(capture_id)
            raise
        await answer_all(keys)

    @DBOS.workflow(name="fetch_media")
    async def fetch_media(capture_id: str) -> None:
        try:
            await fetch_and_join(capture_id)
        except Exception:
            await excuse(capture_id)
            raise

    async def fetch_and_join(capture_id: str) -> None:
        attempt = 1
        while "wait_s" in (outcome := await fetch(capture_id, attempt)):
            await answer_all(outcome["tell"])
            await DBOS.sleep_async(pace.wait_s(outcome["wait_s"]))
            attempt += 1
        if "lost" in outcome:
            await answer_all(outcome["lost"])
        elif outcome["kind"] == "voice":
            with SetWorkflowID(f"hear:{capture_id}"):
                await DBOS.enqueue_workflow_async(TRANSCRIBE, hear_voice, capture_id, outcome["stored"])
        else:
            await answer_all(await join(capture_id, outcome["stored"]))

    @DBOS.workflow(name="receive_update")
    async def receive_update(update: dict[str, Any]) -> None:
        try:
            received = await take_in(update)
        except Exception:
            logger.exception("update could not be taken in", extra={"action": "receive_failed"})
            await answer_all(await apologise(update))
            raise
        if received["follow"] != "nothing":
            with SetWorkflowID(f"fetch:{received['capture_id']}"):
                await DBOS.enqueue_workflow_async(MEDIA, fetch_media, received["capture_id"])
        if received.get("answered"):
            for key in received["deliveries"]:
                await start_telling(key)
        else:
            await answer_all(list(received["deliveries"]))

    @DBOS.workflow(name="tick")
    async def tick(job: str, due_at: str) -> None:
        await run_job(job, datetime.fromisoformat(due_at))

    async def enqueue_update(update_id: str, sender_id: str, update: dict[str, Any]) -> None:
        with SetWorkflowID(update_id), SetEnqueueOptions(queue_partition_key=sender_id or "sys"):
            await DBOS.enqueue_workflow_async(INBOX, receive_update, update)

    async def run_tick(job: str, due_at: datetime) -> None:
        with SetWorkflowID(f"tick:{job}:{due_at.isoformat()}"):
            handle = await DBOS.start_workflow_async(tick, job, due_at.isoformat())
        await handle.get_result()

    return Workflows(enqueue_update=enqueue_update, run_tick=run_tick, tell=start_telling)
