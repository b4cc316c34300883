"""An outside proposal keeps only what the note bears out, and never replaces what we read ourselves."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp import Directory, extract
from nlp.proposal import Proposal, check_proposal, combine, shortlist
from nlp.types import Contact, Customer, Extraction, Guess, NewCustomer, Note, Playbook, Span, StageRule, TagRule

SENT = datetime.fromisoformat("2026-03-12T16:40:00+08:00")
TEXT = "刚从华锐出来，见了李敏，没有谈报价，嫌交期太长，下周五我再去一趟"
NOTE = Note(TEXT, SENT, "zhangwei")
DIRECTORY = Directory(
    [
        Customer("C1", "苏州华锐精密机械有限公司", ("华锐",), owner="zhangwei", contacts=(Contact("李敏", "采购"),)),
        Customer("C2", "宁波鑫达塑胶有限公司", ("鑫达",), owner="zhangwei"),
    ]
)
PLAYBOOK = Playbook(
    "p",
    (StageRule("需求确认"), StageRule("方案提交")),
    (TagRule("价格", "价格讨论", ("报价",)), TagRule("交付", "交付讨论", ("交期",))),
)


def check(raw: dict[str, Any], *offered: str, note: Note = NOTE) -> Proposal:
    return check_proposal(raw, note, DIRECTORY, PLAYBOOK, offered=offered or ("C1", "C2"))


def test_what_stands_in_the_note_and_exists_is_kept_with_its_place() -> None:
    checked = check(
        {
            "customer": {"id": "C1", "words": "华锐"},
            "contact": {"name": "李敏", "words": "李敏"},
            "stage": {"name": "方案提交", "words": "嫌交期太长"},
            "next_followup": {"date": "2026-03-20", "words": "下周五"},
            "obstacle": {"words": "嫌交期太长"},
            "tags": [{"key": "交付", "words": "交期"}],
        }
    )
    assert checked.dropped == ()
    assert {name: guess.value for name, guess in checked.fields.items()} == {
        "customer": "C1",
        "contact": "李敏",
        "stage": "方案提交",
        "next_followup": date(2026, 3, 20),
        "obstacle": "嫌交期太长",
    }
    quoted = [TEXT[slice(*guess.span)] for guess in checked.fields.values() if guess.span]
    assert quoted == ["华锐", "李敏", "嫌交期太长", "下周五", "嫌交期太长"]
    assert [(tag.label, tag.word) for tag in checked.tags] == [("交付讨论", "交期")]


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        ({"customer": {"id": "C9", "words": "华锐"}}, "customer: no such customer among those offered"),
        ({"customer": {"id": "C1", "words": "华瑞"}}, "customer: words not in the note"),
        ({"customer": {"new": "大鹏", "words": "华锐"}}, "customer: new name not in the note"),
        ({"customer": {"new": "华锐", "words": "华锐"}}, "customer: new name is a known customer"),
        ({"contact": {"name": "王芳", "words": "李敏"}}, "contact: nobody of this name was said"),
        ({"stage": {"name": "签约", "words": "华锐"}}, "stage: no stage of the playbook"),
        ({"next_followup": {"date": "2026-02-30", "words": "下周五"}}, "next_followup: no date"),
        ({"next_followup": {"date": "2026-03-19", "words": "下周五"}}, "next_followup: the words name another day"),
        ({"next_followup": {"date": "2026-03-14", "words": "周五"}}, "next_followup: the words name another day"),
        ({"next_followup": {"date": "2026-03-11", "words": "华锐"}}, "next_followup: day in the past or too far away"),
        ({"obstacle": {"words": "价格太贵"}}, "obstacle: words not in the note"),
        ({"obstacle": {"words": 3}}, "obstacle: no words"),
        ({"obstacle": "嫌交期太长"}, "obstacle: not an object"),
        ({"tags": [{"key": "竞品", "words": "交期"}]}, "tag: no tag of the playbook"),
        ({"tags": [{"key": "价格", "words": "报价"}]}, "tag: denied in the note"),
        ({"tags": [{"key": "价格", "words": "降价"}]}, "tag: words not in the note"),
    ],
)
def test_what_breaks_a_guard_is_dropped_with_its_reason(raw: dict[str, Any], why: str) -> None:
    checked = check(raw)
    assert (dict(checked.fields), checked.tags, checked.dropped) == ({}, (), (why,))


def test_a_customer_that_exists_but_was_not_offered_is_dropped() -> None:
    assert check({"customer": {"id": "C2", "words": "华锐"}}, "C1").fields == {}


def test_a_name_in_the_directory_is_taken_for_a_surname_that_was_said() -> None:
    note = Note("见了华锐李工", SENT, "zhangwei")
    assert check({"contact": {"name": "李敏", "words": "李工"}}, "C1", note=note).fields["contact"].value == "李敏"
    assert check({"contact": {"name": "李敏", "words": "李工"}}, "C2", note=note).fields == {}


def test_a_new_company_said_in_the_note_is_a_question() -> None:
    note = Note("刚去了新开的大鹏铸造", SENT, "zhangwei")
    guess = check({"customer": {"new": "大鹏铸造", "words": "大鹏铸造"}}, note=note).fields["customer"]
    assert (guess.value, guess.shown) == (NewCustomer("大鹏铸造"), "question")


def test_a_shown_value_is_never_replaced_but_asked_about() -> None:
    ours = Extraction(customer=Guess("C1", 0.95, Span(2, 4), (), "名称", "said", "value"))
    asked = combine(ours, check({"customer": {"id": "C2", "words": "华锐"}})).customer
    assert (asked.value, asked.alternatives, asked.shown) == ("C1", ("C2",), "question")
    assert "外部模型" in asked.reason


def test_agreement_changes_nothing_but_a_little_confidence() -> None:
    ours = Extraction(customer=Guess("C1", 0.8, Span(2, 4), ("C2",), "名称", "said", "value"))
    agreed = combine(ours, check({"customer": {"id": "C1", "words": "华锐"}})).customer
    assert 0.8 < agreed.confidence <= 0.85
    assert (agreed.value, agreed.shown, agreed.alternatives) == ("C1", "value", ("C2",))


def test_a_missing_field_is_filled_with_a_question_and_an_obstacle_with_its_words() -> None:
    filled = combine(
        Extraction(), check({"stage": {"name": "方案提交", "words": "华锐"}, "obstacle": {"words": "嫌交期太长"}})
    )
    assert (filled.stage.value, filled.stage.shown) == ("方案提交", "question")
    assert (filled.obstacle.value, filled.obstacle.shown) == ("嫌交期太长", "value")


def test_another_obstacle_stands_beside_ours() -> None:
    ours = Extraction(obstacle=Guess("下周五我再去一趟", 0.7, Span(24, 32), (), "原话", "said", "value"))
    both = combine(ours, check({"obstacle": {"words": "嫌交期太长"}})).obstacle
    assert (both.value, both.shown, both.alternatives) == ("下周五我再去一趟", "value", ("嫌交期太长",))


def test_chatter_never_becomes_a_note() -> None:
    chatter = Extraction(is_note=False)
    assert combine(chatter, check({"customer": {"id": "C1", "words": "华锐"}})) is chatter


def test_a_tag_that_we_found_is_not_asked_twice() -> None:
    ours = extract(NOTE, DIRECTORY, PLAYBOOK)
    assert [tag.key for tag in ours.tags] == ["交付"]
    assert combine(ours, check({"tags": [{"key": "交付", "words": "交期"}]})).tags == ours.tags


def test_the_shortlist_is_led_by_our_own_answer() -> None:
    note = Note("刚从华锐出来，和鑫达比价格", SENT, "zhangwei")
    found = shortlist(note, DIRECTORY, extract(note, DIRECTORY, PLAYBOOK), None)
    assert [customer.customer_id for customer in found] == ["C1", "C2"]


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["C1", "华锐", "下周五", "2026-03-20"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "new", "name", "words", "date", "key"]), inner, max_size=4)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["customer", "contact", "stage", "next_followup", "obstacle", "tags"]), _JSON))
@settings(max_examples=200, deadline=None)
def test_any_json_is_survived_and_every_kept_span_is_verbatim(raw: dict[str, Any]) -> None:
    ours = extract(NOTE, DIRECTORY, PLAYBOOK)
    checked = check(raw)
    both = combine(ours, checked)
    assert all(guess.span and 0 <= guess.span.start < guess.span.end <= len(TEXT) for guess in checked.fields.values())
    for name in checked.fields:
        was, now = ours.guess(name), both.guess(name)
        assert was.value is None or now.value == was.value
