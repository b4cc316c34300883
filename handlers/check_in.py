"""A position sent on purpose is a check-in: joined to the open visit, the distance said (MISSION 18, E5, E6)."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import col

import nlp
from handlers import field_values, texts
from handlers.know import Person, World
from handlers.messages import Action, Card, CardButton, InboundLocation, OutboundCard
from handlers.rules.geo import Point, distance_m, judge_check_in, nearest, to_wgs84
from handlers.tell import say, tell
from handlers.visit_view import view
from handlers.visits import attach, open_visit, visit_for_evidence
from storage import UnitOfWork
from storage import tables as t

#: Own customers within this distance are offered when none is named.
OFFER_WITHIN_M = 3000.0
OFFERED = 3


def point_of(inbound: InboundLocation) -> Point:
    """Return the position as WGS-84, whatever datum the messenger gave."""
    raw = Point(inbound.lat, inbound.lon)
    return to_wgs84(raw) if inbound.datum == "gcj02" else raw


async def check_in(capture: t.Capture, person: Person, *, uow: UnitOfWork, world: World, now: datetime) -> list[str]:
    """Join a position to the open visit, or ask which customer it is. Idempotent by the capture's source id."""
    playbook = world.playbook(person.playbook)
    gap = timedelta(minutes=playbook.visit_gap_minutes)
    visit = await visit_for_evidence(uow, person.id, capture.captured_at, gap)
    if visit is None:
        visit = await open_visit(uow, person, capture, playbook.name)
    await attach(uow, visit, capture)
    customer_id = (await view(uow, visit)).value("customer")
    if not isinstance(customer_id, str):
        return [await _offer(visit, capture, person, uow=uow, world=world, now=now)]
    text = await _measure(visit, capture, customer_id, uow=uow, world=world)
    return [await say(uow, person, text, answers=capture.source_id, now=now)]


async def _measure(visit: t.Visit, capture: t.Capture, customer_id: str, *, uow: UnitOfWork, world: World) -> str:
    """Set the visit's distance and return what to tell the rep."""
    directory = await world.directory(uow)
    name = field_values.in_words("customer", customer_id, directory)
    customer = directory.customers.get(customer_id)
    if customer is None or customer.lat is None or customer.lon is None:
        return texts.checked_in_without_point(name)
    assert capture.lat is not None
    assert capture.lon is not None
    judged = judge_check_in(
        Point(capture.lat, capture.lon),
        Point(customer.lat, customer.lon),
        radius_m=world.playbook(visit.playbook).check_in.radius_m,
        accuracy_m=capture.accuracy_m,
    )
    visit.distance_m = judged.distance_m
    uow.add(visit)
    return texts.checked_in(name, judged.words, judged.verdict == "here")


async def distance_of(uow: UnitOfWork, visit: t.Visit, world: World) -> float | None:
    """Return how far the visit's latest check-in was from its customer in metres, None where either is unknown."""
    capture = await uow.first(
        sa.select(t.Capture)
        .where(col(t.Capture.visit_id) == visit.id, col(t.Capture.kind) == "location")
        .order_by(col(t.Capture.captured_at).desc())
    )
    directory = await world.directory(uow)
    customer = directory.customers.get(visit.customer_id or "")
    if capture is None or customer is None or customer.lat is None or customer.lon is None:
        return None
    return distance_m(Point(capture.lat, capture.lon), Point(customer.lat, customer.lon))


async def measure_distance(uow: UnitOfWork, visit: t.Visit, world: World) -> None:
    """Set how far the visit's check-in was from its customer, where both are known."""
    visit.distance_m = await distance_of(uow, visit, world)
    uow.add(visit)


async def _offer(
    visit: t.Visit, capture: t.Capture, person: Person, *, uow: UnitOfWork, world: World, now: datetime
) -> str:
    """Offer the nearest of the rep's customers."""
    directory = await world.directory(uow)
    own = {c.customer_id: c for c in directory.customers.values() if c.owner == person.id}
    places = [(c.customer_id, Point(c.lat, c.lon)) for c in own.values() if c.lat is not None and c.lon is not None]
    assert capture.lat is not None
    assert capture.lon is not None
    near = nearest(Point(capture.lat, capture.lon), places, within_m=OFFER_WITHIN_M, limit=OFFERED)
    if not near:
        return await say(uow, person, texts.checked_in_nowhere(capture.place), answers=capture.source_id, now=now)
    among = [own[n.customer_id] for n in near]
    buttons = [
        CardButton(
            nlp.choice_label(own[n.customer_id], among),
            Action("checkin", visit.id, visit.version, "customer", n.customer_id).pack(),
            style="primary",
        )
        for n in near
    ]
    card = Card(
        card_id=f"l-{capture.id}",
        source=f"{texts.ASSISTANT} · 签到",
        title=texts.CHECK_IN_TITLE,
        desc=texts.CHECK_IN_DESC,
        quote=capture.place,
        buttons=(*buttons, CardButton("都不是", Action("checkin", visit.id, visit.version, "customer", "").pack())),
    )
    return await tell(
        uow,
        person,
        OutboundCard(card),
        key=f"answer:{capture.source_id}",
        now=now,
        answers=capture.source_id,
        about=("checkin", capture.id, 0),
    )


async def checked_in_words(visit: t.Visit, *, uow: UnitOfWork, world: World) -> str:
    """Return the sentence for a visit whose customer has just been chosen at a check-in."""
    capture = await uow.first(
        sa.select(t.Capture)
        .where(col(t.Capture.visit_id) == visit.id, col(t.Capture.kind) == "location")
        .order_by(col(t.Capture.captured_at).desc())
    )
    customer_id = (await view(uow, visit)).value("customer")
    if capture is None or not isinstance(customer_id, str):
        return texts.checked_in_nowhere("")
    return await _measure(visit, capture, customer_id, uow=uow, world=world)
