"""看详情 of a warning: where an opportunity stands, since when, and what was said. Read-only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import col

from handlers import texts
from handlers.field_values import in_words
from handlers.know import World
from handlers.raise_alerts import as_view
from handlers.rules.days import day_of
from handlers.rules.dwell import due_days
from handlers.visit_view import view
from storage import UnitOfWork
from storage import tables as t

VISITS_SHOWN = 5
ALERTS_SHOWN = 10

_ALERT_STATES = {"raised": "未处理", "acknowledged": "已知道", "snoozed": "已延期", "resolved": "已解除"}


@dataclass(frozen=True, slots=True)
class Stay:
    """One stay in a stage. `is_now` marks the current one."""

    stage: str
    since: str
    until: str
    days: int
    is_now: bool


@dataclass(frozen=True, slots=True)
class PastVisit:
    """A visit in short."""

    when: str
    who: str
    state: str
    contact: str
    stage: str
    obstacle: str


@dataclass(frozen=True, slots=True)
class PastAlert:
    """A warning in short."""

    when: str
    level: str
    state: str
    words: str


@dataclass(frozen=True, slots=True)
class OpportunityPage:
    """All that the page shows. `days` in the stage and `limit` are calendar days, None where unknown."""

    customer: str
    company: str
    owner: str
    closed: bool
    stage: str
    days: int | None
    limit: int | None
    level: str
    last_contact: str
    next_followup: str
    snoozed: str
    obstacle: str
    stays: tuple[Stay, ...]
    visits: tuple[PastVisit, ...]
    alerts: tuple[PastAlert, ...]


async def opportunity_page(
    uow: UnitOfWork, opportunity: t.Opportunity, owner: t.Person, world: World, now: datetime
) -> OpportunityPage:
    """Load the details of an opportunity as of `now`."""
    directory = await world.directory(uow)
    known = directory.customers.get(opportunity.customer_id)
    days = (day_of(now) - day_of(opportunity.stage_since)).days if opportunity.stage_since else None
    limit, level = _limit(opportunity, world, now)
    label = in_words("customer", opportunity.customer_id, directory)
    touched = texts.day(day_of(opportunity.last_touch_at)) if opportunity.last_touch_at else ""
    snoozed = opportunity.snoozed_until
    return OpportunityPage(
        customer=label,
        company=known.name if known is not None and known.name != label else "",
        owner=owner.name,
        closed=opportunity.state != "open",
        stage=opportunity.stage or "",
        days=days,
        limit=limit,
        level=level,
        last_contact=" ".join(part for part in (touched, opportunity.last_contact) if part),
        next_followup=texts.day(opportunity.next_followup) if opportunity.next_followup else "",
        snoozed=texts.day(day_of(snoozed)) if snoozed is not None and snoozed > now else "",
        obstacle=opportunity.obstacle,
        stays=await _stays(uow, opportunity, now),
        visits=await _visits(uow, opportunity),
        alerts=await _alerts(uow, opportunity),
    )


def _limit(opportunity: t.Opportunity, world: World, now: datetime) -> tuple[int | None, str]:
    """Return the limit in days and how late it is ("", "yellow" or "red"), both as the dwell rule sees the silence."""
    due = due_days(as_view(opportunity), world.playbook(opportunity.playbook))
    if due is None:
        return None, ""
    limit = (due.yellow_on - due.silent_since).days
    if day_of(now) < due.yellow_on:
        return limit, ""
    return limit, "red" if day_of(now) >= due.red_on else "yellow"


async def _stays(uow: UnitOfWork, opportunity: t.Opportunity, now: datetime) -> tuple[Stay, ...]:
    """Stays newest first. One that was taken back at once (entered = left) was never a stay."""
    entries = await uow.all(
        sa.select(t.StageEntry)
        .where(col(t.StageEntry.opportunity_id) == opportunity.id)
        .order_by(col(t.StageEntry.entered_at).desc(), col(t.StageEntry.id).desc())
    )
    return tuple(
        Stay(
            stage=entry.stage,
            since=texts.day(day_of(entry.entered_at)),
            until=texts.day(day_of(entry.left_at)) if entry.left_at else "",
            days=(day_of(entry.left_at or now) - day_of(entry.entered_at)).days,
            is_now=entry.id == opportunity.stage_entry_id,
        )
        for entry in entries
        if entry.left_at != entry.entered_at
    )


async def _visits(uow: UnitOfWork, opportunity: t.Opportunity) -> tuple[PastVisit, ...]:
    found = await uow.all(
        sa.select(t.Visit)
        .where(col(t.Visit.customer_id) == opportunity.customer_id, col(t.Visit.state) != "voided")
        .order_by(col(t.Visit.started_at).desc(), col(t.Visit.id).desc())
        .limit(VISITS_SHOWN)
    )
    return tuple([await _past_visit(uow, visit) for visit in found])


async def _past_visit(uow: UnitOfWork, visit: t.Visit) -> PastVisit:
    seen = await view(uow, visit)
    person = await uow.get(t.Person, visit.person_id)
    return PastVisit(
        when=texts.day_time(visit.started_at),
        who=person.name if person is not None else "",
        state="" if visit.state == "confirmed" else "待确认",
        contact=seen.value("contact") or "",
        stage=seen.value("stage") or "",
        obstacle=seen.value("obstacle") or "",
    )


async def _alerts(uow: UnitOfWork, opportunity: t.Opportunity) -> tuple[PastAlert, ...]:
    """Warnings newest first; one that went to several people is told once."""
    found = await uow.all(
        sa.select(t.Alert)
        .where(col(t.Alert.object_id) == opportunity.id)
        .order_by(col(t.Alert.raised_at).desc(), col(t.Alert.id).desc())
    )
    lines = [
        PastAlert(
            when=texts.day_time(alert.raised_at),
            level="红旗" if alert.level == "red" else "黄色提醒",
            state=_ALERT_STATES.get(alert.state, alert.state),
            words=texts.alert_desc(alert.facts["stage"], alert.facts["days"], alert.facts["limit_days"]),
        )
        for alert in found
    ]
    return tuple(dict.fromkeys(lines))[:ALERTS_SHOWN]
