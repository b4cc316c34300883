"""Trains the span model of obstacles (`nlp.fields.spans`) on annotated notes.

Maximises the likelihood of the annotated stretches (any of several right ones) with an L2 penalty, all notes at once.
Features seen in only one note are dropped, small weights too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.training.ascent import ascend, sums
from nlp.fields.grams import Floats, GramSet
from nlp.fields.spanparts import MAX_LENGTH, NULL_GROUP, WORD, Parts, allowed, length_feature, parts

#: The part of the penalty that classes of the whole note pay.
_WHOLE_PAYS = 0.3


def gold_texts(row: Mapping[str, Any]) -> list[str]:
    """Return the right obstacle stretches of an annotated note, the preferred one first; empty for none."""
    obstacle = row["gold"]["obstacle"]
    return [] if obstacle is None else [obstacle] if isinstance(obstacle, str) else list(obstacle)


class Bag:
    """Features of places (characters or notes), flattened: `ids[k]` belongs to the place `at[k]`."""

    def __init__(self, places: Iterable[Sequence[str]], ids: Mapping[str, int]) -> None:
        pairs = [(ids[name], k) for k, names in enumerate(places) for name in names if name in ids]
        self.ids = np.array([pair[0] for pair in pairs], dtype=np.int64)
        self.at = np.array([pair[1] for pair in pairs], dtype=np.int64)

    def scores(self, weights: Floats, size: int) -> Floats:
        """Return the sum of weights of each place."""
        return sums(self.at, weights[self.ids], size)

    def slope(self, by_place: Floats, count: int) -> Floats:
        """Return by feature the sum of `by_place` over its places."""
        return sums(self.ids, by_place[self.at], count)


class Lattice:
    """All possible stretches of all notes: where they start and end among all characters, which are right."""

    def __init__(self, notes: Sequence[Parts], wanted: Sequence[Sequence[str]], words: GramSet) -> None:
        starts, lengths, owners, gold = [], [], [], []
        offset = 0
        for k, (note, stretches) in enumerate(zip(notes, wanted, strict=True)):
            mask = allowed(note.coded, words)
            right = _marked(note.text, stretches, mask)
            begin, length = np.nonzero(mask | right)
            starts.append(begin + offset)
            lengths.append(length)
            owners.append(np.full(len(begin), k))
            gold.append(right[begin, length])
            offset += len(note.text)
        self.size = offset
        self.starts, self.lengths, self.owners = map(np.concatenate, (starts, lengths, owners))
        self.gold = np.concatenate(gold)
        self.ends = self.starts + self.lengths
        self.found = sums(self.owners, self.gold.astype(np.float64), len(notes)) > 0


def _marked(text: str, wanted: Iterable[str], mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    gold = np.zeros_like(mask)
    for stretch in wanted:
        at = text.find(stretch)
        if at >= 0 and at + len(stretch) <= len(text) and len(stretch) <= MAX_LENGTH:
            gold[at, len(stretch) - 1] = True
    return gold


class Likelihood:
    """The log likelihood of the right stretches of all notes, by its slope."""

    def __init__(self, notes: Sequence[Parts], lattice: Lattice, ids: Mapping[str, int]) -> None:
        self._lattice, self._count, self._notes = lattice, len(ids), len(notes)
        sides = list(zip(*(note.names() for note in notes), strict=True))
        self._start, self._end, self._inside = (Bag(chain.from_iterable(side), ids) for side in sides)
        self._whole = Bag((note.whole_names() for note in notes), ids)
        self._lengths = np.array([ids[length_feature(k + 1)] for k in range(MAX_LENGTH)], dtype=np.int64)

    def slope(self, weights: Floats) -> Floats:
        """Return the gradient at `weights`."""
        cells = self._lattice
        inside = np.cumsum(self._inside.scores(weights, cells.size))
        start = self._start.scores(weights, cells.size) - np.concatenate(([0.0], inside[:-1]))
        end = self._end.scores(weights, cells.size) + inside
        scores = start[cells.starts] + end[cells.ends] + weights[self._lengths][cells.lengths]
        null = self._whole.scores(weights, self._notes)
        top = null.copy()
        np.maximum.at(top, cells.owners, scores)
        shares, none = np.exp(scores - top[cells.owners]), np.exp(null - top)
        total = sums(cells.owners, shares, self._notes) + none
        right = np.where(cells.gold, shares, 0.0)
        wanted = np.maximum(sums(cells.owners, right, self._notes), 1e-300)
        change = right / wanted[cells.owners] - shares / total[cells.owners]
        return self._spread(change) + self._whole.slope(~cells.found - none / total, self._count)

    def _spread(self, change: Floats) -> Floats:
        """Return by feature what a change of the stretches' scores means."""
        cells = self._lattice
        by_start, by_end = (sums(side, change, cells.size) for side in (cells.starts, cells.ends))
        inside = np.cumsum(by_start) - np.concatenate(([0.0], np.cumsum(by_end)[:-1]))
        by_length = sums(self._lengths[cells.lengths], change, self._count)
        sides = ((self._start, by_start), (self._end, by_end), (self._inside, inside))
        return by_length + sum(bag.slope(by_place, self._count) for bag, by_place in sides)


def fit(rows: Sequence[Mapping[str, Any]], passes: int = 60, penalty: float = 3.0, least: int = 3) -> dict[str, float]:
    """Train on annotated notes and return the weights by feature name.

    `penalty` is the L2 strength per feature over the whole set; `least` the notes a feature must occur in.
    """
    notes = [parts(row["text"]) for row in rows]
    words = cohesive_words(rows)
    ids = _vocabulary(notes, least)
    lattice = Lattice(notes, [gold_texts(row) for row in rows], GramSet(words))
    pays = np.array([_WHOLE_PAYS if _is_class(name) else 1.0 for name in ids])
    weights = ascend(Likelihood(notes, lattice, ids).slope, pays * penalty, passes)
    kept = {name: round(float(weights[k]), 3) for name, k in ids.items() if abs(weights[k]) >= 0.005}
    return {**kept, **{f"{WORD}{word}": 1.0 for word in words}}


def _is_class(name: str) -> bool:
    """Tell whether a feature is a class that the whole note has."""
    return name.startswith("n") and not name.startswith(NULL_GROUP)


def _vocabulary(notes: Sequence[Parts], least: int) -> dict[str, int]:
    """Return feature names by id; names that fewer than `least` notes have are left out."""
    seen: Counter[str] = Counter()
    for note in notes:
        seen.update({name for rows in note.names() for row in rows for name in row} | set(note.whole_names()))
    names = sorted(name for name, count in seen.items() if count >= least)
    names += [length_feature(k + 1) for k in range(MAX_LENGTH)]
    return {name: k for k, name in enumerate(dict.fromkeys(names))}


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
