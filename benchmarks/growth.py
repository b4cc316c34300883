"""What a message costs as visits pile up: `python -m benchmarks.growth [--sizes 10k,100k,1m] [--json FILE]`.

A hundred real notes are worked off by the real service. Then their rows, the workflow engine's too, are copied by plain
SQL until there are as many visits as wanted, each copy a minute older than the one before, with ids of its own and
confirmed. On each size the service is started anew and driven at a calm rate; what is measured is how long accepting
takes, how long until the answer, and the processor time of a message. Flat is right; read the ratios.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.callback import messages, percentile
from benchmarks.service import Service, running

BASE, MEASURED, WARM, RATE = 100, 120, 20, 5.0
#: The identities that a copy must not share with its original, by table; all others are values or the directory's.
IDENTITIES: dict[str, tuple[str, ...]] = {
    "capture": ("id", "source_id", "visit_id"),
    "visit": ("id", "source_id"),
    "field_guess": ("id", "visit_id", "capture_id"),
    "tag_guess": ("id", "visit_id", "capture_id"),
    "task": ("id", "source_key", "visit_id"),
    "delivery": ("id", "answers", "card_id"),
    "card": ("id", "object_id"),
    "card_code": ("id", "card_id", "code"),
    "event_seen": ("source_id",),
    "receipt": ("id", "capture_id"),
    "change": ("id", "entity_id"),
    "change_value": ("change_id",),
    "workflow_status": ("workflow_uuid", "parent_workflow_id"),
    "operation_outputs": ("workflow_uuid", "child_workflow_id"),
}
#: Numbers that count on within a chain: a copy goes on far behind the original.
COUNTED = {"receipt": "seq", "change": "seq"}
#: What is true of a visit that was finished long ago.
FINISHED = {"visit": {"state": "'confirmed'"}, "card": {"state": "'superseded'"}, "task": {"state": "'done'"}}
COPY_AGE_S = 60
#: The database as it was after the real notes, whose rows are copied.
ORIGINALS = "originals.db"


@dataclass(frozen=True, slots=True)
class Grown:
    """The figures at one size."""

    visits: int
    file_mb: float
    accept_p50_ms: float
    accept_p99_ms: float
    answer_p50_ms: float
    answer_p95_ms: float
    cpu_ms: float
    rss_mb: float


async def work_off(data: Path) -> None:
    """Let the service work off the notes that will be copied."""
    async with running(data) as service:
        for rep, text in messages(BASE):
            await service.post(service.note(rep, text))
        if not await service.platform.wait_for(BASE, 120):
            raise RuntimeError("the service did not answer the notes that were to be copied")
        await asyncio.sleep(2)
    shutil.copy(data / "waiqin.db", data / ORIGINALS)


def grow(file: Path, visits: int) -> None:
    """Copy the rows until there are so many visits."""
    with sqlite3.connect(file) as database:
        database.execute("pragma foreign_keys = off")
        database.execute("pragma synchronous = off")
        database.execute("pragma cache_size = -200000")
        database.execute("attach ? as base", (str(file.with_name(ORIGINALS)),))
        (have,) = database.execute("select count(*) from visit").fetchone()
        (base,) = database.execute("select count(*) from base.visit").fetchone()
        newest = (
            "select coalesce(max(cast(substr(id, instr(id, '~') + 1) as integer)), 0) from visit where id like '%~%'"
        )
        (done,) = database.execute(newest).fetchone()
        first, last = done + 1, done + 1 + max(0, round((visits - have) / base))
        for table, identities in IDENTITIES.items():
            database.execute(_copy_statement(database, table, identities), (first, last))
    database.close()


def _copy_statement(database: sqlite3.Connection, table: str, identities: Sequence[str]) -> str:
    """Return the statement that inserts copies number ?1 to ?2 of a table's original rows."""
    columns = [(name, kind) for _, name, kind, *_ in database.execute(f"pragma table_info({table})")]
    values = [_copied(table, name, kind, identities) for name, kind in columns]
    names = ", ".join(f'"{name}"' for name, _ in columns)
    return (
        f"insert into {table} ({names}) "
        "with recursive copy(n) as (select ?1 union all select n + 1 from copy where n + 1 < ?2) "
        f"select {', '.join(values)} from base.{table} o cross join copy where ?1 < ?2"
    )


def _copied(table: str, name: str, kind: str, identities: Sequence[str]) -> str:
    column = f'o."{name}"'
    if name in identities:
        return f"{column} || '~' || n"
    if name == COUNTED.get(table):
        return f"{column} + 1000000 * n"
    if name in FINISHED.get(table, {}):
        return FINISHED[table][name]
    if kind == "DATETIME":
        return f"strftime('%Y-%m-%d %H:%M:%f', {column}, '-' || (n * {COPY_AGE_S}) || ' seconds') || '000'"
    if name in ("created_at", "updated_at", "completed_at") or name.endswith("_epoch_ms"):
        return f"{column} - n * {COPY_AGE_S * 1000}"
    return column


async def measure(data: Path, visits: int) -> Grown:
    """Start the service on the grown file and drive it calmly."""
    async with running(data) as service:
        for rep, text in messages(WARM):  # the first message of a process reads the directory and the word lists
            await service.post(service.note(rep, text))
        await service.platform.wait_for(WARM, 60)
        used_s = service.cpu_s()
        accepts, waits = await _drive(service)
        cpu_ms = 1000 * (service.cpu_s() - used_s) / MEASURED
        rss_mb = service.rss_mb()
    return Grown(
        visits,
        round((data / "waiqin.db").stat().st_size / 2**20, 1),
        *(round(1000 * seconds, 1) for seconds in (percentile(accepts, 50), percentile(accepts, 99))),
        *(round(1000 * seconds, 1) for seconds in (percentile(waits, 50), percentile(waits, 95))),
        round(cpu_ms, 1),
        round(rss_mb, 1),
    )


async def _drive(service: Service) -> tuple[list[float], list[float]]:
    """Send notes one after the other; return the seconds until each was accepted, and until it was answered."""
    accepts, waits = [], []
    begun = time.perf_counter()
    for number, (rep, text) in enumerate(messages(MEASURED)):
        await asyncio.sleep(max(0.0, begun + number / RATE - time.perf_counter()))
        shown, sent_at = len(service.platform.shown), time.perf_counter()
        accepts.append(await service.post(service.note(rep, text)))
        if not await service.platform.wait_for(shown + 1, 30):
            raise RuntimeError("a note got no answer")
        waits.append(service.platform.shown[shown].at - sent_at)
    return accepts, waits


def read_size(said: str) -> int:
    """Read `10k`, `1m` or a plain number."""
    factor = {"k": 1000, "m": 1_000_000}.get(said[-1:].lower(), 1)
    return int(said.rstrip("kKmM")) * factor


async def run(sizes: Sequence[int], folder: Path) -> list[Grown]:
    """Grow one file from size to size and measure each."""
    await work_off(folder)
    grown = []
    for visits in sorted(sizes):
        begun = time.perf_counter()
        grow(folder / "waiqin.db", visits)
        seeded_s = time.perf_counter() - begun
        grown.append(await measure(folder, visits))
        print(_line(grown[-1], grown[0]) + f"   (seeded in {seeded_s:.0f} s)", flush=True)
    return grown


def _line(now: Grown, first: Grown) -> str:
    return (
        f"  {now.visits:>9,} visits {now.file_mb:>8,.0f} MB"
        f"   accept {now.accept_p50_ms:>6.1f} / {now.accept_p99_ms:>6.1f}"
        f"   answer {now.answer_p50_ms:>6.1f} / {now.answer_p95_ms:>6.1f} ms   CPU {now.cpu_ms:>5.1f} ms"
        f" (×{now.cpu_ms / first.cpu_ms:.2f})   RSS {now.rss_mb:.0f} MB"
    )


def main() -> None:
    """Measure the named sizes and print a line for each."""
    parser = argparse.ArgumentParser(description="what a message costs as visits pile up")
    parser.add_argument("--sizes", default="10k,100k", help="visits stored, for example 10k,100k,1m")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here as well")
    arguments = parser.parse_args()
    print("accept p50 / p99, note to answer p50 / p95, processor time a message:")
    with tempfile.TemporaryDirectory(prefix="waiqin-growth-") as folder:
        grown = asyncio.run(run([read_size(said) for said in arguments.sizes.split(",")], Path(folder)))
    if arguments.json:
        arguments.json.write_text(json.dumps([asdict(one) for one in grown], indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
