"""Working days follow the official table, the make-up days and the administrator's overrides."""

from __future__ import annotations

from datetime import date

import pytest

from nlp.dates import WorkCalendar, default_calendar


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2026, 3, 12), True),
        (date(2026, 3, 14), False),
        (date(2026, 2, 14), True),  # Saturday, make-up day of the Spring Festival
        (date(2026, 2, 20), False),
        (date(2026, 10, 10), True),
        (date(2026, 10, 7), False),
    ],
)
def test_official_days(day: date, works: bool) -> None:
    assert default_calendar().is_working_day(day) is works


def test_working_days_skip_weekend_and_holiday() -> None:
    calendar = default_calendar()
    assert calendar.add_working_days(date(2026, 3, 12), 3) == date(2026, 3, 17)
    assert calendar.add_working_days(date(2026, 9, 30), 1) == date(2026, 10, 8)
    assert calendar.add_working_days(date(2026, 10, 8), -1) == date(2026, 9, 30)


def test_days_around_a_holiday() -> None:
    calendar = default_calendar()
    assert calendar.last_working_day_before_holiday("春节", date(2026, 1, 31)) == date(2026, 2, 14)
    assert calendar.first_working_day_after_holiday("春节", date(2026, 1, 31)) == date(2026, 2, 24)
    assert calendar.first_working_day_after_holiday("国庆", date(2026, 10, 3)) == date(2026, 10, 8)


def test_before_a_holiday_that_is_on_means_the_next_one() -> None:
    found = default_calendar().last_working_day_before_holiday("国庆", date(2026, 10, 3))
    assert found is not None
    assert found.year == 2027


def test_unknown_holiday_has_no_days() -> None:
    assert default_calendar().first_working_day_after_holiday("情人节", date(2026, 1, 1)) is None


def test_year_without_make_up_days_is_not_covered() -> None:
    calendar = default_calendar()
    assert calendar.covered(2026)
    assert not calendar.covered(2031)


def test_overrides_win_over_the_official_table() -> None:
    calendar = WorkCalendar({"off": ["2026-03-12"], "work": [date(2026, 3, 14)], "covered": [2031]})
    assert not calendar.is_working_day(date(2026, 3, 12))
    assert calendar.is_working_day(date(2026, 3, 14))
    assert calendar.covered(2031)


def test_years_outside_the_library_fall_back_to_weekdays() -> None:
    assert default_calendar().is_working_day(date(2150, 1, 1)) is True
    assert not default_calendar().covered(2150)
