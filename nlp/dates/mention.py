"""What a date expression resolves to, and the day that everything is relative to."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from nlp.types import Span

SHANGHAI = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, slots=True)
class DateMention:
    """A date expression in a text, resolved.

    `end` is inclusive: the last day of a period or the deadline of X之前 / N天内 / 月底; `None` for a single day.
    `alternatives` are other first days the words can mean, most likely first. `past` says that the words point
    backwards (昨天, 上周三). `vague` says that no day can be named (过几天); `date` is then the reference day.
    `certain` is false where a make-up day table ends and the working day is only the statutory one.
    """

    date: dt.date
    end: dt.date | None
    span: Span
    kind: str
    alternatives: tuple[dt.date, ...] = ()
    past: bool = False
    vague: bool = False
    certain: bool = True


@dataclass(frozen=True, slots=True)
class Reading:
    """A resolved expression before it is given its place in the text. Fields as in `DateMention`."""

    date: dt.date
    end: dt.date | None = None
    kind: str = "day"
    alternatives: tuple[dt.date, ...] = ()
    past: bool = False
    vague: bool = False
    certain: bool = True


@dataclass(frozen=True, slots=True)
class Reference:
    """The day in Asia/Shanghai that relative expressions count from; `minutes` is the time of day said in minutes."""

    day: dt.date
    minutes: int = 0

    @classmethod
    def at(cls, moment: dt.datetime) -> Reference:
        """Return the reference of a moment; a naive one is Asia/Shanghai."""
        local = moment if moment.tzinfo is None else moment.astimezone(SHANGHAI)
        return cls(local.date(), local.hour * 60 + local.minute)

    @property
    def monday(self) -> dt.date:
        """Return the Monday of the reference day's week."""
        return self.day - dt.timedelta(days=self.day.weekday())
