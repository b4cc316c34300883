"""How much one member may get: 30 a minute, 1,000 an hour; the excess is discarded without a word (§3.3)."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict, deque
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from bot.sandbox.clock import SHANGHAI, SandboxClock
from bot.sandbox.company import PlatformRules

_MINUTE, _HOUR = timedelta(minutes=1), timedelta(hours=1)
#: Expired answers are dropped when this many are remembered.
_PRUNE_AT = 20_000
_DEFAULT_INTERVAL_S, _LONGEST_INTERVAL_S = 1800, 4 * 3600


class MemberQuota:
    """Sliding windows by member, and person-deliveries by Shanghai day for the whole app."""

    def __init__(self, rules: PlatformRules, clock: SandboxClock) -> None:
        self.discarded = 0
        self._rules = rules
        self._clock = clock
        self._delivered: defaultdict[str, deque[datetime]] = defaultdict(deque)
        self._day: tuple[str, int] = ("", 0)

    def take(self, userid: str) -> bool:
        """Count one delivery; false means that the platform discards it silently."""
        now, seen = self._clock.now(), self._delivered[userid]
        while seen and seen[0] <= now - _HOUR:
            seen.popleft()
        if len(seen) >= self._rules.per_hour or self._within_minute(seen, now) >= self._rules.per_minute:
            self.discarded += 1
            return False
        seen.append(now)
        return True

    def take_day(self, people: int) -> bool:
        """Count person-deliveries of today; false means that the day's contingent is used up."""
        today = self._clock.now().astimezone(SHANGHAI).date().isoformat()
        used = self._day[1] if self._day[0] == today else 0
        if used + people > self._rules.per_day:
            return False
        self._day = (today, used + people)
        return True

    @staticmethod
    def _within_minute(seen: deque[datetime], now: datetime) -> int:
        count = 0
        for at in reversed(seen):
            if at <= now - _MINUTE:
                break
            count += 1
        return count


class DuplicateCheck:
    """Remembers request bodies that asked for the duplicate check, each for its own interval."""

    def __init__(self, clock: SandboxClock) -> None:
        self._clock = clock
        self._answers: dict[bytes, tuple[datetime, dict[str, Any]]] = {}

    def earlier_answer(self, body: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return what the same request was answered within the interval, else `None`."""
        if body.get("enable_duplicate_check") != 1:
            return None
        known = self._answers.get(_fingerprint(body))
        return known[1] if known is not None and self._clock.now() < known[0] else None

    def remember(self, body: Mapping[str, Any], answer: dict[str, Any]) -> None:
        if body.get("enable_duplicate_check") == 1:
            interval = int(body.get("duplicate_check_interval") or _DEFAULT_INTERVAL_S)
            now = self._clock.now()
            if len(self._answers) >= _PRUNE_AT:
                self._answers = {key: known for key, known in self._answers.items() if known[0] > now}
            self._answers[_fingerprint(body)] = (now + timedelta(seconds=min(interval, _LONGEST_INTERVAL_S)), answer)


def _fingerprint(body: Mapping[str, Any]) -> bytes:
    return hashlib.sha256(json.dumps(body, sort_keys=True, ensure_ascii=False).encode()).digest()
