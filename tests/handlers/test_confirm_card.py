"""The confirm card's layout, row by row of the table in which it was decided."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from handlers.confirm_card import NO_TAGS, UNDECIDED, CardContext, build
from handlers.messages import Action, Card
from handlers.visit_view import VisitView
from nlp import Directory
from nlp.types import Contact, Customer
from storage import tables as t

HUARUI = Customer(
    "C1",
    "苏州华锐精密机械有限公司",
    ("华锐",),
    city="苏州",
    contacts=(Contact("王建国", "采购经理"),),
    owner="zhangwei",
)
HUARUI_2 = Customer("C2", "无锡华瑞传动有限公司", ("华瑞",), city="无锡")
DIRECTORY = Directory([HUARUI, HUARUI_2])
CONTEXT = CardContext(DIRECTORY, "https://x/edit", "https://x/detail")

SETTLED: dict[str, Any] = {
    "customer": "C1",
    "contact": "王建国",
    "stage": "方案提交",
    "next_followup": "2026-03-18",
    "obstacle": "交期太长",
}


def seen(
    values: dict[str, Any] | None = None,
    asked: dict[str, list[Any]] | None = None,
    tags: tuple[str, ...] = (),
    state: str = "draft",
) -> VisitView:
    now = datetime(2026, 3, 12, 8, 40, tzinfo=UTC)
    visit = t.Visit(
        id="v1", source_id="c", person_id="zhangwei", playbook="manufacturing", state=state, started_at=now,
        last_capture_at=now, voice_seconds=20.2, photo_count=2, distance_m=38.0,
    )  # fmt: skip
    fields = {}
    for name, value in (SETTLED if values is None else values).items():
        fields[name] = t.FieldGuess(visit_id="v1", field=name, value=value, shown="value", known_by="said")
    for name, choices in (asked or {}).items():
        fields[name] = t.FieldGuess(
            visit_id="v1", field=name, value=choices[0], alternatives=choices[1:], shown="question"
        )
    guesses = tuple(t.TagGuess(visit_id="v1", key=key, label=f"{key}讨论", word=key) for key in tags)
    return VisitView(visit, fields, guesses, quote="刚从华锐出来 方案觉得交期太长")


def card_for(**what: Any) -> Card:
    return build(seen(**what), CONTEXT)


def words(card: Card) -> list[str]:
    return [b.text for b in card.buttons]


def test_nothing_open_is_one_tap() -> None:
    card = card_for()
    assert words(card) == ["确认", "修改", "不是拜访"]
    assert card.selection is None
    assert card.title == "确认拜访 · 华锐"


def test_the_head_says_when_how_long_how_many_and_how_far() -> None:
    card = card_for()
    assert card.source == "外勤助手 · 待确认"
    assert card.desc == "3月12日 16:40 · 语音20秒 · 照片2 · 距客户38米"
    assert card.quote.startswith("原话：刚从华锐出来")


def test_five_rows_each_with_its_mark_and_dates_with_weekday() -> None:
    card = card_for()
    assert [r.key for r in card.rows] == ["客户", "联系人", "阶段", "下次跟进", "卡点"]
    assert {r.mark for r in card.rows} == {"说的"}
    assert card.rows[3].value == "3月18日 周三"


def test_one_tag_is_asked_on_the_same_card_and_never_set_silently() -> None:
    card = card_for(tags=("价格",))
    assert words(card) == ["确认并标价格讨论", "只确认不标", "修改", "不是拜访"]
    assert card.rows[5].key == "标签？"
    assert Action.unpack(card.buttons[1].action).value == "notags"


def test_two_tags_are_counted_on_the_button() -> None:
    assert words(card_for(tags=("价格", "交期")))[0] == "确认并标2项"


def test_one_open_field_shows_its_choices_as_buttons() -> None:
    values = {k: v for k, v in SETTLED.items() if k != "next_followup"}
    card = card_for(values=values, asked={"next_followup": ["2026-03-18", "2026-03-25"]})
    assert words(card) == ["3月18日 周三", "3月25日 周三", "都不是，修改", "不是拜访"]
    first = Action.unpack(card.buttons[0].action)
    assert (first.verb, first.field, first.value) == ("set", "next_followup", "2026-03-18")


def test_one_open_field_with_tags_offers_them_in_a_drop_down_with_none_first() -> None:
    values = {k: v for k, v in SETTLED.items() if k != "stage"}
    card = card_for(values=values, asked={"stage": ["方案提交", "技术评审"]}, tags=("价格", "交期"))
    assert card.selection is not None
    assert card.selection.options[0] == (NO_TAGS, "都不标")
    assert card.selection.selected == NO_TAGS


def test_two_open_fields_use_buttons_for_the_first_and_the_drop_down_for_the_second() -> None:
    values = {k: SETTLED[k] for k in ("contact", "obstacle", "next_followup")}
    card = card_for(values=values, asked={"customer": ["C1", "C2"], "stage": ["方案提交", "技术评审"]})
    assert card.title == "是哪一家？点客户名即确认"
    assert words(card)[-2:] == ["都不是，修改", "不是拜访"]
    assert card.selection is not None
    assert card.selection.key == "field:stage"
    assert card.selection.options[0] == (UNDECIDED, "先不定（待补）")


def test_without_a_customer_nothing_can_be_confirmed() -> None:
    values = {k: v for k, v in SETTLED.items() if k != "customer"}
    card = card_for(values=values)
    assert words(card) == ["修改", "不是拜访"]
    assert "确认" not in words(card)


def test_an_obstacle_is_asked_in_words_never_by_a_button() -> None:
    values = {k: v for k, v in SETTLED.items() if k != "obstacle"}
    card = card_for(values=values, asked={"obstacle": ["再看看"]})
    assert words(card) == ["确认", "修改", "不是拜访"]
    assert card.rows[4].value == "具体卡在哪一项？直接说"


def test_a_confirmed_card_offers_undo_and_the_next_step() -> None:
    card = card_for(state="confirmed")
    assert card.title == "已确认 ✓ 华锐"
    assert words(card) == ["撤销", "看详情"]
    assert card.quote.startswith("下一步：3月18日 周三")


def test_a_voided_card_can_be_restored() -> None:
    assert words(card_for(state="voided")) == ["恢复"]


@pytest.mark.parametrize("tags", [(), ("价格",), ("价格", "交期", "质量", "技术", "样品", "付款")])
def test_texts_fit_the_platform(tags: tuple[str, ...]) -> None:
    long = {**SETTLED, "obstacle": "交期" * 40, "contact": "某某某某某某某某某某某某"}
    card = card_for(values=long, tags=tags)
    assert all(len(b.text) <= 10 for b in card.buttons)
    assert all(len(r.value) <= 30 for r in card.rows)
    assert len(card.rows) <= 6
    assert len(card.buttons) <= 6


def test_a_new_customer_says_that_it_is_new() -> None:
    card = card_for(values={**SETTLED, "customer": {"new": "庆海泵阀"}})
    assert card.rows[0].value == "庆海泵阀（新客户）"
