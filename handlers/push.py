"""Pushing without spamming: a budget a person and day, quiet hours, and one digest for the rest (DECISIONS 4, ASKS 72).

Nothing is dropped: what does not fit the day's budget is a line of that day's digest, or of the next day's.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import col

from handlers import texts
from handlers.know import Person
from handlers.messages import OutboundCard, OutboundText
from handlers.playbooks import Playbook
from handlers.rules.days import day_of
from handlers.rules.schedule_rules import day_start, push_at
from handlers.tell import freeze, tell
from storage import UnitOfWork
from storage import tables as t

#: Of a day's budget these are kept free: one for the digest, one for the evening summary.
KEPT_FREE = 2
#: Shanghai hour at which a digest is due: late enough to gather, early enough to act.
DIGEST_HOUR = 17


async def push_card(
    uow: UnitOfWork,
    person: Person,
    outbound: OutboundCard,
    *,
    key: str,
    about: tuple[str, str, int],
    line: str,
    playbook: Playbook,
    now: datetime,
) -> str:
    """Queue a card as a push at the person's next moment, or its `line` in a digest; return the delivery's key."""
    at = push_at(now, person.id, playbook.quiet_hours)
    if await _pushes_on(uow, person.id, at) < playbook.push_budget - KEPT_FREE:
        return await tell(uow, person, outbound, key=key, now=now, push=True, not_before=at, about=about)
    return await _into_digest(uow, person, line, at, playbook, now)


async def push_when_free(
    uow: UnitOfWork,
    person: Person,
    outbound: OutboundCard,
    *,
    key: str,
    about: tuple[str, str, int],
    playbook: Playbook,
    now: datetime,
) -> str:
    """Queue a card that can wait: pushed on the first day with room for it, never a line of a digest."""
    at = push_at(now, person.id, playbook.quiet_hours)
    while await _pushes_on(uow, person.id, at) >= playbook.push_budget - KEPT_FREE:
        at = push_at(day_start(at) + timedelta(days=1), person.id, playbook.quiet_hours)
    return await tell(uow, person, outbound, key=key, now=now, push=True, not_before=at, about=about)


async def _pushes_on(uow: UnitOfWork, person_id: str, at: datetime) -> int:
    start = day_start(at)
    found = await uow.all(
        sa.select(sa.func.count())
        .select_from(t.Delivery)
        .where(col(t.Delivery.person_id) == person_id, col(t.Delivery.push), col(t.Delivery.state) != "superseded")
        .where(col(t.Delivery.not_before) >= start, col(t.Delivery.not_before) < start + timedelta(days=1))
    )
    return int(found[0])


async def _into_digest(
    uow: UnitOfWork, person: Person, line: str, at: datetime, playbook: Playbook, now: datetime
) -> str:
    day = at
    while True:
        key = f"digest:{person.id}:{day_of(day)}"
        row = await uow.get(t.Delivery, key)
        if row is None or row.state == "queued":
            break
        day += timedelta(days=1)
    lines = [*(row.outbound.get("lines", []) if row is not None else []), line]
    if row is None:
        due = max(at, day_start(day) + timedelta(hours=DIGEST_HOUR))
        moment = push_at(due, person.id, playbook.quiet_hours)
        await tell(
            uow, person, OutboundText(texts.digest(lines)), key=key, now=now, push=True, priority=2, not_before=moment
        )
        row = await uow.need(t.Delivery, key)
    row.outbound = {**freeze(OutboundText(texts.digest(lines))), "lines": lines}
    uow.add(row)
    await uow.flush()
    return key
