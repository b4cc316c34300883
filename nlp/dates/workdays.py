"""Working days in mainland China: official holidays, make-up days and the administrator's own table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from functools import lru_cache
from importlib import resources
from typing import Any

import holidays
import yaml

from nlp.dates.festivals import PUBLIC_HOLIDAYS, festival_day

_DAY = timedelta(days=1)
#: No official holiday run is longer; the search stops there.
_LONGEST_RUN = 20


def _as_day(value: object) -> date:
    return value if isinstance(value, date) else date.fromisoformat(str(value))


class WorkCalendar:
    """Answers which days people work. Make-up days are known only for years that `covered` confirms."""

    def __init__(self, overrides: Mapping[str, Any] | None = None) -> None:
        table = overrides or {}
        self._off = frozenset(_as_day(day) for day in table.get("off") or ())
        self._work = frozenset(_as_day(day) for day in table.get("work") or ())
        self._declared = frozenset(int(year) for year in table.get("covered") or ())
        self._official = holidays.country_holidays("CN")

    def is_working_day(self, day: date) -> bool:
        """Return whether people work on `day`; the administrator's table wins over the official one."""
        if day in self._work:
            return True
        if day in self._off:
            return False
        if not 1950 <= day.year <= 2099:
            return day.weekday() < 5
        return bool(self._official.is_working_day(day))

    def covered(self, year: int) -> bool:
        """Return whether the make-up days of `year` are known."""
        if year in self._declared:
            return True
        if not 1950 <= year <= 2099:
            return False
        self._official.get(date(year, 1, 1))
        return any(day.year == year for day in self._official.weekend_workdays)

    def add_working_days(self, day: date, count: int) -> date:
        """Return the `count`-th working day after `day` (before it, for a negative count)."""
        step = _DAY if count >= 0 else -_DAY
        for _ in range(abs(count)):
            day += step
            while not self.is_working_day(day):
                day += step
        return day

    def holiday_days(self, name: str, year: int) -> tuple[date, ...]:
        """Return the free days in a row around public holiday `name` of `year` (empty for an unknown name)."""
        day = festival_day(name, year)
        if day is None or name not in PUBLIC_HOLIDAYS:
            return ()
        first = last = day
        while not self.is_working_day(first - _DAY) and (day - first).days < _LONGEST_RUN:
            first -= _DAY
        while not self.is_working_day(last + _DAY) and (last - day).days < _LONGEST_RUN:
            last += _DAY
        return tuple(first + _DAY * offset for offset in range((last - first).days + 1))

    def next_holiday(self, name: str, ref: date) -> tuple[date, ...]:
        """Return the run of free days of `name` that ends on or after `ref`."""
        for year in range(ref.year - 1, ref.year + 3):
            run = self.holiday_days(name, year)
            if run and run[-1] >= ref:
                return run
        return ()

    def nearest_holiday(self, ref: date) -> str | None:
        """Return the public holiday that `ref` lies in or that comes next."""
        runs = ((self.next_holiday(name, ref), name) for name in PUBLIC_HOLIDAYS)
        return min(((run[-1], name) for run, name in runs if run), default=(ref, None))[1]

    def last_working_day_before_holiday(self, name: str, ref: date) -> date | None:
        """Return the last working day before the next holiday `name` (seen from `ref`)."""
        run = self.next_holiday(name, ref)
        if run and run[0] <= ref:
            run = self.next_holiday(name, run[-1] + _DAY)
        return self.add_working_days(run[0], -1) if run else None

    def first_working_day_after_holiday(self, name: str, ref: date) -> date | None:
        """Return the first working day after the holiday `name` that `ref` lies in or that comes next."""
        run = self.next_holiday(name, ref)
        return self.add_working_days(run[-1], 1) if run else None


def covers(calendar: WorkCalendar, days: Iterable[date]) -> bool:
    """Return whether the make-up days are known for the years of all `days`."""
    return all(calendar.covered(day.year) for day in days)


@lru_cache(maxsize=1)
def default_calendar() -> WorkCalendar:
    """Return the calendar with the bundled table of overrides (read once)."""
    text = resources.files("nlp.dates").joinpath("overrides.yaml").read_text(encoding="utf-8")
    return WorkCalendar(yaml.safe_load(text))
