"""A push that could not leave in time does not leave at night: quiet hours hold at the moment of sending, too."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import col

from handlers.know import World
from handlers.rules.schedule_rules import is_quiet, push_at
from storage import UnitOfWork
from storage import tables as t


async def hold_pushes(*, uow: UnitOfWork, world: World, now: datetime) -> int:
    """Put off pushes that are due while their receiver has quiet hours, because we were away; return how many.

    A card that is only brought up to date makes no noise and is left alone.
    """
    held = 0
    for row in await uow.all(
        sa.select(t.Delivery)
        .where(col(t.Delivery.state) == "queued", col(t.Delivery.push), col(t.Delivery.update_of).is_(None))
        .where(col(t.Delivery.not_before) <= now)
    ):
        person = await uow.get(t.Person, row.person_id)
        quiet = world.playbook(person.playbook if person is not None else "").quiet_hours
        if is_quiet(now, quiet):
            row.not_before = push_at(now, row.person_id, quiet)
            uow.add(row)
            held += 1
    return held
