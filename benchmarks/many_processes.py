"""Many processes on PostgreSQL: `python -m benchmarks.many_processes [--seconds N] [--voice] [--json FILE]`.

Two `waiqin serve` and two `waiqin worker` on one PostgreSQL (the package's, on this machine), driven with signed,
encrypted callbacks: the highest rate that is accepted whole with p99 below a second, and how long the work takes to
drain. Beside it, on the same machine: the same row inserted durably without an engine, the same request opened and
answered without work, and a bot as tutorials write it. Then voice: how many notes a second one and two workers
transcribe, and what text and taps notice of 200 voice notes that wait. Read the ratios.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import json
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import aiohttp

from benchmarks.bare import OpenOnly, insert_captures
from benchmarks.callback import CALLERS, Figure, by_callers, messages, percentile
from benchmarks.cluster import Cluster, open_cluster
from benchmarks.service import LOOPBACK, ROOT, Platform, free_port, post, serving
from tests.nlp.corpus import CORPUS, load_reps
from tests.storage.databases import fresh_postgresql

#: A rate is kept when all is accepted and the slowest hundredth waits no longer (seconds).
LONGEST_P99_S = 1.0
PROBE_S = 3
WAITING_VOICE = 200
#: What a recogniser on another machine takes for a note, seconds.
ELSEWHERE_S = 1.3

Post = Callable[[], Awaitable[float]]


async def at_rate(rate: float, posts: Sequence[Post]) -> tuple[list[float], int]:
    """Post at a steady rate; return the seconds that each acceptance took, and how many were refused."""
    took, refused = list[float](), 0

    async def one(do: Post) -> None:
        nonlocal refused
        try:
            took.append(await do())
        except (RuntimeError, aiohttp.ClientError, TimeoutError):
            refused += 1

    begun = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for number, do in enumerate(posts):
            await asyncio.sleep(begun + number / rate - time.perf_counter())
            group.create_task(one(do))
    return took, refused


def _posts(cluster: Cluster, count: int) -> list[Post]:
    sealed = [cluster.note(rep, text) for rep, text in messages(count)]
    return [lambda s=s: cluster.post(s) for s in sealed]  # type: ignore[misc]


async def _is_kept(cluster: Cluster, rate: float, seconds: float) -> tuple[bool, list[float]]:
    took, refused = await at_rate(rate, _posts(cluster, int(rate * seconds)))
    return refused == 0 and bool(took) and percentile(took, 99) < LONGEST_P99_S, took


async def _highest_rate(cluster: Cluster) -> float:
    """Look upwards for the highest rate that is kept for a few seconds while the workers work off what came before."""
    rate = 30.0
    while rate < 2000 and (await _is_kept(cluster, rate * 1.35, PROBE_S))[0]:
        rate *= 1.35
    if not await cluster.drained(1800):
        raise RuntimeError("the work was not drained")
    return rate


async def measure_load(seconds: int) -> AsyncIterator[Figure]:
    """The highest rate into four processes, and what stands beside it."""
    with tempfile.TemporaryDirectory(prefix="waiqin-benchmark-") as folder:
        async with open_cluster(Path(folder)) as cluster:
            for _ in range(2):
                await cluster.serve("none")
            for _ in range(2):
                await cluster.work("worker")
            rate = await _highest_rate(cluster)
            kept = False
            while not kept and rate > 1:  # a rate kept for seconds may be too much for minutes
                shown_before, begun = len(cluster.platform.shown), time.perf_counter()
                kept, took = await _is_kept(cluster, rate, seconds)
                sent_s = time.perf_counter() - begun
                drained = await cluster.drained(1800)
                done_s = time.perf_counter() - begun
                rate = rate if kept else rate / 1.2
            count = len(took)
            told = len(cluster.platform.shown) - shown_before
    yield Figure(f"highest rate for {seconds} s, all accepted, p99 < 1 s", rate, "/s")
    yield Figure("accept p50 at that rate", 1e3 * percentile(took, 50), "ms")
    yield Figure("accept p99 at that rate", 1e3 * percentile(took, 99), "ms", most=1000)
    yield Figure("done a second, until drained", count / done_s, "/s")
    yield Figure("drained after the last was accepted", done_s - sent_s, "s")
    yield Figure("all done and answered", 100.0 if drained and told >= count else 100.0 * told / count, "%", least=100)
    inserted = await _inserted_a_second(1000)
    yield Figure("bare: capture row inserted durably, a second", inserted, "/s")
    yield Figure("accepted ÷ bare durable insert", rate / inserted, "", least=0.5)
    async for figure in measure_others(rate):
        yield figure


async def _inserted_a_second(count: int) -> float:
    async with insert_captures(fresh_postgresql()) as insert:
        rows, now = messages(count), datetime.now(UTC)
        return count / await by_callers([lambda r=r: insert(r[0], r[1], now) for r in rows])  # type: ignore[misc]


async def measure_others(rate: float) -> AsyncIterator[Figure]:
    """The same requests into a server that only opens them, and into a typical bot."""
    opened = await _program_a_second(1000, "benchmarks.bare")
    yield Figure("bare: request opened and answered, one process, a second", opened, "/s")
    yield Figure("accepted ÷ bare request", rate / opened, "")
    async with serving(Platform().web_app()) as platform_url:
        typical = await _program_a_second(300, "benchmarks.typical_bot", platform_url, fresh_postgresql())
    yield Figure("typical bot: works before it answers, one process, a second", typical, "/s")
    yield Figure("accepted ÷ typical bot", rate / typical, "")


async def _program_a_second(count: int, module: str, *arguments: str) -> float:
    """Run a server as a process of its own; return how many callbacks a second it answers to eight callers."""
    only, port = OpenOnly.invent(), free_port()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, str(port), *only.arguments(), *arguments, cwd=ROOT
    )
    try:
        url = f"http://{LOOPBACK}:{port}/wecom/callback"
        async with aiohttp.ClientSession() as session:
            await only.until_ready(session, url)
            sealed = [only.seal(rep, text) for rep, text in messages(count + CALLERS)]
            await by_callers([lambda s=s: post(session, url, s) for s in sealed[:CALLERS]])  # type: ignore[misc]
            rest = [lambda s=s: post(session, url, s) for s in sealed[CALLERS:]]
            return count / await by_callers(rest)  # type: ignore[arg-type]
    finally:
        process.terminate()
        await process.wait()


async def measure_transcription(clips: int) -> AsyncIterator[Figure]:
    """Real recordings, the real recogniser: notes a second with one worker and with two on this machine."""
    recordings = sorted((CORPUS / "voice-dev").glob("*.amr"))
    rates = dict[int, float]()
    for workers in (1, 2):
        with tempfile.TemporaryDirectory(prefix="waiqin-benchmark-") as folder:
            async with open_cluster(Path(folder)) as cluster:
                await cluster.serve("inbox,media,tell")
                for _ in range(workers):
                    await cluster.work("worker", "--queues", "transcribe")
                await _speak(cluster, recordings, 2 * workers)  # loads the model
                begun = time.perf_counter()
                await _speak(cluster, recordings, clips)
                rates[workers] = clips / (time.perf_counter() - begun)
        yield Figure(f"transcription, {workers} worker(s): notes a second", rates[workers], "/s")
    yield Figure("two workers ÷ one, on this machine's cores", rates[2] / rates[1], "")


async def _speak(cluster: Cluster, recordings: Sequence[Path], count: int) -> None:
    """Let reps send recordings at once; return when all are done."""
    reps = itertools.cycle([r.userid for r in load_reps() if r.role == "rep"])
    for _, path in zip(range(count), itertools.cycle(recordings), strict=False):
        media_id = f"m{len(cluster.platform.media)}"
        # a byte behind the last frame makes every recording a medium of its own
        cluster.platform.media[media_id] = path.read_bytes() + media_id.encode()
        await cluster.post(cluster.voice(next(reps), media_id))
    if not await cluster.drained(1800):
        raise RuntimeError("the recordings were not transcribed")


async def measure_waiting_voice(count: int) -> AsyncIterator[Figure]:
    """What text and taps notice of voice notes that wait for a recogniser elsewhere."""
    with tempfile.TemporaryDirectory(prefix="waiqin-benchmark-") as folder:
        async with open_cluster(Path(folder)) as cluster:
            await cluster.serve("inbox,media,tell")
            await cluster.work(str(ELSEWHERE_S), module="benchmarks.waiting_worker")
            reps = [r.userid for r in load_reps() if r.role == "rep"]
            talkers, writers = reps[:15], reps[15:]
            await _latencies(cluster, writers, 5)
            free = await _latencies(cluster, writers, count)
            for number in range(WAITING_VOICE):
                cluster.platform.media[f"m{number}"] = b"#!AMR\n" + number.to_bytes(4, "big") * 8
                await cluster.post(cluster.voice(talkers[number % len(talkers)], f"m{number}"))
            begun = "select count(*) from dbos.workflow_status where name = 'hear_voice'"
            heard = f"{begun} and status = 'ENQUEUED'"
            while await cluster.ask(begun) < WAITING_VOICE:  # noqa: ASYNC110 - the database has no other way to tell
                await asyncio.sleep(0.1)
            busy = await _latencies(cluster, writers, count)
            waiting = await cluster.ask(heard)
    yield Figure("voice notes still waiting at the end of the measurement", waiting, "")
    for name, before, after in zip(("note to card", "tap to updated card"), free, busy, strict=True):
        yield Figure(f"{name} p50, nothing waits", 1e3 * percentile(before, 50), "ms")
        yield Figure(f"{name} p50, {WAITING_VOICE} voice notes wait", 1e3 * percentile(after, 50), "ms")
        yield Figure(f"{name}: ratio", percentile(after, 50) / percentile(before, 50), "", most=1.2)


async def _latencies(cluster: Cluster, reps: Sequence[str], count: int) -> tuple[list[float], list[float]]:
    """One at a time: a note until its card, and a press on it until the updated card, in seconds."""
    cards, taps = list[float](), list[float]()
    notes = itertools.islice(((rep, text) for rep, text in messages(10_000) if rep in reps), count)
    for rep, text in notes:
        shown, seen = cluster.platform.shown, len(cluster.platform.shown)
        cards.append(await _until_told(cluster, cluster.note(rep, text), rep, seen))
        card = next(s for s in shown[seen:] if s.userid == rep)
        if card.button_key:
            taps.append(await _until_told(cluster, cluster.tap(card), rep, len(shown)))
    return cards, taps


async def _until_told(cluster: Cluster, sealed: object, rep: str, seen: int) -> float:
    begun = time.perf_counter()
    await cluster.post(sealed)  # type: ignore[arg-type]
    async with asyncio.timeout(30):
        while True:
            told = [s.at for s in cluster.platform.shown[seen:] if s.userid == rep]
            if told:
                return told[0] - begun
            await asyncio.sleep(0.002)


async def measure(options: argparse.Namespace) -> AsyncIterator[Figure]:
    """Take the wanted figures in turn."""
    parts = [measure_load(options.seconds)] if options.part in ("", "load") else []
    if options.part in ("", "waiting"):
        parts.append(measure_waiting_voice(options.notes))
    if options.part in ("", "transcription"):
        parts.append(measure_transcription(options.clips))
    for part in parts:
        async with contextlib.aclosing(part):
            async for figure in part:
                yield figure


async def _report(options: argparse.Namespace) -> dict[str, float]:
    found = {}
    async for figure in measure(options):
        print(figure.line(), flush=True)
        found[figure.name] = figure.value
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print budget and figure side by side."""
    parser = argparse.ArgumentParser(description="measure several processes on PostgreSQL")
    parser.add_argument("--seconds", type=int, default=30, help="how long the highest rate is kept (default 30)")
    parser.add_argument("--clips", type=int, default=24, help="recordings to transcribe (default 24)")
    parser.add_argument("--notes", type=int, default=60, help="notes whose way is timed (default 60)")
    parser.add_argument("--part", choices=("load", "waiting", "transcription"), default="", help="only this part")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures there")
    options = parser.parse_args(arguments)
    print(f"many processes on PostgreSQL (load average before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores)")
    figures = asyncio.run(_report(options))
    if options.json:
        options.json.write_text(json.dumps(figures, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
