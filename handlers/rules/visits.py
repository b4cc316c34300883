"""Which open visit a new capture belongs to: same rep, same or no customer, no long gap (DESIGN §4)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from handlers.playbooks import Playbook


@dataclass(frozen=True, slots=True)
class OpenVisit:
    """A visit that may still grow. `customer` is any stable key of it (id, or new name), None while unknown.

    `first_at` and `last_at` are the capture times of its earliest and latest captures (aware).
    """

    visit_id: str
    rep_id: str
    customer: str | None
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class NewCapture:
    """A capture that looks for its visit. `customer` is None where it names none (a photo, a remark)."""

    rep_id: str
    customer: str | None
    captured_at: datetime


def belongs(visit: OpenVisit, capture: NewCapture, playbook: Playbook) -> bool:
    """Return whether the capture may be part of the visit. Captures that arrive late count by when they were made."""
    if visit.rep_id != capture.rep_id:
        return False
    if capture.customer is not None and visit.customer is not None and capture.customer != visit.customer:
        return False
    return gap(visit, capture.captured_at) <= timedelta(minutes=playbook.visit_gap_minutes)


def gap(visit: OpenVisit, at: datetime) -> timedelta:
    """Return how far `at` lies outside the visit; zero within it."""
    return max(visit.first_at - at, at - visit.last_at, timedelta(0))


def find_visit(visits: Iterable[OpenVisit], capture: NewCapture, playbook: Playbook) -> OpenVisit | None:
    """Return the visit that the capture belongs to, or None for a new one.

    A visit on the customer that the capture names comes before one without a customer; then the nearest in time,
    then the newest.
    """
    fitting = [visit for visit in visits if belongs(visit, capture, playbook)]
    if not fitting:
        return None
    named = [visit for visit in fitting if capture.customer is not None and visit.customer == capture.customer]
    return min(named or fitting, key=lambda visit: (gap(visit, capture.captured_at), -visit.last_at.timestamp()))
