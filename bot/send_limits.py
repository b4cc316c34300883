"""How much may be sent now, and what goes first: answers before warnings before digests.

Each limit has a lower ceiling for what can wait: when an hour is crowded, digests stop first, then warnings, and there
is always room left for the answer that a rep is waiting for. Nothing is dropped; it waits.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta

ANSWER, WARNING, DIGEST = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The most that may be sent to one person, and by one process through one app, at a priority."""

    person_minute: int
    person_hour: int
    app_minute: int


#: Under the platform's 30 a minute and 1,000 an hour to a person, whose excess it drops silently, and, with four
#: processes, its 10,000 calls a minute for the company (WeCom, documents 90236 and 90312).
CEILINGS = {
    ANSWER: Ceiling(26, 900, 2400),
    WARNING: Ceiling(18, 600, 1600),
    DIGEST: Ceiling(12, 400, 800),
}
#: Seconds that a priority waits beyond a pause that the platform imposed, so that answers go out first.
AFTER_PAUSE_S = {ANSWER: 0.0, WARNING: 10.0, DIGEST: 30.0}
CROWDED_MINUTE_WAIT_S, CROWDED_HOUR_WAIT_S = 5.0, 60.0
MINUTE = timedelta(minutes=1)


def ceiling(priority: int) -> Ceiling:
    """Return the ceiling of a priority; an unknown one is taken for the lowest."""
    return CEILINGS.get(priority, CEILINGS[DIGEST])


def person_wait_s(priority: int, in_minute: int, in_hour: int) -> float:
    """Return how many seconds a person's own limit asks to wait, 0 for none."""
    most = ceiling(priority)
    if in_hour >= most.person_hour:
        return CROWDED_HOUR_WAIT_S
    return CROWDED_MINUTE_WAIT_S if in_minute >= most.person_minute else 0.0


class AppLimits:
    """One process's view of each app: what it sent within a minute, and until when the platform wants silence."""

    def __init__(self) -> None:
        self._sent: dict[str, deque[datetime]] = {}
        #: (when the pause was imposed, until when)
        self._pauses: dict[str, tuple[datetime, datetime]] = {}

    def wait_s(self, channel: str, priority: int, now: datetime) -> float:
        """Return how many seconds an app asks a delivery of this priority to wait, 0 for none."""
        self._follow_clock(channel, now)
        if channel in self._pauses:
            until = self._pauses[channel][1]
            left_s = (until - now).total_seconds() + AFTER_PAUSE_S.get(priority, AFTER_PAUSE_S[DIGEST])
            if left_s > 0:
                return left_s
        sent = self._sent.setdefault(channel, deque())
        while sent and sent[0] <= now - MINUTE:
            sent.popleft()
        if len(sent) < ceiling(priority).app_minute:
            return 0.0
        return max((sent[0] + MINUTE - now).total_seconds(), 0.1)

    def note_sent(self, channel: str, now: datetime) -> None:
        """Count one call."""
        self._sent.setdefault(channel, deque()).append(now)

    def pause(self, channel: str, seconds: float, now: datetime) -> None:
        """Send nothing through an app for a while: the platform has said that all of it is too much."""
        self._follow_clock(channel, now)
        until = now + timedelta(seconds=seconds)
        self._pauses[channel] = (now, max(until, self._pauses.get(channel, (now, until))[1]))

    def _follow_clock(self, channel: str, now: datetime) -> None:
        """A clock that was ahead has been put right: what lies in the future happened just now."""
        imposed, until = self._pauses.get(channel, (now, now))
        if imposed > now:
            self._pauses[channel] = (now, now + (until - imposed))
        sent = self._sent.get(channel)
        if sent and sent[-1] > now:
            self._sent[channel] = deque(min(at, now) for at in sent)
