"""Receiving: every inbound becomes a row at once and ends as answered, queued or refused in words.

Natural key: the delivery's source id. Receiving the same delivery again changes nothing and names the same answers.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import sqlalchemy as sa
from sqlmodel import col

import nlp
from handlers import receipts, texts
from handlers.check_in import check_in, point_of
from handlers.forwarded_chat import take_forwarded
from handlers.know import Person, World, person_of
from handlers.messages import (
    Inbound,
    InboundAction,
    InboundEvent,
    InboundLink,
    InboundLocation,
    InboundMedia,
    InboundText,
    InboundUnsupported,
    OutboundText,
)
from handlers.ports import Proposed
from handlers.press_button import press_button, press_by_number
from handlers.tell import say, tell
from handlers.understand import Turn, build_context, understand
from nlp import types as nt
from nlp.forwarded import read_forwarded
from storage import UnitOfWork
from storage import tables as t

#: What has to be done after receiving: nothing, fetch a medium, or fetch and listen to a recording.
Follow = Literal["nothing", "fetch", "listen"]


@dataclass(frozen=True, slots=True)
class Received:
    """What receiving gave rise to: answers to send now, and what follows for which capture."""

    deliveries: tuple[str, ...] = ()
    follow: Follow = "nothing"
    capture_id: str = ""


#: The capture that a delivery has become (id and kind), or two blanks for an event.
_SEEN_BEFORE = (
    sa.select(col(t.Capture.id), col(t.Capture.kind))
    .where(col(t.Capture.source_id) == sa.bindparam("source_id"))
    .union_all(sa.select(sa.literal(""), sa.literal("")).where(col(t.EventSeen.source_id) == sa.bindparam("source_id")))
)
#: A person's newest capture with words, but for one.
_NEWEST_OTHER = (
    sa.select(col(t.Capture.id), col(t.Capture.kind), col(t.Capture.state), col(t.Capture.captured_at))
    .where(col(t.Capture.person_id) == sa.bindparam("person_id"), col(t.Capture.id) != sa.bindparam("capture_id"))
    .where(col(t.Capture.kind).in_(("voice", "text", "forward")), col(t.Capture.state) != "held")
    .order_by(col(t.Capture.captured_at).desc(), col(t.Capture.id).desc())
    .limit(1)
)


async def receive(
    inbound: Inbound,
    *,
    uow: UnitOfWork,
    world: World,
    now: datetime,
    proposed: Proposed | None = None,
    status: str = "",
) -> Received:
    """Take an inbound in, in one transaction that the caller commits.

    `proposed` is a proposer's word on a text; `status` how the system is, where that was asked: administrators read it.
    """
    before = await _already(uow, inbound)
    if before is not None:
        return before
    person = await person_of(uow, inbound.channel, inbound.sender_id)
    if person is None:
        return await _refuse_stranger(uow, inbound, now)
    await uow.alone(person.id)
    if status and person.role == "admin":
        await _see(uow, inbound, "status", person.id)
        return Received((await say(uow, person, status, answers=inbound.source_id, now=now),))
    if isinstance(inbound, InboundAction):
        await _see(uow, inbound, "action", person.id)
        return Received(tuple(await press_button(inbound, person, uow=uow, world=world, now=now)))
    if _is_event(inbound):
        return await _take_event(uow, inbound, person, now)
    if isinstance(inbound, InboundUnsupported):
        await _see(uow, inbound, f"unsupported:{inbound.kind}"[:60], person.id)
        return Received((await say(uow, person, texts.unsupported(inbound.kind), answers=inbound.source_id, now=now),))
    return await _take_capture(uow, inbound, person, world, now, proposed)


async def _already(uow: UnitOfWork, inbound: Inbound) -> Received | None:
    seen = await uow.tuples(_SEEN_BEFORE, {"source_id": inbound.source_id})
    if not seen:
        return None
    answers = await uow.all(sa.select(col(t.Delivery.id)).where(col(t.Delivery.answers) == inbound.source_id))
    capture_id, kind = seen[0]
    return Received(tuple(answers), _follow(kind), capture_id)


def _follow(kind: str) -> Follow:
    return "listen" if kind == "voice" else "fetch" if kind in ("photo", "video", "file") else "nothing"


async def _see(uow: UnitOfWork, inbound: Inbound, kind: str, person_id: str | None) -> None:
    uow.add(
        t.EventSeen(
            source_id=inbound.source_id, kind=kind, channel=inbound.channel, person_id=person_id, at=inbound.sent_at
        )
    )
    await uow.flush()


async def _refuse_stranger(uow: UnitOfWork, inbound: Inbound, now: datetime) -> Received:
    """A sender who is not in the directory is told so in words; events of strangers are only recorded."""
    await _see(uow, inbound, "stranger", None)
    if _is_event(inbound):
        return Received()
    stranger = Person("", "", "", "", inbound.channel, inbound.sender_id)
    text = OutboundText(texts.unknown_person())
    key = await tell(uow, stranger, text, key=f"answer:{inbound.source_id}", now=now, answers=inbound.source_id)
    return Received((key,))


def _is_event(inbound: Inbound) -> bool:
    """Tell what the messenger reports by itself, known or not, from what a person sent on purpose."""
    if isinstance(inbound, InboundLocation):
        return not inbound.deliberate
    return isinstance(inbound, InboundEvent) or (
        isinstance(inbound, InboundUnsupported) and inbound.kind.startswith("event:")
    )


async def _take_event(uow: UnitOfWork, inbound: Inbound, person: Person, now: datetime) -> Received:
    """Events end recorded, mostly without words; only a first entry is welcomed."""
    kind = inbound.kind if isinstance(inbound, InboundEvent | InboundUnsupported) else "position_report"
    await _see(uow, inbound, kind, person.id)
    if kind in ("enter_agent", "subscribe"):
        row = await uow.need(t.Person, person.id)
        if row.welcomed_at is not None:
            return Received()
        row.welcomed_at = now
        uow.add(row)
        text = texts.welcome(person.name) if person.role == "rep" else texts.welcome_supervisor(person.name)
        return Received((await say(uow, person, text, answers=inbound.source_id, now=now),))
    return Received()


def _capture_of(inbound: Inbound, person: Person, now: datetime) -> t.Capture:
    capture = t.Capture(
        id=t.new_id(),
        source_id=inbound.source_id,
        kind="text",
        person_id=person.id,
        channel=inbound.channel,
        captured_at=inbound.sent_at,
        received_at=now,
    )
    if isinstance(inbound, InboundText):
        capture.text, capture.state = inbound.text, "read"
    elif isinstance(inbound, InboundMedia):
        capture.kind, capture.media_ref, capture.media_format = inbound.kind, inbound.media_ref, inbound.format
    elif isinstance(inbound, InboundLink):
        capture.kind, capture.state = "link", "read"
        capture.text = "\n".join(p for p in (inbound.title, inbound.description, inbound.url) if p)
    elif isinstance(inbound, InboundLocation):
        point = point_of(inbound)
        capture.kind, capture.state = "location", "read"
        capture.lat, capture.lon, capture.datum = point.lat, point.lon, inbound.datum
        capture.accuracy_m, capture.place = inbound.accuracy_m, inbound.label[:200]
    return capture


async def _take_capture(
    uow: UnitOfWork, inbound: Inbound, person: Person, world: World, now: datetime, proposed: Proposed | None
) -> Received:
    capture = _capture_of(inbound, person, now)
    uow.add(capture)
    await uow.flush()
    await receipts.issue(uow, capture, now=now)
    if isinstance(inbound, InboundMedia):
        if inbound.kind != "voice":
            return Received((), _follow(inbound.kind), capture.id)
        hearing = OutboundText(texts.hearing(capture.captured_at))
        key = await tell(uow, person, hearing, key=f"hearing:{inbound.source_id}", now=now, answers=inbound.source_id)
        return Received((key,), "listen", capture.id)
    if isinstance(inbound, InboundLocation):
        return Received(tuple(await check_in(capture, person, uow=uow, world=world, now=now)))
    if isinstance(inbound, InboundLink):
        capture.reading = "link"
        return Received((await say(uow, person, texts.link_kept(), answers=inbound.source_id, now=now),))
    return Received(tuple(await _take_words(capture, person, proposed, uow=uow, world=world, now=now)))


async def _take_words(
    capture: t.Capture, person: Person, proposed: Proposed | None, *, uow: UnitOfWork, world: World, now: datetime
) -> list[str]:
    words = capture.text or ""
    if person.text_mode:
        pressed = await press_by_number(words, capture, person, uow=uow, world=world, now=now)
        if pressed is not None:
            return pressed
    turn = Turn(person, capture, words, now, proposed=proposed)
    forwarded = read_forwarded(words, capture.captured_at, person.name)
    if forwarded is not None:
        return await take_forwarded(forwarded, turn, uow=uow, world=world)
    voice = await _still_heard(uow, capture)
    if voice is not None and words.strip():
        reading = nlp.read_reply(words, await build_context(turn, uow=uow, world=world))
        if isinstance(reading, nt.Correction | nt.Answer | nt.Unsure) or (
            isinstance(reading, nt.Command) and reading.name in ("confirm", "void", "edit")
        ):
            voice_id, spoken_at = voice
            capture.state, capture.held_correction = "held", voice_id
            uow.add(capture)
            text = texts.correction_waits(capture.captured_at, spoken_at)
            key = f"held:{capture.source_id}"
            return [await tell(uow, person, OutboundText(text), key=key, now=now, answers=capture.source_id)]
    return await understand(turn, uow=uow, world=world)


async def _still_heard(uow: UnitOfWork, capture: t.Capture) -> tuple[str, datetime] | None:
    """Return id and time of the person's newest earlier capture if it is a voice note without its words yet."""
    newest = await uow.tuples(_NEWEST_OTHER, {"person_id": capture.person_id, "capture_id": capture.id})
    for capture_id, kind, state, captured_at in newest:
        if kind == "voice" and state == "received":
            return capture_id, captured_at
    return None
