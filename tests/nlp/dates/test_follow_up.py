"""The note's follow-up day is chosen as a careful person would."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from nlp.dates import follow_up
from tests.nlp.corpus import load_notes
from tests.nlp.dates.cases import load_cases

SENT = datetime.fromisoformat("2026-03-12T16:40:00+08:00")


def _day(text: str, sent_at: datetime) -> str | None:
    value = follow_up(text, sent_at).value
    return None if value is None else value.isoformat()


def _is_right(case: dict[str, Any]) -> bool:
    return bool(_day(case["text"], datetime.fromisoformat(case["sent_at"])) == case["expected"])


@pytest.mark.parametrize("case", load_cases("notes-own"), ids=lambda case: case["id"])
def test_own_note_gives_its_follow_up_day(case: dict[str, Any]) -> None:
    assert _is_right(case)


def test_notes_kept_aside_are_right_in_at_least_93_percent() -> None:
    cases = load_cases("notes-aside")
    assert sum(map(_is_right, cases)) / len(cases) >= 0.93


def test_corpus_notes_are_right_in_at_least_97_percent() -> None:
    notes = load_notes()
    right = sum(
        _day(note["text"], datetime.fromisoformat(note["sent_at"])) == note["gold"]["next_followup"] for note in notes
    )
    assert right / len(notes) >= 0.97


def test_evidence_is_the_verbatim_day() -> None:
    text = "他们周一开评审会，下周五我去拿结果"
    guess = follow_up(text, SENT)
    assert guess.span is not None
    assert text[slice(*guess.span)] == "下周五"
    assert (guess.known_by, guess.reason) == ("said", "“下周五”即3月20日周五，是我们的下一步")


def test_note_without_a_date_is_confidently_empty() -> None:
    guess = follow_up("跟周总喝了个茶，挺好", SENT)
    assert guess.value is None
    assert guess.confidence > 0.9
    assert guess.reason == "没有提到日期"


def test_customers_own_day_is_offered_as_alternative_only() -> None:
    guess = follow_up("合同在走审批，王总说大概下周能批下来", SENT)
    assert guess.value is None
    assert guess.reason == "提到的日期都不是我们的跟进日"


def test_two_days_offered_keep_the_second_as_alternative() -> None:
    guess = follow_up("下周三或者下周四再谈", SENT)
    assert guess.value == date(2026, 3, 18)
    assert date(2026, 3, 19) in guess.alternatives


def test_condition_lowers_confidence() -> None:
    plain = follow_up("下周三我再去一趟", SENT)
    hedged = follow_up("要是领导同意下周三我再去一趟", SENT)
    assert hedged.value == plain.value
    assert hedged.confidence < plain.confidence


def test_working_day_beyond_the_official_table_says_so() -> None:
    guess = follow_up("春节后我再去一趟", datetime.fromisoformat("2026-11-20T16:00:00+08:00"))
    assert "调休安排尚未公布" in guess.reason
    assert guess.confidence < 0.75


def test_alternatives_never_repeat_the_value() -> None:
    for case in load_cases("notes-own"):
        guess = follow_up(case["text"], datetime.fromisoformat(case["sent_at"]))
        assert guess.value not in guess.alternatives or guess.value is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("我跟小陈今天一起去的海联，合同还压在法务，后天再去催", "2026-03-14"),
        ("她们门店自己进不到货下周五再约", "2026-03-20"),
        ("王磊19号回来联系她", "2026-03-19"),
        ("试装漏油 3.18复测", "2026-03-18"),
        ("首单4月5日到货（物流安排，不用我跑）", None),
        ("首付已到 排产中 4/20交", None),
    ],
)
def test_whose_day_it_is_shows_in_the_words_around(text: str, expected: str | None) -> None:
    assert _day(text, SENT) == expected


def test_the_senders_own_line_of_a_chat_gives_the_day() -> None:
    text = "何苗：样品收到，周五我们试\n沈亮：行，下周二我来看结果"
    assert follow_up(text, SENT, "沈亮").value == date(2026, 3, 17)


def test_colleagues_day_is_ours_where_somebody_reports_for_her() -> None:
    assert _day("小林嗓子哑了，我替她报：图纸对完了，下周二她把改好的带过去", SENT) == "2026-03-17"


def test_preparing_gives_way_to_handing_over() -> None:
    assert _day("周六我把报告改好，下周一发给他审", SENT) == "2026-03-16"


def test_day_far_ahead_without_a_year_was_last_years() -> None:
    assert _day("合同3月5号签好的，没别的事", SENT) is None


def test_message_behind_a_plain_colon_ends_with_its_line() -> None:
    assert _day("我：那账期呢\n他：六十天不行\n下周四带新方案过去", SENT) == "2026-03-19"


def test_customer_who_says_come_names_our_day() -> None:
    assert _day("钱总 10:20\n周五下午来我办公室\n我 10:21\n好的", SENT) == "2026-03-13"


@pytest.mark.parametrize(
    ("text", "expected"), [("她要再降五个点，后天回", "2026-03-14"), ("老板在三亚，下月5号回", None)]
)
def test_bare_reply_is_ours_and_bare_return_is_theirs(text: str, expected: str | None) -> None:
    assert _day(text, SENT) == expected
