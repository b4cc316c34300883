"""Where a server can be made to die: before and after each step of the voice path, and inside the dangerous ones.

`arm` is called in the server's process only. It wraps the product's own functions; the product knows nothing of it.
A point is `<place>:before` or `<place>:after`; `after` means that the effect is there and nobody has noted it yet.
"""

from __future__ import annotations

import functools
import os
import signal
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from dbos import DBOS

from bot.bootstrap import Application
from bot.delivery import Delivery
from bot.wecom import WeComMessenger
from bot.work import Work
from handlers.ports import Transcriber
from storage import UnitOfWork
from storage.media import FolderMediaStore

Async = Callable[..., Awaitable[Any]]

#: Each place with what it is. All of them lie on the way of every voice note.
PLACES: dict[str, str] = {
    "accept": "callback read, committed to the queue, not answered",
    "take_in": "capture and first answer written",
    "commit": "any of our transactions",
    "enqueue": "the next workflow put into its queue",
    "fetch": "recording fetched from the platform",
    "keep": "recording written to the media folder",
    "hear": "recording transcribed, words not checkpointed",
    "listen": "in the recogniser",
    "draft": "transcript, visit and card written",
    "answer": "answers sent, step not checkpointed",
    "evening_summary": "the evening's summaries written",
    "send": "accepted by the platform, not noted by us",
    "note_sent": "sending noted",
}
#: The points of the voice path.
POINTS: tuple[str, ...] = tuple(
    f"{place}:{side}" for place in PLACES if place != "evening_summary" for side in ("before", "after")
)


class Fuse:
    """Kills this process with SIGKILL when `point` is reached for the nth time. Without a point it never does."""

    def __init__(self, point: str, nth: int, burnt: Path | None = None) -> None:
        self._point = point
        self._left = nth
        #: a file that remembers over restarts that the fuse has blown; without it every process has a new one
        self._burnt = burnt

    def reach(self, point: str) -> None:
        if point == self._point:
            self._left -= 1
            if self._left == 0 and not (self._burnt is not None and self._burnt.exists()):
                if self._burnt is not None:
                    self._burnt.touch()
                os.kill(os.getpid(), signal.SIGKILL)

    def around(self, place: str, call: Async) -> Async:
        """Return `call` with a point before and after it."""

        @functools.wraps(call)
        async def guarded(*args: Any, **kwargs: Any) -> Any:
            self.reach(f"{place}:before")
            result = await call(*args, **kwargs)
            self.reach(f"{place}:after")
            return result

        return guarded


def arm(point: str, nth: int, transcriber: Transcriber | None = None, *, burnt: Path | None = None) -> None:
    """Wrap every place of the path; the process dies at `point`, reached for the nth time."""
    fuse = Fuse(point, nth, burnt)
    for owner, name, place in (
        (Work, "take_in", "take_in"),
        (Work, "fetch", "fetch"),
        (Work, "hear", "hear"),
        (Work, "draft", "draft"),
        (Work, "answer", "answer"),
        (WeComMessenger, "send", "send"),
        (Delivery, "_finish", "note_sent"),
        (UnitOfWork, "commit", "commit"),
        (FolderMediaStore, "put", "keep"),
        (DBOS, "enqueue_workflow_async", "enqueue"),
        (Application, "accept", "accept"),
    ):
        setattr(owner, name, _rewrap(owner, name, place, fuse))
    if transcriber is not None:
        transcriber.transcribe = fuse.around("listen", transcriber.transcribe)  # type: ignore[method-assign,assignment]

    _put_job(fuse)


def _put_job(fuse: Fuse) -> None:
    """Jobs go through one step: the point is named after the job."""
    run_job = Work.run_job

    async def guarded(self: Work, job: str, due_at: datetime) -> list[str]:
        fuse.reach(f"{job}:before")
        queued = await run_job(self, job, due_at)
        fuse.reach(f"{job}:after")
        return queued

    setattr(Work, "run_job", guarded)  # noqa: B010 - as with the others


def _rewrap(owner: type, name: str, place: str, fuse: Fuse) -> Any:
    wrapped = fuse.around(place, getattr(owner, name))
    is_class_level = isinstance(owner.__dict__[name], classmethod | staticmethod)
    return staticmethod(wrapped) if is_class_level else wrapped
