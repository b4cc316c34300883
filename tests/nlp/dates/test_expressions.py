"""Date expressions resolve as the conventions say."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from nlp.dates import find_dates, resolve_first
from tests.nlp.dates.cases import load_cases

REFERENCE = datetime(2026, 3, 12, 16, 40)


def _resolved(case: dict[str, Any]) -> tuple[str | None, str | None]:
    found = resolve_first(case["text"], datetime.fromisoformat(case["reference"]))
    if found is None:
        return None, None
    return found.date.isoformat(), found.end.isoformat() if found.end else None


@pytest.mark.parametrize("case", load_cases("expressions"), ids=lambda case: f"{case['reference'][:10]} {case['text']}")
def test_expression_resolves_to_its_day(case: dict[str, Any]) -> None:
    assert _resolved(case) == (case["date"], case["end"])


def test_expressions_kept_aside_resolve_in_at_least_95_percent() -> None:
    cases = load_cases("expressions-aside")
    right = sum(_resolved(case) == (case["date"], case["end"]) for case in cases)
    assert right / len(cases) >= 0.95


def test_mentions_come_in_text_order_with_verbatim_spans() -> None:
    text = "他二十六号去广州，我二十九号去公司，再下周一发样"
    mentions = find_dates(text, REFERENCE)
    assert [text[slice(*mention.span)] for mention in mentions] == ["二十六号", "二十九号", "再下周一"]
    assert [mention.date.day for mention in mentions] == [26, 29, 23]


def test_past_words_are_marked_past() -> None:
    mentions = find_dates("昨天和上周三都去过，上个月15号也去过", REFERENCE)
    assert [mention.past for mention in mentions] == [True, True, True]


def test_vague_words_are_found_but_name_no_day() -> None:
    (mention,) = find_dates("过几天再去", REFERENCE)
    assert mention.vague
    assert resolve_first("过几天再去", REFERENCE) is None


def test_this_weeks_day_that_has_passed_offers_next_weeks() -> None:
    found = resolve_first("这周一", REFERENCE)
    assert found is not None
    assert found.past
    assert found.alternatives == (date(2026, 3, 16),)


def test_plain_lunar_looking_day_offers_the_lunar_reading() -> None:
    found = resolve_first("八月十五", REFERENCE)
    assert found is not None
    assert (found.date, found.alternatives) == (date(2026, 8, 15), (date(2026, 9, 25),))


def test_bare_day_takes_the_month_of_the_day_before_it() -> None:
    mentions = find_dates("李总5月13日回来，14日我去见", REFERENCE)
    assert mentions[1].date == date(2026, 5, 14)


def test_aware_reference_counts_from_its_shanghai_day() -> None:
    found = resolve_first("明天", datetime.fromisoformat("2026-03-12T20:00:00+00:00"))
    assert found is not None
    assert found.date == date(2026, 3, 14)


def test_working_days_beyond_the_table_are_marked_uncertain() -> None:
    found = resolve_first("春节后", datetime(2026, 11, 20))
    assert found is not None
    assert not found.certain


def test_period_before_keeps_its_last_day_as_deadline() -> None:
    found = resolve_first("下个月之前", REFERENCE)
    assert found is not None
    assert (found.date, found.end, found.kind) == (date(2026, 4, 1), date(2026, 4, 30), "deadline")


def test_holiday_after_an_already_named_holiday_means_that_one() -> None:
    mentions = find_dates("国庆他们值班，节后再谈", datetime(2026, 9, 22))
    assert mentions[1].date == date(2026, 10, 8)


def test_same_bare_weekday_named_again_is_the_same_day() -> None:
    mentions = find_dates("约了周三，周三我去", REFERENCE)
    assert {mention.date for mention in mentions} == {date(2026, 3, 18)}


def test_second_day_counts_from_the_day_named_before_it() -> None:
    mentions = find_dates("下周二他们开会，第二天我去听结果", REFERENCE)
    assert [mention.date for mention in mentions] == [date(2026, 3, 17), date(2026, 3, 18)]


def test_second_day_of_a_story_names_no_date() -> None:
    assert resolve_first("装上第二天就坏了", REFERENCE) is None


def test_days_ahead_count_back_from_the_day_named_before_them() -> None:
    mentions = find_dates("4月9号开业，提前三天进场", REFERENCE)
    assert mentions[1].date == date(2026, 4, 6)
    assert find_dates("要提前三天通知", REFERENCE) == ()


def test_weekday_said_with_a_day_just_past_means_that_day() -> None:
    found = resolve_first("周三，3月11号", REFERENCE)
    assert found is not None
    assert (found.date, found.past) == (date(2026, 3, 11), True)


def test_range_that_goes_on_has_begun_already() -> None:
    found = resolve_first("3月9号到3月14号", REFERENCE)
    assert found is not None
    assert (found.date, found.end) == (date(2026, 3, 9), date(2026, 3, 14))


def test_day_that_must_come_before_another_takes_no_week_from_it() -> None:
    mentions = find_dates("竞品下周一演示，要抢在前面，周五先送样", REFERENCE)
    assert mentions[1].date == date(2026, 3, 13)


@pytest.mark.parametrize("said", ["周五回他", "周五回复", "周五单位有事"])
def test_weekday_before_a_reply_is_no_count(said: str) -> None:
    found = resolve_first(said, REFERENCE)
    assert found is not None
    assert found.date == date(2026, 3, 13)


@pytest.mark.parametrize("text", ["李国庆说再看看", "陈立春经理", "跟张中秋碰过了"])
def test_festival_behind_a_surname_is_a_person(text: str) -> None:
    assert resolve_first(text, REFERENCE) is None


def test_festival_behind_a_familiar_name_is_a_day() -> None:
    found = resolve_first("老王国庆来看样", REFERENCE)
    assert found is not None
    assert found.date == date(2026, 10, 1)
