"""Trains the span model of obstacles (`nlp.fields.spans`) on annotated notes.

Maximises the likelihood of the annotated stretches (any of several right ones) under `nlp.fields.spans`, with an L2
penalty, by Adagrad on whole passes in a fixed order: the same files give the same weights. Features seen in only one
note are dropped, small weights too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from nlp.fields.spans import MAX_LENGTH, WORD, Floats, Parts, allowed, length_feature, parts

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Bag:
    """Feature ids by row, flattened: `ids[k]` belongs to row `rows[k]`."""

    ids: Ints
    rows: Ints
    size: int

    def scores(self, weights: Floats) -> Floats:
        """Return the sum of weights of each row."""
        return np.bincount(self.rows, weights=weights[self.ids], minlength=self.size)

    def add(self, gradient: Floats, by_row: Floats) -> None:
        """Add `by_row` to the gradient of every feature of the row."""
        np.add.at(gradient, self.ids, by_row[self.rows])


@dataclass(frozen=True, slots=True)
class Example:
    """One note ready for training: bags, which stretches are possible, and which are right (all false: none is)."""

    start: Bag
    end: Bag
    inside: Bag
    whole: Bag
    mask: npt.NDArray[np.bool_]
    gold: npt.NDArray[np.bool_]


def gold_texts(row: Mapping[str, Any]) -> list[str]:
    """Return the right obstacle stretches of an annotated note, the preferred one first; empty for none."""
    obstacle = row["gold"]["obstacle"]
    return [] if obstacle is None else [obstacle] if isinstance(obstacle, str) else list(obstacle)


def _mark_gold(text: str, wanted: Iterable[str], mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    gold = np.zeros_like(mask)
    for stretch in wanted:
        at = text.find(stretch)
        if at >= 0 and len(stretch) <= MAX_LENGTH and at + len(stretch) <= len(text):
            gold[at, len(stretch) - 1] = True
    return gold


class Vocabulary:
    """Feature names by id; names that fewer than `least` notes have are left out."""

    def __init__(self, notes: Sequence[Parts], least: int, words: frozenset[str]) -> None:
        self.words = words
        seen: Counter[str] = Counter()
        for note in notes:
            seen.update({name for rows in (note.start, note.end, note.inside) for row in rows.names() for name in row})
            seen.update(set(note.whole))
        names = sorted(name for name, count in seen.items() if count >= least)
        names += [length_feature(k + 1) for k in range(MAX_LENGTH)]
        self.ids = {name: k for k, name in enumerate(dict.fromkeys(names))}

    def bag(self, rows: Sequence[Sequence[str]]) -> Bag:
        """Return the known features of `rows` as ids."""
        pairs = [(self.ids[name], k) for k, row in enumerate(rows) for name in row if name in self.ids]
        ids, at = zip(*pairs, strict=True) if pairs else ((), ())
        return Bag(np.array(ids, dtype=np.int64), np.array(at, dtype=np.int64), len(rows))

    def example(self, note: Parts, wanted: Iterable[str]) -> Example:
        """Return the note as bags with its right stretches marked."""
        mask = allowed(note.text, self.words)
        gold = _mark_gold(note.text, wanted, mask)
        return Example(
            self.bag(note.start.names()),
            self.bag(note.end.names()),
            self.bag(note.inside.names()),
            self.bag([note.whole]),
            mask | gold,
            gold,
        )


def _gradient(example: Example, weights: Floats, length_ids: Ints, gradient: Floats) -> float:
    """Add the gradient of one note's log likelihood; return the log likelihood."""
    size = example.mask.shape[0]
    prefix = np.concatenate(([0.0], np.cumsum(example.inside.scores(weights))))
    last = np.minimum(np.arange(size)[:, None] + np.arange(MAX_LENGTH)[None, :], size - 1)
    by_start = example.start.scores(weights) - prefix[:size]
    by_end = example.end.scores(weights) + prefix[1:]
    scores = by_start[:, None] + by_end[last] + weights[length_ids][None, :]
    scores = np.where(example.mask, scores, -np.inf)
    null = float(example.whole.scores(weights)[0])
    top = max(null, float(scores.max(initial=-np.inf)))
    shares = np.exp(scores - top)
    none = np.exp(null - top)
    total = shares.sum() + none
    target = np.where(example.gold, shares, 0.0)
    found = bool(example.gold.any())
    wanted = target.sum() if found else none
    change = (target / wanted if found else 0.0) - shares / total
    example.whole.add(gradient, np.array([(0.0 if found else 1.0) - none / total]))
    _spread(example, change, last, length_ids, gradient)
    return float(np.log(wanted / total))


def _spread(example: Example, change: Floats, last: Ints, length_ids: Ints, gradient: Floats) -> None:
    size = example.mask.shape[0]
    by_start = change.sum(axis=1)
    by_end = np.bincount(last.ravel(), weights=change.ravel(), minlength=size)
    example.start.add(gradient, by_start)
    example.end.add(gradient, by_end)
    example.inside.add(gradient, np.cumsum(by_start) - np.concatenate(([0.0], np.cumsum(by_end[:-1]))))
    np.add.at(gradient, length_ids, change.sum(axis=0))


def fit(rows: Sequence[Mapping[str, Any]], passes: int = 60, penalty: float = 0.6, least: int = 2) -> dict[str, float]:
    """Train on annotated notes and return the weights by feature name.

    `penalty` is the L2 strength per feature over the whole set; `least` the notes a feature must occur in.
    """
    notes = [parts(row["text"]) for row in rows]
    words = cohesive_words(rows)
    vocabulary = Vocabulary(notes, least, words)
    examples = [vocabulary.example(note, gold_texts(row)) for note, row in zip(notes, rows, strict=True)]
    length_ids = np.array([vocabulary.ids[length_feature(k + 1)] for k in range(MAX_LENGTH)], dtype=np.int64)
    weights = np.zeros(len(vocabulary.ids))
    squares = np.full_like(weights, 1e-2)
    for _ in range(passes):
        gradient = -penalty * weights
        for example in examples:
            _gradient(example, weights, length_ids, gradient)
        squares += gradient**2
        weights += 0.5 * gradient / np.sqrt(squares)
    kept = {name: round(float(weights[k]), 3) for name, k in vocabulary.ids.items() if abs(weights[k]) >= 0.005}
    return {**kept, **{f"{WORD}{word}": 1.0 for word in words}}


def cohesive_words(rows: Sequence[Mapping[str, Any]], least: int = 4, cohesion: float = 4.0) -> frozenset[str]:
    """Return pairs of characters that stand together far more often than chance, less those that a right stretch cuts.

    `cohesion` is the least pointwise mutual information in bits, `least` the fewest occurrences.
    """
    ones: Counter[str] = Counter()
    twos: Counter[str] = Counter()
    for row in rows:
        ones.update(row["text"])
        twos.update(row["text"][k : k + 2] for k in range(len(row["text"]) - 1))
    total = sum(ones.values())
    words = {
        pair
        for pair, count in twos.items()
        if count >= least and pair.isalpha() and np.log2(count * total / (ones[pair[0]] * ones[pair[1]])) >= cohesion
    }
    return frozenset(words - _cut_by_gold(rows))


def _cut_by_gold(rows: Sequence[Mapping[str, Any]]) -> set[str]:
    cut: set[str] = set()
    for row in rows:
        for stretch in gold_texts(row):
            at = row["text"].find(stretch)
            cut |= {row["text"][max(0, edge - 1) : edge + 1] for edge in (at, at + len(stretch)) if at >= 0}
    return cut
