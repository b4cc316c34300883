"""Finding a playbook's words in a note: each is a plain word or an `re` pattern, as an admin wrote it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from nlp.types import Span


@lru_cache(maxsize=4096)
def compiled(word: str) -> re.Pattern[str] | None:
    """Return the pattern of a playbook word; one that is no valid pattern is taken literally, an empty one is None."""
    if not word.strip():
        return None
    try:
        return re.compile(word, re.IGNORECASE)
    except re.error:
        return re.compile(re.escape(word), re.IGNORECASE)


@lru_cache(maxsize=256)
def joined(words: tuple[str, ...]) -> re.Pattern[str] | None:
    """Return one pattern that finds any of `words`, or None where there is none."""
    valid = [pattern.pattern for pattern in map(compiled, words) if pattern is not None]
    if not valid:
        return None
    try:
        return re.compile("|".join(f"(?:{part})" for part in valid), re.IGNORECASE)
    except re.error:
        return re.compile("|".join(re.escape(part) for part in valid), re.IGNORECASE)


def occurrences(words: tuple[str, ...], text: str) -> Iterator[Span]:
    """Yield where any of `words` stands in `text`, left to right, without empty matches."""
    pattern = joined(words)
    for match in pattern.finditer(text) if pattern else ():
        if match.end() > match.start():
            yield Span(match.start(), match.end())
