"""Finds the stretches of a note that may name a customer of the directory: by characters, by sound, by half a sound."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from nlp.names.acquaintance import known_people
from nlp.names.cues import placed
from nlp.names.directory import Directory, Rows
from nlp.names.everyday import COMMON, FUNCTION, NAME_LIKE
from nlp.names.forms import spoken_forms
from nlp.names.reading import Reading
from nlp.names.sound import alike, folded, normal
from nlp.names.trades import descriptors_at
from nlp.types import Span

How = Literal["characters", "sound", "confused", "half"]

#: Customers of one form that are looked at; more share a name only where no note could settle it.
_MOST_ROWS = 60
#: Mean likeness from which a stretch of which one syllable is right may still be the name.
HALF = 0.62
#: In speech, from which it is at least offered: one syllable right, the other anything.
FAINT = 0.5
#: Forms from this length on need no name's place around them.
_LONG = 4
_SAME_SYLLABLES = 0.9
_MOST_NAMED = 20
_PAIR = 2


@dataclass(frozen=True, slots=True)
class Mention:
    """A stretch of the note and a form of a name that it may be. `rows` are the customers called so."""

    span: Span
    form: str
    how: How
    likeness: float
    rows: Rows


def find_mentions(reading: Reading, directory: Directory) -> list[Mention]:
    """Return all mentions worth judging, in order of position; overlapping ones are kept for the ranking."""
    found = [*_by_characters(reading, directory), *_by_sound(reading, directory), *_by_half(reading, directory)]
    return sorted(found, key=lambda mention: (mention.span, mention.form))


def _by_characters(reading: Reading, directory: Directory) -> Iterator[Mention]:
    found = [(span, reading.normal[span.start : span.end], rows) for span, rows in reading.called]
    found += _in_pieces(reading, directory)
    for span, form, rows in found:
        if any(other != span and other.start <= span.start and span.end <= other.end for other, _, _ in found):
            continue
        if _within_latin(reading.normal, span):
            continue
        if (form in COMMON or form in NAME_LIKE) and not _shown_as_name(reading, span):
            continue
        yield Mention(span, form, "characters", 1.0, _likely(rows, reading, directory))


def _in_pieces(reading: Reading, directory: Directory) -> list[tuple[Span, str, Rows]]:
    """Find names written apart (华 锐, T C L); two characters, which meet by chance, only with more."""
    places = [at for at in range(len(reading.normal)) if at not in reading.gaps]
    if len(places) == len(reading.normal):
        return []
    joined = "".join(reading.normal[at] for at in places)
    found = []
    for (start, end), rows in directory.forms_in(joined):
        span = Span(places[start], places[end - 1] + 1)
        if end - start == _PAIR:
            rows = tuple(row for row in rows if _supported(row, reading, directory))
        if rows and span.end - span.start > end - start:
            found.append((span, joined[start:end], rows))
    return found


def _within_latin(text: str, span: Span) -> bool:
    """Return whether letters or digits go on beside letters or digits: AB is not named in CABLE, nor 3M in 13M."""
    return any(
        text[at - 1 : at + 1].isascii() and text[at - 1 : at + 1].isalnum() and 0 < at < len(text)
        for at in (span.start, span.end)
    )


def _shown_as_name(reading: Reading, span: Span) -> bool:
    """Return whether an everyday word (小时光, 东湖) is a name here: by its place, a city before or a trade behind."""
    city = any(reading.normal.endswith(city, 0, span.start) for city in reading.cities)
    return city or bool(descriptors_at(reading.normal, span.end)) or placed(reading.text, span) >= 1


def _by_sound(reading: Reading, directory: Directory) -> Iterator[Mention]:
    found = directory.sounds_in(reading.folded)
    if reading.second != reading.folded:
        found += [item for item in directory.sounds_in(reading.second) if item not in found]
    for span, forms in found:
        if _may_be_name(reading, span):
            yield from _sounding(reading, directory, span, forms)


def _sounding(reading: Reading, directory: Directory, span: Span, forms: tuple[str, ...]) -> Iterator[Mention]:
    said = reading.normal[span.start : span.end]
    well_placed: bool | None = None
    grammar = bool(FUNCTION.intersection(said))
    for form in forms:
        if form == said:
            continue
        rows = _likely(directory.rows_called(form), reading, directory)
        if grammar:
            trade = bool(descriptors_at(reading.normal, span.end))
            rows = tuple(row for row in rows if row in reading.named or (trade and row in reading.portfolio.rows))
        supported = tuple(row for row in rows if _supported(row, reading, directory))
        if len(supported) < len(rows):
            if well_placed is None:
                well_placed = stands_as_name(reading, span)
            rows = rows if well_placed else supported
        if rows:
            likeness = alike(said, form)
            yield Mention(span, form, "sound" if likeness >= _SAME_SYLLABLES else "confused", likeness, rows)


def _by_half(reading: Reading, directory: Directory) -> Iterator[Mention]:
    """The rep's own customers of whose name one syllable was heard wrong."""
    seen: set[tuple[int, str]] = set()
    own = reading.portfolio
    for position, syllable in enumerate(reading.folded):
        for form, offset in own.by_syllable.get(syllable, ()):
            start, end = position - offset, position - offset + len(form)
            if start < 0 or end > len(reading.normal) or (start, form) in seen:
                continue
            seen.add((start, form))
            likeness = alike(reading.normal[start:end], form)
            if likeness >= (FAINT if reading.voice else HALF) and _is_half(reading, form, Span(start, end)):
                rows = own.by_form[form]
                if (len(form) < _LONG or likeness < HALF) and not stands_as_name(reading, Span(start, end)):
                    rows = tuple(row for row in rows if _has_person_of(reading, directory, row))
                if rows:
                    yield Mention(Span(start, end), form, "half", likeness, rows)
    yield from _by_clipping(reading, directory)
    yield from _by_half_of_named(reading, directory)


def _by_clipping(reading: Reading, directory: Directory) -> Iterator[Mention]:
    """The rep's own customers whose long name was said short, or lost a syllable: 元明 or 元童年 for 元明童年."""
    own = reading.portfolio
    for start, end in own.clipping_book.stretches(reading.folded):
        span = Span(start, end)
        for form in own.by_clipping.get(reading.folded[start:end], ()):
            if folded(form) in reading.folded or not _may_be_name(reading, span, grammar=False):
                continue
            rows = own.by_form[form]
            if not stands_as_name(reading, span):
                rows = tuple(row for row in rows if _has_person_of(reading, directory, row))
            if rows:
                yield Mention(span, form, "half", max(HALF, (end - start) / len(form)), rows)


def _by_half_of_named(reading: Reading, directory: Directory) -> Iterator[Mention]:
    """Likewise customers of others, where a contact's full name stands in the note."""
    for row in sorted(reading.named)[:_MOST_NAMED]:
        if row in reading.portfolio.rows:
            continue
        for form in spoken_forms(directory.rows[row]):
            for start in range(len(reading.normal) - len(form) + 1):
                span = Span(start, start + len(form))
                likeness = alike(reading.normal[start : span.end], normal(form))
                if likeness >= HALF and _is_half(reading, normal(form), span):
                    yield Mention(span, normal(form), "half", likeness, (row,))


def _may_be_name(reading: Reading, span: Span, *, grammar: bool = True) -> bool:
    """Everyday words and persons are none; `grammar` allows a stretch with a word like 了 or 在 in it."""
    said = reading.normal[span.start : span.end]
    if not grammar and FUNCTION.intersection(said):
        return False
    if said in COMMON or not said.isalnum() or _inside_everyday_word(reading.normal, span):
        return False
    return not any(
        person.kind != "full" and span.start < person.span.end and person.span.start < span.end
        for person in reading.people
    )


def _inside_everyday_word(text: str, span: Span) -> bool:
    """Return whether the stretch is most of an everyday word (场费 of 进场费)."""
    start, end = span
    return any(text[max(0, start - left) : end + right] in COMMON for left, right in ((1, 0), (0, 1)))


def _is_half(reading: Reading, form: str, span: Span) -> bool:
    """Whether a stretch may be a form heard wrong; the right sound is found elsewhere."""
    return folded(form) != reading.folded[span.start : span.end] and _may_be_name(reading, span, grammar=False)


def stands_as_name(reading: Reading, span: Span) -> bool:
    """Return whether both sides of a stretch are those of a company's name (木语马老板, 刚从木语出来)."""
    city = any(reading.normal.endswith(city, 0, span.start) for city in reading.cities)
    followed = any(person.kind != "role" and person.span.start == span.end for person in reading.people)
    return placed(reading.text, span) + followed + city >= 2


def _has_person_of(reading: Reading, directory: Directory, row: int) -> bool:
    return any(known.by not in ("role", "given") for known in known_people(reading, directory.rows[row]))


def _supported(row: int, reading: Reading, directory: Directory) -> bool:
    customer = directory.rows[row]
    return (
        row in reading.portfolio.rows
        or row in reading.named
        or customer.city in reading.cities
        or customer.owner in reading.colleagues
        or customer.customer_id in reading.plan
        or customer.customer_id in reading.drafted
        or row in reading.team
    )


def _likely(rows: Rows, reading: Reading, directory: Directory) -> Rows:
    if len(rows) <= _MOST_ROWS:
        return rows
    return tuple(sorted(rows, key=lambda row: not _supported(row, reading, directory))[:_MOST_ROWS])
