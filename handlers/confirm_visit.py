"""Confirming a visit, taking it back, and setting it aside.

A confirm always succeeds and stores the stage as said; the opportunity moves only if the playbook's rules allow
(DECISIONS 11). What a confirm did is kept in `visit.effects`, so that undo takes back exactly that.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from handlers import know
from handlers.know import Person, World
from handlers.playbooks import Playbook
from handlers.raise_alerts import next_check, resolve_alerts
from handlers.rules.stages import plan_move
from handlers.visit_sheet import preparations_of
from handlers.visit_view import VisitView, view
from handlers.visits import UNDO_LIFE, note_change, shanghai_day
from nlp.dates import default_calendar
from storage import UnitOfWork
from storage import tables as t


async def confirm(uow: UnitOfWork, visit: t.Visit, person: Person, *, via: str, world: World, now: datetime) -> None:
    """Confirm a draft. Natural key: the visit's state; confirming a confirmed visit changes nothing.

    Needs a customer; callers ask for one first.
    """
    if visit.state != "draft":
        return
    seen = await view(uow, visit)
    effects: dict[str, Any] = {}
    customer_id = await _customer(uow, visit, seen, person, effects, now)
    visit.state, visit.confirmed_at, visit.confirmed_version = "confirmed", now, visit.version
    for guess in seen.fields.values():
        if guess.shown == "value" and guess.status == "proposed":
            guess.status = "confirmed"
            uow.add(guess)
    if customer_id is not None:
        await _touch_opportunity(uow, visit, seen, customer_id, person, world, effects, now)
        await _follow_up(uow, visit, seen, customer_id, person, effects)
        await _open_preparations(uow, visit, seen)
    visit.effects = effects
    uow.add(visit)
    await note_change(
        uow, visit, actor_id=person.id, via=via, field_name="state", before="draft", after="confirmed", now=now
    )


async def _customer(
    uow: UnitOfWork, visit: t.Visit, seen: VisitView, person: Person, effects: dict[str, Any], now: datetime
) -> str | None:
    """Return the visit's customer, creating a new one that the rep has just confirmed."""
    stored = seen.value("customer")
    if isinstance(stored, str):
        visit.customer_id = stored
        return stored
    if not isinstance(stored, dict):
        return None
    customer = t.Customer(id=t.new_id(), name=stored["new"], owner_id=person.id, created_at=now)
    uow.add(customer)
    await uow.flush()
    contact = seen.value("contact")
    if contact:
        uow.add(t.Contact(customer_id=customer.id, name=contact))
    guess = seen.fields["customer"]
    guess.value = customer.id
    uow.add(guess)
    visit.customer_id = customer.id
    effects["created_customer"] = {"id": customer.id, "name": stored["new"]}
    await know.bump_directory(uow)
    return customer.id


async def _touch_opportunity(
    uow: UnitOfWork,
    visit: t.Visit,
    seen: VisitView,
    customer_id: str,
    person: Person,
    world: World,
    effects: dict[str, Any],
    now: datetime,
) -> None:
    """Bring the customer's open opportunity up to date; open one if there is none."""
    playbook = world.playbook(visit.playbook)
    open_ones = await uow.all(
        sa.select(t.Opportunity)
        .where(col(t.Opportunity.customer_id) == customer_id, col(t.Opportunity.state) == "open")
        .order_by(col(t.Opportunity.last_touch_at).desc())
    )
    if not open_ones:
        owner = await uow.get(t.Customer, customer_id)
        opportunity = t.Opportunity(
            customer_id=customer_id,
            owner_id=(owner.owner_id if owner else "") or person.id,
            playbook=visit.playbook,
            playbook_version=playbook.version,
        )
        uow.add(opportunity)
        await uow.flush()
        effects["opened_opportunity"] = opportunity.id
    else:
        opportunity = open_ones[0]
    effects["opportunity"] = opportunity.id
    effects["before"] = _remember(opportunity)
    visit.opportunity_id = opportunity.id
    visit.stage_note = await _move_stage(uow, opportunity, seen.value("stage"), visit, person, playbook, effects, now)
    opportunity.last_touch_at = max(visit.started_at, opportunity.last_touch_at or visit.started_at)
    opportunity.last_contact = seen.value("contact") or opportunity.last_contact
    opportunity.obstacle = seen.value("obstacle") or ""
    followup = seen.value("next_followup")
    opportunity.next_followup = date.fromisoformat(followup) if followup else None
    opportunity.snoozed_until = None
    opportunity.check_on = next_check(opportunity, playbook)
    uow.add(opportunity)
    await resolve_alerts(uow, opportunity.id, world.links, now)


REMEMBERED = (
    "stage",
    "stage_since",
    "stage_entry_id",
    "last_touch_at",
    "last_contact",
    "next_followup",
    "obstacle",
    "snoozed_until",
    "check_on",
)


def _remember(opportunity: t.Opportunity) -> dict[str, Any]:
    values = {name: getattr(opportunity, name) for name in REMEMBERED}
    return {name: v.isoformat() if isinstance(v, date) else v for name, v in values.items()}


async def _move_stage(
    uow: UnitOfWork,
    opportunity: t.Opportunity,
    said: str | None,
    visit: t.Visit,
    person: Person,
    playbook: Playbook,
    effects: dict[str, Any],
    now: datetime,
) -> str:
    """Move the opportunity if the rules allow; return what the card has to say about it, or an empty text."""
    if said is None or said not in playbook.stage_names:
        return ""
    move = plan_move(playbook, opportunity.stage, said)
    if not move.allowed:
        return move.sentence
    if move.kind == "stay":
        opportunity.stage_since = opportunity.stage_since or visit.started_at
        return ""
    if opportunity.stage_entry_id:
        left = await uow.get(t.StageEntry, opportunity.stage_entry_id)
        if left is not None:
            left.left_at = visit.started_at
            uow.add(left)
    entry = t.StageEntry(
        opportunity_id=opportunity.id, stage=said, entered_at=visit.started_at, by_id=person.id, visit_id=visit.id
    )
    uow.add(entry)
    await uow.flush()
    effects["entered"] = entry.id
    opportunity.stage, opportunity.stage_since, opportunity.stage_entry_id = said, visit.started_at, entry.id
    return ""


async def _follow_up(
    uow: UnitOfWork, visit: t.Visit, seen: VisitView, customer_id: str, person: Person, effects: dict[str, Any]
) -> None:
    followup = seen.value("next_followup")
    if not followup:
        return
    key = f"follow_up:{visit.id}:{visit.version}"
    if await uow.first(sa.select(t.Task).where(col(t.Task.source_key) == key)) is None:
        uow.add(
            t.Task(
                source_key=key,
                kind="follow_up",
                person_id=person.id,
                customer_id=customer_id,
                title="",
                due_on=date.fromisoformat(followup),
                visit_id=visit.id,
            )
        )
    effects.setdefault("tasks", []).append(key)


async def _open_preparations(uow: UnitOfWork, visit: t.Visit, seen: VisitView) -> None:
    """Preparations count from the confirm on, due the working day before the follow-up that was confirmed."""
    followup = seen.value("next_followup")
    for task in seen.preparations:
        task.customer_id = visit.customer_id
        task.state = "open" if followup else "cancelled"
        if followup:
            day_before = default_calendar().add_working_days(date.fromisoformat(followup), -1)
            task.due_on = max(day_before, shanghai_day(visit.started_at))
        uow.add(task)


async def _close_preparations(uow: UnitOfWork, visit: t.Visit) -> None:
    for task in await preparations_of(uow, visit.id):
        task.state = "proposed"
        uow.add(task)


async def set_tags(uow: UnitOfWork, visit: t.Visit, keys: set[str], *, actor_id: str, via: str, now: datetime) -> None:
    """Write what was tapped about the proposed tags: those in `keys` are confirmed, the others rejected."""
    for tag in await uow.all(sa.select(t.TagGuess).where(col(t.TagGuess.visit_id) == visit.id)):
        if tag.status != "proposed":
            continue
        tag.status = "confirmed" if tag.key in keys else "rejected"
        uow.add(tag)
        await note_change(
            uow, visit, actor_id=actor_id, via=via, field_name=f"tag:{tag.key}", before=None, after=tag.status, now=now
        )


def may_undo(visit: t.Visit, now: datetime) -> bool:
    """Tell whether a confirm may still be taken back (24 hours)."""
    return visit.state == "confirmed" and visit.confirmed_at is not None and now - visit.confirmed_at <= UNDO_LIFE


async def undo(uow: UnitOfWork, visit: t.Visit, person: Person, *, via: str, world: World, now: datetime) -> None:
    """Take a confirm back by reverse entries: the visit is a draft again at version + 1."""
    if visit.state != "confirmed":
        return
    effects = dict(visit.effects)
    await _take_back_opportunity(uow, effects, world, now)
    for key in effects.get("tasks", []):
        await uow.run(sa.update(t.Task).where(col(t.Task.source_key) == key).values(state="cancelled"))
    await _close_preparations(uow, visit)
    await _take_back_customer(uow, visit, effects)
    await uow.run(
        sa.update(t.TagGuess)
        .where(col(t.TagGuess.visit_id) == visit.id, col(t.TagGuess.status) != "proposed")
        .values(status="proposed")
    )
    visit.state, visit.version = "draft", visit.version + 1
    visit.confirmed_at = visit.confirmed_version = None
    visit.effects, visit.stage_note = {}, ""
    uow.add(visit)
    await uow.flush()
    await note_change(
        uow, visit, actor_id=person.id, via=via, field_name="state", before="confirmed", after="draft", now=now
    )


async def _take_back_opportunity(uow: UnitOfWork, effects: dict[str, Any], world: World, now: datetime) -> None:
    opportunity = await uow.get(t.Opportunity, effects.get("opportunity"))
    if opportunity is None:
        return
    later = await uow.first(
        sa.select(t.StageEntry)
        .where(col(t.StageEntry.opportunity_id) == opportunity.id)
        .order_by(col(t.StageEntry.entered_at).desc(), col(t.StageEntry.id).desc())
    )
    untouched_since = later is None or effects.get("entered") in (None, later.id)
    if untouched_since:
        for name, value in effects.get("before", {}).items():
            setattr(opportunity, name, _revive(name, value))
    if effects.get("entered") and untouched_since:
        entry = await uow.get(t.StageEntry, effects["entered"])
        if entry is not None:
            entry.left_at = entry.entered_at
            uow.add(entry)
        if opportunity.stage_entry_id:
            again = await uow.get(t.StageEntry, opportunity.stage_entry_id)
            if again is not None:
                again.left_at = None
                uow.add(again)
    if effects.get("opened_opportunity") == opportunity.id:
        opportunity.state = "withdrawn"
    uow.add(opportunity)


def _revive(name: str, value: Any) -> Any:
    if value is None or name not in ("stage_since", "last_touch_at", "snoozed_until", "next_followup", "check_on"):
        return value
    return date.fromisoformat(value) if name in ("next_followup", "check_on") else datetime.fromisoformat(value)


async def _take_back_customer(uow: UnitOfWork, visit: t.Visit, effects: dict[str, Any]) -> None:
    created = effects.get("created_customer")
    if not created:
        return
    others = await uow.first(
        sa.select(t.Visit).where(col(t.Visit.customer_id) == created["id"], col(t.Visit.id) != visit.id)
    )
    if others is not None:
        return
    guess = await uow.first(
        sa.select(t.FieldGuess).where(col(t.FieldGuess.visit_id) == visit.id, col(t.FieldGuess.field) == "customer")
    )
    guess.value = {"new": created["name"]}
    visit.customer_id = visit.opportunity_id = None
    uow.add(guess, visit)
    await uow.flush()
    opportunities = sa.select(col(t.Opportunity.id)).where(col(t.Opportunity.customer_id) == created["id"])
    await uow.run(sa.delete(t.Task).where(col(t.Task.customer_id) == created["id"]))
    await uow.run(sa.delete(t.StageEntry).where(col(t.StageEntry.opportunity_id).in_(opportunities)))
    await uow.run(sa.delete(t.Opportunity).where(col(t.Opportunity.customer_id) == created["id"]))
    await uow.run(sa.delete(t.Contact).where(col(t.Contact.customer_id) == created["id"]))
    await uow.run(sa.delete(t.Customer).where(col(t.Customer.id) == created["id"]))
    await know.bump_directory(uow)


async def void(uow: UnitOfWork, visit: t.Visit, person: Person, *, via: str, now: datetime) -> None:
    """Set a draft aside as 不是拜访; it keeps everything and can be restored."""
    if visit.state == "draft":
        visit.state = "voided"
        uow.add(visit)
        await note_change(
            uow, visit, actor_id=person.id, via=via, field_name="state", before="draft", after="voided", now=now
        )


async def restore(uow: UnitOfWork, visit: t.Visit, person: Person, *, via: str, now: datetime) -> None:
    """Bring a voided visit back as a draft at version + 1."""
    if visit.state == "voided":
        visit.state, visit.version = "draft", visit.version + 1
        uow.add(visit)
        await note_change(
            uow, visit, actor_id=person.id, via=via, field_name="state", before="voided", after="draft", now=now
        )
