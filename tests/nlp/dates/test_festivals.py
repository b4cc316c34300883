"""Festivals fall on the days that calendars give."""

from __future__ import annotations

from datetime import date

import pytest

from nlp.dates.festivals import festival_day


@pytest.mark.parametrize(("year", "day"), [(2024, (3, 31)), (2025, (4, 20)), (2026, (4, 5)), (2038, (4, 25))])
def test_easter_follows_the_moon(year: int, day: tuple[int, int]) -> None:
    assert festival_day("复活节", year) == date(year, *day)


def test_good_friday_is_two_days_before_easter() -> None:
    assert festival_day("耶稣受难日", 2026) == date(2026, 4, 3)


def test_festival_outside_the_tables_has_no_day() -> None:
    assert festival_day("复活节", 2150) is None
