"""Typed names, hints for the recogniser, and labels for buttons."""

from __future__ import annotations

import pytest

from nlp.names import choice_label, match_name, own_customers, short_name
from tests.nlp.names.given import corpus_directory, customer, own_directory


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("苏州华锐", "C0001"),
        ("华锐精密", "C0001"),
        ("苏州华锐精密机械有限公司", "C0001"),
        ("宁波鑫达", "C0056"),
        ("会诊生物", "C0206"),
        ("光晴激光", "C0279"),
        ("芜湖天昱", "C0007"),
        ("C0042", "C0042"),
        ("力凯科技", "C0008"),
    ],
)
def test_a_typed_name_finds_its_customer_first(typed: str, first: str) -> None:
    assert match_name(typed, corpus_directory())[0][0] == first


def test_a_shared_name_finds_all_that_have_it() -> None:
    found = match_name("卓励", corpus_directory())
    assert {found[0][0], found[1][0]} == {"C0021", "C0113"}
    assert found[0][1] == found[1][1]


@pytest.mark.parametrize("typed", ["", "   ", "？？", "不存在的某某公司名字"])
def test_nothing_alike_finds_nothing(typed: str) -> None:
    assert match_name(typed, corpus_directory()) == ()


def test_a_name_with_one_wrong_syllable_is_still_found() -> None:
    assert "T036" in [found for found, _ in match_name("博蕾", own_directory(), limit=5)]


def test_likeness_falls_and_stays_within_bounds() -> None:
    scores = [score for _, score in match_name("鑫达", corpus_directory(), limit=10)]
    assert scores == sorted(scores, reverse=True)
    assert all(0 < score <= 1 for score in scores)


def test_a_rep_speaks_most_of_the_own_customers() -> None:
    own = own_customers(corpus_directory(), "zhangwei")
    assert own
    assert {customer.owner for customer in own} == {"zhangwei"}


def test_a_supervisor_speaks_of_the_teams_customers_and_a_stranger_of_none() -> None:
    team = {customer.owner for customer in own_customers(corpus_directory(), "zhoujianming")}
    assert {"zhangwei", "chenlei"} <= team
    assert own_customers(corpus_directory(), "nobody") == ()


def test_the_short_name_is_the_shortest_alias_or_the_core() -> None:
    assert short_name(customer(1, "苏州华锐精密机械有限公司", "")) == "华锐"
    assert short_name(corpus_directory().customers["C0146"]) == "梁溪"


def test_choices_are_told_apart_in_ten_characters() -> None:
    known = corpus_directory().customers
    for group in (("C0021", "C0113"), ("C0048", "C0040"), ("C0060", "C0179"), ("C0134", "C0280"), ("C0001", "C0254")):
        labels = [choice_label(known[number], [known[other] for other in group]) for number in group]
        assert len(set(labels)) == len(labels)
        assert all(0 < len(label) <= 10 for label in labels)


def test_choices_in_different_cities_are_city_and_alias() -> None:
    known = corpus_directory().customers
    assert choice_label(known["C0048"], [known["C0040"]]) == "常州鼎越"


def test_choices_in_one_city_show_the_word_that_differs() -> None:
    known = corpus_directory().customers
    assert choice_label(known["C0021"], [known["C0113"]]) == "卓励数控"
    assert choice_label(known["C0113"], [known["C0021"]]) == "卓励机床"
