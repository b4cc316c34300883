"""The day's two messages to a rep: what is due in the morning, what is safe and what unconfirmed in the evening."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import col

from handlers import field_values, know, receipt_texts, receipts, texts
from handlers.commands import draft_lines
from handlers.know import Person, World
from handlers.messages import OutboundText
from handlers.rules.days import day_of
from handlers.rules.schedule_rules import day_start, push_at
from handlers.tell import tell
from storage import UnitOfWork
from storage import tables as t

#: Ages in days at which an unconfirmed draft is mentioned: the same evening, then ever more rarely, never daily.
MENTIONED_AT_DAYS = (0, 1, 3, 7, 14, 30)


async def evening_summaries(*, uow: UnitOfWork, world: World, now: datetime) -> list[str]:
    """Queue one message to each rep who sent something today, or has unconfirmed drafts to hear of.

    It says what of the day is safe, from the ledger of receipts (MISSION M1). Natural key: person and day.
    """
    noted = sa.exists().where(col(t.Capture.visit_id) == t.Visit.id, col(t.Capture.reading) == "note")
    owing = await uow.tuples(
        sa.select(col(t.Visit.person_id), col(t.Visit.started_at)).where(
            col(t.Visit.state) == sa.literal_column("'draft'"), noted
        )
    )
    today = day_of(now)
    due = {person_id for person_id, at in owing if (today - day_of(at)).days in MENTIONED_AT_DAYS}
    queued = []
    for person_id in sorted(due | await _captured_today(uow, now)):
        person = await know.reach(uow, person_id)
        if person is None:
            continue
        lines = await draft_lines(uow, person, world) if person_id in due else []
        text = receipt_texts.evening(lines, await receipts.count_day(uow, person_id, now, world.media))
        queued.append(await _push(uow, person, text, f"evening:{person_id}:{day_of(now)}", world, now))
    return queued


async def _captured_today(uow: UnitOfWork, now: datetime) -> set[str]:
    """Return who sent something today that records anything."""
    start = day_start(now)
    return set(
        await uow.all(
            sa.select(col(t.Capture.person_id))
            .where(col(t.Capture.captured_at) >= start, col(t.Capture.captured_at) < start + timedelta(days=1))
            # Nothing is received long before it was sent; there is an index on when it was received.
            .where(col(t.Capture.received_at) > start - timedelta(hours=1))
            .where(col(t.Capture.reading).not_in(receipts.NOT_COLLECTED))
        )
    )


async def morning_reminders(*, uow: UnitOfWork, world: World, now: datetime) -> list[str]:
    """Queue one message to each rep with follow-ups or preparations due today. Natural key: person and day."""
    today = day_of(now)
    tasks = await uow.all(
        sa.select(t.Task)
        .where(col(t.Task.due_on) == today, col(t.Task.state) == "open")
        .order_by(col(t.Task.person_id), col(t.Task.id))
    )
    queued = []
    for person_id in sorted({task.person_id for task in tasks}):
        person = await know.reach(uow, person_id)
        if person is None:
            continue
        own = [task for task in tasks if task.person_id == person_id]
        follow_ups = [await _follow_up_line(uow, task, world) for task in own if task.kind == "follow_up"]
        preparations = [f"· {task.title}" for task in own if task.kind == "preparation"]
        text = texts.morning(follow_ups, preparations)
        queued.append(await _push(uow, person, text, f"morning:{person_id}:{today}", world, now))
    return queued


async def _follow_up_line(uow: UnitOfWork, task: t.Task, world: World) -> str:
    directory = await world.directory(uow)
    opportunity = await uow.first(
        sa.select(t.Opportunity).where(
            col(t.Opportunity.customer_id) == task.customer_id, col(t.Opportunity.state) == "open"
        )
    )
    customer = field_values.in_words("customer", task.customer_id, directory)
    if opportunity is None:
        return texts.follow_up_line(customer, "", "")
    return texts.follow_up_line(customer, opportunity.last_contact, opportunity.obstacle)


async def _push(uow: UnitOfWork, person: Person, text: str, key: str, world: World, now: datetime) -> str:
    quiet = world.playbook(person.playbook).quiet_hours
    return await tell(
        uow,
        person,
        OutboundText(text),
        key=key,
        now=now,
        push=True,
        priority=2,
        not_before=push_at(now, person.id, quiet),
    )
