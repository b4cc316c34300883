"""A voice note: kept first, heard next, then understood like typed words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import sqlalchemy as sa
from sqlmodel import col

import nlp
from handlers import receipts, texts
from handlers.capture_media import Stored, keep
from handlers.know import Person, World, reach
from handlers.messages import OutboundText
from handlers.ports import Heard, Proposed
from handlers.tell import say, tell
from handlers.understand import Turn, build_context, understand
from storage import UnitOfWork
from storage import tables as t


@dataclass(frozen=True, slots=True)
class NotHeard:
    """Why there are no words: silence, a file that does not open, or no recogniser on this server."""

    reason: Literal["nothing_heard", "unreadable", "no_recogniser"] = "nothing_heard"


WITHOUT_WORDS = {
    "nothing_heard": texts.nothing_heard,
    "unreadable": texts.voice_unreadable,
    "no_recogniser": texts.no_recogniser,
}


async def hints_for(
    uow: UnitOfWork, person_id: str, world: World, *, capture: t.Capture | None = None, now: datetime | None = None
) -> tuple[str, ...]:
    """Return names this rep is likely to say: of today's plan, open drafts, customers nearby, then of one's own.

    Without the `capture` that will be heard only one's own are known. `now` decides which drafts are open.
    """
    directory = await world.directory(uow)
    person = await reach(uow, person_id) if capture is not None else None
    if capture is None or person is None:
        return nlp.hints(directory, person_id)
    turn = Turn(person, capture, "", now or capture.captured_at)
    return nlp.hints(directory, person_id, await build_context(turn, uow=uow, world=world))


async def keep_recording(capture: t.Capture, stored: Stored, *, uow: UnitOfWork, now: datetime) -> None:
    """Write that the recording lies in the store, before anybody has listened to it. Safe to repeat."""
    await keep(uow, stored, now)
    capture.media_sha256 = stored.sha256
    uow.add(capture)
    await receipts.issue_stored(uow, capture, stored.sha256, now=now)


async def finish_voice(
    capture: t.Capture,
    stored: Stored,
    heard: Heard | NotHeard,
    *,
    uow: UnitOfWork,
    world: World,
    now: datetime,
    proposed: Proposed | None = None,
) -> list[str]:
    """Write transcript, draft and card in one transaction. Idempotent: a capture with its end is left alone."""
    person = await reach(uow, capture.person_id)
    if person is None or capture.state in ("read", "failed"):
        return await _queued_before(uow, capture)
    await keep_recording(capture, stored, uow=uow, now=now)
    if isinstance(heard, NotHeard):
        return await _without_words(capture, person, heard, uow=uow, world=world, now=now)
    uow.add(
        t.Transcript(
            capture_id=capture.id,
            engine=heard.engine,
            model=heard.model,
            text=heard.text,
            seconds=heard.seconds,
            took_s=heard.took_s,
            made_at=now,
        )
    )
    capture.state = "read"
    await uow.flush()
    turn = Turn(person, capture, heard.text, now, voice_seconds=heard.seconds, proposed=proposed)
    queued = await understand(turn, uow=uow, world=world)
    queued += await apply_held(capture, person, uow=uow, world=world, now=now)
    return queued


async def _queued_before(uow: UnitOfWork, capture: t.Capture) -> list[str]:
    """Return the answers that an earlier run queued and could not hand on: the note's, and those held for it."""
    held = sa.select(col(t.Capture.source_id)).where(col(t.Capture.held_correction) == capture.id)
    answered = sa.or_(col(t.Delivery.answers) == capture.source_id, col(t.Delivery.answers).in_(held))
    return await uow.all(sa.select(col(t.Delivery.id)).where(answered).order_by(col(t.Delivery.created_at)))


async def _without_words(
    capture: t.Capture, person: Person, heard: NotHeard, *, uow: UnitOfWork, world: World, now: datetime
) -> list[str]:
    capture.state, capture.problem = "failed", heard.reason
    text = WITHOUT_WORDS[heard.reason](capture.captured_at)
    queued = [await say(uow, person, text, answers=capture.source_id, now=now)]
    return queued + await apply_held(capture, person, uow=uow, world=world, now=now)


async def apply_held(capture: t.Capture, person: Person, *, uow: UnitOfWork, world: World, now: datetime) -> list[str]:
    """Apply the corrections that were said while this note was still being heard (DECISIONS 3)."""
    waiting = await uow.all(
        sa.select(t.Capture)
        .where(col(t.Capture.held_correction) == capture.id, col(t.Capture.state) == "held")
        .order_by(col(t.Capture.captured_at), col(t.Capture.id))
    )
    queued: list[str] = []
    for late in waiting:
        late.state = "read"
        uow.add(late)
        turn = Turn(person, late, late.text or "", now)
        queued += await understand(turn, uow=uow, world=world)
    return queued


async def media_lost(capture: t.Capture, *, uow: UnitOfWork, world: World, now: datetime) -> list[str]:
    """The platform has dropped the file: say so, and let what waited for it go on."""
    person = await reach(uow, capture.person_id)
    if person is None or capture.state in ("read", "failed"):
        return await _queued_before(uow, capture)
    capture.state, capture.problem = "failed", "media_gone"
    uow.add(capture)
    queued = [await say(uow, person, texts.media_gone(capture.captured_at), answers=capture.source_id, now=now)]
    return queued + await apply_held(capture, person, uow=uow, world=world, now=now)


async def say_delayed(capture: t.Capture, *, uow: UnitOfWork, now: datetime) -> list[str]:
    """Tell the rep once that the platform does not hand out the file yet."""
    person = await reach(uow, capture.person_id)
    if person is None:
        return []
    text = OutboundText(texts.media_delayed(capture.captured_at))
    return [await tell(uow, person, text, key=f"delayed:{capture.source_id}", now=now, answers=capture.source_id)]
