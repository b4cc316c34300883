"""Visits: which capture belongs to which, what a visit's five fields are now, and who may change them.

All functions work inside the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from handlers import field_values, texts
from handlers.know import Person, World
from handlers.learn_aliases import remember_correction
from handlers.playbooks import Playbook
from handlers.rules.visits import NewCapture, OpenVisit, find_visit
from handlers.visit_sheet import VisitSheet, field_of
from handlers.visit_view import words_of
from nlp import types as nt
from storage import UnitOfWork, audit
from storage import tables as t

UNDO_LIFE = timedelta(hours=24)

#: A person's drafts with what is said of their customers, for `find_visit`.
_DRAFTS = (
    sa.select(
        col(t.Visit.id),
        col(t.Visit.started_at),
        col(t.Visit.last_capture_at),
        col(t.FieldGuess.value),
        col(t.FieldGuess.shown),
    )
    .outerjoin(t.FieldGuess, sa.and_(col(t.FieldGuess.visit_id) == t.Visit.id, col(t.FieldGuess.field) == "customer"))
    .where(col(t.Visit.person_id) == sa.bindparam("person_id"), col(t.Visit.state) == "draft")
    .order_by(col(t.Visit.last_capture_at).desc(), col(t.Visit.id).desc())
    .limit(10)
)
_STAGE_OF, _PLAYBOOK_OF = (
    sa.select(column)
    .where(col(t.Opportunity.customer_id) == sa.bindparam("customer_id"), col(t.Opportunity.state) == "open")
    .limit(1)
    for column in (col(t.Opportunity.stage), col(t.Opportunity.playbook))
)


async def drafts(uow: UnitOfWork, person_id: str) -> list[t.Visit]:
    """Return a person's unconfirmed visits that hold a note, oldest first: the numbering of 草稿 and the evening."""
    noted = sa.exists().where(col(t.Capture.visit_id) == t.Visit.id, col(t.Capture.reading) == "note")
    return await uow.all(
        sa.select(t.Visit)
        .where(col(t.Visit.person_id) == person_id, col(t.Visit.state) == "draft", noted)
        .order_by(col(t.Visit.started_at), col(t.Visit.id))
    )


def customer_of(stored: Any) -> str | None:
    """Return the directory id of a stored customer value, None for a new or unknown one."""
    return stored if isinstance(stored, str) else None


def known_customer(extraction: nt.Extraction) -> str | None:
    """Return the directory id of the customer that a note names without doubt, or None."""
    customer = extraction.customer
    return customer_of(field_values.to_json(customer.value)) if customer.shown == "value" else None


async def visit_to_join(
    uow: UnitOfWork, person_id: str, customer: Any, captured_at: datetime, playbook: Playbook
) -> t.Visit | None:
    """Return the draft that a capture belongs to, by `rules.visits` (same rep, same or no customer, no long gap)."""
    open_ones = [
        OpenVisit(visit_id, person_id, _customer_key(value) if shown == "value" else None, started_at, last_capture_at)
        for visit_id, started_at, last_capture_at, value, shown in await uow.tuples(_DRAFTS, {"person_id": person_id})
    ]
    found = find_visit(open_ones, NewCapture(person_id, _customer_key(customer), captured_at), playbook)
    return await uow.need(t.Visit, found.visit_id) if found is not None else None


def _customer_key(stored: Any) -> str | None:
    return f"new:{stored['new']}" if isinstance(stored, dict) else stored


async def visit_for_evidence(uow: UnitOfWork, person_id: str, captured_at: datetime, gap: timedelta) -> t.Visit | None:
    """Return the visit that a photo, position or file belongs to: the newest within the gap, confirmed or not."""
    found: t.Visit | None = await uow.first(
        sa.select(t.Visit)
        .where(col(t.Visit.person_id) == person_id, col(t.Visit.state).in_(("draft", "confirmed")))
        .where(col(t.Visit.last_capture_at) >= captured_at - gap, col(t.Visit.started_at) <= captured_at + gap)
        .order_by(col(t.Visit.last_capture_at).desc(), col(t.Visit.id).desc())
    )
    return found


async def open_visit(uow: UnitOfWork, person: Person, capture: t.Capture, playbook: str) -> t.Visit:
    """Start a visit with its first capture, or return the one it has started; `attach` writes it.

    The natural key is the capture, so a second run finds the first's.
    """
    return await visit_born_of(uow, capture) or start_visit(person, capture, playbook)


async def visit_born_of(uow: UnitOfWork, capture: t.Capture) -> t.Visit | None:
    """Return the visit that this capture has started, or None. A capture in no visit has started none: a visit and
    its first capture's place in it are written together."""
    if capture.visit_id is None:
        return None
    found: t.Visit | None = await uow.first(sa.select(t.Visit).where(col(t.Visit.source_id) == capture.id))
    return found


def start_visit(person: Person, capture: t.Capture, playbook: str, customer_id: str | None = None) -> t.Visit:
    """Return a new visit, still to be attached to its first capture."""
    return t.Visit(
        id=t.new_id(),
        source_id=capture.id,
        person_id=person.id,
        customer_id=customer_id,
        playbook=playbook,
        started_at=capture.captured_at,
        last_capture_at=capture.captured_at,
        effects={},
    )


async def attach(uow: UnitOfWork, visit: t.Visit, capture: t.Capture) -> None:
    """Put a capture into a visit."""
    capture.visit_id = visit.id
    visit.last_capture_at = max(visit.last_capture_at, capture.captured_at)
    visit.started_at = min(visit.started_at, capture.captured_at)
    uow.add(capture, visit)
    await uow.flush()


def chain_of(visit: t.Visit) -> str:
    """Return the audit chain of a visit: its customer's, or the visit's own while it has none."""
    return f"customer:{visit.customer_id}" if visit.customer_id else f"visit:{visit.id}"


async def note_change(
    uow: UnitOfWork, visit: t.Visit, *, actor_id: str, via: str, field_name: str, before: Any, after: Any, now: datetime
) -> None:
    """Write one audit entry about a visit."""
    await audit.record(
        uow,
        chain=chain_of(visit),
        at=now,
        actor_id=actor_id,
        via=via,
        entity="visit",
        entity_id=visit.id,
        field=field_name,
        before=before,
        after=after,
    )


async def apply_extraction(
    uow: UnitOfWork,
    visit: t.Visit,
    sheet: VisitSheet,
    extraction: nt.Extraction,
    capture: t.Capture,
    *,
    actor_id: str,
    now: datetime,
) -> None:
    """Put what a note says into a visit's fields; what it does not say stays as it was. Version + 1 if it changes.

    New rows are left to `write_new`, so that what is filled in afterwards is written with them.
    """
    before, after = {}, {}
    for name in nt.FIELDS:
        guess, row = extraction.guess(name), sheet.fields.get(name)
        if row is not None and guess.shown == "missing":
            continue
        if row is not None and row.shown == "value" and row.known_by != "directory" and guess.shown != "value":
            continue  # a doubt never replaces what is known
        if row is not None and row.shown != "missing" and row.said_at and row.said_at > capture.captured_at:
            continue
        old = row.value if row is not None else None
        known, row = row, _filled(row, visit.id, name, guess, capture)
        if known is None:
            sheet.unwritten.append(row)
        else:
            uow.add(row)
        sheet.fields[name] = row
        if row.value != old:
            before[name], after[name] = old, row.value
    _propose_tags(visit.id, sheet, extraction.tags, capture.id)
    if extraction.customer.shown == "value":
        visit.customer_id = known_customer(extraction)
    if capture.id != visit.source_id or visit.version > 1:
        visit.version += 1
    uow.add(visit)
    await uow.flush()
    if after:
        await note_change(
            uow, visit, actor_id=actor_id, via=capture.source_id, field_name="*", before=before, after=after, now=now
        )


def _filled(row: t.FieldGuess | None, visit_id: str, name: str, guess: nt.Guess, capture: t.Capture) -> t.FieldGuess:
    """Return the field's row with what was guessed, a new row where there is none."""
    start, end = guess.span or (None, None)
    values = {
        "value": field_values.to_json(guess.value),
        "confidence": guess.confidence,
        "known_by": guess.known_by,
        "shown": guess.shown,
        "status": "proposed",
        "reason": guess.reason,
        "alternatives": [field_values.to_json(a) for a in guess.alternatives[:5]],
        "capture_id": capture.id,
        "span_start": start,
        "span_end": end,
        "said_at": capture.captured_at,
    }
    if row is None:
        return t.FieldGuess(id=t.new_id(), visit_id=visit_id, field=name, **values)
    for column, value in values.items():
        setattr(row, column, value)
    return row


async def fill_from_directory(uow: UnitOfWork, visit: t.Visit, sheet: VisitSheet | None = None) -> None:
    """Where the words say nothing of the stage, show the one that the directory knows, marked as such (档案).

    `sheet` are the visit's rows where the caller has them.
    """
    row = sheet.fields.get("stage") if sheet is not None else await field_of(uow, visit.id, "stage")
    if row is None or (row.shown != "missing" and row.known_by != "directory"):
        return
    known = None
    if visit.customer_id is not None:
        known = await uow.first(_STAGE_OF, {"customer_id": visit.customer_id})
    row.value, row.known_by = known, "directory" if known else "none"
    row.shown, row.confidence = ("value", 1.0) if known else ("missing", 0.0)
    row.reason = "档案里的阶段，这次没有说到" if known else ""
    if sheet is None or not sheet.is_new(row):
        uow.add(row)
        await uow.flush()


def _propose_tags(visit_id: str, sheet: VisitSheet, tags: Sequence[nt.TagGuess], capture_id: str) -> None:
    known = {tag.key for tag in sheet.tags}
    for tag in tags:
        if tag.key not in known:
            row = t.TagGuess(
                id=t.new_id(),
                visit_id=visit_id,
                key=tag.key,
                label=tag.label,
                word=tag.word,
                capture_id=capture_id,
                span_start=tag.span.start,
                span_end=tag.span.end,
            )
            sheet.unwritten.append(row)
            sheet.tags.append(row)
            known.add(tag.key)


async def set_field(
    uow: UnitOfWork,
    visit: t.Visit,
    name: str,
    stored: Any,
    *,
    actor_id: str,
    via: str,
    now: datetime,
    said_at: datetime | None = None,
    alternatives: Sequence[Any] = (),
) -> None:
    """Set one field to what a person said or chose (at `said_at`, by default now).

    Does not touch the version; callers decide on that.
    """
    row = await field_of(uow, visit.id, name) or t.FieldGuess(visit_id=visit.id, field=name)
    before = row.value
    if name in ("customer", "contact"):
        note = await _note_of(uow, row)
        await remember_correction(uow, visit, row, stored, note, person_id=actor_id, now=now)
    row.value = stored
    row.confidence = 1.0
    row.known_by = "said" if stored is not None else "none"
    row.shown = "value" if stored is not None else "missing"
    row.status = "corrected"
    row.reason = "本人改的"
    row.alternatives = list(alternatives)
    row.span_start = row.span_end = None
    row.said_at = said_at or now
    uow.add(row)
    if name == "customer":
        visit.customer_id = customer_of(stored)
        uow.add(visit)
    await uow.flush()
    await note_change(uow, visit, actor_id=actor_id, via=via, field_name=name, before=before, after=stored, now=now)


async def _note_of(uow: UnitOfWork, row: t.FieldGuess) -> str:
    """Return the words that a field was read from."""
    capture = await uow.get(t.Capture, row.capture_id) if row.capture_id else None
    return await words_of(uow, capture) if capture is not None else ""


def shanghai_day(at: datetime) -> date:
    """Return the Asia/Shanghai day of an instant."""
    return at.astimezone(texts.SHANGHAI).date()


async def playbook_for(uow: UnitOfWork, world: World, person: Person, customer_id: str | None) -> Playbook:
    """Return the playbook of a customer's open opportunity, else the rep's, else the company's."""
    name = ""
    if customer_id is not None:
        name = await uow.first(_PLAYBOOK_OF, {"customer_id": customer_id}) or ""
    return world.playbook(name or person.playbook)
