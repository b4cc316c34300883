"""How well the field models do on writers whom they have not seen: `python -m benchmarks.training --held-out`.

The writers are dealt into folds; each fold's notes are read by models trained on all the other writers. Customer and
contact are not looked up here, so that an obstacle may take in a name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.extraction import is_right
from benchmarks.training import obstacle, stage, tags
from nlp.fields import mending, notelike, shown
from nlp.fields import obstacle as obstacle_field
from nlp.fields import stage as stage_field
from nlp.fields import tags as tag_field
from nlp.fields.spans import SpanModel
from nlp.fields.stage import StageModel
from nlp.fields.tags import TagModel
from nlp.types import Guess, Playbook

#: Into how many folds the writers are dealt.
FOLDS = 6
Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Models:
    """The three field models as trained on some writers."""

    obstacle: SpanModel
    stage: StageModel
    tags: TagModel


def trained(rows: Rows, playbooks: Mapping[str, Playbook]) -> Models:
    """Train all three models on `rows`."""
    return Models(
        SpanModel(obstacle.fit(rows)), StageModel(stage.fit(rows, playbooks)), TagModel(tags.fit(rows, playbooks))
    )


def count(row: Mapping[str, Any], models: Models, playbook: Playbook, tally: Counter[str]) -> None:
    """Read one note and count what is right of it."""
    text, gold = row["text"], row["gold"]
    reading = mending.mended(text) if row["channel"] == "voice" else text
    note = notelike.kind_of(text) is None
    stage_guess = stage_field.guess(reading, playbook, models.stage) if note else Guess()
    obstacle_guess = obstacle_field.guess(text, models.obstacle, reading) if note else Guess()
    _count_field("stage", shown.stage(stage_guess), gold["stage"], tally)
    _count_field("obstacle", shown.obstacle(obstacle_guess), gold["obstacle"], tally)
    said = {tag.key for tag in tag_field.suggest(text, playbook, models.tags, reading)} if note else set()
    wanted = set(gold["tags"])
    tally.update({"tags hit": len(said & wanted), "tags said": len(said), "tags wanted": len(wanted)})


def _count_field(name: str, guess: Guess, gold: Any, tally: Counter[str]) -> None:
    good = is_right(name, guess.value, gold)
    tally.update({f"{name} all": 1, f"{name} right": good})
    if guess.value is not None and guess.shown == "value":
        tally.update({f"{name} shown": 1, f"{name} shown wrong": not good})
    if guess.value is not None and good:
        tally.update({f"{name} found": 1, f"{name} found shown": guess.shown == "value"})
    if guess.shown == "question" and gold is not None:
        offered = [value for value in (guess.value, *guess.alternatives) if value is not None]
        tally.update({f"{name} asked": 1, f"{name} asked holds": any(is_right(name, value, gold) for value in offered)})


def report(tally: Counter[str]) -> Iterator[str]:
    """Yield the lines of a report."""

    def share(part: str, whole: str) -> str:
        return f"{100 * tally[part] / max(1, tally[whole]):.1f} %"

    for name in ("stage", "obstacle"):
        right, wrong = share(f"{name} right", f"{name} all"), share(f"{name} shown wrong", f"{name} shown")
        kept, holds = share(f"{name} found shown", f"{name} found"), share(f"{name} asked holds", f"{name} asked")
        yield f"  {name:9} right {right} of {tally[f'{name} all']}, wrong among {tally[f'{name} shown']} shown {wrong}"
        yield f"  {'':9} right ones shown {kept}, questions that hold the right answer {holds}"
    yield f"  tags      precision {share('tags hit', 'tags said')}, recall {share('tags hit', 'tags wanted')}"


def measure(writers: Mapping[str, Rows], playbooks: Mapping[str, Playbook]) -> Iterator[str]:
    """Yield the report of every writer and of all together."""
    names, every = sorted(writers), Counter[str]()
    for fold in range(FOLDS):
        held = names[fold::FOLDS]
        models = trained([row for name in names if name not in held for row in writers[name]], playbooks)
        for name in held:
            tally = Counter[str]()
            for row in writers[name]:
                count(row, models, playbooks[row["playbook"]], tally)
            yield from (name, *report(tally))
            every.update(tally)
    yield from ("all writers", *report(every))
