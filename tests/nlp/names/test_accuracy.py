"""Accuracy on the corpus and on our own notes: printed, and never below the bars."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from nlp.names import Directory, resolve
from nlp.types import Guess
from tests.nlp.corpus import CORPUS, as_note, load_notes
from tests.nlp.names.given import DATA, as_gold, corpus_directory, own_directory

#: File, its directory, and the least shares of right customers, right contacts and right customers in the top three.
FILES = [
    (CORPUS / "notes-dev.jsonl", corpus_directory, 0.96, 0.94, 0.99),
    (DATA / "notes-corpus-build.jsonl", corpus_directory, 0.96, 0.94, 0.99),
    (DATA / "notes-corpus-aside.jsonl", corpus_directory, 0.93, 0.90, 0.97),
    (DATA / "notes-build.jsonl", own_directory, 0.96, 0.94, 0.99),
    (DATA / "notes-aside.jsonl", own_directory, 0.93, 0.90, 0.97),
    (DATA / "notes-fresh-t.jsonl", own_directory, 0.93, 0.90, 0.97),
    (DATA / "notes-fresh-c.jsonl", corpus_directory, 0.93, 0.90, 0.97),
]


@dataclass
class Outcome:
    """What was answered to a note and what is right."""

    customer: Guess
    contact: Guess
    gold_customer: object
    gold_contact: object

    @property
    def customer_right(self) -> bool:
        return bool(as_gold(self.customer) == self.gold_customer)

    @property
    def contact_right(self) -> bool:
        return bool(self.contact.value == self.gold_contact)

    @property
    def in_top_three(self) -> bool:
        offered = (
            (self.customer.value, *self.customer.alternatives) if self.customer.value else self.customer.alternatives
        )
        return self.gold_customer in offered[:3]


def outcomes(path: Path, directory: Directory) -> list[Outcome]:
    """Resolve every note of a file."""
    return [
        Outcome(*resolve(as_note(row), directory), row["gold"]["customer"], row["gold"]["contact"])
        for row in load_notes(path)
    ]


def share(values: list[bool]) -> float:
    """Return the share of true values."""
    return sum(values) / len(values)


@pytest.mark.parametrize(
    ("path", "directory", "customer", "contact", "top"), FILES, ids=lambda v: getattr(v, "stem", "")
)
def test_most_notes_resolve_to_the_right_customer_and_contact(
    path: Path, directory: Callable[[], Directory], customer: float, contact: float, top: float
) -> None:
    found = outcomes(path, directory())
    customers = share([outcome.customer_right for outcome in found])
    contacts = share([outcome.contact_right for outcome in found])
    tops = share([outcome.in_top_three for outcome in found if isinstance(outcome.gold_customer, str)])
    print(f"{path.name}: customer {customers:.3f}, contact {contacts:.3f}, top three {tops:.3f} of {len(found)}")
    assert (customers, contacts, tops) >= (customer, 0, 0)
    assert contacts >= contact
    assert tops >= top


def test_confidence_from_85_on_means_97_of_100_right() -> None:
    found = [outcome for path, directory, *_ in FILES for outcome in outcomes(path, directory())]
    sure = [outcome.customer_right for outcome in found if outcome.customer.confidence >= 0.85]
    sure_contacts = [outcome.contact_right for outcome in found if outcome.contact.confidence >= 0.85]
    assert share(sure) >= 0.97
    assert share(sure_contacts) >= 0.97


def test_most_right_values_are_sure_enough_to_be_shown() -> None:
    found = [outcome for path, directory, *_ in FILES for outcome in outcomes(path, directory())]
    right = [outcome for outcome in found if outcome.customer.value and outcome.customer_right]
    assert share([outcome.customer.confidence >= 0.85 for outcome in right]) >= 0.8
