"""Silence becomes a warning: yellow to the owner, red to the supervisor, once a window, resolved when the deal moves.

The scan reads what is due (`opportunity.check_on`), not what exists. An alert is a row that is unique per rule,
opportunity, window and level, so that two schedulers or a restart raise it once (ASKS 47, 48).
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlmodel import col

from handlers import alert_card, know, texts
from handlers.field_values import in_words
from handlers.know import Person, World
from handlers.links import Links
from handlers.messages import OutboundCard
from handlers.playbooks import Playbook
from handlers.push import push_card
from handlers.rules.days import day_of
from handlers.rules.dwell import Finding, OpportunityView, due_days, find_stale
from handlers.rules.schedule_rules import day_start
from handlers.tell import live_card, tell
from storage import UnitOfWork
from storage import tables as t

#: Opportunities looked at in one transaction.
BATCH = 200


def as_view(opportunity: t.Opportunity, *, customer: str = "", owner_name: str = "") -> OpportunityView:
    """Return what the dwell rule needs of an opportunity."""
    return OpportunityView(
        opportunity_id=opportunity.id,
        stage=opportunity.stage,
        entry=opportunity.stage_entry_id or "",
        stage_since=opportunity.stage_since,
        last_confirmed_at=opportunity.last_touch_at,
        last_contact_person=opportunity.last_contact,
        obstacle=opportunity.obstacle,
        owner=opportunity.owner_id,
        owner_name=owner_name,
        customer=customer,
        snoozed_until=opportunity.snoozed_until,
        is_open=opportunity.state == "open",
    )


def next_check(opportunity: t.Opportunity, playbook: Playbook, after: date | None = None) -> date | None:
    """Return the first day later than `after` on which the rule may have something to say, or None for never."""
    due = due_days(as_view(opportunity), playbook)
    if due is None:
        return None
    days = [due.yellow_on, due.red_on]
    if opportunity.snoozed_until is not None:
        days.append(day_of(opportunity.snoozed_until))
    later = [d for d in days if after is None or d > after]
    return min(later, default=None)


async def find_due(uow: UnitOfWork, today: date) -> list[str]:
    """Return the ids of opportunities whose day has come, at most one batch."""
    return await uow.all(
        sa.select(col(t.Opportunity.id))
        .where(col(t.Opportunity.check_on) <= today, col(t.Opportunity.state) == "open")
        .order_by(col(t.Opportunity.check_on), col(t.Opportunity.id))
        .limit(BATCH)
    )


async def raise_due(uow: UnitOfWork, *, world: World, now: datetime) -> tuple[list[str], bool]:
    """Raise what is due at `now`; return the deliveries queued and whether more is waiting.

    Natural key: rule + opportunity + window + level. Running twice raises nothing twice.
    """
    today = day_of(now)
    due = await find_due(uow, today)
    directory = await world.directory(uow)
    deliveries: list[str] = []
    for opportunity_id in due:
        opportunity = await uow.need(t.Opportunity, opportunity_id)
        playbook = world.playbook(opportunity.playbook)
        owner = await uow.get(t.Person, opportunity.owner_id)
        view = as_view(
            opportunity,
            customer=in_words("customer", opportunity.customer_id, directory),
            owner_name=owner.name if owner else opportunity.owner_id,
        )
        finding = find_stale(view, playbook, today, now)
        if finding is not None:
            deliveries += await _raise(uow, finding, opportunity, playbook, owner, world.links, now)
        opportunity.check_on = next_check(opportunity, playbook, after=today)
        uow.add(opportunity)
    await uow.flush()
    return deliveries, len(due) == BATCH


async def _raise(
    uow: UnitOfWork,
    finding: Finding,
    opportunity: t.Opportunity,
    playbook: Playbook,
    owner: t.Person | None,
    links: Links,
    now: datetime,
) -> list[str]:
    """Raise one finding for each recipient; a red one that was never yellow also tells the owner."""
    levels = ["yellow", "red"] if finding.level == "red" else ["yellow"]
    queued: list[str] = []
    for level in levels:
        for recipient in playbook.escalation.recipients("red" if level == "red" else "yellow"):
            for person_id in await _who(uow, recipient, owner):
                window = f"{finding.window}|{person_id}"
                if await _exists(uow, finding, window, level):
                    continue
                queued += await _raise_one(uow, finding, level, window, person_id, opportunity, playbook, links, now)
    return queued


async def _who(uow: UnitOfWork, recipient: str, owner: t.Person | None) -> list[str]:
    if owner is None:
        return []
    if recipient == "owner":
        return [owner.id]
    if recipient == "supervisor":
        return await know.supervisors_of(uow, owner.team)
    return await uow.all(sa.select(col(t.Person.id)).where(col(t.Person.role) == "director", col(t.Person.active)))


async def _exists(uow: UnitOfWork, finding: Finding, window: str, level: str) -> bool:
    found = await uow.first(
        sa.select(col(t.Alert.id))
        .where(col(t.Alert.rule) == finding.rule, col(t.Alert.object_id) == finding.opportunity_id)
        .where(col(t.Alert.window) == window, col(t.Alert.level) == level)
    )
    return found is not None


async def _raise_one(
    uow: UnitOfWork,
    finding: Finding,
    level: str,
    window: str,
    person_id: str,
    opportunity: t.Opportunity,
    playbook: Playbook,
    links: Links,
    now: datetime,
) -> list[str]:
    alert = t.Alert(
        rule=finding.rule,
        object_id=finding.opportunity_id,
        window=window,
        level=level,
        recipient_id=person_id,
        facts=finding.facts.to_json(),
        raised_at=now,
    )
    uow.add(alert)
    await uow.flush()
    person = await know.reach(uow, person_id)
    if person is None:
        return []
    card = alert_card.build(alert, links.visit(f"o-{opportunity.id}", person.id, now))
    facts = finding.facts
    key = await push_card(
        uow,
        person,
        OutboundCard(card),
        key=f"alert:{alert.id}",
        about=("alert", alert.id, alert.version),
        line=texts.digest_line(level, facts.customer, facts.stage, facts.days, facts.owner_name),
        playbook=playbook,
        now=now,
    )
    return [key]


async def acknowledge(uow: UnitOfWork, alert: t.Alert, now: datetime) -> None:
    """知道了: remembered once."""
    if alert.state == "raised":
        alert.state, alert.acknowledged_at = "acknowledged", now
        uow.add(alert)


async def snooze(uow: UnitOfWork, alert: t.Alert, days: int, *, world: World, now: datetime) -> date:
    """延期: the opportunity is quiet until then; a new window opens after it. Returns the day."""
    opportunity = await uow.need(t.Opportunity, alert.object_id)
    if alert.state != "snoozed":
        alert.state, alert.acknowledged_at = "snoozed", now
        # The start of a day, so that the scan of that very day finds the snooze over.
        opportunity.snoozed_until = day_start(now + timedelta(days=days))
        opportunity.check_on = day_of(opportunity.snoozed_until)
        uow.add(alert, opportunity)
        await uow.flush()
    return day_of(opportunity.snoozed_until or now)


async def resolve_alerts(uow: UnitOfWork, opportunity_id: str, links: Links, now: datetime) -> None:
    """End all standing alerts of an opportunity that has moved, and turn their shown cards green."""
    standing = await uow.all(
        sa.select(t.Alert).where(
            col(t.Alert.object_id) == opportunity_id,
            col(t.Alert.state).in_(("raised", "acknowledged", "snoozed")),
        )
    )
    for alert in standing:
        alert.state, alert.resolved_at = "resolved", now
        uow.add(alert)
        person = await know.reach(uow, alert.recipient_id)
        if person is None:
            continue
        await uow.run(
            sa.update(t.Delivery)
            .where(col(t.Delivery.id) == f"alert:{alert.id}", col(t.Delivery.state) == "queued")
            .values(state="superseded")
        )
        shown = await live_card(uow, alert.id, person.id)
        if shown is not None:
            await _show_resolved(uow, alert, person, links, now)


async def _show_resolved(uow: UnitOfWork, alert: t.Alert, person: Person, links: Links, now: datetime) -> None:
    """Queue the update of an alert's shown card; if it can no longer be updated, nothing is sent."""
    detail = links.visit(f"o-{alert.object_id}", person.id, now)
    await tell(
        uow,
        person,
        OutboundCard(alert_card.build(alert, detail, texts.ALERT_RESOLVED)),
        key=f"alert:{alert.id}:resolved",
        now=now,
        update_of=alert_card.card_id(alert),
        about=("alert", alert.id, alert.version),
        push=True,
        or_send=False,
    )
