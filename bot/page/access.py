"""Who may open what: the token in the path is the only authority, and it names one visit and one person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import col

from bot.page import words
from handlers.confirm_visit import may_undo
from handlers.links import LinkExpired, LinkRefused, Links, LinkTarget
from handlers.playbooks import Playbook
from storage import UnitOfWork
from storage import tables as t

#: A link to an opportunity carries its id behind this prefix (`handlers.raise_alerts`).
OPPORTUNITY = "o-"


class PageRefused(Exception):
    """The page cannot be shown; `title` and `advice` are what the person reads instead."""

    def __init__(self, status: int, sentences: tuple[str, str]) -> None:
        super().__init__(sentences[0])
        self.status = status
        self.title, self.advice = sentences


class PageExpired(PageRefused):
    """The link is ours but too old: the person may have a new one sent to their own chat."""

    def __init__(self) -> None:
        super().__init__(403, words.EXPIRED)


@dataclass(frozen=True, slots=True)
class OpenedVisit:
    """A visit that this reader may see. `is_own` is true for the person who made the visit."""

    visit: t.Visit
    reader: t.Person
    owner: t.Person

    @property
    def is_own(self) -> bool:
        return self.reader.id == self.visit.person_id


def read_token(links: Links, token: str, now: datetime) -> LinkTarget:
    """Return what the token opens. Raises `PageRefused`."""
    try:
        return links.open(token, now)
    except LinkExpired as error:
        raise PageExpired from error
    except LinkRefused as error:
        raise PageRefused(403, words.FORGED) from error


def read_expired_token(links: Links, token: str, now: datetime) -> LinkTarget:
    """Return what a link opened that is ours, even if it is too old. Raises `PageRefused` for a forged one."""
    try:
        return links.open(token, now)
    except LinkExpired as error:
        return error.target
    except LinkRefused as error:
        raise PageRefused(403, words.FORGED) from error


async def open_visit(uow: UnitOfWork, target: LinkTarget, *, to_write: bool = False) -> OpenedVisit:
    """Return the visit of a link for its reader. Raises `PageRefused`.

    `to_write` asks for the visit's own person and is alone with them: what they save, say and tap comes one by one.
    """
    reader = await _reader(uow, target)
    if to_write:
        await uow.alone(reader.id)
    visit = await uow.first(sa.select(t.Visit).where(col(t.Visit.id) == target.visit_id))
    if visit is None:
        raise PageRefused(404, words.GONE)
    owner = await uow.need(t.Person, visit.person_id)
    if not _may_see(reader, owner):
        raise PageRefused(403, words.FOREIGN)
    opened = OpenedVisit(visit, reader, owner)
    if to_write and not opened.is_own:
        raise PageRefused(403, words.OWN_ONLY)
    return opened


async def open_opportunity(uow: UnitOfWork, target: LinkTarget) -> tuple[t.Opportunity, t.Person]:
    """Return the opportunity of a link and its owner. Raises `PageRefused`."""
    reader = await _reader(uow, target)
    opportunity = await uow.get(t.Opportunity, target.visit_id.removeprefix(OPPORTUNITY))
    if opportunity is None:
        raise PageRefused(404, words.GONE)
    owner = await uow.get(t.Person, opportunity.owner_id)
    if owner is None or not _may_see(reader, owner):
        raise PageRefused(403, words.FOREIGN)
    return opportunity, owner


async def _reader(uow: UnitOfWork, target: LinkTarget) -> t.Person:
    reader = await uow.get(t.Person, target.person_id)
    if reader is None or not reader.active:
        raise PageRefused(403, words.FOREIGN)
    return reader


def _may_see(reader: t.Person, owner: t.Person) -> bool:
    """The person, the supervisor of the person's team, directors and administrators."""
    if reader.id == owner.id or reader.role in ("director", "admin"):
        return True
    return reader.role == "supervisor" and bool(owner.team) and reader.team == owner.team


def why_not_editable(visit: t.Visit, now: datetime) -> tuple[str, str] | None:
    """Return the sentences for a visit that takes no more changes, None for one that does."""
    if visit.state == "voided":
        return words.VOIDED
    if visit.state == "confirmed" and not may_undo(visit, now):
        return words.TOO_OLD
    return None


def why_no_check_in(visit: t.Visit, playbook: Playbook, now: datetime) -> tuple[str, str] | None:
    """Return why the visit takes no check-in: set aside, or longer ago than a visit's gap (it proves nothing then)."""
    if visit.state == "voided":
        return words.VOIDED
    if now - visit.last_capture_at > timedelta(minutes=playbook.visit_gap_minutes):
        return words.TOO_LATE
    return None
