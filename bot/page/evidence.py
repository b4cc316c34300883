"""Which of the words gave which field: a text cut into stretches, each with the fields it is evidence for. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

_CLAUSE_ENDS = "，。；！？、,;!?\n "
#: Most characters shown on either side of the words.
CONTEXT = 10


@dataclass(frozen=True, slots=True)
class Evidence:
    """A field's or tag's stretch `[start, end)` in a text."""

    label: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """A piece of the text with the labels of what it is evidence for (none for plain words).

    `ends` are the labels whose evidence ends with this piece: a page writes each label once.
    """

    text: str
    labels: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Quote:
    """Words in their clause: what stood before and after them."""

    before: str
    words: str
    after: str


def quote(text: str, start: int, end: int) -> Quote | None:
    """Return a stretch of a text within its clause, None where the text has no such stretch (any more)."""
    if not 0 <= start < end <= len(text):
        return None
    before, after = text[:start], text[end:]
    left = max(before.rfind(mark) for mark in _CLAUSE_ENDS) + 1
    right = min((at for mark in _CLAUSE_ENDS if (at := after.find(mark)) >= 0), default=len(after))
    lead, tail = before[left:], after[:right]
    return Quote(
        lead if len(lead) <= CONTEXT else f"…{lead[-CONTEXT:]}",
        text[start:end],
        tail if len(tail) <= CONTEXT else f"{tail[:CONTEXT]}…",
    )


def cut(text: str, found: Iterable[Evidence]) -> tuple[Stretch, ...]:
    """Cut a text at the borders of its evidence; joined together the stretches are the text again.

    Stretches that do not lie within the text are left out: the text may have been purged or cut.
    """
    spans = [e for e in found if 0 <= e.start < e.end <= len(text)]
    borders = sorted({0, len(text), *(e.start for e in spans), *(e.end for e in spans)})
    return tuple(
        Stretch(
            text[start:end],
            tuple(e.label for e in spans if e.start <= start and end <= e.end),
            tuple(e.label for e in spans if e.start <= start and end == e.end),
        )
        for start, end in pairwise(borders)
    )
