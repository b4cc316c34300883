"""Quiet hours, spreading and the push budget."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.playbooks import QuietHours
from handlers.rules.days import SHANGHAI
from handlers.rules.schedule_rules import day_start, is_quiet, next_allowed, push_at, split_by_budget, spread

NIGHT = QuietHours(time(21), time(7, 30))
times = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))
clock_times = st.times().map(lambda t: t.replace(second=0, microsecond=0))
quiets = st.builds(QuietHours, clock_times, clock_times)


def shanghai(hour: int, minute: int = 0, day: int = 10) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=SHANGHAI)


@pytest.mark.parametrize(("hour", "minute", "quiet"), [(20, 59, 0), (21, 0, 1), (0, 0, 1), (7, 29, 1), (7, 30, 0)])
def test_the_night_is_quiet_from_nine_to_half_past_seven(hour: int, minute: int, quiet: int) -> None:
    assert is_quiet(shanghai(hour, minute).astimezone(UTC), NIGHT) is bool(quiet)


def test_a_push_at_night_waits_for_the_morning() -> None:
    assert next_allowed(shanghai(23, 10), NIGHT) == shanghai(7, 30, day=11)
    assert next_allowed(shanghai(2, 10), NIGHT) == shanghai(7, 30)
    assert next_allowed(shanghai(9), NIGHT) == shanghai(9)


def test_equal_ends_mean_never_quiet() -> None:
    assert next_allowed(shanghai(3), QuietHours(time(0), time(0))) == shanghai(3)


@given(at=times, quiet=quiets)
def test_the_next_allowed_time_is_never_quiet_and_never_earlier(at: datetime, quiet: QuietHours) -> None:
    moment = next_allowed(at, quiet)
    assert moment >= at
    assert not is_quiet(moment, quiet)
    assert moment - at <= timedelta(days=1)


@given(at=times, quiet=quiets, person=st.text(max_size=20))
def test_a_push_leaves_outside_quiet_hours_and_not_before_it_is_due(
    at: datetime, quiet: QuietHours, person: str
) -> None:
    moment = push_at(at, person, quiet)
    assert moment >= at
    assert not is_quiet(moment, quiet)


@given(at=times, person=st.text(max_size=20))
def test_pushes_keep_off_the_full_and_half_hour(at: datetime, person: str) -> None:
    moment = spread(at, person)
    assert at <= moment <= at + timedelta(hours=1)
    assert 3 <= moment.minute % 30 <= 27
    assert spread(moment, person) == moment


def test_a_team_is_spread_over_the_hour() -> None:
    minutes = {push_at(shanghai(9), f"rep{number}", NIGHT).minute for number in range(200)}
    assert len(minutes) > 40
    assert all(push_at(shanghai(9), f"rep{number}", NIGHT).hour == 9 for number in range(200))


def test_what_is_over_the_budget_waits_for_the_digest() -> None:
    assert split_by_budget(["a", "b", "c"], 3, 5) == (("a", "b"), ("c",))
    assert split_by_budget(["a"], 9, 5) == ((), ("a",))


def test_a_day_of_pushes_starts_at_midnight_in_shanghai() -> None:
    assert day_start(datetime(2026, 3, 10, 17, tzinfo=UTC)) == shanghai(0, day=11)
