"""Learning from corrections: words that were put right twice to one customer, or to one contact of a customer, become a
proposal, no silent change.

A correction remembers the words that had been heard and who was meant. The second visit with the same pair raises one
proposal for the administrators (`handlers.decide_alias` does what they say).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

import nlp
from handlers import alias_card
from handlers.know import Person, World, reach, supervisors_of
from handlers.messages import OutboundCard
from handlers.push import push_when_free
from nlp.names.people import find_people
from storage import UnitOfWork
from storage import tables as t

#: Visits with the same correction before it is proposed.
PROPOSE_AFTER = 2
#: Shorter words name nobody for certain.
SHORTEST = 2


def normalise(words: str) -> str:
    """Return words as they are compared: without blanks, punctuation, width and case."""
    return "".join(char for char in unicodedata.normalize("NFKC", words).casefold() if char.isalnum())


def names_of(named: t.Customer | t.Contact) -> set[str]:
    """Return all that a customer or a contact is called, normalised."""
    return {normalise(name) for name in (named.name, *named.aliases)}


async def contacts_of(uow: UnitOfWork, customer_id: str) -> list[t.Contact]:
    """Return the contacts of a customer in the directory's order."""
    return await uow.all(
        sa.select(t.Contact)
        .where(col(t.Contact.customer_id) == customer_id)
        .order_by(col(t.Contact.position), col(t.Contact.id))
    )


def contacts_called(words: str, person: t.Contact, people: Iterable[t.Contact]) -> list[str]:
    """Return the names of other contacts there whom these words name: by a whole name, or by surname (王经理)."""
    surnames = [one.surname for one in find_people(words) if one.kind != "full" and one.surname]
    others = [one for one in people if one.id != person.id]
    return [one.name for one in others if normalise(words) in names_of(one) or any(map(one.name.startswith, surnames))]


def others_called(heard: str, customer_id: str, directory: nlp.Directory) -> list[str]:
    """Return the registered names of other customers whose name, alias or short name these words are."""
    found = []
    for other in directory.customers.values():
        if other.customer_id == customer_id:
            continue
        called = {normalise(name) for name in (other.name, *other.aliases)}
        if heard in called or (heard in normalise(other.name) and heard == normalise(nlp.short_name(other))):
            found.append(other.name)
    return found


# --- remembering -------------------------------------------------------------------------------------------------


async def remember_correction(
    uow: UnitOfWork, visit: t.Visit, guess: t.FieldGuess, chosen: Any, note: str, *, person_id: str, now: datetime
) -> None:
    """Remember which words a person has put right to which customer or contact (`guess.field`).

    Call before the guess loses its evidence; `note` is the text of the guess's capture. Natural key: visit, field and
    version; a second change of mind on the same visit counts for the words that were heard first.
    """
    words, capture_id = await _heard(uow, visit, guess, note)
    heard = normalise(words)
    if len(heard) < SHORTEST or (guess.field == "customer" and await _is_person(uow, visit, guess, words)):
        return
    row = await uow.first(
        sa.select(t.CorrectionSeen).where(
            col(t.CorrectionSeen.visit_id) == visit.id,
            col(t.CorrectionSeen.field) == guess.field,
            col(t.CorrectionSeen.version) == visit.version,
        )
    )
    if row is None:
        row = t.CorrectionSeen(
            visit_id=visit.id,
            field=guess.field,
            version=visit.version,
            capture_id=capture_id,
            heard=heard,
            words=words,
            person_id=person_id,
            at=now,
        )
    meant = chosen if isinstance(chosen, str) else ""
    if guess.field == "contact":
        row.contact, row.customer_id = meant, visit.customer_id or ""
    else:
        row.customer_id = meant
    uow.add(row)
    await uow.flush()


async def _heard(uow: UnitOfWork, visit: t.Visit, guess: t.FieldGuess, note: str) -> tuple[str, str]:
    """Return the words that the field was read from, and their capture; empty words where there were none."""
    if guess.capture_id and guess.span_start is not None and guess.span_end is not None:
        return note[guess.span_start : guess.span_end].strip(), guess.capture_id
    before = await _last_seen(uow, visit.id, guess.field) if guess.status == "corrected" else None
    return (before.words, before.capture_id) if before is not None else ("", "")


async def _last_seen(uow: UnitOfWork, visit_id: str, field: str) -> t.CorrectionSeen | None:
    found: t.CorrectionSeen | None = await uow.first(
        sa.select(t.CorrectionSeen)
        .where(col(t.CorrectionSeen.visit_id) == visit_id, col(t.CorrectionSeen.field) == field)
        .order_by(col(t.CorrectionSeen.version).desc())
    )
    return found


async def _is_person(uow: UnitOfWork, visit: t.Visit, guess: t.FieldGuess, words: str) -> bool:
    """Tell whether the customer was read from a person's name: that is no alias of a company.

    A bare full name counts only where the directory has it, for 华锐 could be one as well.
    """
    whole = (0, len(words))
    if any(tuple(person.span) == whole and person.kind != "full" for person in find_people(words)):
        return True
    if await uow.first(sa.select(t.Contact).where(col(t.Contact.name) == words)) is not None:
        return True
    contact = await uow.first(
        sa.select(t.FieldGuess).where(col(t.FieldGuess.visit_id) == visit.id, col(t.FieldGuess.field) == "contact")
    )
    if contact is None or contact.capture_id != guess.capture_id or contact.span_start is None:
        return False
    return bool(contact.span_start == guess.span_start)


# --- proposing ---------------------------------------------------------------------------------------------------


async def propose_aliases(
    uow: UnitOfWork, visit: t.Visit, fields: Iterable[str], *, world: World, now: datetime
) -> list[str]:
    """Propose what this visit's corrections of these fields have in common with earlier ones; return the pushes queued.

    Natural key of a proposal: customer and words, whatever became of it. Fields other than customer and contact teach
    nothing.
    """
    queued = []
    for field in ("customer", "contact"):
        if field in fields:
            queued += await _propose(uow, visit, field, world=world, now=now)
    return queued


async def _propose(uow: UnitOfWork, visit: t.Visit, field: str, *, world: World, now: datetime) -> list[str]:
    seen = await _last_seen(uow, visit.id, field)
    if seen is not None and field == "contact":
        seen.customer_id = visit.customer_id or ""  # the customer may have been put right in the same breath
        uow.add(seen)
        await uow.flush()
    if seen is None or not seen.customer_id or (field == "contact" and not seen.contact):
        return []
    alike = await corrections(uow, seen.heard, seen.customer_id, seen.contact)
    customer = await uow.get(t.Customer, seen.customer_id)
    if len(alike) < PROPOSE_AFTER or customer is None or not await _is_news(uow, seen, customer):
        return []
    proposal = t.AliasProposal(
        customer_id=customer.id,
        contact=seen.contact,
        heard=seen.heard,
        words=seen.words,
        times=len(alike),
        proposed_at=now,
    )
    uow.add(proposal)
    await uow.flush()
    return await _push(uow, proposal, customer, world=world, now=now)


async def _is_news(uow: UnitOfWork, seen: t.CorrectionSeen, customer: t.Customer) -> bool:
    """Tell whether the words are no name yet and were never proposed; what names another contact is not proposed."""
    if seen.field == "contact":
        people = await contacts_of(uow, customer.id)
        person = next((one for one in people if one.name == seen.contact), None)
        if person is None or seen.heard in names_of(person) or contacts_called(seen.words, person, people):
            return False
    elif seen.heard in names_of(customer):
        return False
    known = sa.select(t.AliasProposal).where(
        col(t.AliasProposal.customer_id) == customer.id, col(t.AliasProposal.heard) == seen.heard
    )
    return await uow.first(known) is None


async def corrections(uow: UnitOfWork, heard: str, customer_id: str, contact: str = "") -> list[t.CorrectionSeen]:
    """Return the visits' last corrections of these words that meant this customer (this contact there), oldest first.

    A visit that was voided (不是拜访) teaches nothing; restored, it counts again.
    """
    rows = await uow.all(
        sa.select(t.CorrectionSeen)
        .join(t.Visit, col(t.Visit.id) == col(t.CorrectionSeen.visit_id))
        .where(
            col(t.CorrectionSeen.heard) == heard,
            col(t.CorrectionSeen.field) == ("contact" if contact else "customer"),
            col(t.Visit.state) != "voided",
        )
        .order_by(col(t.CorrectionSeen.version), col(t.CorrectionSeen.id))
    )
    last = {row.visit_id: row for row in rows}
    meant = (row for row in last.values() if (row.customer_id, row.contact) == (customer_id, contact))
    return sorted(meant, key=lambda row: row.at)


async def deciders(uow: UnitOfWork, customer: t.Customer) -> list[Person]:
    """Return who decides on a customer's aliases: administrators, else directors, else the owner's supervisors."""
    for role in ("admin", "director"):
        ids = await uow.all(
            sa.select(col(t.Person.id)).where(col(t.Person.role) == role, col(t.Person.active)).order_by(t.Person.id)
        )
        found = await _reachable(uow, ids)
        if found:
            return found
    owner = await uow.get(t.Person, customer.owner_id)
    return await _reachable(uow, await supervisors_of(uow, owner.team)) if owner is not None else []


async def _reachable(uow: UnitOfWork, ids: Iterable[str]) -> list[Person]:
    found = [await reach(uow, person_id) for person_id in ids]
    return [person for person in found if person is not None]


async def _push(
    uow: UnitOfWork, proposal: t.AliasProposal, customer: t.Customer, *, world: World, now: datetime
) -> list[str]:
    facts = await facts_of(uow, proposal, customer, world)
    queued = []
    for number, person in enumerate(await deciders(uow, customer)):
        card = alias_card.build(
            proposal, facts, await detail_url(uow, proposal, person, world, now), shown_as=f"p-{proposal.id}-{number}"
        )
        queued.append(
            await push_when_free(
                uow,
                person,
                OutboundCard(card),
                key=push_key(proposal, person),
                about=("alias", proposal.id, proposal.version),
                playbook=world.playbook(person.playbook),
                now=now,
            )
        )
    return queued


def push_key(proposal: t.AliasProposal, person: Person) -> str:
    """Return the natural key of the proposal's card to one person."""
    return f"alias:{proposal.id}:{person.id}"


# --- what the card shows -----------------------------------------------------------------------------------------


async def facts_of(
    uow: UnitOfWork, proposal: t.AliasProposal, customer: t.Customer, world: World
) -> alias_card.AliasFacts:
    """Load what the card of a proposal shows."""
    directory = await world.directory(uow)
    known = directory.customers.get(customer.id)
    people: dict[str, str] = {}
    for seen in await corrections(uow, proposal.heard, customer.id, proposal.contact):
        rep = await uow.get(t.Person, seen.person_id)
        people.setdefault(seen.person_id, rep.name if rep is not None else seen.person_id)
    decider = await uow.get(t.Person, proposal.decided_by)
    others = others_called(proposal.heard, customer.id, directory)
    contact = await contact_of(uow, proposal) if proposal.contact else None
    if contact is not None:
        others = contacts_called(proposal.words, contact, await contacts_of(uow, customer.id))
    return alias_card.AliasFacts(
        customer_id=customer.id,
        name=customer.name,
        short_name=nlp.short_name(known) if known is not None else customer.name,
        corrected_by=tuple(people.values()),
        others=tuple(others),
        contact=proposal.contact,
        contact_title=contact.title if contact is not None else "",
        decided_by=decider.name if decider is not None else "",
    )


async def contact_of(uow: UnitOfWork, proposal: t.AliasProposal) -> t.Contact | None:
    """Return the person that a proposal is about, None where the directory has them no more."""
    found = await contacts_of(uow, proposal.customer_id)
    return next((one for one in found if one.name == proposal.contact), None)


async def detail_url(uow: UnitOfWork, proposal: t.AliasProposal, person: Person, world: World, now: datetime) -> str:
    """Return the link behind 看详情: the customer's open opportunity, else the visit that was put right last."""
    opportunity = await uow.first(
        sa.select(col(t.Opportunity.id)).where(
            col(t.Opportunity.customer_id) == proposal.customer_id, col(t.Opportunity.state) == "open"
        )
    )
    if opportunity is not None:
        return world.links.visit(f"o-{opportunity}", person.id, now)
    seen = await corrections(uow, proposal.heard, proposal.customer_id, proposal.contact)
    return world.links.visit(seen[-1].visit_id, person.id, now) if seen else ""
