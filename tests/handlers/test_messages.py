"""Button keys survive the wire, and what we did not make is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.errors import MalformedAction
from handlers.messages import Action, Card, CardButton, CardRow, CardSelection, OutboundCard, OutboundText
from handlers.tell import as_text, freeze, thaw

TEXT = st.text(max_size=40)


@given(verb=TEXT, object_id=TEXT, version=st.integers(0, 10**6), field=TEXT, value=TEXT)
def test_an_action_comes_back_as_it_was_packed(verb: str, object_id: str, version: int, field: str, value: str) -> None:
    action = Action(verb, object_id, version, field, value)
    assert Action.unpack(action.pack()) == action


@pytest.mark.parametrize("key", ["", "submit", "2|confirm|v|1||", "1|confirm|v|x||", "1|confirm|v|1|", "1|a|b|1|c|d|e"])
def test_a_foreign_key_is_refused(key: str) -> None:
    with pytest.raises(MalformedAction):
        Action.unpack(key)


def test_a_key_over_the_platforms_limit_is_refused_when_packing() -> None:
    with pytest.raises(MalformedAction):
        Action("set", "v", 1, "customer", "长" * 400).pack()


def test_outbound_messages_survive_storage() -> None:
    card = Card(
        "v-1-1", "外勤助手", "确认拜访", rows=(CardRow("客户", "华锐", "说的"),),
        selection=CardSelection("tags", "标签", (("none", "都不标"),), "none"),
        buttons=(CardButton("确认", action="1|confirm|v|1||"),), menu=(CardButton("文字版", action="x"),),
    )  # fmt: skip
    for outbound in (OutboundCard(card), OutboundText("收到")):
        assert thaw(freeze(outbound)) == outbound


def test_text_mode_numbers_the_buttons() -> None:
    card = Card("v-1-1", "外勤助手", "确认拜访 · 华锐", rows=(CardRow("客户", "华锐", "说的"),),
                buttons=(CardButton("确认", "k"), CardButton("不是拜访", "k2")))  # fmt: skip
    assert as_text(card) == "确认拜访 · 华锐\n客户：华锐（说的）\n回复 1 确认｜2 不是拜访"
