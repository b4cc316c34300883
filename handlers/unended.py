"""Inbounds without an end: received, and neither answered nor refused, nor anything left that works on them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import col

from handlers import texts
from handlers.know import reach
from handlers.messages import OutboundText
from handlers.rules.days import day_of
from handlers.tell import tell
from storage import UnitOfWork
from storage import tables as t

#: Older ones have been told of; a restored backup must not raise them all again.
LOOK_BACK = timedelta(days=3)
#: At most this many are looked at in one go.
MOST = 500


@dataclass(frozen=True, slots=True)
class Unended:
    """A capture without an end, and the ids of the workflows that could still bring it to one."""

    source_id: str
    workflows: tuple[str, ...]


async def overdue_deliveries(uow: UnitOfWork, before: datetime) -> list[str]:
    """Return the keys of messages that should have left before a time and are still queued."""
    due_at = sa.func.coalesce(col(t.Delivery.not_before), col(t.Delivery.created_at))
    return await uow.all(
        sa.select(col(t.Delivery.id))
        .where(col(t.Delivery.state) == "queued", due_at < before)
        .order_by(col(t.Delivery.priority), due_at)
        .limit(MOST)
    )


async def unended_captures(uow: UnitOfWork, before: datetime) -> list[Unended]:
    """Return captures received before a time that have no end: media that nobody fetched or heard, corrections that
    wait for a voice note, words that nobody answered."""
    answered = sa.select(col(t.Delivery.answers)).where(col(t.Delivery.answers) == t.Capture.source_id)
    waiting = col(t.Capture.state).in_(("received", "held"))
    silent = sa.and_(col(t.Capture.kind) == "text", col(t.Capture.state) == "read", ~answered.exists())
    rows = await uow.tuples(
        sa.select(col(t.Capture.id), col(t.Capture.source_id), col(t.Capture.held_correction))
        .where(sa.or_(waiting, silent))
        .where(col(t.Capture.received_at) < before, col(t.Capture.received_at) > before - LOOK_BACK)
        .order_by(col(t.Capture.received_at))
        .limit(MOST)
    )
    return [Unended(source_id, _workflows_of(capture_id, source_id, voice)) for capture_id, source_id, voice in rows]


def _workflows_of(capture_id: str, source_id: str, voice_id: str | None) -> tuple[str, ...]:
    """Return the workflows of a capture, and of the voice note that it waits for (ids as in `bot.workflows`)."""
    ids = [capture_id, *([voice_id] if voice_id else [])]
    return (source_id, *(f"{step}:{one}" for one in ids for step in ("fetch", "hear")))


async def say_unended(uow: UnitOfWork, count: int, *, now: datetime) -> list[str]:
    """Tell the administrators, once a day, that messages have no end. Natural key: administrator and day."""
    admins = await uow.all(sa.select(col(t.Person.id)).where(col(t.Person.role) == "admin", col(t.Person.active)))
    queued = []
    for admin_id in sorted(admins):
        person = await reach(uow, admin_id)
        if person is not None:
            key = f"unended:{admin_id}:{day_of(now)}"
            text = OutboundText(texts.unended(count))
            queued.append(await tell(uow, person, text, key=key, now=now, push=True, not_before=now))
    return queued
