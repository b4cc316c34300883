"""Finds every key of a dictionary in a text that has no word boundaries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

_HEAD = 2


class Phrasebook:
    """The first two characters of each key with the lengths that follow them: one look-up a position of the text.

    Keys have at least two characters. Lengths are bits of an integer, so a hundred thousand keys take a few MB.
    """

    def __init__(self, keys: Iterable[str]) -> None:
        self._lengths: dict[str, int] = {}
        for key in keys:
            self._lengths[key[:_HEAD]] = self._lengths.get(key[:_HEAD], 0) | 1 << len(key)

    def stretches(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield the half-open stretches of the text that may be keys, by start and length; the caller looks them up."""
        known = self._lengths.get
        heads = [(at, bits) for at in range(len(text) - 1) if (bits := known(text[at : at + _HEAD])) is not None]
        for start, lengths in heads:
            for length in range(_HEAD, min(lengths.bit_length(), len(text) - start + 1)):
                if lengths >> length & 1:
                    yield start, start + length
