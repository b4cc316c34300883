"""The rows of one visit, read once in a transaction and handed on to all that reads or changes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlmodel import col

from storage import UnitOfWork
from storage import tables as t

_FIELDS = sa.select(t.FieldGuess).where(col(t.FieldGuess.visit_id).in_(sa.bindparam("visit_ids", expanding=True)))
_FIELD = (
    sa.select(t.FieldGuess)
    .where(col(t.FieldGuess.visit_id) == sa.bindparam("visit_id"), col(t.FieldGuess.field) == sa.bindparam("name"))
    .limit(1)
)
_TAGS = sa.select(t.TagGuess).where(col(t.TagGuess.visit_id) == sa.bindparam("visit_id"))
_PREPARATIONS = (
    sa.select(t.Task)
    .where(col(t.Task.visit_id) == sa.bindparam("visit_id"), col(t.Task.kind) == "preparation")
    .where(col(t.Task.state) != "cancelled")
    .order_by(col(t.Task.due_on))
)


@dataclass(slots=True)
class VisitSheet:
    """A visit's fields by name, its tags and its preparations, as this transaction sees and changes them.

    `opened_by` is set where this transaction has opened the visit with that capture: nothing else can be there yet, and
    nothing has to be read. Rows that are new stand in `unwritten` until `write_new` writes them.
    """

    fields: dict[str, t.FieldGuess] = field(default_factory=dict)
    tags: list[t.TagGuess] = field(default_factory=list)
    preparations: list[t.Task] = field(default_factory=list)
    opened_by: t.Capture | None = None
    unwritten: list[t.FieldGuess | t.TagGuess] = field(default_factory=list)

    def is_new(self, row: t.FieldGuess) -> bool:
        """Tell whether a row has yet to be written."""
        return any(row is new for new in self.unwritten)


async def write_new(uow: UnitOfWork, sheet: VisitSheet) -> None:
    """Write a sheet's new rows, as they are by now, in one statement a table."""
    for table in (t.FieldGuess, t.TagGuess):
        rows = [row for row in sheet.unwritten if isinstance(row, table)]
        if rows:
            await uow.insert(*rows)
    sheet.unwritten.clear()


async def load_sheet(uow: UnitOfWork, visit: t.Visit) -> VisitSheet:
    """Read the rows of a visit that was there before."""
    return VisitSheet(
        fields=(await fields_of(uow, [visit.id])).get(visit.id, {}),
        tags=await uow.all(_TAGS, {"visit_id": visit.id}),
        preparations=await preparations_of(uow, visit.id),
    )


async def fields_of(uow: UnitOfWork, visit_ids: Sequence[str]) -> dict[str, dict[str, t.FieldGuess]]:
    """Return the field rows of several visits by visit id and field name, in one query."""
    found: dict[str, dict[str, t.FieldGuess]] = {}
    if visit_ids:
        for row in await uow.all(_FIELDS, {"visit_ids": list(visit_ids)}):
            found.setdefault(row.visit_id, {})[row.field] = row
    return found


async def field_of(uow: UnitOfWork, visit_id: str, name: str) -> t.FieldGuess | None:
    """Return one field row of a visit, or None."""
    found: t.FieldGuess | None = await uow.first(_FIELD, {"visit_id": visit_id, "name": name})
    return found


async def preparations_of(uow: UnitOfWork, visit_id: str) -> list[t.Task]:
    """Return the preparation tasks that a visit's words imply, proposed or open, by due day."""
    return await uow.all(_PREPARATIONS, {"visit_id": visit_id})
