"""Which of the words gave which field: a text cut into stretches, each with the fields it is evidence for. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise


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
