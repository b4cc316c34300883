"""How Mandarin names sound: one private code character a syllable, so that texts and sounds share positions.

Sources: character readings are pypinyin's table; the confusions are those of regional Mandarin (平翘舌 z/zh, 前后鼻音
an/ang, n/l, f/h, r/l; tones are free). `folded` forgets all of these, `plain` forgets only the tone. Both keep the
length of their input, so a position in a sound string is a position in the text.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from functools import lru_cache, partial
from itertools import product

from pypinyin.constants import PINYIN_DICT

#: First code point of the codes; text characters in this private plane are mapped away.
_CODES = 0xF0000
_FULL_WIDTH = 0xFF01 - 0x21
#: Characters read in two common ways in running text; others are taken by their first reading.
_POLYPHONES = frozenset("长重行乐单曾调朝传盛解盖翟查厦会都参大华车石了地得着还藏仇区朴")
_MAX_VARIANTS = 6


@lru_cache(maxsize=8192)
def readings(char: str) -> tuple[str, ...]:
    """Return the toneless readings of a character, most usual first; empty for anything but Han characters."""
    known = PINYIN_DICT.get(ord(char))
    if not known:
        return ()
    return tuple(dict.fromkeys(_toneless(reading) for reading in known.split(",")))


@lru_cache(maxsize=2048)
def fold(syllable: str) -> str:
    """Return what is left of a toneless syllable when the Mandarin confusions are forgotten."""
    for retroflex in ("zh", "ch", "sh"):
        if syllable.startswith(retroflex):
            syllable = retroflex[0] + syllable[2:]
    if syllable[0] in "nr" and len(syllable) > 1:
        syllable = "l" + syllable[1:]
    if syllable[0] in "fh" and len(syllable) > 1:
        syllable = "h" + _without_medial(syllable[1:])
    for back, front in (("eng", "en"), ("ing", "in")):
        if syllable.endswith(back):
            syllable = syllable[:-3] + front
    if syllable.endswith("ang") and not syllable.endswith("iang"):
        syllable = syllable[:-1]
    return syllable


def normal(text: str) -> str:
    """Return the text with Latin letters in lower case and full-width forms halved; the length stays."""
    return text.translate(_NORMAL)


def plain(text: str) -> str:
    """Return the toneless sound of a text, one code a character."""
    return text.translate(_PLAIN)


def folded(text: str) -> str:
    """Return the sound of a text with the confusions forgotten, one code a character."""
    return text.translate(_FOLDED)


def folded_second(text: str) -> str:
    """Return `folded` with the second reading of characters that have two common ones."""
    return text.translate(_SECOND)


def folded_variants(name: str) -> tuple[str, ...]:
    """Return all ways a short name may sound: every reading of every character, at most six."""
    choices = [[_code(fold(reading)) for reading in readings(char)[:3]] or [normal(char)] for char in name]
    found: dict[str, None] = {}
    for combination in product(*(dict.fromkeys(codes) for codes in choices)):
        found["".join(combination)] = None
        if len(found) >= _MAX_VARIANTS:
            break
    return tuple(found)


@lru_cache(maxsize=65536)
def likeness(said: str, meant: str) -> float:
    """Return how well two characters sound alike, 0 to 1: 1 the same, 0.9 the same syllable, 0.8 a confusion."""
    if said == meant or normal(said) == normal(meant):
        return 1.0
    ours, theirs = readings(said), readings(meant)
    if not ours or not theirs:
        return 0.0
    if set(ours[:2]) & set(theirs[:2]):
        return 0.9
    return max(_syllables_alike(fold(a), fold(b)) for a in ours[:2] for b in theirs[:2])


def alike(said: str, meant: str) -> float:
    """Return the mean likeness of two strings of the same length; 0 where the lengths differ."""
    if len(said) != len(meant) or not said:
        return 0.0
    return sum(map(likeness, said, meant)) / len(said)


@lru_cache(maxsize=65536)
def _syllables_alike(ours: str, theirs: str) -> float:
    if ours == theirs:
        return 0.8
    (start, end), (other_start, other_end) = _split(ours), _split(theirs)
    if end == other_end:
        return 0.5 if _related(start, other_start) else 0.35
    if start != other_start or not start:
        return 0.0
    if end.lstrip("iu") == other_end.lstrip("iu") != "":
        return 0.6
    if end[-1:] == other_end[-1:] or (end[-1:] in "ng" and other_end[-1:] in "ng"):
        return 0.4
    return 0.0


def _related(start: str, other: str) -> bool:
    return bool(start and other) and any(
        start in family and other in family for family in ("bp", "dt", "gkh", "jqxzcs")
    )


def _split(syllable: str) -> tuple[str, str]:
    return (syllable[0], syllable[1:]) if syllable[0] in "bpmdtlgkhjqxzcsyw" else ("", syllable)


def _without_medial(final: str) -> str:
    if final == "ui":
        return "ei"
    if final == "un":
        return "en"
    return final[1:] if len(final) > 1 and final[0] == "u" else final


def _toneless(reading: str) -> str:
    letters = unicodedata.normalize("NFD", reading).replace("u\u0308", "v")
    return "".join(letter for letter in letters if letter.isascii())


_SYLLABLES: dict[str, str] = {}


def _code(syllable: str) -> str:
    return _SYLLABLES.setdefault(syllable, chr(_CODES + len(_SYLLABLES)))


class _Table(dict[int, str]):
    """A `str.translate` table that fills itself, one character in and one character out."""

    def __init__(self, convert: Callable[[str], str]) -> None:
        super().__init__()
        self._convert = convert

    def __missing__(self, point: int) -> str:
        self[point] = converted = self._convert(chr(point))
        return converted


def _normal_char(char: str) -> str:
    point = ord(char)
    if 0xFF01 <= point <= 0xFF5E:
        char = chr(point - _FULL_WIDTH)
    if point >= _CODES:
        return "\ufffd"
    return char.lower() if char.isascii() else char


def _sound_char(char: str, *, position: int = 0, forget: bool = True) -> str:
    known = readings(char)
    if not known:
        return _normal_char(char)
    reading = known[position] if position < len(known) and char in _POLYPHONES else known[0]
    return _code(fold(reading)) if forget else _code("=" + reading)


_NORMAL = _Table(_normal_char)
_PLAIN = _Table(partial(_sound_char, forget=False))
_FOLDED = _Table(_sound_char)
_SECOND = _Table(partial(_sound_char, position=1))
