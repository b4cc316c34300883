"""Words become a visit: read a note or a reply in its context, and act on the reading.

The same for typed text and for transcripts. Everything happens in the caller's one transaction.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

import nlp
from handlers import commands, field_values, texts
from handlers.check_in import measure_distance
from handlers.correct_visit import change_fields
from handlers.dialogue import dialogue_drafts
from handlers.know import Person, World
from handlers.messages import Action, Card, CardButton, OutboundCard
from handlers.ports import Proposed
from handlers.rules.forwards import ask_follow_up
from handlers.show_visit import show_visit
from handlers.tell import say, tell
from handlers.visit_sheet import VisitSheet, load_sheet, write_new
from handlers.visit_view import view, words_of
from handlers.visits import (
    apply_extraction,
    attach,
    fill_from_directory,
    known_customer,
    playbook_for,
    start_visit,
    visit_born_of,
    visit_to_join,
)
from nlp import types as nt
from nlp.proposal import check_proposal, combine
from storage import UnitOfWork
from storage import tables as t

logger = logging.getLogger("handlers.understand")

#: Longer texts are stored whole and read up to here.
READ_LIMIT = 2000
#: A position sent this long before still says where the rep is.
POSITION_LIFE = timedelta(hours=2)

#: The customers that a person has planned to see on a day.
_PLAN = sa.select(col(t.Task.customer_id)).where(
    col(t.Task.person_id) == sa.bindparam("person_id"),
    col(t.Task.state) == "open",
    col(t.Task.due_on) == sa.bindparam("day"),
    col(t.Task.customer_id).is_not(None),
)
#: A preparation that is there already, cancelled ones too.
_PREPARATION = sa.select(col(t.Task.id)).where(col(t.Task.source_key) == sa.bindparam("key"))
_POSITION = (
    sa.select(col(t.Capture.lat), col(t.Capture.lon))
    .where(col(t.Capture.person_id) == sa.bindparam("person_id"), col(t.Capture.kind) == "location")
    .where(col(t.Capture.captured_at) > sa.bindparam("since"))
    .order_by(col(t.Capture.captured_at).desc())
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of the dialogue: whose words, from which capture, and when they are worked on."""

    person: Person
    capture: t.Capture
    words: str
    now: datetime
    #: set where another inbound (a tap) made us act on these words
    caused_by: str = ""
    #: length of the recording that was heard, 0 for typed words
    voice_seconds: float = 0.0
    #: what an outside proposer said of these words, unchecked
    proposed: Proposed | None = None

    @property
    def answers(self) -> str:
        """The source id that the answer to this turn answers."""
        return self.caused_by or self.capture.source_id


async def understand(turn: Turn, *, uow: UnitOfWork, world: World) -> list[str]:
    """Act on a rep's words; return the deliveries queued."""
    if not turn.words.strip():
        return [await say(uow, turn.person, texts.empty_text(), answers=turn.answers, now=turn.now)]
    context = await build_context(turn, uow=uow, world=world)
    # As received, blanks and all: the evidence spans count the characters of the stored text.
    reading = nlp.read_reply(turn.words[:READ_LIMIT], context)
    queued = await act_on(reading, turn, context, uow=uow, world=world)
    if len(turn.words) > READ_LIMIT:
        warning = texts.text_too_long(READ_LIMIT, len(turn.words))
        queued.append(await say(uow, turn.person, warning, answers=turn.answers, now=turn.now, part=":long"))
    return queued


async def build_context(turn: Turn, *, uow: UnitOfWork, world: World) -> nt.Context:
    """Collect what is known when these words are read."""
    directory = await world.directory(uow)
    return nt.Context(
        rep=turn.person.id,
        directory=directory,
        playbook=world.playbook(turn.person.playbook).for_nlp(),
        at=turn.capture.captured_at,
        channel=_channel(turn.capture),
        drafts=await dialogue_drafts(uow, turn.person, directory, turn.now),
        position=await _position(uow, turn),
        plan=tuple(
            await uow.all(
                _PLAN,
                {
                    "person_id": turn.person.id,
                    "day": turn.capture.captured_at.astimezone(texts.SHANGHAI).date(),
                },
            )
        ),
    )


async def _position(uow: UnitOfWork, turn: Turn) -> tuple[float, float] | None:
    since = turn.capture.captured_at - POSITION_LIFE
    found = await uow.tuples(_POSITION, {"person_id": turn.person.id, "since": since})
    return (found[0].lat, found[0].lon) if found else None


async def act_on(reading: nt.Reading, turn: Turn, context: nt.Context, *, uow: UnitOfWork, world: World) -> list[str]:
    """Carry out a reading; return the deliveries queued."""
    if isinstance(reading, nt.Unsure):
        return [await _ask_which(turn, uow)]
    if isinstance(reading, nt.VisitNote):
        return [await take_note(reading, turn, context, uow=uow, world=world)]
    turn.capture.reading = "reply"
    uow.add(turn.capture)
    if isinstance(reading, nt.Command):
        return await commands.run(
            reading, turn.person, uow=uow, world=world, now=turn.now, answers=turn.answers, at=turn.capture.captured_at
        )
    if isinstance(reading, nt.Correction):
        changes = {c.field: c.value for c in reading.changes}
        return [await correct(reading.visit_id, changes, turn, uow=uow, world=world)]
    if isinstance(reading, nt.Answer):
        return [await correct(reading.visit_id, {reading.field: reading.value}, turn, uow=uow, world=world)]
    turn.capture.reading = "chatter"
    return [await say(uow, turn.person, texts.chatter(reading.kind), answers=turn.answers, now=turn.now)]


async def decide(
    capture: t.Capture, person: Person, is_note: bool, *, answers: str, uow: UnitOfWork, world: World, now: datetime
) -> list[str]:
    """Act on words that were unclear, as the rep has just said. A second press finds them decided."""
    if capture.reading != "unsure":
        return [await say(uow, person, texts.already_decided(capture.captured_at), answers=answers, now=now)]
    turn = Turn(person, capture, await words_of(uow, capture), now, caused_by=answers)
    context = await build_context(turn, uow=uow, world=world)
    reading = nlp.read_reply(turn.words[:READ_LIMIT], context)
    if isinstance(reading, nt.Unsure):
        return await act_on(reading.note if is_note else reading.correction, turn, context, uow=uow, world=world)
    if is_note and not isinstance(reading, nt.VisitNote):
        note = nt.Note(turn.words[:READ_LIMIT], capture.captured_at, person.id, _channel(capture))
        reading = nt.VisitNote(nlp.extract(note, context.directory, context.playbook, context=context))
    return await act_on(reading, turn, context, uow=uow, world=world)


async def take_note(reading: nt.VisitNote, turn: Turn, context: nt.Context, *, uow: UnitOfWork, world: World) -> str:
    """Put a note into its visit, starting one if need be, and show the card."""
    customer = reading.extraction.customer
    stored = field_values.to_json(customer.value) if customer.shown == "value" else None
    customer_id = stored if isinstance(stored, str) else None
    playbook = await playbook_for(uow, world, turn.person, customer_id)
    extraction = reading.extraction
    if playbook.name != context.playbook.name:
        note = nt.Note(turn.words[:READ_LIMIT], turn.capture.captured_at, turn.person.id, _channel(turn.capture))
        extraction = nlp.under_playbook(extraction, note, playbook.for_nlp())
    if turn.capture.kind == "forward":
        extraction = ask_follow_up(extraction, turn.capture.captured_at)
    if turn.proposed is not None:
        extraction = _heed(turn.proposed, extraction, turn, context.directory, playbook.for_nlp())
    visit = await _continued(uow, reading.joins, turn)
    visit = visit or await visit_to_join(uow, turn.person.id, stored, turn.capture.captured_at, playbook)
    visit = visit or await visit_born_of(uow, turn.capture)
    if visit is None:
        sheet = VisitSheet(opened_by=turn.capture)
        visit = start_visit(turn.person, turn.capture, playbook.name, known_customer(extraction))
    else:
        sheet = await load_sheet(uow, visit)
    visit.playbook = playbook.name
    turn.capture.reading = "note"
    visit.voice_seconds += turn.voice_seconds
    await attach(uow, visit, turn.capture)
    await apply_extraction(uow, visit, sheet, extraction, turn.capture, actor_id=turn.person.id, now=turn.now)
    await _propose_preparations(uow, visit, sheet, extraction, turn.person)
    await fill_from_directory(uow, visit, sheet)
    await write_new(uow, sheet)
    if sheet.opened_by is None:  # a visit that was just opened has no check-in
        await measure_distance(uow, visit, world)
    return await show_visit(uow, visit, turn.person, world=world, now=turn.now, answers=turn.answers, sheet=sheet)


def _heed(
    proposed: Proposed, extraction: nt.Extraction, turn: Turn, directory: nlp.Directory, playbook: nt.Playbook
) -> nt.Extraction:
    """Weigh what an outside proposer said beside our own reading. The visit that a note joins is ours to decide."""
    note = nt.Note(turn.words[:READ_LIMIT], turn.capture.captured_at, turn.person.id, _channel(turn.capture))
    checked = check_proposal(proposed.answer, note, directory, playbook, offered=proposed.offered)
    for reason in checked.dropped:
        logger.info("part of a proposal dropped", extra={"action": "proposal_dropped", "outcome": reason})
    return combine(extraction, checked)


async def _continued(uow: UnitOfWork, visit_id: str | None, turn: Turn) -> t.Visit | None:
    """Return the open draft that the words themselves say they continue (“还有…”, “顾总说…”)."""
    visit = await uow.get(t.Visit, visit_id) if visit_id else None
    return visit if visit is not None and visit.person_id == turn.person.id and visit.state == "draft" else None


async def _propose_preparations(
    uow: UnitOfWork, visit: t.Visit, sheet: VisitSheet, extraction: nt.Extraction, person: Person
) -> None:
    """Remember preparation tasks that the note implies; they open with the confirm (MISSION row 2)."""
    for preparation in extraction.preparations:
        key = f"preparation:{visit.id}:{preparation.due_on}:{preparation.title}"
        if await uow.first(_PREPARATION, {"key": key}) is None:
            task = t.Task(
                source_key=key,
                kind="preparation",
                person_id=person.id,
                customer_id=visit.customer_id,
                title=preparation.title,
                due_on=preparation.due_on,
                state="proposed",
                visit_id=visit.id,
            )
            uow.add(task)
            sheet.preparations.append(task)


async def correct(
    visit_id: str | None, changes: Mapping[nt.FieldName, object], turn: Turn, *, uow: UnitOfWork, world: World
) -> str:
    """Change fields of an open visit as the rep said, and show the new card."""
    visit = await uow.get(t.Visit, visit_id) if visit_id else None
    if visit is None or visit.person_id != turn.person.id or visit.state == "voided":
        return await say(uow, turn.person, texts.nothing_to_correct(), answers=turn.answers, now=turn.now)
    newer = await _said_since(uow, visit, turn)
    seen = await view(uow, visit)
    stored: dict[str, Any] = {}
    for name, value in changes.items():
        said = field_values.to_json(value)
        if name not in newer and (said is None or said != seen.value(name)):
            stored[name] = said
    if not stored:
        return await say(uow, turn.person, texts.already_so(visit.started_at), answers=turn.answers, now=turn.now)
    said_at = turn.capture.captured_at
    await change_fields(uow, visit, stored, turn.person, via=turn.answers, world=world, now=turn.now, said_at=said_at)
    turn.capture.visit_id = visit.id
    uow.add(turn.capture)
    await measure_distance(uow, visit, world)
    return await show_visit(uow, visit, turn.person, world=world, now=turn.now, answers=turn.answers)


async def _said_since(uow: UnitOfWork, visit: t.Visit, turn: Turn) -> set[str]:
    """Return the fields that were said after these words, which came late: newer words win.

    A voice note may be long in the recogniser, and a platform may deliver a text late that it could not at once.
    """
    later = sa.select(col(t.FieldGuess.field)).where(
        col(t.FieldGuess.visit_id) == visit.id,
        col(t.FieldGuess.shown) != "missing",
        col(t.FieldGuess.said_at) > turn.capture.captured_at,
    )
    return set(await uow.all(later))


async def _ask_which(turn: Turn, uow: UnitOfWork) -> str:
    turn.capture.reading = "unsure"
    uow.add(turn.capture)
    card = Card(
        card_id=f"u-{turn.capture.id}",
        source=f"{texts.ASSISTANT} · 请选",
        title=texts.unsure_question(turn.capture.captured_at),
        quote=f"原话：{turn.words[:100]}",
        buttons=(
            CardButton("改上一条", Action("correct", turn.capture.id).pack(), style="primary"),
            CardButton("是新的拜访", Action("note", turn.capture.id).pack()),
        ),
    )
    return await tell(
        uow,
        turn.person,
        OutboundCard(card),
        key=f"answer:{turn.answers}",
        now=turn.now,
        answers=turn.answers,
        about=("capture", turn.capture.id, 0),
    )


def _channel(capture: t.Capture) -> nt.Channel:
    return "voice" if capture.kind == "voice" else "text"
