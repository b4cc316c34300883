"""A contact's other names: what an administrator has taken from corrections as a way to name, or to mishear, them."""

from __future__ import annotations

from dataclasses import replace

from nlp.types import Contact, Customer, Guess, Span

_SURE = 0.93


def by_other_name(guess: Guess, text: str, customer: Customer | None) -> Guess:
    """Return the guess, or the contact whose other name stands where the guess was read from.

    Only the stretch that the guess has its evidence in counts, so that a person who was not met is not found by it.
    """
    if customer is None or guess.span is None:
        return guess
    for contact in customer.contacts:
        span = _where(contact, text, guess.span)
        if span is not None and contact.name != guess.value:
            return _renamed(guess, contact, span, text)
    return guess


def _where(contact: Contact, text: str, near: Span) -> Span | None:
    """Return the stretch of one of the contact's other names that covers the evidence."""
    for alias in contact.aliases:
        at = text.find(alias, max(0, near.end - len(alias)))
        if alias and 0 <= at <= near.start and near.end <= at + len(alias):
            return Span(at, at + len(alias))
    return None


def _renamed(guess: Guess, contact: Contact, span: Span, text: str) -> Guess:
    others = tuple(name for name in guess.alternatives if name != contact.name)
    return replace(
        guess,
        value=contact.name,
        confidence=max(guess.confidence, _SURE),
        span=span,
        alternatives=others,
        reason=f"“{text[span.start : span.end]}”是{contact.name}，管理员定的",
        known_by="said",
        shown="value",
    )
