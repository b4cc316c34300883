"""Is it well? One look at everything that can stop this deployment, for `/healthz`, for alerts, and in words (E42).

A finding that is not well makes `/healthz` answer 503 unless it is only a warning: somebody should look, but callbacks
are taken and kept. Nothing here names a person, a customer or a secret.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import col

from bot import metrics
from bot.clock import SystemClock
from bot.processes import DEAD_AFTER_S
from bot.schedule import JOBS, SCHEDULE_SINCE
from bot.spool import Spool
from handlers.ports import Clock
from nlp.speech import models
from storage import Store, UnitOfWork
from storage import tables as t
from storage.uow import table_of

#: A look that is this fresh is given again: whoever asks every second does not make work every second.
FRESH_FOR_S = 5.0
#: The database must take a write within this time.
DATABASE_WITHIN_S = 3.0
#: A queue is stuck when something waited this long and nothing was begun lately.
STUCK_AFTER_S, BEGUN_LATELY_S = 300.0, 120.0
SPOOL_AFTER_S, DELIVERY_AFTER_S = 60.0, 900.0
#: A tick may come this much after its time.
TICK_WITHIN = timedelta(minutes=10)
CHECKED_AT = "health_checked_at"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: whether it is well, what was measured, and a sentence for the administrator."""

    name: str
    ok: bool
    words: str
    facts: Mapping[str, float | int | str] = field(default_factory=dict)
    warning: bool = False


@dataclass(frozen=True, slots=True)
class Health:
    """All findings of one look."""

    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing but warnings was found."""
        return all(finding.ok or finding.warning for finding in self.findings)

    def as_json(self) -> dict[str, Any]:
        """Return the look as a machine reads it."""
        return {"ok": self.ok, "checks": {f.name: {"ok": f.ok, **f.facts} for f in self.findings}}

    def in_words(self, now: datetime) -> str:
        """Return the look as the administrator reads it."""
        troubles = [finding for finding in self.findings if not finding.ok]
        head = "系统正常。" if not troubles else f"有 {len(troubles)} 处要看："
        lines = [f"{'✓' if finding.ok else '✗'} {finding.words}" for finding in [*troubles, *self._well()]]
        return "\n".join([head, *lines, f"查于 {now.astimezone(JOBS[0].trigger.timezone):%m-%d %H:%M}。"])

    def _well(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.ok]


class HealthCheck:
    """Looks at a running application."""

    def __init__(
        self, store: Store, clock: Clock, spool: Spool, *, model_dir: Path | None, stopping: Callable[[], bool]
    ) -> None:
        self._store = store
        self._dialect = store.engine.dialect.name
        self._clock = clock
        self._spool = spool
        self._model_dir = model_dir
        self._stopping = stopping
        self._patience_s = DATABASE_WITHIN_S
        self._turn = asyncio.Lock()
        self._seen: tuple[float, Health] | None = None

    async def look(self) -> Health:
        """Look at everything, or return the last look if it is fresh; sets the gauges."""
        async with self._turn:
            if self._seen is not None and time.monotonic() - self._seen[0] < FRESH_FOR_S:
                return self._seen[1]
            health = await self._look()
            self._seen = (time.monotonic(), health)
        for finding in health.findings:
            metrics.HEALTHY.labels(finding.name).set(finding.ok)
        return health

    async def _look(self) -> Health:
        findings = [self._process(), await self._in_time("database", self._database)]
        if findings[-1].ok:
            for name, look in (
                ("queues", self._queues),
                ("deliveries", self._deliveries),
                ("tick", self._tick),
                ("drafts", self._drafts),
                ("processes", self._processes),
            ):
                findings.append(await self._in_time(name, look))
        return Health((*findings, self._spooled(), await asyncio.to_thread(self._model)))

    async def _in_time(self, name: str, look: Callable[[], Awaitable[Finding]]) -> Finding:
        try:
            async with asyncio.timeout(self._patience_s):
                return await look()
        except (OSError, TimeoutError, SQLAlchemyError) as error:
            reason = type(error).__name__
            return Finding(
                name, False, f"数据库没有及时答复（{reason}）：查看数据库是否在运行、磁盘是否已满", {"reason": reason}
            )

    def _process(self) -> Finding:
        if self._stopping():
            return Finding("process", False, "本进程正在停止")
        return Finding("process", True, "本进程在运行")

    async def _database(self) -> Finding:
        begun = time.perf_counter()
        async with self._store.begin() as uow:
            await _note(uow, CHECKED_AT, SystemClock().now().isoformat())
            await uow.commit()
        took_ms = round(1000 * (time.perf_counter() - begun), 1)
        return Finding("database", True, f"数据库可写（{took_ms:.0f} 毫秒）", {"write_ms": took_ms})

    async def _queues(self) -> Finding:
        now_ms = SystemClock().now().timestamp() * 1000
        async with self._store.begin() as uow:
            rows = await uow.tuples(_in_flight(self._dialect))
        waiting, oldest_s = 0, 0.0
        stuck: list[str] = []
        metrics.QUEUE_DEPTH.clear()
        metrics.QUEUE_OLDEST.clear()
        begun = {queue: begun_ms for queue, state, _, _, begun_ms in rows if state == "PENDING"}
        for queue, state, count, born_ms, _ in rows:
            metrics.QUEUE_DEPTH.labels(queue or "none", "waiting" if state == "ENQUEUED" else "running").set(count)
            if state != "ENQUEUED":
                continue
            age_s = max(0.0, (now_ms - born_ms) / 1000)
            metrics.QUEUE_OLDEST.labels(queue or "none").set(age_s)
            waiting, oldest_s = waiting + count, max(oldest_s, age_s)
            if age_s > STUCK_AFTER_S and now_ms - (begun.get(queue) or 0) > BEGUN_LATELY_S * 1000:
                stuck.append(str(queue))
        facts: Mapping[str, float | int | str] = {
            "waiting": waiting,
            "oldest_s": round(oldest_s, 1),
            "stuck": ",".join(stuck),
        }
        if stuck:
            return Finding("queues", False, f"队列 {'、'.join(stuck)} 不动了：重启处理进程，并查看日志", facts)
        return Finding("queues", True, f"排队 {waiting} 件，最久 {oldest_s:.0f} 秒", facts)

    async def _deliveries(self) -> Finding:
        now = self._clock.now()
        due = sa.or_(col(t.Delivery.not_before).is_(None), col(t.Delivery.not_before) <= now)
        since = sa.func.min(sa.func.coalesce(col(t.Delivery.not_before), col(t.Delivery.created_at)))
        query = sa.select(sa.func.count(), sa.type_coerce(since, table_of(t.Delivery).c.created_at.type))
        async with self._store.begin() as uow:
            ((count, oldest),) = await uow.tuples(query.where(col(t.Delivery.state) == "queued", due))
        age_s = max(0.0, (now - oldest).total_seconds()) if oldest else 0.0
        metrics.DELIVERIES_WAITING.set(count)
        metrics.DELIVERY_OLDEST.set(age_s)
        facts = {"waiting": count, "oldest_s": round(age_s, 1)}
        if age_s > DELIVERY_AFTER_S:
            words = f"有 {count} 条消息发不出去，最久 {age_s / 60:.0f} 分钟：运行 waiqin doctor 看企业微信怎么说"
            return Finding("deliveries", False, words, facts, warning=True)
        return Finding("deliveries", True, f"待发消息 {count} 条", facts)

    async def _tick(self) -> Finding:
        now = self._clock.now()
        async with self._store.begin() as uow:
            rows = await uow.tuples(
                sa.select(col(t.Tick.job), sa.func.max(col(t.Tick.due_at))).group_by(col(t.Tick.job))
            )
            since = await uow.get(t.Setting, SCHEDULE_SINCE)
        last: dict[str, datetime] = dict(map(tuple, rows))
        begun = datetime.fromisoformat(since.value) if since is not None else now
        late = [job.name for job in JOBS if any(job.ticks(max(last.get(job.name, begun), begun), now - TICK_WITHIN))]
        newest = max(last.values(), default=None)
        facts: Mapping[str, float | int | str] = {"last": newest.isoformat() if newest else "", "late": ",".join(late)}
        if late:
            return Finding("tick", False, f"定时任务 {'、'.join(late)} 没有按时运行：确认有 waiqin serve 在运行", facts)
        return Finding("tick", True, "定时任务按时", facts)

    async def _drafts(self) -> Finding:
        async with self._store.begin() as uow:
            query = (
                sa.select(sa.func.count())
                .select_from(t.Visit)
                .where(col(t.Visit.state) == sa.literal_column("'draft'"))
            )
            ((count,),) = await uow.tuples(query)
        metrics.DRAFTS_OPEN.set(count)
        return Finding("drafts", True, f"待确认拜访 {count} 次", {"open": count})

    async def _processes(self) -> Finding:
        if self._dialect == "sqlite":
            metrics.PROCESSES_ALIVE.labels("serve").set(1)
            return Finding("processes", True, "单进程运行", {"alive": 1})
        async with self._store.begin() as uow:
            rows = await uow.tuples(_alive())
        metrics.PROCESSES_ALIVE.clear()
        for role, count in rows:
            metrics.PROCESSES_ALIVE.labels(role).set(count)
        alive = sum(count for _, count in rows)
        words = "、".join(f"{role} {count} 个" for role, count in rows)
        return Finding("processes", alive > 0, f"运行中的进程：{words or '没有'}", {"alive": alive})

    def _spooled(self) -> Finding:
        waiting = self._spool.waiting()
        metrics.SPOOL_FILES.set(len(waiting))
        age_s = 0.0
        with contextlib.suppress(FileNotFoundError):  # drained just now
            age_s = max((time.time() - path.stat().st_mtime for path in waiting[:1]), default=0.0)
        facts = {"waiting": len(waiting), "oldest_s": round(age_s, 1)}
        if age_s > SPOOL_AFTER_S:
            return Finding("spool", False, f"有 {len(waiting)} 条消息已收下、还没进数据库：查看数据库", facts)
        return Finding("spool", True, f"暂存 {len(waiting)} 条", facts)

    def _model(self) -> Finding:
        if models.find(self._model_dir) is None:
            words = "没有语音模型，语音听不了：运行 waiqin models pull base"
            return Finding("model", False, words, {"state": "missing"}, warning=True)
        return Finding("model", True, "语音模型已就绪", {"state": "ready"})


async def _note(uow: UnitOfWork, key: str, value: str) -> None:
    """Write a small fact; it shows that the database takes writes."""
    row = await uow.get(t.Setting, key)
    if row is None:
        await uow.insert_new(t.Setting(key=key, value=value))
    else:
        await uow.run(sa.update(t.Setting).where(col(t.Setting.key) == key).values(value=value))


def _in_flight(dialect: str) -> sa.Select[Any, Any, Any, Any, Any]:
    """Ask the workflow engine's table: by queue and state, how much, born when, and when some was last begun."""
    schema = None if dialect == "sqlite" else "dbos"
    names = ("queue_name", "status", "created_at", "started_at_epoch_ms")
    work = sa.table("workflow_status", *(sa.column(name) for name in names), schema=schema)
    return (
        sa.select(
            work.c.queue_name,
            work.c.status,
            sa.func.count(),
            sa.func.min(work.c.created_at),
            sa.func.max(work.c.started_at_epoch_ms),
        )
        .where(work.c.status.in_([sa.literal_column("'ENQUEUED'"), sa.literal_column("'PENDING'")]))
        .group_by(work.c.queue_name, work.c.status)
    )


def _alive() -> sa.Select[str, int]:
    now = sa.cast(sa.func.extract("epoch", sa.func.clock_timestamp()), sa.Float)
    return (
        sa.select(col(t.Process.role), sa.func.count())
        .where(~col(t.Process.left), col(t.Process.host) != "", col(t.Process.seen_at) > now - DEAD_AFTER_S)
        .group_by(col(t.Process.role))
        .order_by(col(t.Process.role))
    )
