"""The two resolvers of a note, joint and apart."""

from __future__ import annotations

from dataclasses import replace

from nlp.names.contact import decide_contact
from nlp.names.customer import decide
from nlp.names.directory import Directory
from nlp.names.othernames import by_other_name
from nlp.names.people import find_people
from nlp.names.reading import Reading, masked, outsiders, read
from nlp.types import Context, Customer, CustomerRef, Guess, Note, Span


def resolve(note: Note, directory: Directory, context: Context | None = None) -> tuple[Guess, Guess]:
    """Return the customer and the contact of a note; each is weighed in the light of the other."""
    reading = read(note, directory, context)
    decision = decide(reading, directory)
    customer = decision.guess
    contact = decide_contact(
        _without_company(reading, directory, decision.company), directory, customer.value, decision.company
    )
    contact = by_other_name(contact, note.text, _row(directory, customer.value))
    return customer, _no_surer(contact, customer, note)


def _without_company(reading: Reading, directory: Directory, company: Span | None) -> Reading:
    """Read the persons again with the company's name blotted out."""
    if company is None:
        return reading
    people = find_people(masked(reading.text, [company]))
    return replace(reading, people=outsiders(people, directory, reading.rep))


def _no_surer(contact: Guess, customer: Guess, note: Note) -> Guess:
    """A name taken from the directory of a doubtful customer is as doubtful."""
    if isinstance(customer.value, str) and isinstance(contact.value, str) and contact.value not in note.text:
        return replace(contact, confidence=min(contact.confidence, customer.confidence))
    return contact


def resolve_customer(note: Note, directory: Directory, *, context: Context | None = None) -> Guess:
    """Return the customer visited or called on: an id, a `NewCustomer`, or None with those to choose from."""
    return decide(read(note, directory, context), directory).guess


def resolve_contact(note: Note, directory: Directory, customer: CustomerRef | None) -> Guess:
    """Return the person dealt with on this visit, given the customer."""
    guess = decide_contact(read(note, directory, None), directory, customer, None)
    return by_other_name(guess, note.text, _row(directory, customer))


def _row(directory: Directory, customer: CustomerRef | None) -> Customer | None:
    return directory.customers.get(customer) if isinstance(customer, str) else None
