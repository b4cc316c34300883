"""An administrator's tap on a proposed alias: 加为别名, 不加, 撤销. Pressing twice does it once."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import col

from handlers import alias_card, texts
from handlers.know import Person, World, bump_directory, reach
from handlers.learn_aliases import contact_of, deciders, detail_url, facts_of, names_of, push_key
from handlers.messages import Action, OutboundCard
from handlers.tell import say, tell
from handlers.visits import UNDO_LIFE
from storage import UnitOfWork, audit
from storage import tables as t

VERBS = frozenset({"alias", "noalias", "unalias"})


async def decide_alias(
    action: Action, person: Person, *, tapped: str, via: str, uow: UnitOfWork, world: World, now: datetime
) -> list[str]:
    """Carry out a tap; return the deliveries queued. Natural key: the tap, and the proposal's version it is about."""
    query = sa.select(t.AliasProposal).where(col(t.AliasProposal.id) == action.object_id)
    proposal: t.AliasProposal | None = await uow.first(query.with_for_update())
    customer = await uow.get(t.Customer, proposal.customer_id) if proposal is not None else None
    if proposal is None or customer is None:
        return [await say(uow, person, texts.dead_button(), answers=via, now=now)]
    if person.id not in [p.id for p in await deciders(uow, customer)]:
        return [await say(uow, person, texts.foreign_proposal(), answers=via, now=now)]
    changed = False
    if action.version == proposal.version:
        changed = await _act(action.verb, proposal, customer, person, via=via, uow=uow, world=world, now=now)
    queued = [await _answer(proposal, customer, person, tapped=tapped, via=via, uow=uow, world=world, now=now)]
    if changed:
        queued += await _show_others(proposal, customer, person, uow=uow, world=world, now=now)
    return queued


def may_undo(proposal: t.AliasProposal, person: Person, now: datetime) -> bool:
    """Tell whether this person may still take an accepted alias back (24 hours, the same person)."""
    fresh = proposal.decided_at is not None and now - proposal.decided_at <= UNDO_LIFE
    return proposal.state == "accepted" and proposal.decided_by == person.id and fresh


async def _act(
    verb: str,
    proposal: t.AliasProposal,
    customer: t.Customer,
    person: Person,
    *,
    via: str,
    uow: UnitOfWork,
    world: World,
    now: datetime,
) -> bool:
    """Do what the verb says where the proposal's state allows it; return whether anything changed."""
    named = await contact_of(uow, proposal) if proposal.contact else customer
    if verb == "unalias":
        if not may_undo(proposal, person, now):
            return False
        if named is not None:
            without = [alias for alias in named.aliases if alias != proposal.words]
            await _set_aliases(uow, named, customer.id, without, person, via, now)
        await _move(uow, proposal, "proposed", person, now)
        return True
    if proposal.state != "proposed":
        return False
    if verb == "noalias":
        await _move(uow, proposal, "rejected", person, now)
        return True
    if named is None or (await facts_of(uow, proposal, customer, world)).others:
        return False
    if proposal.heard not in names_of(named):
        await _set_aliases(uow, named, customer.id, [*named.aliases, proposal.words], person, via, now)
    await _move(uow, proposal, "accepted", person, now)
    return True


async def _move(uow: UnitOfWork, proposal: t.AliasProposal, state: str, person: Person, now: datetime) -> None:
    proposal.state, proposal.version = state, proposal.version + 1
    proposal.decided_by, proposal.decided_at = person.id, now
    uow.add(proposal)
    await uow.flush()


async def _set_aliases(
    uow: UnitOfWork,
    named: t.Customer | t.Contact,
    customer_id: str,
    aliases: list[str],
    person: Person,
    via: str,
    now: datetime,
) -> None:
    """Give a customer or a contact these other names, with an entry in the customer's audit chain."""
    before, named.aliases = list(named.aliases), aliases
    uow.add(named)
    await uow.flush()
    await audit.record(
        uow,
        chain=f"customer:{customer_id}",
        at=now,
        actor_id=person.id,
        via=via,
        entity="contact" if isinstance(named, t.Contact) else "customer",
        entity_id=named.id,
        field="aliases",
        before=before,
        after=aliases,
    )
    await bump_directory(uow)
    await uow.flush()


async def _answer(
    proposal: t.AliasProposal,
    customer: t.Customer,
    person: Person,
    *,
    tapped: str,
    via: str,
    uow: UnitOfWork,
    world: World,
    now: datetime,
) -> str:
    """Replace the tapped card by how the proposal stands."""
    card = alias_card.build(
        proposal,
        await facts_of(uow, proposal, customer, world),
        await detail_url(uow, proposal, person, world, now),
        shown_as=tapped or f"p-{t.new_id()}",
        may_undo=may_undo(proposal, person, now),
    )
    return await tell(
        uow,
        person,
        OutboundCard(card),
        key=f"answer:{via}",
        now=now,
        answers=via,
        about=("alias", proposal.id, proposal.version),
        update_of=tapped or None,
    )


async def _show_others(
    proposal: t.AliasProposal, customer: t.Customer, person: Person, *, uow: UnitOfWork, world: World, now: datetime
) -> list[str]:
    """Bring the cards of the other administrators up to date; what was not sent yet need not be."""
    queued = []
    shown = await uow.all(
        sa.select(t.CardShown)
        .where(col(t.CardShown.object_id) == proposal.id, col(t.CardShown.person_id) != person.id)
        .where(col(t.CardShown.state) == "live")
    )
    for live in shown:
        other = await reach(uow, live.person_id)
        if other is None or other.text_mode:
            continue
        await uow.run(
            sa.update(t.Delivery)
            .where(col(t.Delivery.id) == push_key(proposal, other), col(t.Delivery.state) == "queued")
            .values(state="superseded")
        )
        card = alias_card.build(
            proposal,
            await facts_of(uow, proposal, customer, world),
            await detail_url(uow, proposal, other, world, now),
            shown_as=live.id,
        )
        queued.append(
            await tell(
                uow,
                other,
                OutboundCard(card),
                key=f"{push_key(proposal, other)}:{proposal.version}",
                now=now,
                about=("alias", proposal.id, proposal.version),
                update_of=live.id,
                or_send=False,
            )
        )
    return queued
