"""What changed in a visit, as its audit entries tell it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

import nlp
from bot.page import words
from handlers import texts
from handlers.field_values import in_words
from nlp import types as nt
from storage import UnitOfWork
from storage import tables as t

_TAG_STATES = {"confirmed": "标上", "rejected": "不标", "proposed": "待定"}


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """One changed thing. `before` and `after` are words, empty for nothing; `purged` when the values were removed."""

    when: str
    who: str
    through: str
    what: str
    before: str = ""
    after: str = ""
    purged: bool = False


async def history_of(uow: UnitOfWork, visit_id: str, directory: nlp.Directory) -> tuple[ChangeLine, ...]:
    """Return all changes of a visit, newest first."""
    rows = await uow.tuples(
        sa.select(t.Change, t.ChangeValue)
        .join(t.ChangeValue, col(t.ChangeValue.change_id) == col(t.Change.id), isouter=True)
        .where(col(t.Change.entity) == "visit", col(t.Change.entity_id) == visit_id)
        .order_by(col(t.Change.at).desc(), col(t.Change.id).desc())
    )
    actors = {change.actor_id for change, _ in rows}
    people = await uow.tuples(sa.select(col(t.Person.id), col(t.Person.name)).where(col(t.Person.id).in_(actors)))
    names = {row[0]: row[1] for row in people}
    return tuple(
        line for change, value in rows for line in _lines(change, value, names.get(change.actor_id, "系统"), directory)
    )


def _lines(change: t.Change, value: t.ChangeValue | None, who: str, directory: nlp.Directory) -> list[ChangeLine]:
    when, through = texts.day_time(change.at), _through(change.via)
    if value is None:
        return [ChangeLine(when, who, through, _what(change.field), purged=True)]
    return [
        ChangeLine(when, who, through, _what(name), _as_words(name, old, directory), _as_words(name, new, directory))
        for name, old, new in _pairs(change.field, value)
    ]


def _pairs(name: str, value: t.ChangeValue) -> list[tuple[str, Any, Any]]:
    """One entry about several fields (`*`) is told as several lines, in the order of the card."""
    if name != "*":
        return [(name, value.before, value.after)]
    before: Mapping[str, Any] = value.before or {}
    after: Mapping[str, Any] = value.after or {}
    return [(field, before.get(field), after.get(field)) for field in nt.FIELDS if field in before or field in after]


def _what(name: str) -> str:
    if name == "state":
        return "状态"
    if name == "*":
        return "填写"
    return texts.FIELD_LABELS.get(name, f"标签 {name.removeprefix('tag:')}")


def _as_words(name: str, value: Any, directory: nlp.Directory) -> str:
    if value is None:
        return ""
    if name == "state":
        return words.STATES.get(str(value), str(value))
    if name in texts.FIELD_LABELS:
        return in_words(name, value, directory)
    return _TAG_STATES.get(str(value), str(value))


def _through(via: str) -> str:
    return "网页" if via.startswith("page:") else "聊天"
