"""What the reader of a person's words needs to know of the visits that are still open."""

from __future__ import annotations

from datetime import datetime
from itertools import groupby

import sqlalchemy as sa
from sqlmodel import col

import nlp
from handlers import field_values
from handlers.know import Person
from handlers.visit_view import VisitView
from handlers.visits import UNDO_LIFE
from nlp import types as nt
from storage import UnitOfWork
from storage import tables as t

#: How many open visits a person's words are read against.
MOST_IN_DIALOGUE = 5

_OPEN_VISITS = (
    sa.select(col(t.Visit.id), col(t.Visit.state), col(t.Visit.last_capture_at))
    .where(col(t.Visit.person_id) == sa.bindparam("person_id"))
    .where(
        sa.or_(
            col(t.Visit.state) == "draft",
            sa.and_(col(t.Visit.state) == "confirmed", col(t.Visit.confirmed_at) > sa.bindparam("since")),
        )
    )
    .order_by(col(t.Visit.last_capture_at).desc(), col(t.Visit.id).desc())
    .limit(MOST_IN_DIALOGUE)
    .subquery()
)
#: A person's drafts (any age, newest first) and what they confirmed lately, a line for each field.
_DIALOGUE = (
    sa.select(
        _OPEN_VISITS.c.id,
        _OPEN_VISITS.c.state,
        _OPEN_VISITS.c.last_capture_at,
        col(t.FieldGuess.field),
        col(t.FieldGuess.value),
        col(t.FieldGuess.shown),
        col(t.FieldGuess.alternatives),
    )
    .outerjoin(t.FieldGuess, col(t.FieldGuess.visit_id) == _OPEN_VISITS.c.id)
    .order_by(_OPEN_VISITS.c.last_capture_at.desc(), _OPEN_VISITS.c.id.desc())
)


async def dialogue_drafts(
    uow: UnitOfWork, person: Person, directory: nlp.Directory, now: datetime
) -> tuple[nt.Draft, ...]:
    """Return what extraction's reader of replies needs to know of a person's open visits, newest first."""
    found = []
    lines = await uow.tuples(_DIALOGUE, {"person_id": person.id, "since": now - UNDO_LIFE})
    for visit_id, of_visit in groupby(lines, key=lambda line: line.id):
        rows = list(of_visit)
        seen = VisitView(rows[0], {row.field: row for row in rows if row.field is not None}, ())
        questions = tuple(_question(seen, name, directory) for name in seen.open_fields())
        values = {name: field_values.to_value(name, seen.value(name)) for name in nt.FIELDS}
        found.append(
            nt.Draft(
                visit_id=visit_id,
                said_at=rows[0].last_capture_at,
                customer_label=field_values.in_words("customer", seen.value("customer"), directory),
                questions=questions,
                confirmed=rows[0].state == "confirmed",
                **values,
            )
        )
    return tuple(found)


def _question(seen: VisitView, name: nt.FieldName, directory: nlp.Directory) -> nt.Question:
    offered = seen.choices(name)
    return nt.Question(
        name,
        tuple(
            nt.Choice(field_values.to_value(name, c), field_values.choice_words(name, c, offered, directory))
            for c in offered
        ),
    )
