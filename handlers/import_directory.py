"""Bringing the directory in and out: customers, contacts, people, and the opportunities that an import knows of.

All or nothing: the caller reads the files, refuses them if anything is wrong, and calls this in one transaction.
Rows that a file does not name stay. After an import there is no avalanche of warnings: an opportunity whose stage
date is unknown waits for its first confirmed touch (DECISIONS 12).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time

import sqlalchemy as sa
from sqlmodel import col

from handlers.know import World, bump_directory
from handlers.raise_alerts import next_check
from handlers.texts import SHANGHAI
from storage import UnitOfWork
from storage import tables as t
from storage.directory_files import CustomerRow, RepRow

#: Messenger that people of a directory file are reached by, until an admin joins others.
DEFAULT_CHANNEL = "wecom"


async def import_people(rows: Sequence[RepRow], *, uow: UnitOfWork) -> None:
    """Write people, their teams and their messenger identity (the user id). Repeating it changes nothing."""
    for row in rows:
        person = await uow.get(t.Person, row.userid) or t.Person(id=row.userid, name=row.name)
        person.name, person.team, person.role = row.name, row.team, row.role
        uow.add(person)
        if row.team and await uow.get(t.Team, row.team) is None:
            uow.add(t.Team(name=row.team))
        await uow.flush()
        if await uow.get(t.Identity, (DEFAULT_CHANNEL, row.userid.lower())) is None:
            uow.add(t.Identity(channel=DEFAULT_CHANNEL, channel_user_id=row.userid.lower(), person_id=row.userid))
    await bump_directory(uow)


async def import_customers(rows: Sequence[CustomerRow], *, uow: UnitOfWork, world: World, now: datetime) -> None:
    """Write customers, contacts and open opportunities. Repeating it changes nothing."""
    accepted = await _accepted_aliases(uow)
    for row in rows:
        await _customer(row, accepted.get(row.customer_id, []), uow, now)
        await _contacts(row, uow)
        if row.stage:
            await _opportunity(row, uow, world, now)
    await bump_directory(uow)


async def _accepted_aliases(uow: UnitOfWork) -> dict[str, list[str]]:
    """Return the aliases that administrators took from corrections: a file that does not know them keeps them."""
    found: dict[str, list[str]] = {}
    for proposal in await uow.all(
        sa.select(t.AliasProposal).where(col(t.AliasProposal.state) == "accepted", col(t.AliasProposal.contact) == "")
    ):
        found.setdefault(proposal.customer_id, []).append(proposal.words)
    return found


async def _customer(row: CustomerRow, accepted: Sequence[str], uow: UnitOfWork, now: datetime) -> None:
    customer = await uow.get(t.Customer, row.customer_id)
    if customer is None:
        customer = t.Customer(id=row.customer_id, name=row.name, created_at=now)
    customer.name = row.name
    customer.aliases = list(dict.fromkeys([*row.aliases, *accepted])) if row.aliases else customer.aliases
    for name in ("industry", "region", "city", "address", "group"):
        setattr(customer, name, getattr(row, name) or getattr(customer, name))
    customer.owner_id = row.owner or customer.owner_id
    if row.lat is not None and row.lon is not None:
        customer.lat, customer.lon, customer.point_source = row.lat, row.lon, "import"
    uow.add(customer)
    await uow.flush()


async def _contacts(row: CustomerRow, uow: UnitOfWork) -> None:
    known = {
        c.name: c for c in await uow.all(sa.select(t.Contact).where(col(t.Contact.customer_id) == row.customer_id))
    }
    for position, cell in enumerate(row.contacts):
        contact = known.get(cell.name) or t.Contact(customer_id=row.customer_id, name=cell.name)
        contact.title, contact.position = cell.title, position
        uow.add(contact)


def _midday(day: date | None) -> datetime | None:
    return datetime.combine(day, time(12), SHANGHAI) if day is not None else None


async def _opportunity(row: CustomerRow, uow: UnitOfWork, world: World, now: datetime) -> None:
    opportunity = await uow.first(
        sa.select(t.Opportunity).where(
            col(t.Opportunity.customer_id) == row.customer_id, col(t.Opportunity.state) == "open"
        )
    )
    playbook = world.playbook(playbook_of_stage(row.stage or "", world))
    if opportunity is None:
        opportunity = t.Opportunity(customer_id=row.customer_id, owner_id=row.owner, playbook=playbook.name)
    if opportunity.stage != row.stage:
        opportunity.stage, opportunity.stage_since = row.stage, _midday(row.stage_since)
        opportunity.stage_entry_id = None
    opportunity.stage_since = _midday(row.stage_since) or opportunity.stage_since
    opportunity.last_touch_at = _midday(row.last_contact_at) or opportunity.last_touch_at
    opportunity.amount = float(row.amount) if row.amount is not None else opportunity.amount
    opportunity.owner_id = row.owner or opportunity.owner_id
    opportunity.playbook_version = playbook.version
    opportunity.check_on = next_check(opportunity, playbook)
    uow.add(opportunity)


def playbook_of_stage(stage: str, world: World) -> str:
    """Return the playbook that has this stage, the company's own first."""
    names = [world.default_playbook, *world.playbooks.names()]
    return next((name for name in names if stage in world.playbook(name).stage_names), world.default_playbook)


def all_stages(world: World) -> set[str]:
    """Return the stage names of all playbooks: what a file may say."""
    return {stage for name in world.playbooks.names() for stage in world.playbook(name).stage_names}
