"""A note's characters as numbers, so that the weights of all its groups of characters are looked up at once.

A group of up to three characters is one integer: 20 bits a character, the first in the lowest, none counting as 0, and
above them three bits for a mark (which the model of replies uses).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_BITS = 20
_CHAR = (1 << _BITS) - 1
#: Greater than the number of any group.
_BEYOND = (1 << 63) - 1
#: Marks that end a sentence, and marks and blanks within one.
HARD = frozenset("。！？!?\n；;")
SOFT = frozenset('，,、 :：—-～~()（）“”"【】/…\t')
#: Classes of characters in the order of their numbers: end of a sentence, mark, digit, Latin, any other; the note's
#: beginning and end.
CLASSES = "hsdlz^$"


def char_class(char: str) -> str:
    """Return the class of a character, one of `CLASSES`."""
    if char in HARD:
        return "h"
    if char in SOFT:
        return "s"
    if char.isdigit():
        return "d"
    return "l" if char.isascii() else "z"


@lru_cache(maxsize=1)
def _class_numbers() -> Ints:
    return np.array([CLASSES.index(char_class(chr(code))) for code in range(0x10000)], dtype=np.int64)


def packed(group: str, mark: int = 0) -> int:
    """Return the number of a group of up to three characters under a mark of 0 to 7."""
    return sum(min(ord(char), _CHAR) << (_BITS * k) for k, char in enumerate(group)) | mark << 3 * _BITS


class Coded:
    """A text as numbers: the code points of its characters, the groups that begin at each, and their classes."""

    __slots__ = ("classes", "ones", "threes", "twos")

    def __init__(self, text: str) -> None:
        """Code `text`; the last groups are shorter, a character beyond the basic plane is of any other class."""
        size = len(text)
        after = np.zeros(size + 2, dtype=np.int64)
        np.minimum(np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32), _CHAR, out=after[:size])
        self.ones = after[:size]
        self.twos = self.ones | after[1 : size + 1] << _BITS
        self.threes = self.twos | after[2:] << 2 * _BITS
        self.classes = _class_numbers()[np.minimum(self.ones, 0xFFFF)]


#: What the name of a feature begins with that is a group of characters anywhere in the note.
GROUP = "="


@lru_cache(maxsize=8)
def groups_of(text: str) -> Ints:
    """Return the numbers of the different pairs and groups of three in `text`, sorted.

    The last few texts are remembered: stage, tags and obstacle ask for the same.
    """
    coded = Coded(text)
    every = np.concatenate((coded.twos[:-1], coded.threes[:-1]))
    every.sort()
    return every[np.concatenate(((True,), every[1:] != every[:-1]))[: len(every)]]


def split_weights(weights: Mapping[str, float]) -> tuple[dict[int, float], dict[str, float]]:
    """Return the weights of groups of characters (whose names begin with `GROUP`) by number, and the others."""
    groups = {packed(name[1:]): value for name, value in weights.items() if name[0] == GROUP}
    return groups, {name: value for name, value in weights.items() if name[0] != GROUP}


class GramTable:
    """Weights of groups of characters, one column a kind of feature. Unknown groups weigh nothing."""

    def __init__(self, kinds: Sequence[Mapping[int, float]]) -> None:
        """Take the weights of each kind by the numbers of groups."""
        keys = sorted({key for kind in kinds for key in kind})
        self._keys = np.array([*keys, _BEYOND], dtype=np.int64)
        self._weights = np.array([*([kind.get(key, 0.0) for kind in kinds] for key in keys), [0.0] * len(kinds)])

    def rows(self, groups: Ints) -> Floats:
        """Return the weights of each group, a row a group and a column a kind."""
        at = self._keys.searchsorted(groups)
        at[self._keys[at] != groups] = len(self._keys) - 1
        return self._weights[at]

    def total(self, groups: Ints) -> Floats:
        """Return the sum of the weights of all `groups` in each column."""
        at = self._keys.searchsorted(groups)
        return np.asarray(self._weights[at[self._keys[at] == groups]].sum(axis=0), dtype=np.float64)


class NameTable:
    """Weights of features by name, one column a kind. Unknown names weigh nothing."""

    def __init__(self, kinds: Sequence[Mapping[str, float]]) -> None:
        names = sorted({name for kind in kinds for name in kind})
        self._places = {name: k for k, name in enumerate(names)}
        self._weights = np.array([[kind.get(name, 0.0) for kind in kinds] for name in names]).reshape(
            len(names), len(kinds)
        )

    def sums(self, names: Iterable[str]) -> Floats:
        """Return the sum of the weights of `names` in each column."""
        places = [self._places[name] for name in names if name in self._places]
        return np.asarray(self._weights[places].sum(axis=0), dtype=np.float64)


class GramSet:
    """A set of groups of characters."""

    def __init__(self, groups: Iterable[str] = ()) -> None:
        self._keys = np.array([*sorted(map(packed, groups)), _BEYOND], dtype=np.int64)

    def holds(self, groups: Ints) -> npt.NDArray[np.bool_]:
        """Tell of each group whether it is in the set."""
        held: npt.NDArray[np.bool_] = self._keys[self._keys.searchsorted(groups)] == groups
        return held
