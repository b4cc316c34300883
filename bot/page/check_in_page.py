"""签到: the phone's position, on a tap, joined to this visit. Positions of a browser are WGS-84."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from bot.page import words
from bot.page.access import OpenedVisit, PageRefused
from bot.page.visit_page import position_words
from handlers import field_values, know
from handlers.check_in import measure_distance
from handlers.know import World
from handlers.visit_view import view
from handlers.visits import attach
from storage import UnitOfWork
from storage import tables as t

#: A phone's clock is believed when it is this near to ours.
CLOCK_TOLERANCE = timedelta(minutes=10)
_LATEST_MS = 10**14


@dataclass(frozen=True, slots=True)
class Position:
    """A position as the browser gave it: degrees, accuracy in metres, and the phone's time in milliseconds."""

    lat: float
    lon: float
    accuracy_m: float
    at_ms: int


@dataclass(frozen=True, slots=True)
class CheckInPage:
    """What the check-in shows. The customer's point lets the page say the distance before anything is sent."""

    customer: str
    address: str
    lat: float | None
    lon: float | None
    radius_m: int
    earlier: str


def read_position(data: Mapping[str, Any]) -> Position | None:
    """Return the posted position, None where there is none that can be one."""
    try:
        lat, lon, accuracy = (float(str(data[name])) for name in ("lat", "lon", "accuracy"))
        at_ms = int(str(data["at"]))
    except (KeyError, ValueError):
        return None
    if not all(map(isfinite, (lat, lon, accuracy))) or not 0 <= at_ms < _LATEST_MS:
        return None
    if abs(lat) > 90 or abs(lon) > 180 or accuracy < 0:
        return None
    return Position(lat, lon, accuracy, at_ms)


async def check_in_page(uow: UnitOfWork, opened: OpenedVisit, world: World) -> CheckInPage:
    """Load what the check-in shows before a position is known."""
    directory = await world.directory(uow)
    visit = opened.visit
    stored = (await view(uow, visit)).value("customer")
    customer = directory.customers.get(visit.customer_id or "")
    earlier = await _latest(uow, visit)
    return CheckInPage(
        customer=field_values.in_words("customer", stored, directory) or "还不知道是哪一家",
        address=customer.address if customer is not None else "",
        lat=customer.lat if customer is not None else None,
        lon=customer.lon if customer is not None else None,
        radius_m=world.playbook(visit.playbook).check_in.radius_m,
        earlier=position_words(earlier, visit, directory, world) if earlier is not None else "",
    )


async def check_in(
    uow: UnitOfWork, opened: OpenedVisit, token: str, position: Position, world: World, now: datetime
) -> str:
    """Join a position to the visit and return what to say of it. Does not commit.

    Idempotent by link and the phone's time: the same position sent again is found, not stored.
    """
    visit = opened.visit
    digest = hashlib.sha256(token.encode()).hexdigest()[:32]
    source_id = f"page:{digest}:{position.at_ms}"
    capture = await uow.first(sa.select(t.Capture).where(col(t.Capture.source_id) == source_id))
    if capture is None:
        capture = await _store(uow, opened, source_id, position, now)
        await attach(uow, visit, capture)
        await measure_distance(uow, visit, world)
        await uow.flush()
    return position_words(capture, visit, await world.directory(uow), world)


async def _store(uow: UnitOfWork, opened: OpenedVisit, source_id: str, position: Position, now: datetime) -> t.Capture:
    person = await know.reach(uow, opened.reader.id)
    if person is None:
        raise PageRefused(403, words.FOREIGN)
    phone_time = datetime.fromtimestamp(position.at_ms / 1000, UTC)
    capture = t.Capture(
        source_id=source_id,
        kind="location",
        person_id=person.id,
        channel=person.channel,
        captured_at=phone_time if abs(phone_time - now) <= CLOCK_TOLERANCE else now,
        received_at=now,
        lat=position.lat,
        lon=position.lon,
        datum="wgs84",
        accuracy_m=position.accuracy_m,
        state="read",
    )
    uow.add(capture)
    await uow.flush()
    return capture


async def _latest(uow: UnitOfWork, visit: t.Visit) -> t.Capture | None:
    found: t.Capture | None = await uow.first(
        sa.select(t.Capture)
        .where(col(t.Capture.visit_id) == visit.id, col(t.Capture.kind) == "location")
        .order_by(col(t.Capture.captured_at).desc())
    )
    return found
