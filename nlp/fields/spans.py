"""A log-linear model over stretches of a note: which one, if any, states the obstacle.

A stretch `[s, e)` scores `start(s) + end(e) + sum(inside) + length`; "no obstacle" scores from the whole note.
All parts are sums of named features, so that a score is one subtraction of prefix sums and every weight can be read.
Weights come from `nlp/fields/train.py`. The answer is the stretch of least expected error: the one with the most
probability on stretches that count as right beside it (characters' F1 of at least 0.6).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nlp.fields import lexicon
from nlp.types import Span

Floats = npt.NDArray[np.float64]

#: Longest stretch considered, characters.
MAX_LENGTH = 34
#: Only so much of a long message is searched, characters.
MAX_TEXT = 1200
#: A stretch beside the right one counts as right from this F1 of characters on (corpus/README, Score).
RIGHT_F1 = 0.6
_HARD = frozenset("。！？!?\n；;")
_SOFT = frozenset("，,、 :：—-～~()（）“”\"【】/…\t")
_EDGE = ("contrast", lexicon.CONTRAST), ("main", lexicon.MAIN), ("speech", lexicon.SPEECH), ("filler", lexicon.FILLER)


@dataclass(frozen=True, slots=True)
class Parts:
    """Named features of one note, by position: of starts, of ends, of characters inside, and of the whole note."""

    text: str
    start: list[list[str]]
    end: list[list[str]]
    inside: list[list[str]]
    whole: list[str]


@dataclass(frozen=True, slots=True)
class Found:
    """The chosen stretch (None for no obstacle), how likely it is right, and other likely stretches."""

    span: Span | None
    confidence: float
    others: tuple[Span, ...]
    null: float


def _boundary(char: str) -> str:
    if char in _HARD:
        return "hard"
    if char in _SOFT:
        return "soft"
    if char.isdigit():
        return "digit"
    return "latin" if char.isascii() else "han"


def _starts(text: str, marks: list[list[str]], following: list[list[str]]) -> list[list[str]]:
    rows: list[list[str]] = []
    for i in range(len(text)):
        before = _boundary(text[i - 1]) if i else "bos"
        row = ["s", f"s<{before}", f"s>{text[i : i + 1]}", f"s>{text[i : i + 2]}", f"s={_boundary(text[i])}<{before}"]
        if i:
            row += [f"s<{text[i - 1]}", f"s<{text[max(0, i - 2) : i]}", f"s|{text[i - 1]}|{text[i]}"]
        row += [f"s<{name}" for name in marks[i]] + [f"s>{name}" for name in following[i]]
        row += [f"s<{name}<{before}" for name in marks[i]]
        rows.append(row)
    return rows


def _ends(text: str, following: list[list[str]], closing: list[list[str]]) -> list[list[str]]:
    rows: list[list[str]] = [[]]
    for j in range(1, len(text) + 1):
        after = _boundary(text[j]) if j < len(text) else "eos"
        last = text[j - 1]
        row = ["e", f"e>{after}", f"e<{last}", f"e<{text[max(0, j - 2) : j]}", f"e={_boundary(last)}>{after}"]
        if j < len(text):
            row += [f"e>{text[j]}", f"e>{text[j : j + 2]}", f"e|{last}|{text[j]}"]
            row += [f"e>{name}" for name in following[j]]
        row += [f"e<{name}" for name in closing[j]]
        row += [f"e<{name}>{after}" for name in closing[j]]
        rows.append(row)
    return rows


def _marks(text: str) -> tuple[list[list[str]], list[list[str]], list[list[str]]]:
    """For every position: marker classes that end here, that start here, and cue classes that end here."""
    size = len(text) + 1
    ending: list[list[str]] = [[] for _ in range(size)]
    starting: list[list[str]] = [[] for _ in range(size)]
    closing: list[list[str]] = [[] for _ in range(size)]
    for name, pattern in (*_EDGE, ("person", lexicon.PERSON), ("day", lexicon.DAY)):
        for match in pattern.finditer(text):
            if match.end() > match.start():
                ending[match.end()].append(name)
                starting[match.start()].append(name)
    for name, first, last in lexicon.cues(text):
        starting[first].append("cue")
        starting[first].append(name)
        closing[last].append(name)
        closing[last].append("cue")
    return ending, starting, closing


def _insides(text: str) -> list[list[str]]:
    rows: list[list[str]] = []
    for k, char in enumerate(text):
        row = [f"i{char}", f"i{text[k : k + 2]}", f"i{text[k : k + 3]}", f"i={_boundary(char)}"]
        rows.append(row)
    for name, first, _last in lexicon.cues(text):
        rows[first].append(f"iC{name}")
    for name, pattern in (
        ("contrast", lexicon.CONTRAST), ("main", lexicon.MAIN), ("speech", lexicon.SPEECH), ("filler", lexicon.FILLER),
        ("person", lexicon.PERSON), ("day", lexicon.DAY), ("praise", lexicon.PRAISE), ("vague", lexicon.VAGUE),
    ):  # fmt: skip
        for match in pattern.finditer(text):
            rows[match.start()].append(f"iM{name}")
    return rows


def _whole(text: str) -> list[str]:
    classes = sorted({name for name, _, _ in lexicon.cues(text)})
    row = ["n", f"n#{min(len(classes), 5)}", f"nlen{min(len(text) // 20, 5)}"]
    row += [f"nC{name}" for name in classes]
    for name, pattern in (("praise", lexicon.PRAISE), ("contrast", lexicon.CONTRAST), ("main", lexicon.MAIN)):
        row += [f"nM{name}"] if pattern.search(text) else []
    return row


def parts(text: str) -> Parts:
    """Return the named features of `text`, of which at most `MAX_TEXT` characters are read."""
    text = text[:MAX_TEXT]
    ending, starting, closing = _marks(text)
    return Parts(text, _starts(text, ending, starting), _ends(text, starting, closing), _insides(text), _whole(text))


def length_feature(length: int) -> str:
    """Name the feature of a stretch's length."""
    return f"l{length if length <= 16 else 16 + (length - 16) // 3 * 3}"


def allowed(text: str) -> npt.NDArray[np.bool_]:
    """Return a mask `[start, length - 1]` of stretches that begin and end on a word and cross no sentence end."""
    size = len(text)
    mask = np.zeros((size, MAX_LENGTH), dtype=np.bool_)
    edge = [char in _HARD or char in _SOFT for char in text]
    stop = size
    for i in range(size - 1, -1, -1):
        if text[i] in _HARD:
            stop = i
        if edge[i]:
            continue
        for length in range(2, min(MAX_LENGTH, stop - i) + 1):
            mask[i, length - 1] = not edge[i + length - 1]
    return mask


class SpanModel:
    """Scores stretches with fixed weights. Weights map feature names to numbers; unknown names weigh nothing."""

    def __init__(self, weights: Mapping[str, float]) -> None:
        self._weights = weights
        self._lengths = np.array([weights.get(length_feature(k + 1), 0.0) for k in range(MAX_LENGTH)])

    def _sums(self, rows: list[list[str]]) -> Floats:
        get = self._weights.get
        return np.array([sum(get(name, 0.0) for name in row) for row in rows], dtype=np.float64)

    def probabilities(self, note: Parts) -> tuple[Floats, float]:
        """Return the probability of every stretch `[start, length - 1]`, and that of no obstacle."""
        size = len(note.text)
        start, end, inside = self._sums(note.start), self._sums(note.end), self._sums(note.inside)
        prefix = np.concatenate(([0.0], np.cumsum(inside)))
        ends = np.minimum(np.arange(size)[:, None] + np.arange(1, MAX_LENGTH + 1)[None, :], size)
        scores = start[:, None] + end[ends] + prefix[ends] - prefix[:size, None] + self._lengths[None, :]
        scores = np.where(allowed(note.text), scores, -np.inf)
        null = float(self._sums([note.whole])[0])
        top = max(null, float(scores.max(initial=-np.inf)))
        shares = np.exp(scores - top)
        total = float(shares.sum()) + math.exp(null - top)
        return shares / total, math.exp(null - top) / total

    def find(self, text: str) -> Found:
        """Return the stretch of `text` that most likely states the obstacle, or none."""
        note = parts(text)
        if not note.text.strip():
            return Found(None, 1.0, (), 1.0)
        shares, null = self.probabilities(note)
        ranked = _by_expected_right(shares)
        if not ranked or null >= ranked[0][1]:
            return Found(None, null, tuple(span for span, _ in ranked[:2]), null)
        return Found(ranked[0][0], ranked[0][1], tuple(span for span, _ in ranked[1:3]), null)


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
    near = 2 * np.maximum(overlap, 0) / (lengths[:, None] + lengths) >= RIGHT_F1
    expected = near @ flat[best] + 1e-3 * flat[best]
    order = np.lexsort((best, -expected))
    chosen: list[int] = []
    for k in order:
        if not any(near[k, c] for c in chosen):
            chosen.append(int(k))
    return [(Span(int(starts[k]), int(starts[k] + lengths[k])), min(1.0, float(expected[k]))) for k in chosen]
