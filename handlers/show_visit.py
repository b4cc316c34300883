"""Showing a visit to its rep: a new card, or the tapped card replaced in place."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import col

from handlers import confirm_card
from handlers.confirm_card import CardContext
from handlers.know import Person, World
from handlers.messages import OutboundCard
from handlers.tell import tell
from handlers.visit_sheet import VisitSheet
from handlers.visit_view import view
from storage import UnitOfWork
from storage import tables as t


async def show_visit(
    uow: UnitOfWork,
    visit: t.Visit,
    person: Person,
    *,
    world: World,
    now: datetime,
    answers: str,
    tapped: str = "",
    not_before: datetime | None = None,
    sheet: VisitSheet | None = None,
) -> str:
    """Queue the card of a visit as it stands now, as the answer to an inbound; return the delivery's key.

    `tapped` is the id of a shown card to replace; without it a new card is sent and older ones are superseded.
    `sheet` are the visit's rows where the caller has them. A second call for the same inbound changes nothing.
    """
    context = CardContext(
        directory=await world.directory(uow),
        edit_url=world.links.visit(visit.id, person.id, now, edit=True),
        detail_url=world.links.visit(visit.id, person.id, now),
    )
    opened_now = sheet is not None and sheet.opened_by is not None
    shown_as = tapped or (confirm_card.card_id(visit) if opened_now else await _fresh_id(uow, visit))
    card = confirm_card.build(await view(uow, visit, sheet), context, shown_as=shown_as)
    return await tell(
        uow,
        person,
        OutboundCard(card),
        key=f"answer:{answers}",
        now=now,
        answers=answers,
        about=("visit", visit.id, visit.version),
        update_of=tapped or None,
        not_before=not_before,
    )


async def _fresh_id(uow: UnitOfWork, visit: t.Visit) -> str:
    """Return a card id that was never sent: a version shown a second time gets a number."""
    base = confirm_card.card_id(visit)
    ids = set(await uow.all(sa.select(col(t.CardShown.id)).where(col(t.CardShown.object_id) == visit.id)))
    return next(name for name in (base, *(f"{base}-{n}" for n in range(2, 1000))) if name not in ids)
