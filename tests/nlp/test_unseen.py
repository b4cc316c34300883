"""Writers that no rule or weight was made with: the bars of unseen notes (tests/corpus/own/README.md)."""

from __future__ import annotations

import pytest

from benchmarks.extraction import Tally, measure
from handlers.playbooks import load as load_playbook
from nlp import Directory
from tests.nlp.corpus import CORPUS, load_customers, load_notes, load_reps

OWN = CORPUS / "own"
PLAYBOOKS = {name: load_playbook(name).for_nlp() for name in ("manufacturing", "fmcg", "generic")}


@pytest.fixture(scope="module")
def unseen() -> Tally:
    known = load_customers(OWN / "fresh-customers.csv")
    more = load_customers(OWN / "blind" / "customers-1.csv")
    notes = [row for number in (1, 2) for row in load_notes(OWN / "blind" / f"notes-{number}.jsonl")]
    return measure(notes, Directory([*known, *more], load_reps()), PLAYBOOKS)


@pytest.mark.parametrize(
    ("name", "least"),
    [
        ("customer", 93.0),
        ("contact", 90.0),
        ("stage", 84.0),
        ("next_followup", 94.0),
        ("obstacle", 72.0),
        ("complete", 60.0),
        ("top3", 97.0),
        ("shown", 96.0),
        ("asvalue", 80.0),
        ("holds", 95.0),
    ],
)
def test_unseen_notes_reach_their_bars(unseen: Tally, name: str, least: float) -> None:
    assert unseen.share(name) >= least


def test_tags_of_unseen_notes(unseen: Tally) -> None:
    hit, false, missed = (unseen.tags[kind] for kind in ("hit", "false", "missed"))
    assert hit / (hit + false) >= 0.75
    assert hit / (hit + missed) >= 0.68
