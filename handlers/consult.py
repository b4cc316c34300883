"""What a proposer may be asked about a message: only visit notes, and only what is needed to read them.

Reads and writes nothing: the caller opens a unit of work for the question, closes it, and asks without one.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import col

import nlp
from handlers.know import Person, World, person_of, reach
from handlers.messages import InboundText
from handlers.ports import Ask, Candidate
from handlers.understand import READ_LIMIT, Turn, build_context
from nlp import types as nt
from nlp.forwarded import read_forwarded
from nlp.proposal import shortlist
from storage import UnitOfWork
from storage import tables as t


async def ask_about_text(inbound: InboundText, *, uow: UnitOfWork, world: World, now: datetime) -> Ask | None:
    """Return the question about a typed message, None where it is no note, taken in before, or from a stranger.

    A pasted chat holds other people's words and is never asked about.
    """
    person = await person_of(uow, inbound.channel, inbound.sender_id)
    seen = sa.select(col(t.Capture.id)).where(col(t.Capture.source_id) == inbound.source_id)
    if person is None or await uow.first(seen) is not None:
        return None
    if read_forwarded(inbound.text, inbound.sent_at, person.name) is not None:
        return None
    capture = t.Capture(
        source_id=inbound.source_id,
        kind="text",
        person_id=person.id,
        channel=inbound.channel,
        captured_at=inbound.sent_at,
        received_at=now,
    )
    return await _ask(capture, person, inbound.text, uow=uow, world=world, now=now)


async def ask_about_voice(
    capture: t.Capture, words: str, *, uow: UnitOfWork, world: World, now: datetime
) -> Ask | None:
    """Return the question about a transcript, None where it is no note or was drafted before."""
    person = await reach(uow, capture.person_id)
    if person is None or capture.state in ("read", "failed"):
        return None
    return await _ask(capture, person, words, uow=uow, world=world, now=now)


async def _ask(
    capture: t.Capture, person: Person, words: str, *, uow: UnitOfWork, world: World, now: datetime
) -> Ask | None:
    if not words.strip():
        return None
    context = await build_context(Turn(person, capture, words, now), uow=uow, world=world)
    reading = nlp.read_reply(words.strip()[:READ_LIMIT], context)
    if not isinstance(reading, nt.VisitNote) or not reading.extraction.is_note:
        return None
    note = nt.Note(words[:READ_LIMIT], capture.captured_at, person.id)
    likely = shortlist(note, context.directory, reading.extraction, context)
    return Ask(
        text=note.text,
        said_at=note.sent_at,
        candidates=tuple(_candidate(customer) for customer in likely),
        stages=tuple(rule.name for rule in context.playbook.stages),
        tags=tuple(rule.key for rule in context.playbook.tags),
    )


def _candidate(customer: nt.Customer) -> Candidate:
    people = tuple((contact.name, contact.title) for contact in customer.contacts)
    return Candidate(customer.customer_id, customer.name, customer.aliases, people)
