"""The customer directory with the indexes that name matching needs, built once per version of the directory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from nlp.names.forms import spoken_forms
from nlp.names.phrasebook import Phrasebook
from nlp.names.sound import folded, folded_variants, normal
from nlp.types import Contact, Customer, Rep, Span

#: Longest form that is looked for in running text, in characters.
LONGEST = 8
_SHORTEST = 2

#: Positions in the directory.
Rows = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Portfolio:
    """What one rep answers for: the rows, and where each syllable and each person of them is found."""

    rows: frozenset[int]
    #: Short forms and longer aliases, with the rows called so.
    by_form: Mapping[str, Rows]
    by_syllable: Mapping[str, tuple[tuple[str, int], ...]]
    by_person_sound: Mapping[str, tuple[tuple[int, Contact], ...]]
    by_surname: Mapping[str, tuple[tuple[int, Contact], ...]]
    person_book: Phrasebook
    #: Sound of a name of three and more characters said short or with one syllable lost, with the forms it may mean.
    by_clipping: Mapping[str, tuple[str, ...]]
    clipping_book: Phrasebook

    def heard_people(self, sound: str) -> frozenset[int]:
        """Return the rows with a contact whose full name sounds like a stretch of a folded sound."""
        return frozenset(
            row
            for start, end in self.person_book.stretches(sound)
            for row, _ in self.by_person_sound.get(sound[start:end], ())
        )


class Directory:
    """Customers and reps, found by the characters and by the sound of what people call them.

    Building takes about 20 µs a customer. Nothing in it changes afterwards but caches that do not show.
    """

    def __init__(self, customers: Sequence[Customer], reps: Sequence[Rep] = ()) -> None:
        self.rows: tuple[Customer, ...] = tuple(customers)
        self.customers: Mapping[str, Customer] = {customer.customer_id: customer for customer in self.rows}
        self.reps: Mapping[str, Rep] = {rep.userid: rep for rep in reps}
        self._row_of = {customer.customer_id: row for row, customer in enumerate(self.rows)}
        self._by_form = _grouped((form, row) for row, form in self._forms())
        self._by_sound = _grouped_forms(self._by_form)
        self._by_person = _grouped(
            (contact.name, row) for row, customer in enumerate(self.rows) for contact in customer.contacts
        )
        self._form_book = Phrasebook(self._by_form)
        self._sound_book = Phrasebook(self._by_sound)
        self._person_book = Phrasebook(name for name in self._by_person if len(name) >= _SHORTEST)
        self._portfolios: dict[str, Portfolio] = {}

    def row_of(self, customer_id: str) -> int | None:
        """Return the row of an id, or None where the directory has none."""
        return self._row_of.get(customer_id)

    def forms_in(self, text: str) -> list[tuple[Span, Rows]]:
        """Return all stretches of a normalised text that are forms of names, with the rows that have them."""
        return [
            (Span(start, end), rows)
            for start, end in self._form_book.stretches(text)
            if (rows := self._by_form.get(text[start:end]))
        ]

    def sounds_in(self, sound: str) -> list[tuple[Span, tuple[str, ...]]]:
        """Return all stretches of a folded sound that sound like forms of names, with those forms."""
        return [
            (Span(start, end), forms)
            for start, end in self._sound_book.stretches(sound)
            if (forms := self._by_sound.get(sound[start:end]))
        ]

    def people_in(self, text: str) -> list[tuple[str, Rows]]:
        """Return the full names of contacts in a text, with the rows that have them."""
        return [
            (text[start:end], rows)
            for start, end in self._person_book.stretches(text)
            if (rows := self._by_person.get(text[start:end]))
        ]

    def rows_called(self, form: str) -> Rows:
        """Return the rows that have this very form (normalised characters)."""
        return self._by_form.get(form, ())

    def rows_near(self, sound: str) -> Rows:
        """Return the rows with a form that shares a syllable in place with a sound: slow, for short typed names."""
        found: dict[int, None] = {}
        for known, forms in self._by_sound.items():
            if len(known) == len(sound) and any(ours == theirs for ours, theirs in zip(known, sound, strict=True)):
                found.update(dict.fromkeys(row for form in forms for row in self._by_form[form]))
        return tuple(found)

    def portfolio(self, rep: str) -> Portfolio:
        """Return the index of the customers that a rep owns (empty for a stranger)."""
        if rep not in self._portfolios:
            rows = self._rows_by_owner.get(rep, ())
            self._portfolios[rep] = self._index(rows)
        return self._portfolios[rep]

    def team_rows(self, rep: str) -> frozenset[int]:
        """Return the rows owned by the team of a supervisor, or by anybody for a director; empty for a rep."""
        leader = self.reps.get(rep)
        if leader is None or leader.role == "rep":
            return frozenset()
        team = [
            other.userid for other in self.reps.values() if leader.role != "supervisor" or other.team == leader.team
        ]
        return frozenset(row for userid in team for row in self._rows_by_owner.get(userid, ()))

    @cached_property
    def cities(self) -> frozenset[str]:
        """All cities of the directory."""
        return frozenset(customer.city for customer in self.rows if len(customer.city) >= _SHORTEST)

    @cached_property
    def rep_names(self) -> Mapping[str, str]:
        """User ids by full name."""
        return {rep.name: rep.userid for rep in self.reps.values()}

    @cached_property
    def _rows_by_owner(self) -> Mapping[str, Rows]:
        return _grouped((customer.owner, row) for row, customer in enumerate(self.rows) if customer.owner)

    def _forms(self) -> Iterable[tuple[int, str]]:
        for row, customer in enumerate(self.rows):
            for form in spoken_forms(customer):
                if _SHORTEST <= len(form) <= LONGEST:
                    yield row, normal(form)

    def _index(self, rows: Rows) -> Portfolio:
        forms = _grouped((form, row) for row in rows for form in _said_forms(self.rows[row]))
        syllables: dict[str, list[tuple[str, int]]] = {}
        for form in forms:
            for offset, syllable in enumerate(folded(form)):
                syllables.setdefault(syllable, []).append((form, offset))
        people: dict[str, list[tuple[int, Contact]]] = {}
        surnames: dict[str, list[tuple[int, Contact]]] = {}
        for row in rows:
            for contact in self.rows[row].contacts:
                people.setdefault(folded(contact.name), []).append((row, contact))
                surnames.setdefault(contact.name[:1], []).append((row, contact))
        return Portfolio(
            frozenset(rows),
            forms,
            {key: tuple(dict.fromkeys(values)) for key, values in syllables.items()},
            {key: tuple(values) for key, values in people.items()},
            {key: tuple(values) for key, values in surnames.items()},
            Phrasebook(name for name in people if len(name) > _SHORTEST),
            clipped := _by_clipping(forms),
            Phrasebook(clipped),
        )


def _said_forms(customer: Customer) -> tuple[str, ...]:
    """What a customer is called, short and long, as far as it can be looked for in running text."""
    forms = (*spoken_forms(customer), *(alias for alias in customer.aliases if len(alias) > _SHORTEST + 1))
    return tuple(dict.fromkeys(normal(form) for form in forms if _SHORTEST <= len(form) <= LONGEST))


def _by_clipping(forms: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Group forms by what is left of their sound without one syllable, or by their first two alone."""
    found: dict[str, tuple[str, ...]] = {}
    for form in forms:
        if len(form) > _SHORTEST and not form.isascii():
            sound = folded(form)
            for left in dict.fromkeys((sound[:_SHORTEST], *(sound[:at] + sound[at + 1 :] for at in range(len(sound))))):
                found[left] = (*found.get(left, ()), form)
    return found


def _grouped(pairs: Iterable[tuple[str, int]]) -> dict[str, Rows]:
    """Group rows by key; keys of one row, by far the most, take one small tuple."""
    found: dict[str, Rows] = {}
    for key, row in pairs:
        known = found.get(key)
        if known is None:
            found[key] = (row,)
        elif row not in known[-1:]:
            found[key] = (*known, row)
    return found


def _grouped_forms(by_form: Mapping[str, Rows]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for form in by_form:
        for sound in folded_variants(form):
            found[sound] = (*found.get(sound, ()), form)
    return found
