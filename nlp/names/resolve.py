"""The two resolvers of a note, joint and apart."""

from __future__ import annotations

from dataclasses import replace

from nlp.names.contact import decide_contact
from nlp.names.customer import decide
from nlp.names.directory import Directory
from nlp.names.people import find_people
from nlp.names.reading import Reading, masked, outsiders, read
from nlp.types import Context, CustomerRef, Guess, Note, Span


def resolve(note: Note, directory: Directory, context: Context | None = None) -> tuple[Guess, Guess]:
    """Return the customer and the contact of a note; each is weighed in the light of the other."""
    reading = read(note, directory, context)
    decision = decide(reading, directory)
    customer = decision.guess
    return customer, decide_contact(
        _without_company(reading, directory, decision.company), directory, customer.value, decision.company
    )


def _without_company(reading: Reading, directory: Directory, company: Span | None) -> Reading:
    """Read the persons again with the company's name blotted out."""
    if company is None:
        return reading
    people = find_people(masked(reading.text, [company]))
    return replace(reading, people=outsiders(people, directory, reading.rep))


def resolve_customer(note: Note, directory: Directory, *, context: Context | None = None) -> Guess:
    """Return the customer visited or called on: an id, a `NewCustomer`, or None with those to choose from."""
    return decide(read(note, directory, context), directory).guess


def resolve_contact(note: Note, directory: Directory, customer: CustomerRef | None) -> Guess:
    """Return the person dealt with on this visit, given the customer."""
    return decide_contact(read(note, directory, None), directory, customer, None)
