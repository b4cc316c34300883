"""Lunar days as civil days. Years outside the table of `lunardate` (1900–2099) have no answer."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

from lunardate import LunarDate


@lru_cache(maxsize=4096)
def lunar_to_civil(year: int, month: int, day: int, leap: bool = False) -> date | None:
    """Return the civil day of a lunar day, or None where that lunar day does not exist."""
    try:
        civil = LunarDate(year, month, day, leap).to_solar_date()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return date(civil.year, civil.month, civil.day)


@lru_cache(maxsize=256)
def new_years_eve(year: int) -> date | None:
    """Return 除夕, the eve of lunar year `year`."""
    first = lunar_to_civil(year, 1, 1)
    return None if first is None else date.fromordinal(first.toordinal() - 1)


def next_lunar(today: date, month: int, day: int, leap: bool = False) -> date | None:
    """Return the first such lunar day that is not before `today`."""
    for year in range(today.year - 1, today.year + (3 if leap else 4)):
        civil = lunar_to_civil(year, month, day, leap)
        if civil is not None and civil >= today:
            return civil
    return None


def last_leap(today: date, month: int, day: int) -> date | None:
    """Return the most recent such day of a leap month within 20 years (闰四月 said the year after it)."""
    days = (lunar_to_civil(year, month, day, leap=True) for year in range(today.year, today.year - 20, -1))
    return next((civil for civil in days if civil is not None), None)


def next_lunar_day_of_month(today: date, day: int) -> date | None:
    """Return the next civil day that is the `day`-th of any lunar month (a bare 初八)."""
    found = (next_lunar(today, month, day) for month in range(1, 13))
    return min((civil for civil in found if civil is not None), default=None)
