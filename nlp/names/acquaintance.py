"""Whom of a customer's contacts a note names: by full name, by its sound, by surname and title, by role."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from nlp.names.cues import beside_person
from nlp.names.everyday import COMMON, FUNCTION
from nlp.names.people import Person, is_usual, people_called
from nlp.names.reading import Reading
from nlp.names.sound import alike, folded, likeness, normal, plain
from nlp.names.surnames import COMPOUND, TITLE_FITS, TITLE_NEAR
from nlp.types import Contact, Customer, Span

By = Literal["name", "sound", "title", "nick", "given", "loose", "near", "surname", "role"]

#: What each way of knowing a person is worth as evidence for the customer.
WORTH: dict[By, float] = {
    "name": 6.0,
    "sound": 4.0,
    "title": 3.5,
    "nick": 2.8,
    "given": 2.0,
    "loose": 2.0,
    "near": 1.0,
    "surname": 1.0,
    "role": 0.6,
}
_SOUND = 0.8
_SAME_SOUND = 0.86
#: What people say of a role, and how directories write it.
_ROLE_WORDS = {
    "老总": "总经理",
    "老细": "老板",
    "主厨": "厨师长",
    "大厨": "厨师长",
    "品质经理": "质量经理",
    "运营经理": "营运经理",
}


@dataclass(frozen=True, slots=True)
class Known:
    """A stretch of the note that means this contact; `person` is the mention where no full name stands."""

    contact: Contact
    span: Span
    by: By
    person: Person | None = None


def known_people(reading: Reading, customer: Customer) -> list[Known]:
    """Return the customer's contacts that the note names, in order of position, one a stretch."""
    found = list(_by_name(reading, customer))
    for person in (*reading.people, *_with_rare_surname(reading, customer)):
        if any(_overlaps(person.span, known.span) for known in found):
            continue
        match = identify(person, customer, voice=reading.voice)
        if match is not None:
            found.append(Known(match[0], person.span, match[1], person))
    if not found:
        halves = list(_by_half_a_name(reading, customer))
        found = [half for half in halves if sum(other.span == half.span for other in halves) == 1]
    return sorted(found, key=lambda known: known.span)


def identify(person: Person, customer: Customer, *, voice: bool) -> tuple[Contact, By] | None:
    """Return the one contact that a mention means at this customer, or None where none or several fit."""
    if person.kind == "role":
        fitting = _in_role(person.title, customer)
        return (fitting[0], "role") if len(fitting) == 1 else None
    if person.kind == "full":
        return _misheard(person.text, customer)
    if not person.surname:
        return _by_given_name(person, customer) or (_by_sound_of_surname(person, customer) if voice else None)
    same = [contact for contact in customer.contacts if _surname(contact) == person.surname]
    if not same and voice:
        return _misheard_surname(person, customer)
    return _of_surname(person, same)


def title_fits(title: str, contact: Contact) -> bool:
    """Return whether a said title (总, 工, 经理) may be said to a contact with the directory's title."""
    wanted = TITLE_FITS.get(title, ())
    if not wanted or not contact.title:
        return not wanted or not contact.title
    return any(word in contact.title for word in wanted)


def _of_surname(person: Person, same: list[Contact]) -> tuple[Contact, By] | None:
    if not same:
        return None
    if person.kind == "nick" or not TITLE_FITS.get(person.title, ()):
        return (same[0], "nick") if len(same) == 1 else None
    fitting = _fitting(person.title, same)
    if len(fitting) == 1:
        return fitting[0], "title" if _plainly(person.title, fitting[0]) or person.title != "经理" else "loose"
    if len(same) != 1:
        return None
    return same[0], "near" if any(word in same[0].title for word in TITLE_NEAR.get(person.title, ())) else "surname"


def _by_given_name(person: Person, customer: Customer) -> tuple[Contact, By] | None:
    """强哥 is the one whose given name ends so."""
    same = [contact for contact in customer.contacts if person.given and contact.name[-1:] == person.given]
    return (same[0], "given") if len(same) == 1 else None


def _by_sound_of_surname(person: Person, customer: Customer) -> tuple[Contact, By] | None:
    """钉姐, in speech, is the one whose surname sounds so: 丁."""
    same = [contact for contact in customer.contacts if plain(_surname(contact)) == plain(person.given)]
    return (same[0], "near") if person.given and len(same) == 1 else None


def _fitting(title: str, contacts: list[Contact]) -> list[Contact]:
    fitting = [contact for contact in contacts if title_fits(title, contact)]
    if len(fitting) > 1:
        exact = [contact for contact in fitting if _plainly(title, contact)]
        return exact if len(exact) == 1 else fitting
    return fitting


def _plainly(title: str, contact: Contact) -> bool:
    """王经理 is rather the 采购经理 than the 总经理; 王总 rather the 总经理 than the 总监."""
    if title == "总":
        return any(word in contact.title for word in ("总经理", "CEO", "老板", "董事长", "副总"))
    return title in contact.title and not (title == "经理" and "总经理" in contact.title)


def _misheard_surname(person: Person, customer: Customer) -> tuple[Contact, By] | None:
    close = [contact for contact in customer.contacts if likeness(person.surname[:1], _surname(contact)[:1]) >= _SOUND]
    fitting = [contact for contact in close if person.kind == "nick" or title_fits(person.title, contact)]
    return (fitting[0], "surname") if len(fitting) == 1 else None


def _misheard(name: str, customer: Customer) -> tuple[Contact, By] | None:
    close = [contact for contact in customer.contacts if alike(name, contact.name) >= _SAME_SOUND]
    if any(contact.name == name for contact in close):
        close = [contact for contact in close if contact.name == name]
    if len(close) != 1:
        return None
    return close[0], "name" if close[0].name == name else "sound"


def _in_role(role: str, customer: Customer) -> list[Contact]:
    wanted = _ROLE_WORDS.get(role, role)
    same = [contact for contact in customer.contacts if contact.title.upper() == wanted.upper()]
    if same or len(wanted) < 2:
        return same
    fits = (
        TITLE_FITS.get(wanted, (wanted,)) if wanted in ("店长", "老板", "老板娘", "会计", "采购", "财务") else (wanted,)
    )
    return [contact for contact in customer.contacts if any(word in contact.title for word in fits[:2])]


def _by_name(reading: Reading, customer: Customer) -> Iterator[Known]:
    for contact in customer.contacts:
        name = normal(contact.name)
        if len(name) < 2:
            continue
        span = _standing_alone(reading, name)
        if span is not None:
            yield Known(contact, span, "name")
            continue
        span = _heard(reading, contact)
        if span is not None:
            yield Known(contact, span, "sound")


def _by_half_a_name(reading: Reading, customer: Customer) -> Iterator[Known]:
    """Persons of whom only the given name (思远) or, in speech, the sound of 萧姐 or 付哥 stands in the note."""
    for contact in customer.contacts:
        given = contact.name[len(_surname(contact)) :]
        start = reading.normal.find(given) if len(given) > 1 else -1
        if start >= 0 and beside_person(reading.text, Span(start, start + len(given))):
            yield Known(contact, Span(start, start + len(given)), "given")
        elif reading.voice and (span := _heard_title(reading, contact)):
            yield Known(contact, span, "near")


def _heard_title(reading: Reading, contact: Contact) -> Span | None:
    """Where something sounds like the surname with 姐, 哥, 总 or 工, and is neither an everyday word nor a person."""
    surname = _surname(contact)
    for title in ("姐", "哥", "总", "工"):
        start = reading.plain.find(plain(surname + title)) if title in "姐哥" or title_fits(title, contact) else -1
        span = Span(start, start + len(surname) + 1)
        everyday = reading.normal[span.end - 1 : span.end] in FUNCTION or any(
            reading.normal[at : at + 2] in COMMON for at in range(max(0, span.start - 1), span.end)
        )
        if start >= 0 and not everyday and not any(_overlaps(span, person.span) for person in reading.people):
            return span
    return None


def _standing_alone(reading: Reading, name: str) -> Span | None:
    """Where a full name stands. One of two characters also occurs inside words (气孔超标): there its sides must fit."""
    start = reading.normal.find(name)
    while start >= 0:
        span = Span(start, start + len(name))
        if len(name) > 2 or beside_person(reading.text, span):
            return span
        start = reading.normal.find(name, start + 1)
    return None


def _with_rare_surname(reading: Reading, customer: Customer) -> Iterator[Person]:
    """Persons whose surname only the directory makes one: 应总, 望总, 普经理."""
    for surname in {_surname(contact) for contact in customer.contacts}:
        if not is_usual(surname):
            yield from people_called(reading.text, surname)


def _heard(reading: Reading, contact: Contact) -> Span | None:
    sound = folded(contact.name)
    for text in (reading.folded, reading.second):
        start = text.find(sound)
        while start >= 0:
            said = reading.normal[start : start + len(sound)]
            if _sounds_like(said, contact.name):
                return Span(start, start + len(sound))
            start = text.find(sound, start + 1)
    return None


def _sounds_like(said: str, name: str) -> bool:
    """Two syllables sound alike too easily: there one character must be the same."""
    shared = sum(ours == theirs for ours, theirs in zip(said, name, strict=True))
    return shared >= 1 if len(name) == 2 else alike(said, name) >= _SAME_SOUND or shared >= 1


def _surname(contact: Contact) -> str:
    return contact.name[:2] if contact.name[:2] in COMPOUND else contact.name[:1]


def _overlaps(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end
