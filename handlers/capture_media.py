"""Photos, videos and files: fetched at once, kept as they came, joined to the open visit, answered together."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from handlers import field_values, receipts, texts
from handlers.errors import Unreadable
from handlers.know import Person, World
from handlers.messages import OutboundText
from handlers.photos import Photo, read_photo
from handlers.ports import Fetched
from handlers.rules.geo import Point, distance_m, distance_words
from handlers.tell import freeze, say, tell, told_apart
from handlers.visit_view import view
from handlers.visits import attach, open_visit, visit_for_evidence
from storage import UnitOfWork
from storage import tables as t
from storage.media import MediaStore

#: Answers to what came within this time are gathered into one (DECISIONS 8).
GATHER = timedelta(seconds=4)


@dataclass(frozen=True, slots=True)
class Stored:
    """A medium that lies in the store: its identity, its facts, and its thumbnail if it is a picture."""

    sha256: str
    size_bytes: int
    content_type: str
    thumbnail_sha256: str | None
    facts: dict[str, Any]
    readable: bool


async def store_media(fetched: Fetched, kind: str, media: MediaStore) -> Stored:
    """Keep the original as it came, then read what can be read. Safe to repeat: the store is content-addressed."""
    sha256 = await media.put(fetched.data)
    if kind != "photo":
        return Stored(sha256, len(fetched.data), fetched.content_type, None, {"name": fetched.filename}, True)
    try:
        photo = await asyncio.to_thread(read_photo, fetched.data)
    except Unreadable:
        return Stored(sha256, len(fetched.data), fetched.content_type, None, {}, False)
    thumbnail = await media.put(photo.thumbnail)
    return Stored(sha256, len(fetched.data), fetched.content_type, thumbnail, _facts(photo), True)


def _facts(photo: Photo) -> dict[str, Any]:
    return {
        "width": photo.width,
        "height": photo.height,
        "format": photo.format,
        "taken_at": photo.taken_at.isoformat() if photo.taken_at else None,
        "lat": photo.lat,
        "lon": photo.lon,
        "dhash": f"{photo.dhash:016x}",
    }


async def keep(uow: UnitOfWork, stored: Stored, now: datetime) -> None:
    """Write the medium's row once."""
    if await uow.get(t.Media, stored.sha256) is None:
        uow.add(
            t.Media(
                sha256=stored.sha256,
                size_bytes=stored.size_bytes,
                content_type=stored.content_type,
                thumbnail_sha256=stored.thumbnail_sha256,
                facts=stored.facts,
                stored_at=now,
            )
        )
        await uow.flush()


async def join_media(
    capture: t.Capture, stored: Stored, person: Person, *, uow: UnitOfWork, world: World, now: datetime
) -> list[str]:
    """Join a stored photo, video or file to the open visit and queue the gathered answer.

    Idempotent: a capture that already has its media is left alone.
    """
    if capture.media_sha256 is not None:
        return await _queued_for(uow, capture)
    await keep(uow, stored, now)
    capture.media_sha256, capture.state = stored.sha256, "read"
    await receipts.issue_stored(uow, capture, stored.sha256, now=now)
    if not stored.readable:
        capture.state, capture.problem = "failed", "unreadable"
        uow.add(capture)
        return [await say(uow, person, texts.photo_broken(capture.captured_at), answers=capture.source_id, now=now)]
    playbook = world.playbook(person.playbook)
    gap = timedelta(minutes=playbook.visit_gap_minutes)
    visit = await visit_for_evidence(uow, person.id, capture.captured_at, gap)
    if visit is None:
        visit = await open_visit(uow, person, capture, playbook.name)
    await attach(uow, visit, capture)
    if capture.kind == "photo":
        visit.photo_count += 1
        uow.add(visit)
        return [await _gather(visit, capture, person, uow=uow, world=world, now=now)]
    customer = await _customer_words(visit, uow, world)
    return [await say(uow, person, texts.file_joined(customer or None), answers=capture.source_id, now=now)]


async def _queued_for(uow: UnitOfWork, capture: t.Capture) -> list[str]:
    keys = [f"answer:{capture.source_id}"]
    if capture.visit_id is not None:
        keys += await uow.all(
            sa.select(col(t.Delivery.id)).where(
                col(t.Delivery.id).startswith(f"photos:{capture.visit_id}:"), col(t.Delivery.state) == "queued"
            )
        )
    return keys


async def _customer_words(visit: t.Visit, uow: UnitOfWork, world: World) -> str:
    return field_values.in_words("customer", (await view(uow, visit)).value("customer"), await world.directory(uow))


async def _gather(
    visit: t.Visit, capture: t.Capture, person: Person, *, uow: UnitOfWork, world: World, now: datetime
) -> str:
    """One answer for the photos that came within four seconds: the queued one grows and waits a little longer."""
    open_answer = await uow.first(
        sa.select(t.Delivery)
        .where(col(t.Delivery.id).startswith(f"photos:{visit.id}:"), col(t.Delivery.state) == "queued")
        .where(col(t.Delivery.attempts) == 0)
    )
    if open_answer is None:
        return await _open_answer(visit, capture, person, visit.photo_count, uow=uow, world=world, now=now)
    since = int(open_answer.id.rsplit(":", 1)[1])
    text = await _photo_words(visit, capture, visit.photo_count - since + 1, uow, world)
    answer = await told_apart(uow, person, OutboundText(text), now)
    grown = (
        sa.update(t.Delivery)
        .where(col(t.Delivery.id) == open_answer.id, col(t.Delivery.attempts) == 0)
        .values(outbound=freeze(answer), not_before=now + GATHER)
    )
    if await uow.run(grown):
        return str(open_answer.id)
    # It is being sent at this moment, without this photo: that gets an answer of its own.
    return await _open_answer(visit, capture, person, visit.photo_count, uow=uow, world=world, now=now)


async def _open_answer(
    visit: t.Visit, capture: t.Capture, person: Person, since: int, *, uow: UnitOfWork, world: World, now: datetime
) -> str:
    """Queue an answer that later photos can still grow. `since` counts the visit's photos, this one included."""
    text = await _photo_words(visit, capture, visit.photo_count - since + 1, uow, world)
    return await tell(
        uow,
        person,
        OutboundText(text),
        key=f"photos:{visit.id}:{since}",
        now=now,
        answers=capture.source_id,
        not_before=now + GATHER,
    )


async def _photo_words(visit: t.Visit, capture: t.Capture, count: int, uow: UnitOfWork, world: World) -> str:
    customer = await _customer_words(visit, uow, world)
    notes = await _photo_notes(visit, capture, uow, world)
    if customer:
        return texts.photos_joined(count, customer, visit.photo_count, notes)
    return texts.photos_wait(count, notes)


async def _photo_notes(visit: t.Visit, capture: t.Capture, uow: UnitOfWork, world: World) -> Sequence[str]:
    """Say what the photo itself tells of time and place, where it does (MISSION E9)."""
    media = await uow.get(t.Media, capture.media_sha256)
    facts = media.facts if media is not None else {}
    notes = []
    if facts.get("taken_at"):
        notes.append(f"照片自带时间 {texts.day_time(datetime.fromisoformat(facts['taken_at']))}")
    customer = (await world.directory(uow)).customers.get(visit.customer_id or "")
    if facts.get("lat") is not None and customer is not None and customer.lat is not None and customer.lon is not None:
        metres = distance_m(Point(facts["lat"], facts["lon"]), Point(customer.lat, customer.lon))
        notes.append(f"照片自带位置，距客户 {distance_words(metres)}")
    return notes
