"""A session of the torture: which stories, what is printed of each, and the record that a long session goes on from."""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.torture.findings import KINDS
from bot.torture.plan import Story, plan
from bot.torture.run import Lab, Outcome, tell_all
from bot.torture.shrink import shrink
from bot.torture.system import Shape


@dataclass(frozen=True, slots=True)
class Order:
    """What to torture: seeds or one story, on which deployment, so many at a time.

    `record` is a file of one JSON line a seed; seeds that stand there already are not played again.
    """

    seeds: tuple[int, ...] = ()
    story: Story | None = None
    shape: Shape = field(default_factory=Shape)
    jobs: int = 2
    record: Path | None = None
    keep: Path | None = None
    shrink_tries: int = 24
    module: str = "bot.torture.child"


def run(order: Order) -> int:
    """Play everything; return the exit code: 0 if nothing was lost, doubled, altered or stuck."""
    return asyncio.run(_run(order))


async def _run(order: Order) -> int:
    total: Counter[str] = Counter()
    failed: list[Outcome] = []

    def done(outcome: Outcome) -> None:
        line = {"seed": outcome.story.seed, **outcome.verdict.figures(), **outcome.figures}
        _print(json.dumps(line, ensure_ascii=False))
        total.update({"seeds": 1, **{name: int(line[name]) for name in (*KINDS, "entries", "accepted", "starts")}})
        if outcome.clean and order.record is not None:
            _append(order.record, line)
        elif not outcome.clean:
            failed.append(outcome)
            _print("\n".join(f"  {sentence}" for sentence in outcome.verdict.lines()))

    if order.keep is not None:
        order.keep.mkdir(parents=True, exist_ok=True)
    async with Lab(order.shape, module=order.module, keep=order.keep) as lab:
        await tell_all(lab, _stories(order), order.jobs, done)
        _print(json.dumps({"total": dict(total)}, ensure_ascii=False))
        for outcome in failed:
            await _show_shortest(lab, outcome, order)
    return 1 if failed else 0


def _stories(order: Order) -> Iterator[Story]:
    if order.story is not None:
        yield order.story
    known = played(order.record)
    for seed in order.seeds:
        if seed not in known:
            yield plan(seed, processes=order.shape.processes)


def played(record: Path | None) -> set[int]:
    """Return the seeds that a record holds."""
    if record is None or not record.is_file():
        return set()
    return {int(json.loads(line)["seed"]) for line in record.read_text(encoding="utf-8").splitlines() if line}


def _append(record: Path, line: dict[str, Any]) -> None:
    record.parent.mkdir(parents=True, exist_ok=True)
    with record.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line, ensure_ascii=False) + "\n")


async def _show_shortest(lab: Lab, outcome: Outcome, order: Order) -> None:
    """Print the shortest story that still fails, and write it where it can be played again."""

    async def wrongs(story: Story) -> set[str]:
        figures = (await lab.tell(story)).verdict.figures()
        return {kind for kind, count in figures.items() if count}

    story, figures = outcome.story, outcome.verdict.figures()
    if order.shrink_tries:
        wrong = {kind for kind, count in figures.items() if count}
        story = await shrink(story, wrong, wrongs, tries=order.shrink_tries)
    path = (order.keep or Path.cwd()) / f"torture-{story.seed}.json"
    path.write_text(story.to_json(), encoding="utf-8")
    _print(f"seed {story.seed}: {outcome.story.size} events, the shortest story that failed has {story.size}:")
    _print("\n".join(f"  {line}" for line in story.lines()))
    _print(f"again: waiqin torture --story {path}")


def _print(text: str) -> None:
    print(text, file=sys.stdout, flush=True)  # noqa: T201
