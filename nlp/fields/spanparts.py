"""What the span model sees of a note: features of starts, of ends, of characters inside and of the whole note.

Features have names, so that every weight can be read. `Parts.names` spells them out, for training; `SpanWeights` sums
their weights for all positions at once, for use.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import repeat
from typing import TypeVar, get_args

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import as_strided

from nlp.fields import lexicon
from nlp.fields.classes import note_classes
from nlp.fields.grams import CLASSES, Coded, Floats, GramSet, GramTable, char_class, groups_of, packed
from nlp.fields.status import Status, statuses

#: Longest stretch considered, characters.
MAX_LENGTH = 34
#: Only so much of a long message is searched, characters.
MAX_TEXT = 1200
#: Names among the weights that are no features but two-character words that no stretch may cut.
WORD = "w:"
#: What the name of a group of characters begins with that speaks for "no obstacle" or against it.
NULL_GROUP = "n="
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

#: Classes whose place matters: praise at a note's end ends it well.
_TONES = [pair for pair in _EDGES if pair[0] in ("praise", "contrast", "vague")]
#: From this share of a note on its end begins.
_LATE = 0.65
#: Kinds of feature by the characters that their keys have.
#: Into how many parts a note is cut to tell where in it a stretch stands.
_TENTHS = 10
_ONES = ("s>1", "s<1", "e<1", "e>1", "i1")
_TWOS = ("s>2", "s<2", "s|", "e<2", "e>2", "e|", "i2")
_THREES = ("i3",)
Value = TypeVar("Value", bound=np.generic)
#: A feature at one position only: position and full name.
Spot = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Parts:
    """One note: its text, spots of starts (by first character), of ends (by last) and inside, and the whole note's."""

    text: str
    coded: Coded
    starts: list[Spot]
    ends: list[Spot]
    insides: list[Spot]
    whole: list[str]

    def names(self) -> tuple[list[list[str]], list[list[str]], list[list[str]]]:
        """Return the feature names of each position as a start, as an end and inside."""
        columns = _columns(self.text)
        return (
            _named(len(self.text), columns[0], self.starts),
            _named(len(self.text), columns[1], self.ends),
            _named(len(self.text), columns[2], self.insides),
        )

    def whole_names(self) -> list[str]:
        """Return the feature names of the whole note: its groups of characters too."""
        groups = {self.text[k : k + size] for k in range(len(self.text) - 1) for size in (2, 3)}
        return [*self.whole, *sorted(NULL_GROUP + group for group in groups)]


def _named(size: int, columns: list[tuple[str, list[str]]], spots: list[Spot]) -> list[list[str]]:
    rows = [[kind + column[k] for kind, column in columns] for k in range(size)]
    for k, name in spots:
        rows[k].append(name)
    return rows


def _columns(text: str) -> tuple[list[tuple[str, list[str]]], ...]:
    """Return kinds of feature with a key per position, of starts, ends and insides: characters and their classes."""
    size = len(text)
    one, two, three = ([text[k : k + n] for k in range(size)] for n in (1, 2, 3))
    around = "^" + "".join(map(char_class, text)) + "$"
    before = [around[k : k + 2] for k in range(size)]
    after = [around[k + 1 : k + 3] for k in range(size)]
    behind = ["", *two[:-1]][:size]
    tenths = [str(k * _TENTHS // size) for k in range(size)]
    starts = [("sK", before), ("s>1", one), ("s>2", two), ("s<1", ["", *one[:-1]]), ("sP", tenths)]
    starts += [("s<2", ["", *one[:1], *two[:-2]][:size]), ("s|", behind)]
    ends = [("eK", after), ("e<1", one), ("e<2", behind), ("e>1", [*one[1:], ""]), ("e>2", [*two[1:], ""])]
    insides = [("iK", list(around[1:-1])), ("i1", one), ("i2", two), ("i3", three), ("iS", _marks(text))]
    return starts, [*ends, ("e|", two), ("eP", tenths)], insides


def _marks(text: str) -> list[str]:
    return [status[0] for status in statuses(text)]


#: Feature names of an edge pattern: inside, as a start, of ends 0 to 3 characters before it, of starts 0 to 2 after it,
#: of the whole note.
_EDGE_NAMES = [
    (
        pattern,
        f"iM{name}",
        f"sM>{name}",
        [f"eM>{k}{name}" for k in range(4)],
        [f"sM<{k}{name}" for k in range(3)],
        f"nM{name}",
    )
    for name, pattern in _EDGES
]
#: Feature names of a cue: inside, as a start, as an end, of the whole note.
_CUE_NAMES = {name: (f"iC{name}", f"sC>{name}", f"eC<{name}", f"nC{name}") for name in lexicon.OBJECTION}


def _spots(text: str) -> tuple[list[Spot], list[Spot], list[Spot], set[str]]:
    """Return the spots of starts, ends and insides, and the classes of edge and cue that the text has."""
    starts: list[Spot] = []
    ends: list[Spot] = []
    insides: list[Spot] = []
    found: set[str] = set()
    size = len(text)
    for pattern, inside, start, before, after, whole in _EDGE_NAMES:
        for match in pattern.finditer(text):
            first, last = match.span()
            insides.append((first, inside))
            starts.append((first, start))
            ends += zip(range(first - 1, max(first - 5, -1), -1), before, strict=False)
            starts += zip(range(last, min(last + 3, size)), after, strict=False)
            found.add(whole)
    for name, first, last in lexicon.cues(text):
        inside, start, end, whole = _CUE_NAMES[name]
        insides.append((first, inside))
        starts += ((first, start), (first, "sC>"))
        ends += ((last - 1, end), (last - 1, "eC<"))
        found.add(whole)
    return starts, ends, insides, found


def parts(text: str) -> Parts:
    """Return the features of `text`, of which at most `MAX_TEXT` characters are read."""
    text = text[:MAX_TEXT]
    starts, ends, insides, found = _spots(text)
    return Parts(text, Coded(text), starts, ends, insides, _whole(text, found))


def _whole(text: str, found: set[str]) -> list[str]:
    """Return the features of the whole note: classes that it has, those at its end, its length."""
    late = len(text) * _LATE
    cues = sum(name.startswith("nC") for name in found)
    names = found | {f"nC{name}:end" for name, first, _ in lexicon.cues(text) if first > late}
    names |= {f"n{name}:end" for name, pattern in _TONES if pattern.search(text, int(late))}
    names |= {f"n{name}" for name in note_classes(text, statuses(text))}
    return ["n", f"n#{min(cues, 9)}", f"nlen{min(len(text) // 20, 5)}", *sorted(names)]


def length_feature(length: int) -> str:
    """Name the feature of a stretch's length."""
    return f"l{length if length <= 16 else 16 + (length - 16) // 3 * 3}"


_HARD, _SOFT, _BEGIN, _FINISH = (CLASSES.index(kind) for kind in "hs^$")
_LENGTHS = np.arange(1, MAX_LENGTH + 1)


@lru_cache(maxsize=1)
def _is_latin() -> npt.NDArray[np.bool_]:
    """Return of each ASCII code, and then of all others, whether it is a Latin letter or a digit."""
    return np.array([*(chr(code).isalnum() for code in range(0x80)), False])


def allowed(coded: Coded, words: GramSet) -> npt.NDArray[np.bool_]:
    """Return a mask `[start, length - 1]` of stretches that cut no number, Latin word or one of the two-character
    `words`, neither begin nor end with a mark, and cross no sentence end; one that crosses a comma ends at a mark.
    """
    size = len(coded.ones)
    steps = np.arange(size)
    edge = coded.classes <= _SOFT
    latin = _is_latin()[np.minimum(coded.ones, 0x80)]
    joined = words.holds(coded.twos[:-1]) | (latin[1:] & latin[:-1])
    cut = np.concatenate(((False,), joined, (False,)))
    stop = np.minimum.accumulate(np.where(coded.classes == _HARD, steps, size)[::-1])[::-1]
    can_end = np.zeros(size + MAX_LENGTH, dtype=np.bool_)
    can_end[:size] = ~(edge | cut[1:])
    at_mark = np.ones(size + MAX_LENGTH, dtype=np.bool_)
    at_mark[: size - 1] = edge[1:]
    marks = np.cumsum(edge)
    marks_to = np.concatenate((marks, np.full(MAX_LENGTH, edge.sum())))
    mask: npt.NDArray[np.bool_] = over_ends(marks_to, size) == (marks - edge)[:, None]
    mask |= over_ends(at_mark, size)
    mask &= over_ends(can_end, size)
    mask &= (stop - steps)[:, None] >= _LENGTHS
    mask &= ~(edge | cut[:size])[:, None]
    mask[:, 0] = False
    return mask


def over_ends(by_end: npt.NDArray[Value], size: int) -> npt.NDArray[Value]:
    """Return `[start, length - 1]` of values by last character; `by_end` goes on `MAX_LENGTH` beyond the note."""
    step = by_end.strides[0]
    return as_strided(by_end, (size, MAX_LENGTH), (step, step), writeable=False)


def _pair_table(weights: Mapping[str, float]) -> Floats:
    """Return the weights of pairs of classes, by their numbers."""
    return np.array([[weights.get(one + other, 0.0) for other in CLASSES] for one in CLASSES])


def _behind(column: Floats) -> Floats:
    """Return a column of pairs (none, a single character, then the pair at each position) by a pair's second one."""
    return np.concatenate((column[:1], column[2:-1]))


def _ahead(column: Floats, last: float) -> Floats:
    return np.concatenate((column, (last,)))


class SpanWeights:
    """Weights by feature name, ordered for sums over all positions of a note."""

    def __init__(self, weights: Mapping[str, float]) -> None:
        self.spots = dict(weights)
        kinds = (*_ONES, *_TWOS, *_THREES, "sK", "eK", "iK", "iS", "sP", "eP", NULL_GROUP)
        tables: dict[str, dict[str, float]] = {kind: {} for kind in kinds}
        for name, weight in weights.items():
            kind = name[:2] if name[:2] in tables else name[:3]
            if kind in tables:
                tables[kind][name[len(kind) :]] = weight
        self._one, self._two, self._three = (
            GramTable([{packed(group): weight for group, weight in tables[kind].items()} for kind in kinds])
            for kinds in (_ONES, _TWOS, _THREES)
        )
        self._start_kinds, self._end_kinds = (_pair_table(tables[kind]) for kind in ("sK", "eK"))
        self._inside_kinds = np.array([tables["iK"].get(kind, 0.0) for kind in CLASSES])
        self._start_tenths, self._end_tenths = (
            np.array([tables[kind].get(str(k), 0.0) for k in range(_TENTHS)]) for kind in ("sP", "eP")
        )
        self._null = GramTable([{packed(group): weight for group, weight in tables[NULL_GROUP].items()}])
        self._marks = {status: tables["iS"].get(status[0], 0.0) for status in get_args(Status)}

    def sums(self, note: Parts) -> tuple[Floats, Floats, Floats]:
        """Return the sums of weights of each position as a start, as an end and inside."""
        size, coded = len(note.text), note.coded
        one = self._one.rows(np.concatenate(((0,), coded.ones)))
        two = self._two.rows(np.concatenate(((0,), coded.ones[:1], coded.twos)))
        kinds = np.concatenate(((_BEGIN,), coded.classes, (_FINISH,)))
        start = one[1:, 0] + one[:-1, 1] + two[2:, 0] + two[:-2, 1] + _behind(two[:, 2])
        start += self._start_kinds[kinds[:-2], kinds[1:-1]]
        end = one[1:, 2] + _ahead(one[2:, 3], one[0, 3]) + _behind(two[:, 3])
        end += _ahead(two[3:, 4], two[0, 4]) + two[2:, 5]
        end += self._end_kinds[kinds[1:-1], kinds[2:]]
        tenths = np.arange(size) * _TENTHS // max(1, size)
        start += self._start_tenths[tenths]
        end += self._end_tenths[tenths]
        inside = one[1:, 4] + two[2:, 6] + self._three.rows(coded.threes)[:, 0] + self._inside_kinds[kinds[1:-1]]
        inside += list(map(self._marks.__getitem__, statuses(note.text)))
        return (
            start + self._at(note.starts, size),
            end + self._at(note.ends, size),
            inside + self._at(note.insides, size),
        )

    def null(self, note: Parts) -> float:
        """Return the sum of weights of the whole note for "no obstacle"."""
        named = sum(map(self.spots.get, note.whole, repeat(0.0)))
        return named + float(self._null.total(groups_of(note.text))[0])

    def _at(self, spots: list[Spot], size: int) -> Floats:
        """Return the sums of the spots' weights by position."""
        at, names = zip(*spots, strict=True) if spots else ((), ())
        return np.asarray(np.bincount(at, list(map(self.spots.get, names, repeat(0.0))), size), dtype=np.float64)
