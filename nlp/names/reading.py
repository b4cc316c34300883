"""A note read once: its characters, its sounds, the persons, places and colleagues in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import cos, hypot, inf, radians

from nlp.names.directory import Directory, Portfolio, Rows
from nlp.names.people import Person, find_people
from nlp.names.places import CITIES
from nlp.names.sound import folded, folded_second, normal, plain
from nlp.types import Context, Customer, Note, Span

#: Text beyond this many characters is not read: no rep dictates that long.
READ_AT_MOST = 2000
#: Stands for a character of a company's name; it is in no name and ends none.
_BLOT = "□"
_SHORT = 2
#: A rep within so many kilometres may be at the customer's.
NEAR_KM = 1.0
_KM_PER_DEGREE = 111.2
_GAP = re.compile("(?<=[a-z0-9\u4e00-\u9fff])[ .-](?=[a-z0-9\u4e00-\u9fff])")
_CITY = re.compile("|".join(sorted(CITIES, key=len, reverse=True)))


@dataclass(frozen=True, slots=True)
class Reading:
    """What the resolvers need to know of one note."""

    text: str
    normal: str
    plain: str
    folded: str
    second: str
    voice: bool
    rep: str
    people: tuple[Person, ...]
    #: The stretches that are, letter by letter, forms of names, with the rows that have them.
    called: tuple[tuple[Span, Rows], ...]
    #: Positions of spaces and hyphens inside the text, which may stand in a name (华 锐, T-C-L).
    gaps: frozenset[int]
    #: City → position of its first mention.
    cities: Mapping[str, int]
    #: User ids of other reps named in the note (替刘洋跑的).
    colleagues: frozenset[str]
    #: Row → full name of a contact whose very characters stand in the note.
    named: Mapping[int, str]
    portfolio: Portfolio
    team: frozenset[int]
    plan: frozenset[str]
    drafted: tuple[str, ...]
    position: tuple[float, float] | None

    def near(self, customer: Customer) -> bool:
        """Return whether the rep's position lies within a kilometre of the customer."""
        return self.position is not None and kilometres(self.position, customer) <= NEAR_KM


def kilometres(position: tuple[float, float], customer: Customer) -> float:
    """Return how far a customer is from a position in WGS-84 degrees; without end where its place is not known."""
    if customer.lat is None or customer.lon is None:
        return inf
    north = (customer.lat - position[0]) * _KM_PER_DEGREE
    east = (customer.lon - position[1]) * _KM_PER_DEGREE * cos(radians(customer.lat))
    return hypot(north, east)


def read(note: Note, directory: Directory, context: Context | None) -> Reading:
    """Read a note for names."""
    text = note.text[:READ_AT_MOST]
    lowered = normal(text)
    called = tuple(directory.forms_in(lowered))
    own = directory.portfolio(note.rep)
    return Reading(
        text=text,
        normal=lowered,
        plain=plain(text),
        folded=folded(text),
        second=folded_second(text),
        voice=note.channel == "voice",
        rep=note.rep,
        people=outsiders(find_people(masked(text, _surely_companies(called, own.rows))), directory, note.rep),
        called=called,
        gaps=frozenset(match.start() for match in _GAP.finditer(lowered)),
        cities=_cities(lowered, directory),
        colleagues=frozenset(
            userid for name, userid in directory.rep_names.items() if userid != note.rep and name in text
        ),
        named=_named(lowered, directory),
        portfolio=own,
        team=directory.team_rows(note.rep),
        plan=frozenset(context.plan) if context else frozenset(),
        drafted=_drafted(context),
        position=context.position if context else None,
    )


def outsiders(people: tuple[Person, ...], directory: Directory, rep: str) -> tuple[Person, ...]:
    """Drop our own people: reps by name, and the rep addressed by a customer (陈经理，领导说…; 小潘，你们…)."""
    own = directory.reps.get(rep)
    surname = own.name[:1] if own else ""
    return tuple(
        person
        for person in people
        if person.text not in directory.rep_names and not (person.addressed and person.surname == surname)
    )


def masked(text: str, spans: Iterable[Span]) -> str:
    """Return the text with stretches blotted out, so that no person is read into a company's name (老西关店长)."""
    for start, end in spans:
        text = text[:start] + _BLOT * (end - start) + text[end:]
    return text


def _surely_companies(called: Iterable[tuple[Span, Rows]], own: frozenset[int]) -> list[Span]:
    """What can hardly be anything but a company's name: three characters of one, or two of the rep's own."""
    return [span for span, rows in called if span.end - span.start > _SHORT or not own.isdisjoint(rows)]


def _cities(text: str, directory: Directory) -> dict[str, int]:
    found: dict[str, int] = {}
    for match in _CITY.finditer(text):
        found.setdefault(match.group(), match.start())
    for city in directory.cities - CITIES:
        if (start := text.find(city)) >= 0:
            found.setdefault(city, start)
    return found


def _named(text: str, directory: Directory) -> dict[int, str]:
    found: dict[int, str] = {}
    for name, rows in directory.people_in(text):
        for row in rows:
            if len(name) > len(found.get(row, "")):
                found[row] = name
    return found


def _drafted(context: Context | None) -> tuple[str, ...]:
    if context is None:
        return ()
    return tuple(draft.customer for draft in context.drafts if isinstance(draft.customer, str) and not draft.confirmed)
