"""Word lists as text: one string, words apart by white space, so that lists stay readable and diffs short."""

from __future__ import annotations


def words(text: str) -> tuple[str, ...]:
    """Split a list of words."""
    return tuple(text.split())


def one_of(text: str) -> str:
    """Return a pattern that matches any of the words (each may be a pattern itself), tried in the order given."""
    return "(?:" + "|".join(text.split()) + ")"
