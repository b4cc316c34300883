"""Names in notes as a recogniser may write them: `python -m benchmarks.noisy_notes [--misses]`.

The annotated voice notes of the corpus, with a share of their characters replaced by what sounds the same (55 %), what
regional Mandarin confuses (25 %), what half sounds so (15 %), or lost (5 %). Harder than a recogniser, which prefers
words, and without recordings: it calibrates what is claimed and what is asked of heard names. Printed per share:
customer and contact right, wrong among the values shown, right values shown as values.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks import invented
from benchmarks.extraction import Tally, plain
from nlp.fields import shown
from nlp.names import Directory, resolve
from nlp.types import Guess, NewCustomer
from tests.nlp.corpus import CORPUS, as_note, load_customers, load_notes, load_reps

SHARES = (0.0, 0.15, 0.25, 0.35)
_TIMES = 2
_FILES = (
    (CORPUS / "notes-dev.jsonl", CORPUS / "customers.csv"),
    (CORPUS / "own" / "notes-fresh.jsonl", CORPUS / "own" / "fresh-customers.csv"),
)


def noisy(dice: random.Random, text: str, share: float) -> str:
    """Return the text with that share of its Han characters damaged."""
    return "".join(
        _damaged(dice, char) if "\u4e00" <= char <= "\u9fff" and dice.random() < share else char for char in text
    )


def _damaged(dice: random.Random, char: str) -> str:
    kind = dice.random()
    if kind < 0.55:
        return invented.homophone(dice, char)
    if kind < 0.8:
        return invented.confusion(dice, char)
    return invented.neighbour(dice, char) if kind < 0.95 else ""


def count(name: str, guess: Guess, right: bool, tally: Tally) -> None:
    """Count one field of one note."""
    tally.count(name, right)
    if guess.shown == "value" and guess.value is not None:
        tally.count(f"wrong {name}", not right)
    if right and guess.value is not None:
        tally.count(f"as value {name}", guess.shown == "value")


def measure(share: float, seed: int = 5, *, misses: bool = False) -> Tally:
    """Resolve every voice note twice, damaged differently."""
    dice, tally = random.Random(seed), Tally()
    for row, directory in _voice_notes():
        for _ in range(_TIMES):
            note = replace(as_note(row), text=noisy(dice, row["text"], share))
            customer, contact = resolve(note, directory)
            guesses = {"customer": shown.customer(customer), "contact": shown.contact(contact)}
            for name, guess in guesses.items():
                right = _is_right(guess, row["gold"][name])
                count(name, guess, right, tally)
                if misses and not right and guess.shown == "value":
                    print(f"{note.text}\n    {name}: {plain(guess.value)} {guess.reason} gold {row['gold'][name]}")
    return tally


def _is_right(guess: Guess, gold: Any) -> bool:
    """Tell whether a value is right; of a new customer any name is, for its characters cannot survive."""
    if isinstance(gold, dict):
        return isinstance(guess.value, NewCustomer)
    return bool(guess.value == gold)


def _voice_notes() -> Iterator[tuple[dict[str, Any], Directory]]:
    for notes, customers in _FILES:
        directory = Directory(load_customers(Path(customers)), load_reps())
        yield from ((row, directory) for row in load_notes(notes) if row["channel"] == "voice")


def main() -> None:
    """Print one line a share."""
    parser = argparse.ArgumentParser(description="names in notes damaged as a recogniser damages them")
    parser.add_argument("--misses", action="store_true", help="print every wrong value that is shown")
    options = parser.parse_args()
    columns = [f"{kind}{name}" for name in ("customer", "contact") for kind in ("", "wrong ", "as value ")]
    print(f"{'damaged':>8}" + "".join(f"{column:>20}" for column in columns))
    for share in SHARES:
        tally = measure(share, misses=options.misses)
        cells = (f"{tally.share(column):.1f}/{tally.seen[column]}" for column in columns)
        print(f"{share:8.0%}" + "".join(f"{cell:>20}" for cell in cells))


if __name__ == "__main__":
    main()
