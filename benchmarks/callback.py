"""How fast a callback is accepted and a note becomes a card: `python -m benchmarks.callback [--quick] [--json FILE]`.

The real `waiqin serve` on a fresh SQLite file, driven with signed, encrypted callbacks of 30 reps whose words are the
corpus notes, against a platform that answers at once. Beside it, in the same run on the same machine, the bare limits:
the same request opened and answered without work, the same row written without an engine. Read the ratios; absolute
figures move with whatever else the machine does.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import aiohttp

from benchmarks.bare import OpenOnly, insert_captures
from benchmarks.service import LOOPBACK, ROOT, Service, Shown, free_port, post, running
from handlers.playbooks import load as load_playbook
from nlp import Directory, extract
from tests.nlp.corpus import as_note, load_customers, load_notes, load_reps

#: Callers that deliver at the same time, in the burst and against the bare limits.
CALLERS = 8
RATE = 20


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure, with its budget where there is one (`most` or `least` of it)."""

    name: str
    value: float
    unit: str
    most: float | None = None
    least: float | None = None

    @property
    def verdict(self) -> str:
        """Say whether the budget is kept, empty without one."""
        if self.most is None and self.least is None:
            return ""
        kept = (self.most is None or self.value <= self.most) and (self.least is None or self.value >= self.least)
        return "kept" if kept else "MISSED"

    def line(self) -> str:
        """Return the figure as a row of the table."""
        budget = f"≤ {self.most:g}" if self.most is not None else f"≥ {self.least:g}" if self.least is not None else ""
        return f"  {self.name:<52} {self.value:>9.4g} {self.unit:<6} {budget:>8}  {self.verdict}".rstrip()


def percentile(values: Sequence[float], share: int) -> float:
    """Return the value below which `share` per cent lie."""
    return statistics.quantiles(values, n=100, method="inclusive")[share - 1]


def messages(count: int) -> list[tuple[str, str]]:
    """Return (rep, words): corpus notes in turn, the senders going round all reps, so that each sends equally many."""
    reps = itertools.cycle([r.userid for r in load_reps() if r.role == "rep"])
    notes = itertools.cycle([row["text"] for row in load_notes()])
    return [(next(reps), next(notes)) for _ in range(count)]


@asynccontextmanager
async def fresh_service() -> AsyncIterator[Service]:
    """Run the service on an empty database of its own."""
    with tempfile.TemporaryDirectory(prefix="waiqin-benchmark-") as folder:
        async with running(Path(folder)) as service:
            yield service


async def measure_steady(seconds: int) -> list[Figure]:
    """Deliver at a steady rate while the work is being done."""
    async with fresh_service() as service:
        idle_mb, idle_cpu = service.rss_mb(), await _idle_share(service)
        sent_at, accepts = dict[str, list[float]](), list[float]()

        async def one(rep: str, text: str) -> None:
            sent_at.setdefault(rep, []).append(time.perf_counter())
            accepts.append(await service.post(service.note(rep, text)))

        begun, wanted = time.perf_counter(), messages(RATE * seconds)
        async with asyncio.TaskGroup() as group:
            for number, (rep, text) in enumerate(wanted):
                await asyncio.sleep(begun + number / RATE - time.perf_counter())
                group.create_task(one(rep, text))
        all_told = await service.platform.wait_for(len(wanted), 60)
        waits = _waits(sent_at, service.platform.shown)
        return [
            Figure("start to ready", service.start_s, "s", most=5),
            Figure("memory idle", idle_mb, "MB", most=250),
            Figure("processor used while idle", 100 * idle_cpu, "%"),
            Figure(f"memory after {len(wanted)} messages", service.rss_mb(), "MB"),
            Figure(f"accept p50 at {RATE}/s", 1e3 * percentile(accepts, 50), "ms"),
            Figure(f"accept p99 at {RATE}/s", 1e3 * percentile(accepts, 99), "ms", most=300),
            Figure(f"accept longest at {RATE}/s", 1e3 * max(accepts), "ms"),
            Figure(f"note to answer p50 at {RATE}/s", 1e3 * percentile(waits, 50), "ms"),
            Figure(f"note to answer p95 at {RATE}/s", 1e3 * percentile(waits, 95), "ms"),
            Figure(
                "answered",
                100.0 * min(len(service.platform.shown) / len(wanted), 1) if not all_told else 100,
                "%",
                least=100,
            ),
        ]


async def _idle_share(service: Service, seconds: float = 3.0) -> float:
    used_s = service.cpu_s()
    await asyncio.sleep(seconds)
    return (service.cpu_s() - used_s) / seconds


def _waits(sent_at: dict[str, list[float]], shown: Sequence[Shown]) -> list[float]:
    """Pair each rep's messages with the answers in order (they are answered in order) and return the waits."""
    answers: dict[str, list[float]] = {}
    for message in shown:
        answers.setdefault(message.userid, []).append(message.at)
    return [a - s for rep, times in sent_at.items() for s, a in zip(times, answers.get(rep, []), strict=False)]


async def by_callers(posts: Sequence[Callable[[], Awaitable[object]]], callers: int = CALLERS) -> float:
    """Do all posts with so many callers at once; return the seconds it took."""
    left = iter(posts)

    async def caller() -> None:
        for do in left:
            await do()

    begun = time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(callers)))
    return time.perf_counter() - begun


async def measure_burst(count: int) -> tuple[list[Figure], float, float]:
    """Deliver all at once; return figures, and how many a second were accepted and done."""
    async with fresh_service() as service:
        sealed = [service.note(rep, text) for rep, text in messages(count)]
        begun, cpu_s = time.perf_counter(), service.cpu_s()
        took_s = await by_callers([lambda s=s: service.post(s) for s in sealed])  # type: ignore[misc]
        told = await service.platform.wait_for(count, 180)
        shown = service.platform.shown
        done_s = shown[-1].at - begun if told else float("inf")
        cards = sum("template_card" in s.body for s in shown)
        accepted, done = count / took_s, count / done_s
        figures = [
            Figure(f"burst of {count}: accepted a second", accepted, "/s"),
            Figure("burst: done a second (answer sent)", done, "/s", least=30),
            Figure("burst: of these, answers that are cards", 100 * cards / max(len(shown), 1), "%"),
            Figure("burst: drained after the last was accepted", done_s - took_s, "s"),
            Figure("burst: processor time a message", 1e3 * (service.cpu_s() - cpu_s) / count, "ms"),
            Figure("burst: memory at the end", service.rss_mb(), "MB"),
        ]
        return figures, accepted, done


async def measure_taps(count: int) -> list[Figure]:
    """One at a time, without load: a note, its card, a press on it, the updated card."""
    async with fresh_service() as service:
        cards, taps = list[float](), list[float]()
        for rep, text in messages(count):
            card, waited_s = await _answer(service, service.note(rep, text))
            cards.append(waited_s)
            if card.button_key:
                taps.append((await _answer(service, service.tap(card)))[1])
        return [
            Figure("note to card p50, no load", 1e3 * percentile(cards, 50), "ms"),
            Figure("note to card p95, no load", 1e3 * percentile(cards, 95), "ms"),
            Figure("tap to updated card p50, no load", 1e3 * percentile(taps, 50), "ms"),
            Figure("tap to updated card p95, no load", 1e3 * percentile(taps, 95), "ms", most=1000),
        ]


async def _answer(service: Service, sealed: object) -> tuple[Shown, float]:
    before, begun = len(service.platform.shown), time.perf_counter()
    await service.post(sealed)  # type: ignore[arg-type]
    if not await service.platform.wait_for(before + 1, 20):
        raise RuntimeError("no answer within 20 s")
    shown = service.platform.shown[before]
    return shown, shown.at - begun


async def measure_limits(count: int, accepted: float, done: float) -> list[Figure]:
    """Put the service beside the same request without work and the same row without an engine."""
    opened, inserted, engine = await _opened_a_second(count), await _inserted_a_second(count), await _engine(count)
    return [
        Figure("bare: request opened and answered, a second", opened, "/s"),
        Figure("bare: capture row inserted and synced, a second", inserted, "/s"),
        Figure("bare: engine alone, two empty steps, a second", engine["done_s"], "/s"),
        Figure("bare: engine alone, processor time a message", engine["cpu_ms"], "ms"),
        Figure("done ÷ engine alone", done / engine["done_s"], ""),
        Figure("accepted (while working) ÷ bare request", accepted / opened, ""),
        Figure("accepted (while working) ÷ bare insert", accepted / inserted, ""),
        Figure("done ÷ bare insert", done / inserted, ""),
    ]


async def _opened_a_second(count: int) -> float:
    port = free_port()
    only = OpenOnly.invent()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.bare", str(port), *only.arguments(), cwd=ROOT
    )
    try:
        url = f"http://{LOOPBACK}:{port}/wecom/callback"
        async with aiohttp.ClientSession() as session:
            await only.until_ready(session, url)
            sealed = [only.seal(rep, text) for rep, text in messages(count)]
            return count / await by_callers([lambda s=s: post(session, url, s) for s in sealed])  # type: ignore[misc]
    finally:
        process.terminate()
        await process.wait()


async def _engine(count: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="waiqin-benchmark-") as folder:
        return await _from_program("benchmarks.bare_engine", folder, str(count))


async def _from_program(module: str, *arguments: str) -> dict[str, float]:
    """Run a module in a process of its own and return the figures it prints as JSON; empty if it fails."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, *arguments, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    return dict(json.loads(out)) if process.returncode == 0 else {}


async def _inserted_a_second(count: int) -> float:
    with tempfile.TemporaryDirectory(prefix="waiqin-benchmark-") as folder:
        async with insert_captures(f"sqlite:///{Path(folder) / 'bare.db'}") as insert:
            rows = messages(count)
            now = datetime.now(UTC)
            return count / await by_callers([lambda r=r: insert(r[0], r[1], now) for r in rows])  # type: ignore[misc]


def measure_extract() -> list[Figure]:
    """Time extraction of the corpus notes with the corpus directory."""
    directory, rows = Directory(load_customers(), load_reps()), load_notes()
    playbooks = {name: load_playbook(name).for_nlp() for name in {row["playbook"] for row in rows}}
    took = []
    for row in (*rows, *rows):
        begun = time.perf_counter()
        extract(as_note(row), directory, playbooks[row["playbook"]])
        took.append(1e3 * (time.perf_counter() - begun))
    warm = took[len(rows) :]
    return [
        Figure("extract, median of the corpus notes", statistics.median(warm), "ms", most=2),
        Figure("extract p99", percentile(warm, 99), "ms"),
    ]


async def measure_speech_memory() -> list[Figure]:
    """Load the recogniser in a process of its own, hear one clip, let the model go."""
    found = await _from_program("benchmarks.speech_memory")
    if not found:
        return []
    return [
        Figure("memory before the speech model", found["before_mb"], "MB"),
        Figure("memory with the speech model, one clip heard", found["loaded_mb"], "MB"),
        Figure("memory after the model was unloaded", found["unloaded_mb"], "MB"),
    ]


async def measure(*, quick: bool) -> AsyncIterator[Figure]:
    """Take all figures in turn; `quick` takes a third of the messages."""
    seconds, burst, taps = (10, 200, 20) if quick else (30, 600, 60)
    for part in (measure_extract(), await measure_steady(seconds)):
        for figure in part:
            yield figure
    found, accepted, done = await measure_burst(burst)
    for figure in found:
        yield figure
    for figure in await measure_limits(burst, accepted, done):
        yield figure
    for figure in await measure_taps(taps):
        yield figure
    for figure in await measure_speech_memory():
        yield figure


async def _report(*, quick: bool) -> dict[str, float]:
    """Print each figure when it is there; return them by name."""
    found = {}
    async for figure in measure(quick=quick):
        print(figure.line(), flush=True)
        found[figure.name] = figure.value
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print budget and figure side by side."""
    parser = argparse.ArgumentParser(description="measure accepting, doing and answering callbacks")
    parser.add_argument("--quick", action="store_true", help="a third of the messages")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures there")
    options = parser.parse_args(arguments)
    print(f"callback: waiqin serve on SQLite (load average before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores)")
    figures = asyncio.run(_report(quick=options.quick))
    if options.json:
        options.json.write_text(json.dumps(figures, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
