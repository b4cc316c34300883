"""What Prometheus may know: counts, seconds and sizes under labels of a few known values. Nobody's name, no content.

The metrics are the process's own, made once; each part of the application counts in passing. What lies in the database
(queues, drafts, processes) is read when somebody asks (`bot.health`). `waiqin_` begins every name.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import sqlalchemy as sa
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    Info,
    ProcessCollector,
    generate_latest,
)

from handlers.messages import Inbound, InboundMedia

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)
GCCollector(registry=REGISTRY)

#: Known reasons of a refusal are the edge's own words; more than these would be a bug.
_MOST_REASONS = 32
#: Messages on their way whose beginning is remembered; more than these are not timed.
_MOST_ON_THE_WAY = 10_000

CALLBACKS = Counter("waiqin_callbacks", "Callbacks by kind and outcome", ["kind", "outcome"], registry=REGISTRY)
ACCEPT_SECONDS = Histogram(
    "waiqin_accept_seconds",
    "From the end of a callback's body to its being kept",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 4, 5),
    registry=REGISTRY,
)
ANSWER_SECONDS = Histogram(
    "waiqin_answer_seconds",
    "From receiving a message to its answer having been taken by the platform",
    buckets=(0.1, 0.25, 0.5, 1, 2, 3, 5, 8, 15, 30, 60, 300, 1800),
    registry=REGISTRY,
)
DELIVERIES = Counter(
    "waiqin_deliveries", "Tries to deliver, by outcome and class of error", ["outcome", "error"], registry=REGISTRY
)
TRANSCRIPTION_SECONDS = Histogram(
    "waiqin_transcription_seconds",
    "Time to hear one recording",
    buckets=(0.5, 1, 2, 3, 5, 8, 13, 21, 34, 60, 120),
    registry=REGISTRY,
)
RECORDED_SECONDS = Counter("waiqin_recorded_seconds", "Length of the recordings heard", registry=REGISTRY)
DATABASE_SECONDS = Histogram(
    "waiqin_database_seconds",
    "Time of one statement",
    ["kind"],
    buckets=(0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5),
    registry=REGISTRY,
)
QUEUE_DEPTH = Gauge("waiqin_queue_depth", "Work by queue: waiting, running", ["queue", "state"], registry=REGISTRY)
QUEUE_OLDEST = Gauge(
    "waiqin_queue_oldest_seconds", "Age of the longest waiting work of a queue", ["queue"], registry=REGISTRY
)
DELIVERIES_WAITING = Gauge("waiqin_deliveries_waiting", "Deliveries that are due and not sent", registry=REGISTRY)
DELIVERY_OLDEST = Gauge("waiqin_delivery_oldest_seconds", "Age of the oldest of these", registry=REGISTRY)
DRAFTS_OPEN = Gauge("waiqin_drafts_open", "Visits that wait for their rep's confirmation", registry=REGISTRY)
SPOOLED = Counter("waiqin_spooled", "Callbacks that went to the spool for want of a database", registry=REGISTRY)
SPOOL_FILES = Gauge("waiqin_spool_files", "Accepted callbacks that are not yet in the database", registry=REGISTRY)
PROCESSES_ALIVE = Gauge("waiqin_processes_alive", "Processes that share the database", ["role"], registry=REGISTRY)
HEALTHY = Gauge("waiqin_healthy", "1 where a check of /healthz is well", ["check"], registry=REGISTRY)
BUILD = Info("waiqin_build", "What runs", registry=REGISTRY)

_on_the_way: OrderedDict[str, datetime] = OrderedDict()
_reasons: set[str] = set()


def name_build() -> None:
    """Note the installed version."""
    try:
        BUILD.info({"version": version("waiqin")})
    except PackageNotFoundError:
        BUILD.info({"version": "unknown"})


def taken(inbound: Inbound, outcome: str, seconds: float) -> None:
    """Count a callback that could be read, and how long keeping it took."""
    kind = inbound.kind if isinstance(inbound, InboundMedia) else type(inbound).__name__.removeprefix("Inbound").lower()
    CALLBACKS.labels(kind, outcome).inc()
    ACCEPT_SECONDS.observe(seconds)


def refused(reason: str) -> None:
    """Count a callback that was refused; the reasons are the edge's own, few and fixed."""
    if len(_reasons) < _MOST_REASONS:
        _reasons.add(reason)
    CALLBACKS.labels("unread", f"refused_{reason}" if reason in _reasons else "refused").inc()


def received(message_id: str, at: datetime) -> None:
    """Remember when a message came, for `answered`."""
    _on_the_way.setdefault(message_id, at)
    while len(_on_the_way) > _MOST_ON_THE_WAY:
        _on_the_way.popitem(last=False)


def answered(message_id: str, at: datetime) -> None:
    """Time a message's first answer. One that came in through another process, or long ago, is not timed."""
    came_at = _on_the_way.pop(message_id, None)
    if came_at is not None:
        ANSWER_SECONDS.observe(max((at - came_at).total_seconds(), 0.0))


def delivery(outcome: str, error: BaseException | None = None) -> None:
    """Count a try to deliver. The class of the error is its type, of which there are few."""
    DELIVERIES.labels(outcome, type(error).__name__ if error is not None else "none").inc()


def heard(took_s: float, length_s: float) -> None:
    """Note that a recording was transcribed."""
    TRANSCRIPTION_SECONDS.observe(took_s)
    RECORDED_SECONDS.inc(max(length_s, 0.0))


def watch_database(engine: sa.Engine) -> None:
    """Time every statement of an engine."""
    kinds = {word: DATABASE_SECONDS.labels(word) for word in ("select", "insert", "update", "delete")}
    other = DATABASE_SECONDS.labels("other")

    @sa.event.listens_for(engine, "before_cursor_execute")
    def _begin(_connection: Any, _cursor: Any, _statement: str, _values: Any, context: Any, _many: bool) -> None:
        if context is not None:
            context.waiqin_begun = time.perf_counter()

    @sa.event.listens_for(engine, "after_cursor_execute")
    def _end(_connection: Any, _cursor: Any, statement: str, _values: Any, context: Any, _many: bool) -> None:
        if context is not None:
            kind = kinds.get(statement[:6].lower(), other)
            kind.observe(time.perf_counter() - context.waiqin_begun)


def page() -> bytes:
    """Return all metrics in Prometheus's text format."""
    return generate_latest(REGISTRY)
