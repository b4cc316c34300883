"""Our readers beside other libraries on the same cases: `python -m benchmarks.peers [setup]`.

`setup` only makes `.venv-peers`; without it the first run does so. Accuracy is compared exactly, times are medians of
this machine in this run: compare the lines of one run, not the figures of two. A library that could not be installed,
stopped or crashed is named with its reason.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections import Counter
from dataclasses import dataclass

from benchmarks.peers import environment
from benchmarks.peers.tasks import Answer, Task, all_tasks, answer_ourselves

HEAD = (
    f"{'task':31} {'reader':25} {'right':>5} {'of':>4} {'share':>6} {'errors':>7} "
    f"{'nothing':>7} {'wrong':>5} {'crashed':>7} {'median':>10} {'time':>8}"
)


@dataclass(frozen=True, slots=True)
class Score:
    """What a reader made of a task: right answers, silence where there was one, false answers, crashes, median µs."""

    right: int
    of: int
    nothing: int
    wrong: int
    crashes: Counter[str]
    micros: float

    @property
    def errors(self) -> int:
        return self.of - self.right


def score(task: Task, answers: list[Answer]) -> Score:
    """Count the answers of a reader."""
    if len(answers) != len(task.cases):
        raise environment.Absent(f"{len(answers)} answers to {len(task.cases)} cases")
    pairs = list(zip(answers, task.gold, strict=True))
    crashes = Counter(answer["crash"] for answer in answers if answer["crash"])
    return Score(
        right=sum(not answer["crash"] and answer["answer"] == gold for answer, gold in pairs),
        of=len(pairs),
        nothing=sum(not answer["crash"] and answer["answer"] is None and gold is not None for answer, gold in pairs),
        wrong=sum(answer["answer"] is not None and answer["answer"] != gold for answer, gold in pairs),
        crashes=crashes,
        micros=statistics.median(answer["micros"] for answer in answers),
    )


def line(task: Task, reader: str, found: Score, best: Score) -> str:
    """Return a line of the table. Ratios are to our first reader: errors and time, how many times as many as ours."""
    errors = f"{found.errors / best.errors:.1f} ×" if best.errors else f"{found.errors} : 0"
    return (
        f"{task.name:31} {reader:25} {found.right:5} {found.of:4} {found.right / found.of:6.1%} {errors:>7} "
        f"{found.nothing:7} {found.wrong:5} {sum(found.crashes.values()):7} {found.micros:7,.0f} µs "
        f"{found.micros / best.micros:6.1f} ×"
    )


def compare(task: Task) -> None:
    """Print a task's lines: ours, then every peer's."""
    ours = {name: score(task, answer_ourselves(task, read)) for name, read in task.ours.items()}
    best = next(iter(ours.values()))
    for name, found in ours.items():
        print(line(task, name, found, best), flush=True)
    for peer in task.peers:
        try:
            found = score(task, environment.ask(peer, task.kind, [*task.lead, *task.cases]))
        except environment.Absent as why:
            print(f"{task.name:31} {peer:25} could not take part: {why}", flush=True)
            continue
        print(line(task, peer, found, best), flush=True)
        if found.crashes:
            print(f"{'':31} {'':25} crashed with {', '.join(f'{k} ({n})' for k, n in found.crashes.most_common())}")


def set_up() -> None:
    """Install the peers; say which could not be."""
    for name, why in environment.set_up().items():
        print(f"{name}: not installed ({why})")


def main() -> int:
    """Set up, or compare."""
    parser = argparse.ArgumentParser(prog="benchmarks.peers", description="other libraries on the same cases")
    parser.add_argument("command", nargs="?", choices=["setup", "run"], default="run")
    command = parser.parse_args().command
    if command == "setup" or not environment.PYTHON.exists():
        set_up()
    print("peers: " + (", ".join(f"{k} {v}" for k, v in environment.versions().items()) or "none installed"))
    if command == "setup":
        return 0
    print("nothing = no answer where there is one; wrong = an answer that is not the right one; × = times ours")
    print("Our rules were made with the lines not marked aside; the aside lines judge. No peer was made for notes:")
    print(
        "for them the follow-up day is the first future day in the text, and the customer the likest name or alias.\n"
    )
    print(HEAD)
    for task in all_tasks():
        compare(task)
    return 0


if __name__ == "__main__":
    sys.exit(main())
