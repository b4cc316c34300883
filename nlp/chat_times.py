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
    r"(?:(?:\d{4}[-/.年])?\d{1,2}[-/月]\d{1,2}日?|\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?"
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
    """Return the moments of a chat's messages in their order, UTC; None where no time of day is said.

    A time without a day is the last one before the message after it, and before the chat was sent.
    """
    latest = sent_at.astimezone(_SHANGHAI) + _SKEW
    sent_on = sent_at.astimezone(_SHANGHAI).date()
    found: list[datetime | None] = []
    for said in reversed(times):
        moment = _moment(said, sent_on, latest)
        found.append(moment.astimezone(sent_at.tzinfo) if moment is not None else None)
        latest = moment or latest
    return found[::-1]


def _moment(said: ChatTime, sent_on: date, latest: datetime) -> datetime | None:
    if said.clock is None:
        return None
    day = said.day.before(sent_on) if said.day is not None else None
    if day is None:
        moment = datetime.combine(latest.date(), said.clock, _SHANGHAI)
        return moment if moment <= latest else moment - _ONE_DAY
    return datetime.combine(day, said.clock, _SHANGHAI)
