"""Outbound values as WeCom bodies: what the rep sees, and that nothing illegal is ever made."""

from __future__ import annotations

import contextlib
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.wecom.card_schema import check_message, check_update, encode_body
from bot.wecom.errors import IllegalMessage
from bot.wecom.render import clip, clip_bytes, render_card_update, render_message, split_text, task_id_of
from handlers.messages import Action, Card, CardButton, CardRow, CardSelection, OutboundCard, OutboundText

CONFIRM = CardButton("确认", Action("confirm", "8f2c", 1).pack(), style="primary")
EDIT = CardButton("修改", url="https://visit.example.com/v/8f2c")
VOID = CardButton("不是拜访", Action("void", "8f2c", 1).pack(), style="danger")
CARD = Card(
    card_id="8f2c-1",
    source="外勤助手 · 待确认",
    title="确认拜访 · 华锐",
    desc="3月12日 16:40 · 语音20秒 · 照片2 · 距客户38米",
    quote="原话：下周三再去华锐见张总",
    rows=(
        CardRow("客户名称", "华锐", "说的"),
        CardRow("联系人", "张总", "档案"),
        CardRow("当前阶段", "方案报价", "说的"),
        CardRow("下次跟进日", "3月18日 周三", "说的"),
        CardRow("关键障碍", "", "待补"),
        CardRow("照片", "2 张", url="https://visit.example.com/v/8f2c"),
    ),
    selection=CardSelection("tags", "标签", (("none", "都不标"), ("price", "价格讨论")), "none"),
    buttons=(CONFIRM, EDIT, VOID),
    menu=(CardButton("文字版", Action("textmode", "8f2c").pack()),),
)


def sent(card: Card) -> dict[str, Any]:
    body: Any = render_message("lin.wei", OutboundCard(card), agent_id=1000017)["template_card"]
    assert isinstance(body, dict)
    return body


def updated(card: Card) -> dict[str, Any]:
    body: Any = render_card_update("lin.wei", OutboundCard(card), "code-1", agent_id=1000017)["template_card"]
    assert isinstance(body, dict)
    return body


def test_confirm_card_has_every_part_in_its_place() -> None:
    card = sent(CARD)
    assert card["card_type"] == "button_interaction"
    assert card["source"] == {"desc": "外勤助手 · 待确认", "desc_color": 0}
    assert card["main_title"] == {"title": CARD.title, "desc": CARD.desc}
    assert card["sub_title_text"] == CARD.quote
    assert card["task_id"] == "8f2c-1"
    assert card["button_selection"]["selected_id"] == "none"
    assert card["action_menu"]["action_list"] == [{"text": "文字版", "key": "1|textmode|8f2c|0||"}]


def test_mark_stands_in_sight_behind_the_value() -> None:
    rows = sent(CARD)["horizontal_content_list"]
    assert [row["value"] for row in rows] == [
        "华锐 · 说的",
        "张总 · 档案",
        "方案报价 · 说的",
        "3月18日 周三 · 说的",
        "待补",
        "2 张",
    ]
    assert (rows[5]["type"], rows[5]["url"]) == (1, "https://visit.example.com/v/8f2c")


def test_long_value_is_cut_and_its_mark_is_not() -> None:
    [row] = sent(replace(CARD, rows=(CardRow("关键障碍", "长" * 50, "说的"),)))["horizontal_content_list"]
    assert len(row["value"]) == 30
    assert row["value"].endswith("长… · 说的")


def test_buttons_answer_in_place_or_open_a_page() -> None:
    confirm, edit, void = sent(CARD)["button_list"]
    assert confirm == {"text": "确认", "style": 1, "type": 0, "key": "1|confirm|8f2c|1||"}
    assert edit == {"text": "修改", "style": 2, "type": 1, "url": "https://visit.example.com/v/8f2c"}
    assert (void["style"], void["key"]) == (3, "1|void|8f2c|1||")


@pytest.mark.parametrize(("tone", "colour"), [("plain", 0), ("yellow", 1), ("red", 2), ("done", 3)])
def test_tone_colours_the_source(tone: Any, colour: int) -> None:
    assert sent(replace(CARD, tone=tone))["source"]["desc_color"] == colour


def test_update_keeps_the_shown_task_id() -> None:
    card = updated(replace(CARD, tone="done"))
    assert "task_id" not in card
    assert "replace_text" not in card


def test_card_without_buttons_shows_a_grey_one() -> None:
    card = replace(CARD, buttons=(), tone="done")
    assert updated(card)["replace_text"] == "已完成"
    assert Action.unpack(updated(card)["button_list"][0]["key"]).verb == "nop"
    assert "replace_text" not in sent(card)


def test_text_as_an_update_greys_the_buttons_with_it() -> None:
    body = render_card_update("lin.wei", OutboundText("已撤销"), "code-1", agent_id=1000017)
    assert body["button"] == {"replace_name": "已撤销"}


def test_same_card_gives_the_same_bytes() -> None:
    first, second = (render_message("a", OutboundCard(CARD), agent_id=1) for _ in range(2))
    assert encode_body(first) == encode_body(second)


@pytest.mark.parametrize("card_id", ["visit:8f2c:1", "拜访-1", "", "a" * 129, "v 1"])
def test_foreign_card_id_becomes_a_legal_task_id_of_its_own(card_id: str) -> None:
    task_id = task_id_of(replace(CARD, card_id=card_id))
    assert task_id != task_id_of(replace(CARD, card_id=card_id + "x"))
    assert sent(replace(CARD, card_id=card_id))["task_id"] == task_id


@pytest.mark.parametrize(
    ("card", "complaint"),
    [
        (replace(CARD, rows=CARD.rows * 2), "6 rows"),
        (replace(CARD, buttons=tuple(CardButton(str(n), f"k{n}") for n in range(7))), "6 buttons"),
        (replace(CARD, buttons=(CONFIRM, CONFIRM)), "duplicate key"),
        (replace(CARD, buttons=(CardButton("修改", url="javascript:alert(1)"),)), "url"),
        (replace(CARD, buttons=(CardButton("确认", "k" * 1025),)), "1024 bytes"),
        (replace(CARD, buttons=(CardButton("", "k"),)), "button text"),
        (replace(CARD, buttons=(CardButton("确认"),)), "key missing"),
        (replace(CARD, menu=tuple(CardButton(str(n), f"k{n}") for n in range(4))), "1 to 3 entries"),
        (replace(CARD, menu=(CardButton("文字版", url="https://a.example"),)), "menu key"),
        (replace(CARD, selection=CardSelection("q", "标签", (), "")), "1 to 10 options"),
        (replace(CARD, selection=CardSelection("q", "标签", (("a", "甲"), ("a", "乙")), "a")), "option id"),
        (replace(CARD, selection=CardSelection("", "标签", (("a", "甲"),), "a")), "question_key"),
        (replace(CARD, title=""), "title missing"),
        (replace(CARD, buttons=(CardButton("确认", "\ud800"),)), "UTF-8"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_card_that_cannot_be_shown_is_refused_with_the_reason(card: Card, complaint: str) -> None:
    with pytest.raises(IllegalMessage, match=complaint):
        sent(card)


# --- properties --------------------------------------------------------------------------------------------------

_TEXT = st.text(max_size=80) | st.text(alphabet="外勤助手华锐 \n\t\x00\u202e😀a|%", max_size=300)
_WORD = st.text(alphabet="外勤助手华锐😀a1", min_size=1, max_size=40)
_URL = st.just("https://visit.example.com/v/1")
_BUTTON = st.builds(CardButton, _WORD, url=_URL, style=st.sampled_from(["primary", "plain", "danger"]))
_ROW = st.builds(CardRow, _WORD, _TEXT, _TEXT, st.just("") | _URL)


def _keyed(count: int) -> st.SearchStrategy[tuple[CardButton, ...]]:
    """Up to `count` buttons with different actions."""
    return st.lists(_WORD, max_size=count).map(
        lambda words: tuple(CardButton(w, Action("set", "v", n).pack()) for n, w in enumerate(words))
    )


_SELECTION = st.lists(_WORD, min_size=1, max_size=10).map(
    lambda words: CardSelection("q", words[0] * 9, tuple((f"o{n}", w * 9) for n, w in enumerate(words)), "o0")
)
_CARDS = st.builds(
    Card,
    card_id=_TEXT,
    source=_TEXT,
    title=_WORD.map(lambda word: word * 9),
    desc=_TEXT,
    quote=_TEXT,
    rows=st.lists(_ROW, max_size=6).map(tuple),
    selection=st.none() | _SELECTION,
    buttons=st.lists(_BUTTON, max_size=6).map(tuple) | _keyed(6),
    menu=st.just(()) | st.just((CardButton("文字版" * 9, "1|textmode||0||"),)),
    tone=st.sampled_from(["plain", "yellow", "red", "done"]),
)


@settings(deadline=None)
@given(_CARDS)
def test_any_card_within_the_counts_renders_legally(card: Card) -> None:
    message = render_message("lin.wei", OutboundCard(card), agent_id=1)
    update = render_card_update("lin.wei", OutboundCard(card), "code", agent_id=1)
    assert check_message(json.loads(encode_body(message))) == []
    assert check_update(json.loads(encode_body(update))) == []


_WILD = st.text(max_size=40)
_WILD_BUTTON = st.builds(CardButton, _WILD, _WILD, _WILD)
_WILD_CARDS = st.builds(
    Card,
    card_id=_WILD,
    source=_WILD,
    title=_WILD,
    rows=st.lists(st.builds(CardRow, _WILD, _WILD, _WILD, _WILD), max_size=8).map(tuple),
    selection=st.none()
    | st.builds(CardSelection, _WILD, _WILD, st.lists(st.tuples(_WILD, _WILD), max_size=12).map(tuple), _WILD),
    buttons=st.lists(_WILD_BUTTON, max_size=8).map(tuple),
    menu=st.lists(_WILD_BUTTON, max_size=5).map(tuple),
)


@settings(deadline=None)
@given(_WILD_CARDS)
def test_wild_card_is_legal_or_refused_but_never_illegal(card: Card) -> None:
    with contextlib.suppress(IllegalMessage):
        body = render_message("lin.wei", OutboundCard(card), agent_id=1)
        assert check_message(json.loads(encode_body(body))) == []


# --- text --------------------------------------------------------------------------------------------------------


def test_text_is_cut_by_bytes_in_the_middle_of_chinese() -> None:
    body: Any = render_message("lin.wei", OutboundText("外" * 683), agent_id=1)["text"]
    content = body["content"]
    assert len(content.encode()) <= 2048
    assert content == "外" * 681 + "…"


def test_text_of_exactly_the_limit_is_whole() -> None:
    text = "外" * 682 + "ab"
    assert len(text.encode()) == 2048
    assert clip_bytes(text, 2048) == text


@settings(deadline=None)
@given(st.text(alphabet="外勤a😀\n", max_size=400), st.integers(min_value=4, max_value=64))
def test_split_text_loses_nothing_and_fits(text: str, limit_bytes: int) -> None:
    pieces = split_text(text, limit_bytes)
    assert "".join(pieces) == text
    assert all(len(piece.encode()) <= limit_bytes for piece in pieces)


def test_split_text_prefers_line_ends() -> None:
    assert split_text("一二\n三四\n五六", 19) == ["一二\n三四\n", "五六"]


def test_what_crashes_clients_is_taken_out() -> None:
    body: Any = render_message("lin.wei", OutboundText("a\x00b\ud800\x1b[31m\u202ec\n😀"), agent_id=1)["text"]
    assert body["content"] == "ab[31mc\n😀"


@settings(deadline=None)
@given(_TEXT, st.integers(min_value=1, max_value=40))
def test_clipped_text_is_one_line_within_the_limit(text: str, chars: int) -> None:
    clipped = clip(text, chars)
    assert len(clipped) <= chars
    assert "\n" not in clipped


def test_empty_text_is_refused() -> None:
    with pytest.raises(IllegalMessage, match="empty content"):
        render_message("lin.wei", OutboundText(""), agent_id=1)
