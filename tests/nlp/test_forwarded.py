"""Pasted chats: the formats that copying gives, their times, and what must never be taken for a chat."""

from __future__ import annotations

import re
from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.forwarded import Forwarded, read_forwarded
from tests.nlp.corpus import CORPUS, load_notes, load_reps

SHANGHAI = ZoneInfo("Asia/Shanghai")
SENT = datetime(2026, 3, 13, 9, 0, tzinfo=SHANGHAI)
REPS = {rep.userid: rep.name for rep in load_reps()}
#: The dev notes that are pasted chats, by the annotators' own words.
CHATS = {"d027", "d050", "d054", "d061", "d088", "d107", "d124", "d135", "d149", "d155"}
#: In the chats among our own lines the rep speaks as 我, on a line or after a bar.
OWN_TURN = re.compile(r"(?:^|[\n｜])我(?:：| \d)")
NOTES = [
    row
    for path in [CORPUS / "notes-dev.jsonl", *sorted((CORPUS / "own").glob("notes-*.jsonl"))]
    if path.name != "notes-fresh.jsonl"  # its chats are not marked in the way that `is_chat` looks for
    for row in load_notes(path)
]


def is_chat(row: dict[str, str]) -> bool:
    return row["id"] in CHATS or bool(OWN_TURN.search(row["text"]))


def read(text: str, rep_name: str = "徐嘉豪") -> Forwarded:
    found = read_forwarded(text, SENT, rep_name)
    assert found is not None, "taken for a note"
    return found


def said(found: Forwarded) -> list[tuple[str, str, str]]:
    """Return (speaker, time in Shanghai, text) of each message."""
    return [
        (m.speaker, m.said_at.astimezone(SHANGHAI).strftime("%m-%d %H:%M:%S") if m.said_at else "", m.text)
        for m in found.messages
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("李总 10:12\n价格高\n我 10:15\n好", [("李总", "03-12 10:12:00", "价格高"), ("我", "03-12 10:15:00", "好")]),
        ("李总：价格高\n我：好", [("李总", "", "价格高"), ("我", "", "好")]),
        ("李总 2026/3/12 10:12:33\n价格高\n还要快", [("李总", "03-12 10:12:33", "价格高\n还要快")]),
        ("[3月12日 10:12] 李总: 价格高", [("李总", "03-12 10:12:00", "价格高")]),
        ("【转发】李总：价格高", [("李总", "", "价格高")]),
        ("转发：李总：价格高\n我：好", [("李总", "", "价格高"), ("我", "", "好")]),
        (
            "李总 3月9日 10:12\n价格高\n我 10:15\n好",
            [("李总", "03-09 10:12:00", "价格高"), ("我", "03-09 10:15:00", "好")],
        ),
        ("——— 2026-03-11 ———\n\n李总  10:12\n\n价格高\n", [("李总", "03-11 10:12:00", "价格高")]),
        ("廖玲（天朗光伏）：价格高\n徐嘉豪：好", [("廖玲（天朗光伏）", "", "价格高"), ("徐嘉豪", "", "好")]),
        ("张三和李四的聊天记录\n张三: 价格高\n李四: 是", [("张三", "", "价格高"), ("李四", "", "是")]),
        ("李总:\n价格高\n\n我:\n好的", [("李总", "", "价格高"), ("我", "", "好的")]),
        (
            "李总 昨天 下午3:05\n价格高\n我 08:50\n好",
            [("李总", "03-12 15:05:00", "价格高"), ("我", "03-13 08:50:00", "好")],
        ),
        (
            "李总 周一 10:12\n价格高\n我 周二 9:00\n好",
            [("李总", "03-09 10:12:00", "价格高"), ("我", "03-10 09:00:00", "好")],
        ),
        (
            "王总 12月30日 10:12\n价格高\n我 12月30日 10:15\n好",
            [("王总", "12-30 10:12:00", "价格高"), ("我", "12-30 10:15:00", "好")],
        ),
        (
            "【微信】方姐：没含税｜我：马上补｜方姐：嗯",
            [("方姐", "", "没含税"), ("我", "", "马上补"), ("方姐", "", "嗯")],
        ),
    ],
)
def test_formats_that_copying_gives(text: str, expected: list[tuple[str, str, str]]) -> None:
    assert said(read(text)) == expected


def test_a_month_still_to_come_was_last_years() -> None:
    first = read("王总 12月30日 10:12\n价格高\n我 12月30日 10:15\n好").messages[0]
    assert first.said_at is not None and first.said_at.year == 2025


def test_bare_times_across_midnight_stay_in_order() -> None:
    found = read("李总 23:50\n还在吗\n我 00:10\n在的\n李总 08:30\n电话说")
    assert [when for _, when, _ in said(found)] == ["03-12 23:50:00", "03-13 00:10:00", "03-13 08:30:00"]


def test_the_reps_own_messages_are_known_by_name_and_by_wo() -> None:
    found = read("李总：价格高\n徐嘉豪（外勤）：好\n我：明天回您")
    assert [m.is_rep for m in found.messages] == [False, True, True]


def test_what_stands_above_is_the_title() -> None:
    assert read("【微信】恒柳集团 刘少峰\n刘少峰：价格高\n我：好").title == "【微信】恒柳集团 刘少峰"
    assert read("——聊天记录——\n刘少峰：价格高\n我：好").title == "聊天记录"


@pytest.mark.parametrize("text", ["张三和李四的聊天记录", "群聊的聊天记录", "[聊天记录]", " 李总的聊天记录 "])
def test_a_bare_title_is_a_summary(text: str) -> None:
    assert read(text) == Forwarded("summary_only", title=text.strip())


@pytest.mark.parametrize(
    "text",
    [
        "客户：华锐\n联系人：李总\n障碍：价格",
        "华锐 10:00\n聊了方案\n天朗 14:00\n没见到人",
        "我 10:30 到华锐\n见了李总 11:00 走",
        "王总说：太贵\n我说：申请下",
        "王总：要降价\n李总：交期长",
        "看了王总的聊天记录",
        "滇工唐总：合同就差董事长签字",
        "头一次见。\n他：常温没兴趣\n我：嗯\n原说30号再碰",
        "",
        "\n｜\n",
    ],
)
def test_forms_rounds_and_retellings_are_notes(text: str) -> None:
    assert read_forwarded(text, SENT, "徐嘉豪") is None


def test_every_chat_of_the_corpus_is_read_and_no_note_is_taken_for_one() -> None:
    wrong = [
        row["id"]
        for row in NOTES
        if (read_forwarded(row["text"], datetime.fromisoformat(row["sent_at"]), REPS.get(row["rep"], "")) is not None)
        != is_chat(row)
    ]
    assert (len(NOTES) > 500, wrong) == (True, [])


def test_all_words_of_the_corpus_chats_stand_in_their_messages() -> None:
    for row in filter(is_chat, NOTES):
        found = read_forwarded(row["text"], datetime.fromisoformat(row["sent_at"]), REPS.get(row["rep"], ""))
        assert found is not None
        obstacle = row["gold"].get("obstacle")
        for wanted in obstacle if isinstance(obstacle, list) else [obstacle]:
            assert not wanted or any(wanted in m.text for m in found.messages), row["id"]


PIECES = st.sampled_from(
    [
        *("李总", "我", "华锐 周工", "（顺昌）", "价格高", "的聊天记录", "和", "【转发】", "———", "[", "]", "｜", "👌"),
        *(" ", "\n", "\r\n", "\u3000", "：", ":"),
        *("10:12", "25:99", "0:00:00", "下午", "2026/3/12", "2月30日", "9/99", "昨天", "周三"),
    ]
)


@given(st.one_of(st.text(max_size=200), st.lists(PIECES, max_size=30).map("".join)), st.text(max_size=4))
def test_any_text_is_taken_and_spans_are_verbatim(text: str, rep_name: str) -> None:
    found = read_forwarded(text, SENT, rep_name)
    for message in found.messages if found is not None else ():
        assert text[slice(*message.span)] == message.text == message.text.strip(" \t\r\n")
        assert message.text and message.speaker
        assert message.said_at is None or message.said_at.tzinfo is not None


@given(st.lists(PIECES, max_size=30).map("".join))
def test_messages_stand_in_order_and_apart(text: str) -> None:
    found = read_forwarded(text, SENT, "李总")
    spans = [m.span for m in found.messages] if found is not None else []
    assert all(a.end <= b.start for a, b in pairwise(spans))
