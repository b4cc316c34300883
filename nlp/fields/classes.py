"""All classes of words that a note has: what the models of stage, tags and "no obstacle" see beside characters."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from nlp.fields import lexicon
from nlp.fields.acts import acts
from nlp.fields.signs import signs
from nlp.fields.status import Status, elsewhere
from nlp.fields.topics import topics


def note_classes(text: str, row: Sequence[Status]) -> tuple[str, ...]:
    """Return the names of the classes that stand in `text`, sorted: acts, topics and signs with their status, cues.

    `row` is the status of each character. A sign that tells of another company is `away`. The last few texts are
    remembered: stage, tags and obstacle ask for the same.
    """
    return _classes(text, tuple(row))


@lru_cache(maxsize=8)
def _classes(text: str, row: tuple[Status, ...]) -> tuple[str, ...]:
    names = {f"cue:{name}" for name, _, _ in lexicon.cues(text)}
    for name, first, last in acts(text):
        names.add(f"act:{name}")
        names.add(f"act:{name}:{row[(first + last - 1) // 2]}")
    for name, first, last in topics(text):
        names.add(f"topic:{name}:{row[(first + last - 1) // 2]}")
    there = elsewhere(text)
    for name, first, last in signs(text):
        away = any(start <= first < end for start, end in there)
        names.add(f"sign:{name}:{'away' if away else row[(first + last - 1) // 2]}")
    return tuple(sorted(names))
