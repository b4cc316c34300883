"""When a person may be pushed: quiet hours, spreading over the hour, and a budget for the day."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import TypeVar

from handlers.playbooks import QuietHours
from handlers.rules.days import SHANGHAI

T = TypeVar("T")

#: Seconds of an hour in which pushes leave: minutes 3-27 and 33-57, never near the full and half hour (DECISIONS 4).
_SLOTS = (range(3 * 60, 27 * 60 + 60), range(33 * 60, 57 * 60 + 60))
_ROUNDS = 3


def is_quiet(at: datetime, quiet: QuietHours) -> bool:
    """Return whether nobody is pushed at `at` (aware). The end itself is allowed; equal ends mean never quiet."""
    moment = at.astimezone(SHANGHAI).time()
    if quiet.start <= quiet.end:
        return quiet.start <= moment < quiet.end
    return moment >= quiet.start or moment < quiet.end


def next_allowed(at: datetime, quiet: QuietHours) -> datetime:
    """Return the first moment from `at` on that is outside quiet hours, in the time zone of `at`."""
    if not is_quiet(at, quiet):
        return at
    local = at.astimezone(SHANGHAI)
    end = datetime.combine(local.date(), quiet.end, SHANGHAI)
    if end <= local:
        end += timedelta(days=1)
    return end.astimezone(at.tzinfo)


def spread(at: datetime, person_id: str) -> datetime:
    """Return the first moment from `at` on that is this person's second of the hour: at most an hour later.

    The same person always has the same second, so that a restart computes the same time again.
    """
    number = int.from_bytes(hashlib.sha256(person_id.encode()).digest()[:8])
    seconds = [second for slot in _SLOTS for second in slot]
    moment = at.replace(minute=0, second=0, microsecond=0) + timedelta(seconds=seconds[number % len(seconds)])
    return moment if moment >= at else moment + timedelta(hours=1)


def push_at(at: datetime, person_id: str, quiet: QuietHours) -> datetime:
    """Return when a push that is due at `at` leaves for this person: spread, and outside quiet hours."""
    moment = next_allowed(at, quiet)
    for _ in range(_ROUNDS):
        moment = spread(moment, person_id)
        if not is_quiet(moment, quiet):
            return moment
        moment = next_allowed(moment, quiet)
    return moment


def day_start(at: datetime) -> datetime:
    """Return the start of the Asia/Shanghai day of `at`, from which a day's pushes are counted."""
    return datetime.combine(at.astimezone(SHANGHAI).date(), time(0), SHANGHAI).astimezone(at.tzinfo)


def split_by_budget(pushes: Sequence[T], sent_today: int, budget: int) -> tuple[tuple[T, ...], tuple[T, ...]]:
    """Return (what may still be pushed today, what waits for the digest). `pushes` come in order of importance."""
    left = max(budget - sent_today, 0)
    return tuple(pushes[:left]), tuple(pushes[left:])
