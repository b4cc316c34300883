"""The watchdog: finds every inbound that has no end yet, gives its work another try, and tells the administrators.

Nothing should ever be found. What can be: work that failed because the database was away longer than the steps' own
retries; a message that was put off so often that its workflow ended; a fault of ours. A failed workflow is run again
under its own name and a number (`…~1` to `…~3`), so that several processes, or a restart, start it once.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta

from dbos import DBOS, SetWorkflowID, WorkflowStatus
from sqlalchemy.exc import SQLAlchemyError

from bot.clock import SystemClock
from bot.engine import TELL
from handlers.ports import Clock
from handlers.unended import overdue_deliveries, say_unended, unended_captures
from storage import Store

logger = logging.getLogger("bot.watchdog")

#: How long work may take before the watchdog looks at it, and before it is told of.
PATIENCE = timedelta(minutes=10)
#: How far back failed work is looked for, by the machine's clock (as the engine notes it).
LOOK_BACK = timedelta(days=3)
MOST_AGAIN = 3
AGAIN = "~"
LIVE = ("ENQUEUED", "PENDING", "DELAYED")
FAILED = ("ERROR", "MAX_RECOVERY_ATTEMPTS_EXCEEDED")
WATCHED = ("receive_update", "fetch_media", "hear_voice", "tell")

Tell = Callable[[str], Awaitable[None]]


@dataclass(slots=True)
class Found:
    """What one look found: workflows run again, deliveries set going again, and inbounds that still have no end."""

    run_again: list[str] = field(default_factory=list)
    told_again: list[str] = field(default_factory=list)
    unended: list[str] = field(default_factory=list)


class Watchdog:
    """Looks at the queues and rows of the whole deployment. Safe to run in every process."""

    def __init__(self, store: Store, clock: Clock, tell: Tell, *, patience: timedelta = PATIENCE) -> None:
        self._store = store
        self._clock = clock
        self._tell = tell
        self._patience = patience

    async def look(self) -> Found:
        """Look once: give failed work another try, and name what has no end."""
        found = Found()
        for status in await _workflows(FAILED):
            again = await _run_again(status)
            if again is not None:
                found.run_again.append(again)
        await self._overdue(found)
        await self._unended(found)
        if found.run_again or found.told_again or found.unended:
            counts = {"attempts": len(found.run_again) + len(found.told_again), "waiting": len(found.unended)}
            logger.warning("work without an end", extra={"action": "watchdog", **counts})
        return found

    async def _overdue(self, found: Found) -> None:
        """Set deliveries going again that are due for long and that nobody works on."""
        async with self._store.begin() as uow:
            overdue = await overdue_deliveries(uow, self._clock.now() - self._patience)
        for key in overdue:
            runs = await DBOS.list_workflows_async(
                workflow_id_prefix=f"tell:{key}", load_input=False, load_output=False
            )
            if any(run.status in LIVE for run in runs):
                continue
            if not runs:
                await self._tell(key)
            elif await _run_again(runs[-1]) is None:
                continue
            found.told_again.append(key)

    async def _unended(self, found: Found) -> None:
        """Name captures without an end that no workflow works on any more, and tell the administrators."""
        now = self._clock.now()
        async with self._store.begin() as uow:
            waiting = await unended_captures(uow, now - self._patience)
        found.unended = [one.source_id for one in waiting if not await _alive(one.workflows)]
        if found.unended:
            async with self._store.begin() as uow:
                await say_unended(uow, len(found.unended), now=now)
                await uow.commit()


async def _workflows(status: tuple[str, ...]) -> list[WorkflowStatus]:
    """Return watched workflows of late with one of these states."""
    since = (SystemClock().now() - LOOK_BACK).isoformat()
    return await DBOS.list_workflows_async(
        status=list(status), name=list(WATCHED), start_time=since, load_input=False, load_output=False, limit=1000
    )


async def _run_again(failed: WorkflowStatus) -> str | None:
    """Run a workflow once more from its beginning; None where that was done, or has been done often enough.

    Every step may run twice, so beginning anew changes nothing that is done already.
    """
    root, _, number = failed.workflow_id.partition(AGAIN)
    next_number = int(number or 0) + 1
    successor = f"{root}{AGAIN}{next_number}"
    if next_number > MOST_AGAIN or await DBOS.get_workflow_status_async(successor) is not None:
        return None
    queue = failed.queue_name or TELL
    try:
        with SetWorkflowID(successor):
            await DBOS.fork_workflow_async(
                failed.workflow_id, 1, queue_name=queue, queue_partition_key=failed.queue_partition_key
            )
    except SQLAlchemyError:
        logger.warning("another process was quicker", extra={"action": "watchdog_race"})
        return None
    return successor


async def _alive(prefixes: tuple[str, ...]) -> bool:
    """Tell whether any workflow with one of these ids, or a later try of one, is still under way."""
    for prefix in prefixes:
        runs = await DBOS.list_workflows_async(
            workflow_id_prefix=prefix, status=list(LIVE), load_input=False, load_output=False, limit=1
        )
        if runs:
            return True
    return False
