"""The times that stand in a copied chat, from “10:12” to “2026/3/12 下午3:05:10”, and the moments they mean."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_SHANGHAI = ZoneInfo("Asia/Shanghai")
#: Clocks of phone and server may differ by this much before a time counts as yesterday's.
_SKEW = timedelta(minutes=30)
_ONE_DAY = timedelta(days=1)

DAY = (
    r"(?:(?:20\d{2}[-/.年])?\d{1,2}[-/月]\d{1,2}日?|20\d{2}[-/.年]\d{1,2}[-/.月]\d{1,2}日?"
    r"|今天|昨天|前天|(?:星期|周)[一二三四五六日天])"
)
TIME = r"(?:凌晨|早上|早晨|上午|中午|下午|傍晚|晚上)?[ \t]*\d{1,2}[:：]\d{2}(?:[:：]\d{2})?(?:[ \t]*[AaPp][Mm])?"

_CALENDAR = re.compile(r"(?:(?P<year>\d{4})[-/.年])?(?P<month>\d{1,2})[-/.月](?P<day>\d{1,2})日?")
_CLOCK = re.compile(r"(?P<hour>\d{1,2})[:：](?P<minute>\d{2})(?:[:：](?P<second>\d{2}))?")
_BACK = {"今天": 0, "昨天": 1, "前天": 2}
_WEEKDAYS = {char: n % 7 for n, char in enumerate("一二三四五六日")} | {"天": 6}


@dataclass(frozen=True, slots=True)
class ChatDay:
    """A day as a chat names it: with or without its year, or counted back from when it was copied."""

    month: int = 0
    day: int = 0
    year: int = 0
    back: int | None = None
    weekday: int | None = None

    def before(self, sent_on: date) -> date | None:
        """Return the latest such day not after the day it was sent on, None where there is no such day."""
        if self.back is not None:
            return sent_on - timedelta(days=self.back)
        if self.weekday is not None:
            return sent_on - timedelta(days=(sent_on.weekday() - self.weekday - 1) % 7 + 1)
        try:
            found = date(self.year or sent_on.year, self.month, self.day)
            return found if self.year or found <= sent_on + _ONE_DAY else found.replace(year=found.year - 1)
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class ChatTime:
    """What a chat says of when: a day, a time of day, both or neither."""

    day: ChatDay | None
    clock: time | None
    has_seconds: bool = False


def read_day(words: str) -> ChatDay | None:
    """Read a day as `DAY` matches it."""
    for word, back in _BACK.items():
        if word in words:
            return ChatDay(back=back)
    if words.startswith(("星期", "周")):
        return ChatDay(weekday=_WEEKDAYS[words[-1]])
    found = _CALENDAR.match(words)
    if found is None:
        return None
    return ChatDay(int(found["month"]), int(found["day"]), int(found["year"] or 0))


def read_time(words: str) -> ChatTime:
    """Read a day (if any) and a time of day; an impossible time such as 25:70 is none."""
    found = re.match(DAY, words)
    day = read_day(found[0]) if found is not None else None
    clock = _CLOCK.search(words, found.end() if found is not None else 0)
    if clock is None:
        return ChatTime(day, None)
    hour = int(clock["hour"])
    late = re.search(r"下午|傍晚|晚上|[Pp][Mm]", words) is not None
    try:
        at = time(hour + 12 if late and hour < 12 else hour, int(clock["minute"]), int(clock["second"] or 0))
    except ValueError:
        return ChatTime(day, None)
    return ChatTime(day, at, clock["second"] is not None)


def place_in_time(times: Sequence[ChatTime], sent_at: datetime) -> list[datetime | None]:
    """Return the moments of a chat's messages in their order, in the zone of `sent_at`; None where no time is said.

    A time without a day goes on from the message before it; before any day was named, it is the last such time before
    the message after it, and before the chat was sent.
    """
    latest = sent_at.astimezone(_SHANGHAI) + _SKEW
    found = _forward(times, latest)
    for number in reversed(range(len(times))):
        clock, moment = times[number].clock, found[number]
        if moment is None and clock is not None:
            moment = datetime.combine(latest.date(), clock, _SHANGHAI)
            found[number] = moment = moment if moment <= latest else moment - _ONE_DAY
        latest = moment or latest
    return [moment and moment.astimezone(sent_at.tzinfo) for moment in found]


def _forward(times: Sequence[ChatTime], latest: datetime) -> list[datetime | None]:
    """Return the moments from the first named day on."""
    found: list[datetime | None] = []
    before: datetime | None = None
    for said in times:
        day = said.day.before((latest - _SKEW).date()) if said.day is not None else None
        moment = None
        if said.clock is not None and (day or before):
            moment = datetime.combine(day or before.date(), said.clock, _SHANGHAI)  # type: ignore[union-attr]
            if day is None and before is not None and moment < before and moment + _ONE_DAY <= latest:
                moment += _ONE_DAY
        found.append(moment)
        before = moment or before
    return found
