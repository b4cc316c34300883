"""What an import would change: the report of a dry run, from the rows of a file and the rows that are known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Generic

from storage.directory_cells import ContactCell
from storage.directory_columns import COLUMNS, Column
from storage.directory_files import CustomerRow, Problem, RepRow, Row

#: How many single changes and problems a report spells out before it only counts.
LINES_SHOWN = 20


@dataclass(frozen=True, slots=True)
class FieldEdit:
    """One field of a known row that the file changes."""

    row_id: str
    name: str
    title: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class ImportPlan(Generic[Row]):
    """What would happen: new rows, edits of known ones, rows that stay, and known ids that the file does not name.

    Rows that the file does not name are never removed; they are only told.
    """

    new: tuple[Row, ...]
    edits: tuple[FieldEdit, ...]
    changed: tuple[Row, ...]
    same: int
    absent: tuple[str, ...]


def plan_import(rows: Sequence[Row], known: Mapping[str, Row]) -> ImportPlan[Row]:
    """Compare a file's rows with the known ones by id. An empty cell never erases a known value."""
    new = tuple(row for row in rows if row_id(row) not in known)
    edits: list[FieldEdit] = []
    changed: list[Row] = []
    for row in rows:
        before = known.get(row_id(row))
        found = _edits(before, row) if before is not None else []
        edits += found
        if found:
            changed.append(row)
    named = {row_id(row) for row in rows}
    same = len(rows) - len(new) - len(changed)
    return ImportPlan(new, tuple(edits), tuple(changed), same, tuple(sorted(set(known) - named)))


def row_id(row: CustomerRow | RepRow) -> str:
    """Return the identity of a row: the customer's id or the person's user id."""
    return row.customer_id if isinstance(row, CustomerRow) else row.userid


def describe(plan: ImportPlan[Row], problems: Sequence[Problem]) -> list[str]:
    """Return the report as Chinese lines: problems first, then what would change."""
    lines = [_mark(problem) for problem in problems[:LINES_SHOWN]]
    if len(problems) > LINES_SHOWN:
        lines.append(f"……另有 {len(problems) - LINES_SHOWN} 处")
    lines.append(f"新增 {len(plan.new)}，修改 {len(plan.changed)}，不变 {plan.same}")
    if plan.absent:
        lines.append(f"文件里没有、照旧保留 {len(plan.absent)}")
    for edit in plan.edits[:LINES_SHOWN]:
        lines.append(f"  {edit.row_id} {edit.title}：{_show(edit.before)} → {_show(edit.after)}")
    if len(plan.edits) > LINES_SHOWN:
        lines.append(f"  ……另有 {len(plan.edits) - LINES_SHOWN} 处修改")
    return lines


def _edits(before: CustomerRow | RepRow, after: CustomerRow | RepRow) -> list[FieldEdit]:
    titles = {column.field: column.title for column in _columns(after)}
    return [
        FieldEdit(row_id(after), field.name, titles[field.name], old, new)
        for field in fields(after)
        if (new := getattr(after, field.name)) not in (None, "", ()) and new != (old := getattr(before, field.name))
    ]


def _columns(row: CustomerRow | RepRow) -> tuple[Column, ...]:
    return COLUMNS["customers" if isinstance(row, CustomerRow) else "reps"]


def _mark(problem: Problem) -> str:
    return f"{'错误' if problem.level == 'error' else '提醒'}  {problem}"


def _show(value: Any) -> str:
    if value in (None, "", ()):
        return "（空）"
    if isinstance(value, tuple):
        return "、".join(one.name if isinstance(one, ContactCell) else str(one) for one in value)
    return str(value)
