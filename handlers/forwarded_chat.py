"""A pasted chat becomes a capture of its own kind: read as a note, its messages kept with their speakers and times."""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import col

import nlp
from handlers import texts
from handlers.know import World
from handlers.rules.forwards import worth_showing
from handlers.tell import say
from handlers.understand import READ_LIMIT, Turn, build_context, take_note
from nlp import types as nt
from nlp.forwarded import Forwarded
from storage import UnitOfWork
from storage import tables as t


async def take_forwarded(forwarded: Forwarded, turn: Turn, *, uow: UnitOfWork, world: World) -> list[str]:
    """Keep a pasted chat with its messages and show the card; say what to do where only a title came.

    Natural key: the capture; a second run finds the messages there.
    """
    turn.capture.kind = "forward"
    uow.add(turn.capture)
    if forwarded.kind == "summary_only":
        turn.capture.reading = "summary"
        text = texts.only_a_summary(turn.capture.captured_at)
        return [await say(uow, turn.person, text, answers=turn.answers, now=turn.now)]
    context = await build_context(turn, uow=uow, world=world)
    note = nt.Note(turn.words[:READ_LIMIT], turn.capture.captured_at, turn.person.id)
    extraction = nlp.extract(note, context.directory, context.playbook, context=context)
    await _keep_messages(uow, turn.capture, forwarded, extraction, context.directory)
    queued = [await take_note(nt.VisitNote(extraction), turn, context, uow=uow, world=world)]
    if len(turn.words) > READ_LIMIT:
        warning = texts.text_too_long(READ_LIMIT, len(turn.words))
        queued.append(await say(uow, turn.person, warning, answers=turn.answers, now=turn.now, part=":long"))
    return queued


async def _keep_messages(
    uow: UnitOfWork, capture: t.Capture, forwarded: Forwarded, extraction: nt.Extraction, directory: nlp.Directory
) -> None:
    known = sa.select(t.ForwardedMessage).where(col(t.ForwardedMessage.capture_id) == capture.id)
    if await uow.first(known) is not None:
        return
    shown = worth_showing(forwarded.messages, extraction, _called(extraction, directory))
    for position, message in enumerate(forwarded.messages):
        uow.add(
            t.ForwardedMessage(
                capture_id=capture.id,
                position=position,
                speaker=message.speaker,
                said_at=message.said_at,
                text=message.text,
                is_rep=message.is_rep,
                on_card=position in shown,
            )
        )
    await uow.flush()


def _called(extraction: nt.Extraction, directory: nlp.Directory) -> tuple[str, ...]:
    """Return all names of the customer that was read from the chat."""
    value = extraction.customer.value
    if isinstance(value, nt.NewCustomer):
        return (value.name,)
    customer = directory.customers.get(value) if value is not None else None
    return (customer.name, nlp.short_name(customer), *customer.aliases) if customer is not None else ()
