"""Said, denied, planned or supposed: the reach of markers around a word."""

from __future__ import annotations

import pytest

from nlp.fields.status import Status, status_at, statuses


def _status(text: str, word: str) -> Status:
    at = text.index(word)
    return status_at(statuses(text), at, at + len(word))


@pytest.mark.parametrize(
    ("text", "word", "expected"),
    [
        ("方案交了", "方案", "said"),
        ("下周三发方案", "方案", "planned"),
        ("准备签约", "签约", "planned"),
        ("还没到评审", "评审", "denied"),
        ("合同的事提都没提", "合同", "denied"),
        ("要是行的话就签合同", "签合同", "supposed"),
        ("上周三发了方案", "方案", "said"),
        ("价格没谈拢", "价格", "said"),
        ("下周三再去，方案他看了", "方案", "said"),
    ],
)
def test_status_of_a_word(text: str, word: str, expected: Status) -> None:
    assert _status(text, word) == expected


def test_a_plan_ends_where_today_begins() -> None:
    assert _status("约了周五细聊今天把名片给了", "名片") == "said"


def test_nothing_has_a_status_of_said() -> None:
    assert status_at(statuses(""), 0, 0) == "said"
