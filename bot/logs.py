"""Logs as JSON lines that say what happened and never what a person said.

A line has time, level, logger, message and a few named facts (`extra={"action": …, "message_id": …, "took_ms": …}`).
Only the names in `FACTS` pass, only as numbers, truth values and short strings: a body, name, transcript, position
or token that somebody hands over by mistake stays out. Of an exception the line has types and places, for its text
often repeats the input.
"""

from __future__ import annotations

import json
import logging
import sys
import time
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TextIO

#: The facts that a line may carry, by name. None of them may hold what a person wrote, said or is called.
FACTS = frozenset(
    {
        "action",
        "age_s",
        "attempt",
        "attempts",
        "capture_id",
        "card_id",
        "channel",
        "code",
        "count",
        "delivery_id",
        "due_at",
        "errcode",
        "event",
        "job",
        "kind",
        "limit_bytes",
        "message_id",
        "method",
        "model",
        "outcome",
        "person_id",
        "playbook",
        "port",
        "queue",
        "reason",
        "retry_after_s",
        "rule",
        "seconds",
        "size_bytes",
        "source_id",
        "state",
        "status",
        "took_ms",
        "version",
        "visit_id",
        "wait_s",
        "waiting",
        "workflow_id",
    }
)
_LONGEST_FACT = 120
_LONGEST_MESSAGE = 500
#: Libraries that log what passes through them (request lines with signatures, statements with values): errors only.
_TALKATIVE = ("aiohttp.access", "asyncio", "apscheduler", "faster_whisper", "httpx", "PIL", "sqlalchemy", "wechatpy")


class JsonLines(logging.Formatter):
    """Format a record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage()[:_LONGEST_MESSAGE],
        }
        for name in sorted(FACTS & record.__dict__.keys()):
            value = record.__dict__[name]
            if isinstance(value, str):
                line[name] = value[:_LONGEST_FACT]
            elif isinstance(value, bool | int | float):
                line[name] = value
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = _describe(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False)


class RateLimit(logging.Filter):
    """Let a logger's line through once per place in the code and `period_s`; the next one says how many were held.

    A database that is away makes a library report it many times a second; once a minute says as much.
    """

    def __init__(self, logger_name: str, period_s: float = 60.0, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(logger_name)
        self._period_s = period_s
        self._clock = clock
        self._passed_at: dict[tuple[str, int], float] = {}
        self._held: dict[tuple[str, int], int] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if not super().filter(record):
            return True  # another logger's
        place, now = (record.pathname, record.lineno), self._clock()
        passed_at = self._passed_at.get(place)
        if passed_at is not None and now - passed_at < self._period_s:
            self._held[place] = self._held.get(place, 0) + 1
            return False
        self._passed_at[place] = now
        if held := self._held.pop(place, 0):
            record.count = held
        return True


def configure(level: str = "INFO", stream: TextIO | None = None) -> None:
    """Send all logs to one stream (standard error) as JSON lines. Called once at start; again, it replaces itself."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines())
    handler.addFilter(RateLimit("dbos"))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    logging.captureWarnings(True)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.ERROR)
    # DBOS adds a plain console handler to its logger unless there is one already.
    dbos = logging.getLogger("dbos")
    dbos.handlers[:] = [handler]
    dbos.setLevel(logging.WARNING)
    dbos.propagate = False


def _describe(error: BaseException) -> dict[str, object]:
    """Return the exception's type, its causes' types and the frames it passed, innermost last; never its text."""
    chain: list[str] = []
    cause: BaseException | None = error
    while cause is not None and len(chain) < 8:
        chain.append(_name(cause))
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    frames = traceback.extract_tb(error.__traceback__)[-20:]
    where = [f"{frame.filename}:{frame.lineno} in {frame.name}" for frame in frames]
    return {"type": chain[0], "causes": chain[1:], "at": where}


def _name(error: BaseException) -> str:
    """Name an exception; for the operating system's own, with the reason (`ConnectionRefusedError errno 111`)."""
    kind = type(error)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    return f"{name} errno {error.errno}" if isinstance(error, OSError) and error.errno else name
