"""Changing a visit's fields: by words, by a choice on the card, or on the page. Every change is an audit entry."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

import nlp
from handlers import field_values
from handlers.confirm_visit import undo
from handlers.know import Person, World
from handlers.learn_aliases import propose_aliases
from handlers.visit_view import words_of
from handlers.visits import fill_from_directory, playbook_for, set_field
from nlp import types as nt
from storage import UnitOfWork
from storage import tables as t


async def change_fields(
    uow: UnitOfWork,
    visit: t.Visit,
    changes: Mapping[str, Any],
    person: Person,
    *,
    via: str,
    world: World,
    now: datetime,
    said_at: datetime | None = None,
) -> None:
    """Set fields (stored values) of a visit; a confirmed visit becomes a draft again first. Version + 1.

    Idempotent by the caller's natural key (the inbound's source id or the form's version).
    """
    if visit.state == "confirmed":
        await undo(uow, visit, person, via=via, world=world, now=now)
    else:
        visit.version += 1
    for name, stored in changes.items():
        await set_field(uow, visit, name, stored, actor_id=person.id, via=via, now=now, said_at=said_at)
    if "customer" in changes:
        await follow_customer(uow, visit, person, world, keep=set(changes))
        await fill_from_directory(uow, visit)
    await propose_aliases(uow, visit, changes, world=world, now=now)
    uow.add(visit)
    await uow.flush()


async def follow_customer(uow: UnitOfWork, visit: t.Visit, person: Person, world: World, keep: set[str]) -> None:
    """With another customer the contact may be another person, and the playbook another one: read again."""
    visit.playbook = (await playbook_for(uow, world, person, visit.customer_id)).name
    contact = await uow.first(
        sa.select(t.FieldGuess).where(col(t.FieldGuess.visit_id) == visit.id, col(t.FieldGuess.field) == "contact")
    )
    if "contact" in keep or contact is None or contact.status == "corrected":
        return
    capture = await uow.get(t.Capture, contact.capture_id)
    customer = await uow.first(
        sa.select(col(t.FieldGuess.value)).where(
            col(t.FieldGuess.visit_id) == visit.id, col(t.FieldGuess.field) == "customer"
        )
    )
    if capture is None:
        return
    note = nt.Note(await words_of(uow, capture), capture.captured_at, person.id, _channel(capture))
    guess = nlp.resolve_contact(note, await world.directory(uow), field_values.to_value("customer", customer))
    contact.value = field_values.to_json(guess.value)
    contact.alternatives = [field_values.to_json(a) for a in guess.alternatives]
    contact.shown, contact.known_by, contact.confidence = guess.shown, guess.known_by, guess.confidence
    if contact.value is not None and contact.shown == "missing":
        contact.shown = "value" if guess.confidence >= 0.8 else "question"
    contact.span_start, contact.span_end = guess.span or (None, None)
    uow.add(contact)


def _channel(capture: t.Capture) -> nt.Channel:
    return "voice" if capture.kind == "voice" else "text"
