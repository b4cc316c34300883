"""What is no visit note: greetings, thanks, questions to the bot, complaints about it, jokes."""

from __future__ import annotations

import pytest

from nlp.fields.notelike import kind_of, opens_note


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("你好", "greeting"),
        ("祝大家中秋快乐", "greeting"),
        ("谢谢啦", "thanks"),
        ("这个东西怎么用啊", "question"),
        ("昨天那条我发错了，能不能帮我删掉？", "question"),
        ("你怎么老是听错", "complaint"),
        ("这破机器人烦死了", "complaint"),
        ("提醒我下周三带伞哈哈哈", "other"),
        ("", "other"),
        ("？！……", "other"),
    ],
)
def test_chatter_is_told_by_kind(text: str, kind: str) -> None:
    assert kind_of(text) == kind


@pytest.mark.parametrize(
    "text",
    [
        "刚从华锐出来，见了王经理，方案看了，嫌交期太长",
        "众诚 郑秀兰 防护等级不够 周五再去",
        "力凯 电话 要月结90天 下周一再谈",
        "客户问这个能不能便宜点，我说回去申请",
        "去了卓励没见着人，过几天再约",
    ],
)
def test_a_note_is_no_chatter(text: str) -> None:
    assert kind_of(text) is None


@pytest.mark.parametrize(
    ("text", "opens"),
    [
        ("刚从普立出来跟胡工聊了一下午", True),
        ("拜访时间应该是下周一，不是下周二吧", False),
        ("跟进改到下周五吧谢谢", False),
    ],
)
def test_a_note_opens_with_a_visit(text: str, *, opens: bool) -> None:
    assert opens_note(text) is opens
