"""How good extraction is: `python -m benchmarks.extraction [FILE…]`.

Per file of annotated notes: share of right answers per field, complete notes (all five right), wrong values among the
values shown, right values shown as values, questions that hold the right answer, customers in the top three, precision
and recall of tags, and the median processor time of a note. A field that a file does not annotate is not counted.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from handlers.playbooks import load as load_playbook
from nlp import Directory, extract
from nlp.types import FIELDS, Extraction, NewCustomer, Playbook
from tests.nlp.corpus import CORPUS, as_note, load_customers, load_notes, load_reps

#: Characters' F1 with the gold stretch from which on an obstacle is right (corpus/README, Score).
RIGHT_F1 = 0.6


@dataclass
class Tally:
    """Counts of one file: right and all per field, shown values and questions, tags, micro-seconds."""

    right: Counter[str] = field(default_factory=Counter)
    seen: Counter[str] = field(default_factory=Counter)
    tags: Counter[str] = field(default_factory=Counter)
    micros: list[float] = field(default_factory=list)
    misses: list[str] = field(default_factory=list)

    def share(self, name: str) -> float:
        """Return right ÷ all in per cent, or NaN where nothing was counted."""
        return 100 * self.right[name] / self.seen[name] if self.seen[name] else float("nan")

    def count(self, name: str, good: bool) -> None:
        """Count one case of `name`."""
        self.seen[name] += 1
        self.right[name] += good


def characters_f1(one: str, other: str) -> float:
    """Return the F1 of the characters two stretches share (as bags)."""
    shared = sum((Counter(one) & Counter(other)).values())
    return 2 * shared / (len(one) + len(other)) if shared else 0.0


def plain(value: Any) -> Any:
    """Return a guess's value as the corpus writes it."""
    if isinstance(value, NewCustomer):
        return {"new": value.name}
    return value.isoformat() if isinstance(value, date) else value


def is_right(name: str, value: Any, gold: Any) -> bool:
    """Tell whether a value is right for the field `name`."""
    if name != "obstacle" or value is None or gold is None:
        return bool(plain(value) == gold)
    wanted = [gold] if isinstance(gold, str) else gold
    return max(characters_f1(value, stretch) for stretch in wanted) >= RIGHT_F1


def count_fields(found: Extraction, row: dict[str, Any], tally: Tally) -> None:
    """Count the five fields of one note."""
    gold, wrong = row["gold"], []
    for name in FIELDS:
        if name not in gold:
            continue
        guess = found.guess(name)
        good = is_right(name, guess.value, gold[name])
        tally.count(name, good)
        tally.count("any", good)
        if guess.value is not None and guess.shown == "value":
            tally.count(f"shown {name}", good)
            tally.count("shown", good)
        if good and guess.value is not None:
            tally.count(f"asvalue {name}", guess.shown == "value")
            tally.count("asvalue", guess.shown == "value")
        if guess.shown == "question" and gold[name] is not None:
            offered = (guess.value, *guess.alternatives)
            holds = any(is_right(name, value, gold[name]) for value in offered if value is not None)
            tally.count(f"holds {name}", holds)
            tally.count("holds", holds)
        if not good:
            wrong.append(f"{name}: {plain(guess.value)} ({guess.confidence:.2f} {guess.shown}) gold {gold[name]}")
    if all(name in gold for name in FIELDS):
        tally.count("complete", not wrong)
    if wrong:
        tally.misses.append(f"{row['id']} {row['text']!r}\n    " + "\n    ".join(wrong))


def count_top_three(found: Extraction, gold: dict[str, Any], tally: Tally) -> None:
    """Count whether the right customer is among the first three, where gold is an id."""
    if isinstance(gold.get("customer"), str):
        guess = found.customer
        tally.count("top3", gold["customer"] in (guess.value, *guess.alternatives)[:3])


def count_tags(found: Extraction, gold: dict[str, Any], tally: Tally) -> None:
    """Count tags as hits, false alarms and misses."""
    said, wanted = {tag.key for tag in found.tags}, set(gold["tags"])
    tally.tags["hit"] += len(said & wanted)
    tally.tags["false"] += len(said - wanted)
    tally.tags["missed"] += len(wanted - said)
    for key in said | wanted:
        kind = "hit" if key in said & wanted else "false" if key in said else "missed"
        tally.tags[f"{key} {kind}"] += 1


def measure(rows: Iterable[dict[str, Any]], directory: Directory, playbooks: dict[str, Playbook]) -> Tally:
    """Extract every note and count."""
    tally = Tally()
    for row in rows:
        note, playbook = as_note(row), playbooks[row["playbook"]]
        begun = time.process_time()
        found = extract(note, directory, playbook)
        tally.micros.append(1e6 * (time.process_time() - begun))
        count_fields(found, row, tally)
        count_top_three(found, row["gold"], tally)
        count_tags(found, row["gold"], tally)
    return tally


def report(tally: Tally) -> Iterator[str]:
    """Yield the lines of a report."""
    for name in (*FIELDS, "complete", "top3"):
        if tally.seen[name]:
            yield f"  {name:14} {tally.share(name):5.1f} %  of {tally.seen[name]}"
    for name in ("shown", "asvalue", "holds"):
        each = "  ".join(f"{f} {tally.share(f'{name} {f}'):.1f}" for f in FIELDS if tally.seen[f"{name} {f}"])
        yield f"  {name:14} {tally.share(name):5.1f} %  of {tally.seen[name]}  ({each})"
    hit, false, missed = (tally.tags[kind] for kind in ("hit", "false", "missed"))
    precision, recall = hit / max(hit + false, 1), hit / max(hit + missed, 1)
    yield f"  tags           precision {100 * precision:.1f} %  recall {100 * recall:.1f} %"
    yield f"  time           {statistics.median(tally.micros):.0f} µs a note (median)"


def main() -> None:
    """Measure the dev notes and the own notes that are kept aside, or the named files."""
    parser = argparse.ArgumentParser(description="measure extraction on annotated notes")
    parser.add_argument("notes", nargs="*", type=Path)
    parser.add_argument("--misses", action="store_true", help="print every wrong field")
    parser.add_argument("--customers", type=Path, default=CORPUS / "customers.csv", help="the customer directory")
    parser.add_argument("--tags", action="store_true", help="print the tags one by one")
    options = parser.parse_args()
    directory = Directory(load_customers(options.customers), load_reps())
    playbooks = {name: load_playbook(name).for_nlp() for name in ("manufacturing", "fmcg", "generic")}
    aside = sorted((CORPUS / "own").glob("notes-aside-*.jsonl"))
    for path in options.notes or [CORPUS / "notes-dev.jsonl", *aside]:
        tally = measure(load_notes(path), directory, playbooks)
        print(path.name, *report(tally), sep="\n")
        if options.misses:
            print(*tally.misses, sep="\n")
        if options.tags:
            print(json.dumps(dict(sorted(tally.tags.items())), ensure_ascii=False))


if __name__ == "__main__":
    main()
