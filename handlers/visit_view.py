"""What is seen of a visit: by its rep on a card, by us in the dialogue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from handlers import texts
from handlers.visit_sheet import VisitSheet, load_sheet
from nlp import types as nt
from storage import UnitOfWork
from storage import tables as t

#: Order in which open fields are asked (DECISIONS, the confirm card).
QUESTION_ORDER: tuple[nt.FieldName, ...] = ("customer", "next_followup", "stage", "contact", "obstacle")

_MUTED = sa.select(col(t.TagMute.key)).where(col(t.TagMute.person_id) == sa.bindparam("person_id"))
_NEWEST_NOTE = (
    sa.select(t.Capture)
    .where(col(t.Capture.visit_id) == sa.bindparam("visit_id"), col(t.Capture.reading) == "note")
    .order_by(col(t.Capture.captured_at).desc(), col(t.Capture.id).desc())
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class VisitView:
    """A visit with its fields, tags and first words, as cards and dialogue need it."""

    visit: t.Visit
    fields: dict[str, t.FieldGuess]
    tags: tuple[t.TagGuess, ...]
    quote: str = ""
    #: what the words imply must be ready by a day; tasks once the visit is confirmed
    preparations: tuple[t.Task, ...] = ()
    #: where the newest words are a pasted chat: its messages that matter, at most three
    messages: tuple[t.ForwardedMessage, ...] = ()

    def value(self, name: str) -> Any:
        """Return the stored value of a field, None where there is none or it is only asked."""
        guess = self.fields.get(name)
        return guess.value if guess is not None and guess.shown == "value" else None

    def choices(self, name: str) -> list[Any]:
        """Return the stored values that a question about this field offers, best first, at most three."""
        guess = self.fields.get(name)
        if guess is None or guess.shown != "question" or name == "obstacle":
            return []
        offered = [guess.value, *guess.alternatives] if guess.value is not None else list(guess.alternatives)
        return [o for n, o in enumerate(offered) if o is not None and o not in offered[:n]][:3]

    def open_fields(self) -> list[nt.FieldName]:
        """Return the fields that are questions with choices, in asking order."""
        return [name for name in QUESTION_ORDER if self.choices(name)]

    def missing_labels(self) -> list[str]:
        """Return the Chinese names of fields that have no value."""
        return [texts.FIELD_LABELS[name] for name in nt.FIELDS if self.value(name) is None]


async def view(uow: UnitOfWork, visit: t.Visit, sheet: VisitSheet | None = None) -> VisitView:
    """Load what a card shows of a visit. `sheet` are its rows where the caller has them."""
    sheet = sheet or await load_sheet(uow, visit)
    muted = set[str]()
    if sheet.tags:
        muted.update(await uow.all(_MUTED, {"person_id": visit.person_id}))
    newest = sheet.opened_by or await _newest_note(uow, visit.id)
    tags = sorted(sheet.tags, key=lambda tag: tag.id)
    return VisitView(
        visit=visit,
        fields=sheet.fields,
        tags=tuple(tag for tag in tags if tag.key not in muted or tag.status == "confirmed"),
        quote=await words_of(uow, newest) if newest is not None else "",
        messages=await _chat_messages(uow, newest),
        preparations=tuple(sorted(sheet.preparations, key=lambda task: task.due_on)),
    )


async def _newest_note(uow: UnitOfWork, visit_id: str) -> t.Capture | None:
    """Return the newest words of a visit as said, typed or pasted, for the card's quote."""
    found: t.Capture | None = await uow.first(_NEWEST_NOTE, {"visit_id": visit_id})
    return found


async def _chat_messages(uow: UnitOfWork, capture: t.Capture | None) -> tuple[t.ForwardedMessage, ...]:
    if capture is None or capture.kind != "forward":
        return ()
    query = sa.select(t.ForwardedMessage).where(col(t.ForwardedMessage.capture_id) == capture.id)
    return tuple(await uow.all(query.where(col(t.ForwardedMessage.on_card)).order_by(col(t.ForwardedMessage.position))))


async def words_of(uow: UnitOfWork, capture: t.Capture) -> str:
    """Return a capture's text, or its transcript."""
    if capture.text is not None:
        return capture.text
    transcript = await uow.first(sa.select(t.Transcript).where(col(t.Transcript.capture_id) == capture.id))
    return transcript.text if transcript is not None else ""
