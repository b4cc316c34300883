"""A log-linear model over stretches of a note: which one, if any, states the obstacle.

A stretch `[s, e)` scores `start(s) + end(e) + sum(inside) + length`; "no obstacle" scores from the whole note.
All parts are sums of named features (`nlp.fields.spanparts`), so that a score is one subtraction of prefix sums and
every weight can be read. Weights come from `python -m benchmarks.training`. The answer is the stretch of least expected
error: the one with the most probability on stretches that count as right beside it (characters' F1 of at least 0.6).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nlp.fields.grams import Floats, GramSet, Ints
from nlp.fields.spanparts import MAX_LENGTH, WORD, Parts, SpanWeights, allowed, length_feature, over_ends, parts
from nlp.types import Span

#: How many distinct stretches are offered: the value and three alternatives.
MOST_OFFERED = 4
#: "No obstacle" is the answer from this likelihood on: chosen on held-out writers, where the model leans to a stretch.
NULL_FROM = 0.13
#: A stretch beside the right one counts as right from this F1 of characters on (corpus/README, Score).
RIGHT_F1 = 0.6
#: Of the stretches this near to the chosen one (F1 of characters) and nearly as surely right (share of its
#: likelihood), the likeliest is shown: its borders are those that people draw.
SAME_F1, NEARLY_AS_SURE = 0.7, 0.8


@dataclass(frozen=True, slots=True)
class Found:
    """The chosen stretch (None for no obstacle), how likely it is right, and other likely stretches."""

    span: Span | None
    confidence: float
    others: tuple[Span, ...]
    null: float


class SpanModel:
    """Scores stretches with fixed weights. Weights map feature names to numbers; unknown names weigh nothing."""

    def __init__(self, weights: Mapping[str, float]) -> None:
        self._weights = SpanWeights(weights)
        self._words = GramSet(name[len(WORD) :] for name in weights if name.startswith(WORD))
        self._lengths = np.array([weights.get(length_feature(k + 1), 0.0) for k in range(MAX_LENGTH)])

    def probabilities(self, note: Parts, taken: Sequence[Span] = ()) -> tuple[Ints, Floats, float]:
        """Return the possible stretches (start times `MAX_LENGTH` plus length less one), how likely each is, and no
        obstacle. Stretches that overlap a `taken` span (the customer's name, the contact) are not possible.
        """
        size = len(note.text)
        starts, ends, insides = self._weights.sums(note)
        inside = np.cumsum(insides)
        by_end = np.concatenate((ends + inside, np.zeros(MAX_LENGTH)))
        scores = (starts - inside + insides)[:, None] + over_ends(by_end, size) + self._lengths
        mask = allowed(note.coded, self._words)
        for first, end in taken:
            mask[max(0, first) : end] = False
            for start in range(max(0, first - MAX_LENGTH + 1), min(first, size)):
                mask[start, first - start :] = False
        places = np.flatnonzero(mask)
        possible = scores.ravel()[places]
        null = self._weights.null(note)
        top = max(null, float(possible.max(initial=-np.inf)))
        shares = np.exp(possible - top)
        total = float(shares.sum()) + math.exp(null - top)
        return places, shares / total, math.exp(null - top) / total

    def find(self, text: str, taken: Sequence[Span] = ()) -> Found:
        """Return the stretch of `text` that most likely states the obstacle and overlaps no `taken` span, or none."""
        note = parts(text)
        if not note.text.strip():
            return Found(None, 1.0, (), 1.0)
        places, shares, null = self.probabilities(note, taken)
        ranked = _by_expected_right(places, shares)
        if not ranked or null >= NULL_FROM:
            return Found(None, null, tuple(span for span, _ in ranked[:3]), null)
        return Found(ranked[0][0], ranked[0][1], tuple(span for span, _ in ranked[1:4]), null)


def _by_expected_right(places: Ints, shares: Floats, beam: int = 32) -> list[tuple[Span, float]]:
    """Rank stretches by the probability that lies on stretches within `RIGHT_F1` of them, distinct ones only."""
    count = min(beam, len(places))
    if not count:
        return []
    top = np.argpartition(-shares, count - 1)[:count]
    top = top[np.lexsort((top, -shares[top]))]
    best, likely = places[top], shares[top]
    starts, lengths = best // MAX_LENGTH, best % MAX_LENGTH + 1
    ends = starts + lengths
    overlap = np.minimum(ends[:, None], ends) - np.maximum(starts[:, None], starts)
    agreement = 2 * np.maximum(overlap, 0) / (lengths[:, None] + lengths)
    near, same = agreement >= RIGHT_F1, agreement >= SAME_F1
    expected = near @ likely + 1e-3 * likely
    order = np.lexsort((best, -expected))
    ranked: list[tuple[Span, float]] = []
    while len(order) and len(ranked) < MOST_OFFERED:
        first = order[0]
        alike = same[first] & (expected >= NEARLY_AS_SURE * expected[first])
        shown = int(np.argmax(np.where(alike, likely, -1.0)))
        ranked.append((Span(int(starts[shown]), int(ends[shown])), min(1.0, float(expected[shown]))))
        order = order[~near[first, order]]
    return ranked
