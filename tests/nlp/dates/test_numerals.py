"""Numerals read as people say and write them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from nlp.dates.numerals import read_int, read_number

_INTEGERS = {
    "12": 12, "十二": 12, "二十": 20, "二十一": 21, "廿三": 23, "卅一": 31, "两": 2, "俩": 2, "〇": 0, "十": 10,
    "二零二六": 2026, "一百零五": 105, "两百五": 250, "两千零四": 2004, "两万三": 23000, "3万5": 35000,
}  # fmt: skip
_FRACTIONS = {
    "18.6万": "186000", "31.5w": "315000", "一点五万": "15000", "百分之五": "0.05", "0.5%": "0.005", "半": "0.5",
    "一个半": "1.5", "两百五": "250", "1,200": "1200",
}  # fmt: skip


@pytest.mark.parametrize(("text", "value"), _INTEGERS.items())
def test_whole_numbers(text: str, value: int) -> None:
    assert read_int(text) == value


@pytest.mark.parametrize(("text", "value"), _FRACTIONS.items())
def test_fractions_and_myriads(text: str, value: str) -> None:
    assert read_number(text) == Decimal(value)


@pytest.mark.parametrize("text", ["", "周", "abc", "点", "一点点", "百分之", "％"])
def test_words_that_are_no_number(text: str) -> None:
    assert read_int(text) is None
    assert read_number(text) is None
