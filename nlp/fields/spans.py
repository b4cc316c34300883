"""A log-linear model over stretches of a note: which one, if any, states the obstacle.

A stretch `[s, e)` scores `start(s) + end(e) + sum(inside) + length`; "no obstacle" scores from the whole note.
All parts are sums of named features, so that a score is one subtraction of prefix sums and every weight can be read.
Weights come from `nlp/fields/train.py`. The answer is the stretch of least expected error: the one with the most
probability on stretches that count as right beside it (characters' F1 of at least 0.6).
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat

import numpy as np
import numpy.typing as npt

from nlp.fields import lexicon
from nlp.fields.status import statuses
from nlp.types import Span

Floats = npt.NDArray[np.float64]

#: Longest stretch considered, characters.
MAX_LENGTH = 34
#: Only so much of a long message is searched, characters.
MAX_TEXT = 1200
#: How many distinct stretches are offered: the value and three alternatives.
MOST_OFFERED = 4
#: Names among the weights that are no features but two-character words that no stretch may cut.
WORD = "w:"
#: From this likelihood on the answer is "no obstacle"; below it a stretch is offered, if only as a question.
NULL_FROM = 0.5
#: A stretch beside the right one counts as right from this F1 of characters on (corpus/README, Score).
RIGHT_F1 = 0.6
#: Of the stretches this near to the chosen one (F1 of characters) and nearly as surely right (share of its
#: likelihood), the likeliest is shown: its borders are those that people draw.
SAME_F1, NEARLY_AS_SURE = 0.7, 0.8
_HARD = frozenset("。！？!?\n；;")
_SOFT = frozenset('，,、 :：—-～~()（）“”"【】/…\t')
_EDGES = (
    ("contrast", lexicon.CONTRAST),
    ("main", lexicon.MAIN),
    ("speech", lexicon.SPEECH),
    ("filler", lexicon.FILLER),
    ("person", lexicon.PERSON),
    ("day", lexicon.DAY),
    ("praise", lexicon.PRAISE),
    ("vague", lexicon.VAGUE),
)
_COLUMN_KINDS = (
    "sK", "s>1", "s>2", "s<1", "s<2", "s|", "eK", "e<1", "e<2", "e>1", "e>2", "e|", "iK", "i1", "i2", "i3", "iS",
)  # fmt: skip


#: Features of one kind: a name for the kind, and a key per position.
Column = tuple[str, list[str]]
#: A feature at one position only: position and full name.
Spot = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Rows:
    """The features of consecutive positions: dense columns (one key a position) and single spots."""

    size: int
    columns: list[Column]
    spots: list[Spot]

    def names(self) -> list[list[str]]:
        """Return the full feature names of each position."""
        rows = [[kind + column[k] for kind, column in self.columns] for k in range(self.size)]
        for k, name in self.spots:
            rows[k].append(name)
        return rows


@dataclass(frozen=True, slots=True)
class Parts:
    """Features of one note: of starts (by first character), ends (by last), characters inside, and the whole note."""

    text: str
    start: Rows
    end: Rows
    inside: Rows
    whole: list[str]


@dataclass(frozen=True, slots=True)
class Found:
    """The chosen stretch (None for no obstacle), how likely it is right, and other likely stretches."""

    span: Span | None
    confidence: float
    others: tuple[Span, ...]
    null: float


def _class(char: str) -> str:
    if char in _HARD:
        return "h"
    if char in _SOFT:
        return "s"
    if char.isdigit():
        return "d"
    return "l" if char.isascii() else "z"


def _columns(text: str) -> tuple[list[Column], list[Column], list[Column]]:
    """Return the dense columns of starts, ends and insides: characters and their classes around each position."""
    one, two, three = ([text[k : k + n] for k in range(len(text))] for n in (1, 2, 3))
    kinds = "".join(_class(char) for char in text)
    around = "^" + kinds + "$"
    before = [around[k : k + 2] for k in range(len(text))]
    after = [around[k + 1 : k + 3] for k in range(len(text))]
    before_one, before_two = ["", *one[:-1]], ["", *one[:1], *two[:-2]][: len(text)]
    after_one, after_two = [*one[1:], ""], [*two[1:], ""]
    starts = [("sK", before), ("s>1", one), ("s>2", two), ("s<1", before_one), ("s<2", before_two)]
    starts.append(("s|", ["", *two[:-1]][: len(text)]))
    ends = [("eK", after), ("e<1", one), ("e<2", ["", *two[:-1]][: len(text)]), ("e>1", after_one), ("e>2", after_two)]
    ends.append(("e|", two))
    return starts, ends, [("iK", list(kinds)), ("i1", one), ("i2", two), ("i3", three), ("iS", _status_marks(text))]


def _status_marks(text: str) -> list[str]:
    return [status[0] for status in statuses(text)]


def _spots(text: str) -> tuple[list[Spot], list[Spot], list[Spot], set[str]]:
    """Return the spots of starts, ends and insides, and the classes of cue that the text has."""
    starts: list[Spot] = []
    ends: list[Spot] = []
    insides: list[Spot] = []
    classes: set[str] = set()
    size = len(text)
    for name, pattern in _EDGES:
        for match in pattern.finditer(text):
            first, last = match.span()
            insides.append((first, f"iM{name}"))
            starts.append((first, f"sM>{name}"))
            ends += [(first - 1, f"eM>{name}")] if first else []
            starts += [(last + k, f"sM<{k}{name}") for k in range(3) if last + k < size]
            classes.add(f"nM{name}")
    for name, first, last in lexicon.cues(text):
        insides.append((first, f"iC{name}"))
        starts += [(first, f"sC>{name}"), (first, "sC>")]
        ends += [(last - 1, f"eC<{name}"), (last - 1, "eC<")]
        classes.add(f"nC{name}")
    return starts, ends, insides, classes


def parts(text: str) -> Parts:
    """Return the features of `text`, of which at most `MAX_TEXT` characters are read."""
    text = text[:MAX_TEXT]
    columns, (starts, ends, insides, classes) = _columns(text), _spots(text)
    size, cues = len(text), sum(name.startswith("nC") for name in classes)
    whole = ["n", f"n#{min(cues, 5)}", f"nlen{min(size // 20, 5)}", *sorted(classes)]
    rows = [Rows(size, column, spots) for column, spots in zip(columns, (starts, ends, insides), strict=True)]
    return Parts(text, rows[0], rows[1], rows[2], whole)


def length_feature(length: int) -> str:
    """Name the feature of a stretch's length."""
    return f"l{length if length <= 16 else 16 + (length - 16) // 3 * 3}"


def allowed(text: str, words: Collection[str] = ()) -> npt.NDArray[np.bool_]:
    """Return a mask `[start, length - 1]` of stretches that cut no number, Latin word or one of the two-character
    `words`, neither begin nor end with a mark, and cross no sentence end; one that crosses a comma ends at a mark.
    """
    size = len(text)
    edge = np.array([char in _HARD or char in _SOFT for char in text], dtype=np.bool_)
    latin = np.array([char.isascii() and char.isalnum() for char in text], dtype=np.bool_)
    joined = np.array([text[k : k + 2] in words for k in range(size - 1)], dtype=np.bool_)
    inside_word = np.concatenate(([False], (latin[1:] & latin[:-1]) | joined, [False]))
    hard = np.where([char in _HARD for char in text], np.arange(size), size)
    stop = np.minimum.accumulate(hard[::-1])[::-1]
    ends = np.arange(size)[:, None] + np.arange(1, MAX_LENGTH + 1)[None, :]
    can_end = np.zeros(size + MAX_LENGTH + 1, dtype=np.bool_)
    can_end[1 : size + 1] = ~edge & ~inside_word[1:]
    can_start = ~edge & ~inside_word[:size]
    mask: npt.NDArray[np.bool_] = can_start[:, None] & can_end[ends] & (ends <= stop[:, None])
    marks = np.concatenate(([0], np.cumsum(edge), np.full(MAX_LENGTH, int(edge.sum()))))
    crosses = marks[ends] > marks[:size, None]
    at_mark = np.ones(size + MAX_LENGTH + 1, dtype=np.bool_)
    at_mark[:size] = edge
    mask &= ~crosses | at_mark[ends]
    mask[:, 0] = False
    return mask


class SpanModel:
    """Scores stretches with fixed weights. Weights map feature names to numbers; unknown names weigh nothing."""

    def __init__(self, weights: Mapping[str, float]) -> None:
        self._weights = weights
        self._tables: dict[str, dict[str, float]] = {kind: {} for kind in _COLUMN_KINDS}
        for name, weight in weights.items():
            kind = name[:2] if name[:2] in self._tables else name[:3]
            if kind in self._tables:
                self._tables[kind][name[len(kind) :]] = weight
        self._words = frozenset(name[len(WORD) :] for name in weights if name.startswith(WORD))
        self._lengths = np.array([weights.get(length_feature(k + 1), 0.0) for k in range(MAX_LENGTH)])

    def _sums(self, rows: Rows) -> Floats:
        sums = np.zeros(rows.size)
        for kind, keys in rows.columns:
            sums += list(map(self._tables[kind].get, keys, repeat(0.0)))
        for at, name in rows.spots:
            sums[at] += self._weights.get(name, 0.0)
        return sums

    def probabilities(self, note: Parts, taken: Sequence[Span] = ()) -> tuple[Floats, float]:
        """Return the probability of every stretch `[start, length - 1]`, and that of no obstacle.

        Stretches that overlap a `taken` span (the customer's name, the contact) have none.
        """
        size = len(note.text)
        inside = np.concatenate(([0.0], np.cumsum(self._sums(note.inside))))
        last = np.minimum(np.arange(size)[:, None] + np.arange(MAX_LENGTH)[None, :], size - 1)
        by_end = self._sums(note.end) + inside[1:]
        by_start = self._sums(note.start) - inside[:size]
        scores = by_start[:, None] + by_end[last] + self._lengths[None, :]
        mask = allowed(note.text, self._words)
        for first, end in taken:
            mask &= ~((np.arange(size)[:, None] < end) & (last >= first))
        scores = np.where(mask, scores, -np.inf)
        null = sum(self._weights.get(name, 0.0) for name in note.whole)
        top = max(null, float(scores.max(initial=-np.inf)))
        shares = np.exp(scores - top)
        total = float(shares.sum()) + math.exp(null - top)
        return shares / total, math.exp(null - top) / total

    def find(self, text: str, taken: Sequence[Span] = ()) -> Found:
        """Return the stretch of `text` that most likely states the obstacle and overlaps no `taken` span, or none."""
        note = parts(text)
        if not note.text.strip():
            return Found(None, 1.0, (), 1.0)
        shares, null = self.probabilities(note, taken)
        ranked = _by_expected_right(shares)
        if not ranked or null >= NULL_FROM:
            return Found(None, null, tuple(span for span, _ in ranked[:3]), null)
        return Found(ranked[0][0], ranked[0][1], tuple(span for span, _ in ranked[1:4]), null)


def _by_expected_right(shares: Floats, beam: int = 40) -> list[tuple[Span, float]]:
    """Rank stretches by the probability that lies on stretches within `RIGHT_F1` of them, distinct ones only."""
    flat = shares.ravel()
    count = min(beam, int(np.count_nonzero(flat)))
    if not count:
        return []
    best = np.argpartition(-flat, count - 1)[:count]
    best = best[np.lexsort((best, -flat[best]))]
    starts, lengths = best // shares.shape[1], best % shares.shape[1] + 1
    overlap = np.minimum(starts[:, None] + lengths[:, None], starts + lengths) - np.maximum(starts[:, None], starts)
    agreement = 2 * np.maximum(overlap, 0) / (lengths[:, None] + lengths)
    near, same = agreement >= RIGHT_F1, agreement >= SAME_F1
    expected = near @ flat[best] + 1e-3 * flat[best]
    order = np.lexsort((best, -expected))
    chosen: list[int] = []
    for k in order:
        if not any(near[k, c] for c in chosen):
            chosen.append(int(k))
        if len(chosen) == MOST_OFFERED:
            break
    shown = [
        int(np.argmax(np.where(same[k] & (expected >= NEARLY_AS_SURE * expected[k]), flat[best], -1.0))) for k in chosen
    ]
    return [(Span(int(starts[c]), int(starts[c] + lengths[c])), min(1.0, float(expected[c]))) for c in shown]
