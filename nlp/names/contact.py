"""Decides who was met: the directory's name where it resolves, else as said, or nobody."""

from __future__ import annotations

from dataclasses import dataclass, replace

from nlp.names.acquaintance import Known, known_people, title_fits
from nlp.names.cues import absent, met
from nlp.names.directory import Directory
from nlp.names.heard import heard_away, heard_contacts, heard_strangers
from nlp.names.people import Person
from nlp.names.reading import Reading
from nlp.types import Customer, CustomerRef, Guess, NewCustomer, Span

_FIRST, _ROLE, _SPEAKER, _KNOWN, _BESIDE_COMPANY = 1.2, -1.5, 2.5, 0.8, 0.8
#: At or below this the words say that the person was not met; of those said to be absent nothing else counts.
_JOINED = 1.5
_NOT_MET, _ABSENT = -1.5, -5.0
_ALTERNATIVES = 3
_SURE = {
    "name": 0.97,
    "sound": 0.9,
    "title": 0.95,
    "nick": 0.93,
    "given": 0.75,
    "loose": 0.84,
    "near": 0.8,
    "surname": 0.6,
    "role": 0.82,
}
#: How sure a person as said is, by what is known of the customer.
_SURE_OF_STRANGER = {"new": 0.9, "known": 0.87, "none": 0.8}
#: In speech a surname is easily misheard: so sure where no customer is known, or a contact there has such a title;
#: and so sure of a contact that only nearly sounds so, at another's customer.
_HEARD = 0.7


@dataclass(frozen=True, slots=True)
class Met:
    """A person of the note as an answer: the name to give, and how much shows that they were met."""

    name: str | None
    span: Span
    weight: float
    sure: float
    reason: str
    role: bool = False
    #: Contacts that may have been meant, where the surname was perhaps misheard.
    instead: tuple[str, ...] = ()


def decide_contact(reading: Reading, directory: Directory, customer: CustomerRef | None, beside: Span | None) -> Guess:
    """Return the person dealt with on this visit. `beside` is where the company stands in the note."""
    row = directory.customers.get(customer) if isinstance(customer, str) else None
    stranger = _SURE_OF_STRANGER["new" if isinstance(customer, NewCustomer) else "known" if row else "none"]
    if reading.voice and stranger == _SURE_OF_STRANGER["none"]:
        stranger = _HEARD
    people = _all_met(reading, row, beside, stranger)
    if not people:
        return Guess(reason="没有提到联系人")
    ranked = sorted(people, key=lambda person: (-person.weight, person.span))
    best = ranked[0]
    names = (*(other.name for other in ranked[1:]), *best.instead)
    others = tuple(dict.fromkeys(name for name in names if name and name != best.name))
    if best.name is None:
        return Guess(None, 0.6, best.span, others[:_ALTERNATIVES], best.reason)
    if best.weight <= _NOT_MET:
        return Guess(None, 0.7, None, _names(ranked), "没有见到提到的人")
    lead = best.weight - max((other.weight for other in ranked[1:] if other.name != best.name), default=-9.0)
    confidence = best.sure * (1.0 if lead >= 1.5 else 0.9 if lead >= 0.7 else 0.75)
    return Guess(best.name, round(confidence, 3), best.span, others[:_ALTERNATIVES], best.reason, "said", "value")


def _names(ranked: list[Met]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(person.name for person in ranked if person.name))[:_ALTERNATIVES]


def _all_met(reading: Reading, customer: Customer | None, beside: Span | None, stranger: float) -> list[Met]:
    known = known_people(reading, customer) if customer else []
    reading = _with_heard(reading, known, customer, beside)
    spans = [item.span for item in known]
    ours = customer is not None and _is_ours(reading, customer)
    people = [_known(reading, item, beside, ours=ours) for item in known]
    people += [
        _as_said(reading, person, beside, stranger, _with_such_title(reading, person, customer))
        for person in reading.people
        if person.span not in spans
        and not any(_overlaps(person.span, span) for span in spans)
        and not (beside and _overlaps(person.span, beside))
    ]
    return _first_first(_joined(reading.text, people))


def _with_heard(reading: Reading, known: list[Known], customer: Customer | None, beside: Span | None) -> Reading:
    """In speech that names nobody: add to `known` the contact that can be heard, else to the people a new one."""
    if not reading.voice or any(item.by != "role" for item in known):
        return reading
    heard = heard_contacts(reading, customer, beside) if customer else []
    known += heard
    if heard or any(person.kind != "role" for person in reading.people):
        return reading
    return replace(reading, people=(*reading.people, *heard_strangers(reading)))


def _joined(text: str, people: list[Met]) -> list[Met]:
    """和 between two persons only joins them (王建国和李敏都在): it shows nothing more of the second."""
    ends = {person.span.end for person in people if not person.role}
    return [
        replace(person, weight=person.weight - _JOINED)
        if person.span.start - 1 in ends and text[person.span.start - 1] in "和跟与同"
        else person
        for person in people
    ]


def _first_first(people: list[Met]) -> list[Met]:
    named = [person for person in people if not person.role and person.weight > _ABSENT]
    if not named:
        return people
    first = min(person.span for person in named)
    return [replace(person, weight=person.weight + _FIRST) if person.span == first else person for person in people]


def _is_ours(reading: Reading, customer: Customer) -> bool:
    """Whether anything but the words makes it likely that this rep was at the customer."""
    own = any(customer.customer_id == known for known in (*reading.plan, *reading.drafted))
    return own or customer.owner in (reading.rep, *reading.colleagues) or reading.near(customer)


def _with_such_title(reading: Reading, person: Person, customer: Customer | None) -> tuple[str, ...]:
    """Return the contacts that a stranger by surname and title may be, were the surname misheard."""
    if not reading.voice or customer is None or person.kind != "title":
        return ()
    return tuple(contact.name for contact in customer.contacts if title_fits(person.title, contact))


def _known(reading: Reading, item: Known, beside: Span | None, *, ours: bool) -> Met:
    weight = _weight(reading, item.span, beside)
    weight += _KNOWN if weight > _ABSENT else 0.0
    if any(person.speaker and person.span == item.span for person in reading.people):
        weight += _SPEAKER
    role = item.by == "role"
    said = reading.text[item.span.start : item.span.end]
    reason = f"“{said}”是{item.contact.name}" + (f"（{item.contact.title}）" if item.contact.title else "")
    weight += _ROLE if role else 0.0
    name: str | None = item.contact.name
    if item.by == "surname" and item.person is not None and item.contact.name[:1] == item.person.surname:
        name, reason = said, f"“{said}”与档案里的职务不符"
    sure = _HEARD if item.by == "near" and reading.voice and not ours else _SURE[item.by]
    return Met(name, item.span, weight, sure, reason, role)


def _as_said(reading: Reading, person: Person, beside: Span | None, sure: float, instead: tuple[str, ...]) -> Met:
    weight = _weight(reading, person.span, beside)
    if person.kind == "role":
        return Met(None, person.span, weight + _ROLE, 0.6, f"只说了“{person.text}”，没说是谁", True)
    weight += _SPEAKER if person.speaker else 0.0
    sure = min(sure, _HEARD) if instead else sure
    return Met(person.text, person.span, weight, sure, f"原话“{person.text}”", instead=instead)


def _weight(reading: Reading, span: Span, beside: Span | None) -> float:
    if absent(reading.text, span) or (reading.voice and heard_away(reading, span)):
        return _ABSENT
    weight = met(reading.text, span)
    if beside is not None and 0 <= span.start - beside.end <= 2:
        weight += _BESIDE_COMPANY
    return weight


def _overlaps(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end
