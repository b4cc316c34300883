"""`read_reply`: own dialogue lines, and what must never be confused."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.playbooks import load as load_playbook
from nlp import Directory, read_reply
from nlp.replies.kind_model import KindModel, kind_model
from nlp.replies.noise import plainly, quiet
from nlp.reply import read_with
from nlp.types import Chatter, Command, Context, Correction, Draft, Unsure, VisitNote
from tests.nlp.corpus import load_customers, load_notes, load_reps
from tests.nlp.dialogue import SITUATIONS, agrees, load_replies, situation

LINES = load_replies()


def _share_right(lines: list[dict[str, Any]]) -> float:
    contexts = [situation(line["context"], line.get("channel", "text")) for line in lines]
    read = [read_reply(line["text"], context) for line, context in zip(lines, contexts, strict=True)]
    return sum(agrees(reading, line["expected"]) for reading, line in zip(read, lines, strict=True)) / len(lines)


def test_there_are_at_least_two_hundred_lines() -> None:
    assert len(LINES) >= 200


def test_own_dialogue_lines_are_read_right() -> None:
    assert _share_right([line for line in LINES if not line["aside"]]) >= 0.97


def test_lines_kept_aside_are_read_right() -> None:
    assert _share_right([line for line in LINES if line["aside"]]) >= 0.97


@pytest.mark.parametrize("text", ["好的", "OK", "嗯 可以", "对"])
def test_agreement_confirms_only_an_open_draft(text: str) -> None:
    assert isinstance(read_reply(text, situation("open")), Command)
    assert not isinstance(read_reply(text, situation("none")), Command)
    assert not isinstance(read_reply(text, situation("done")), Command)


def test_a_note_while_a_draft_is_open_stays_a_note() -> None:
    reading = read_reply("刚从普立出来，见了杜经理，样机测试没过，下周五再去", situation("open"))
    assert isinstance(reading, VisitNote)
    assert reading.extraction.customer.value == "C0066"


def test_a_correction_can_change_several_fields_at_once() -> None:
    reading = read_reply("联系人是李敏，阶段到技术评审了，下周四再去", situation("open"))
    assert isinstance(reading, Correction)
    changed = {change.field: change.value for change in reading.changes}
    assert changed == {"contact": "李敏", "stage": "技术评审", "next_followup": date(2026, 3, 19)}


def test_a_change_points_at_the_words_of_its_value() -> None:
    text = "联系人是李敏，卡点改成账期太长"
    reading = read_reply(text, situation("open"))
    assert isinstance(reading, Correction)
    assert [text[slice(*change.span)] for change in reading.changes] == ["李敏", "账期太长"]


def test_a_contact_is_looked_up_at_the_corrected_customer() -> None:
    reading = read_reply("客户是众诚，联系人是郑经理", situation("open"))
    assert isinstance(reading, Correction)
    assert {change.field: change.value for change in reading.changes}["contact"] == "郑秀兰"


def test_note_or_correction_keeps_both_readings() -> None:
    reading = read_reply("今天跟李敏聊的，联系人写错了", situation("open"))
    assert isinstance(reading, Correction | Unsure | VisitNote)
    if isinstance(reading, Unsure):
        assert reading.correction.changes


@settings(max_examples=80, deadline=None)
@given(
    st.text(max_size=80)
    | st.text(alphabet="客户联系人阶段跟进改成是不对第二个周五确认撤销，。 1没了王总", max_size=60),
    st.sampled_from(sorted(SITUATIONS)),
)
def test_any_message_is_read_and_twice_the_same(text: str, name: str) -> None:
    context = situation(name)
    assert read_reply(text, context) == read_reply(text, context)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("text", ["对" * 39 + "x", "嗯" * 39 + "x", "吧" * 39 + "x", "好的" * 19 + "x"])
def test_runs_of_agreement_are_read_in_one_pass(text: str) -> None:
    assert not isinstance(read_reply(text, situation("open")), Command)


@pytest.mark.parametrize(
    "text", ["改" * 20_000, "客户是" * 3_000, "不是" * 5_000, "，" * 20_000, "下周三改成" * 2_000, "那就再" * 3_000]
)
def test_long_messages_are_read_too(text: str) -> None:
    assert read_reply(text, situation("open")) is not None


@pytest.mark.parametrize("name", ["none", "open", "done"])
@pytest.mark.parametrize("text", ["第二个", "2", "选2", "后面那个", "最后一个"])
def test_a_choice_that_nobody_asked_for_is_chatter(text: str, name: str) -> None:
    assert isinstance(read_reply(text, situation(name)), Chatter)


@pytest.mark.parametrize(
    "text",
    [
        "领导让我转发一下这个",
        "有没有人用过这个啊我感觉还可以",
        "今天不跑客户了在家写报告",
        "周末愉快",
        "今天真累",
        "苏州",
    ],
)
def test_words_without_a_visit_are_chatter(text: str) -> None:
    assert isinstance(read_reply(text, situation("open")), Chatter)


@pytest.mark.parametrize(("text", "joins"), [("王经理说还要看看", "v1"), ("刘经理说还要看看", None)])
def test_a_word_of_the_drafts_contact_continues_the_draft(text: str, joins: str | None) -> None:
    reading = read_reply(text, situation("open"))
    assert isinstance(reading, VisitNote)
    assert reading.joins == joins
    assert reading.extraction.obstacle.shown == "question"


@pytest.mark.parametrize(
    ("text", "day"),
    [("再晚两天", "2026-03-20"), ("提前一天", "2026-03-17"), ("推到周四", "2026-03-19"), ("提前到周五", "2026-03-13")],
)
def test_a_day_is_counted_from_the_drafts_day(text: str, day: str) -> None:
    reading = read_reply(text, situation("open"))
    assert isinstance(reading, Correction)
    assert [(c.field, c.value) for c in reading.changes] == [("next_followup", date.fromisoformat(day))]


@pytest.mark.parametrize("text", ["再晚两天", "往后推一周"])
@pytest.mark.parametrize("name", ["none", "day"])
def test_a_shift_without_a_day_to_count_from_names_none(text: str, name: str) -> None:
    assert isinstance(read_reply(text, situation(name)), Chatter)


@pytest.mark.parametrize(("text", "field"), [("李敏删掉", "contact"), ("交期太长删掉", "obstacle")])
def test_a_value_that_is_taken_away_does_not_void_the_visit(text: str, field: str) -> None:
    contact = replace(SITUATIONS["open"][0], contact="李敏")
    reading = read_reply(text, replace(situation("open"), drafts=(contact,)))
    assert isinstance(reading, Correction)
    assert [(c.field, c.value) for c in reading.changes] == [(field, None)]


@pytest.mark.parametrize("text", ["怎么撤销？", "如何删除", "能不能撤回？"])
def test_asking_how_to_do_it_does_not_do_it(text: str) -> None:
    assert isinstance(read_reply(text, situation("open")), Chatter)


def test_a_note_on_another_customer_stays_a_note_while_a_draft_is_open() -> None:
    """Taken for a correction, it would move the open visit to the other customer, and one visit would be lost."""
    corpus = Path(__file__).parent.parent / "corpus"
    directory = Directory(load_customers(corpus / "customers.csv"), load_reps(corpus / "reps.csv"))
    misread = []
    for row in load_notes(corpus / "notes-dev.jsonl"):
        if not isinstance(row["gold"]["customer"], str):
            continue
        at = datetime.fromisoformat(row["sent_at"])
        other = "C0002" if row["gold"]["customer"] == "C0001" else "C0001"
        draft = Draft("v1", at - timedelta(minutes=20), other, "另一家", "王建国", "方案提交")
        playbook = load_playbook(row["playbook"]).for_nlp()
        context = Context(rep=row["rep"], directory=directory, playbook=playbook, at=at, drafts=(draft,))
        if not isinstance(read_reply(row["text"], context), VisitNote):
            misread.append(row["id"])
    assert misread == []


@pytest.mark.parametrize(
    ("name", "text", "customer"),
    [
        ("open", "不是这家，睿智的睿，上海那个华睿", "C0202"),
        ("xin", "搞错了，是三个金的鑫达，苏州的", "C0368"),
        ("open", "客户听错了，是无锡那个锡惠", "C0119"),
    ],
)
def test_a_customer_is_told_by_characters_city_and_trade(name: str, text: str, customer: str) -> None:
    reading = read_reply(text, situation(name))
    assert isinstance(reading, Correction)
    assert {change.field: change.value for change in reading.changes}["customer"] == customer


@pytest.mark.parametrize(
    ("text", "stage"),
    [("阶段记早了，人家还在需求确认", "需求确认"), ("阶段没跟上，合同都在走审批了", "合同审批")],
)
def test_a_stage_is_told_by_what_is_true(text: str, stage: str) -> None:
    reading = read_reply(text, situation("open"))
    assert isinstance(reading, Correction)
    assert [(change.field, change.value) for change in reading.changes] == [("stage", stage)]


@pytest.mark.parametrize("text", ["跟李敏约了周五", "王经理嫌贵"])
def test_a_value_among_words_that_correct_nothing_is_asked_about(text: str) -> None:
    assert isinstance(read_reply(text, situation("open")), Unsure | VisitNote)


@pytest.mark.parametrize("name", ["confirm", "void", "undo"])
def test_what_costs_most_when_wrong_is_done_only_when_likely(name: str) -> None:
    doubtful = KindModel({f"command:{name}|bias": 0.2, "chatter:other|bias": 0.0})
    likely = KindModel({f"command:{name}|bias": 4.0, "chatter:other|bias": 0.0})
    assert isinstance(read_with("那就这样那样一下", situation("open"), doubtful), Chatter)
    assert isinstance(read_with("那就这样那样一下", situation("open"), likely), Command)


def test_kinds_are_likely_only_where_they_can_be_meant() -> None:
    text, open_, none = "联系人换成李敏", situation("open"), situation("none")
    shares = kind_model().likely(text, open_, None)
    assert max(shares, key=lambda kind: shares[kind]) == "correction"
    assert sum(shares.values()) == pytest.approx(1.0)
    assert not {"correction", "answer", "joins", "command:confirm"} & kind_model().likely(text, none, None).keys()


def test_noise_is_blanked_in_place() -> None:
    assert quiet("客户写错咯 是众诚🙏") == "客户写错  是众诚 "
    assert plainly("谢谢侬，障碍去掉") == "   ，障碍去掉"
    assert quiet("哈尔滨的订单额") == "哈尔滨的订单额"


def test_visit_notes_kept_aside_stay_notes_while_a_draft_is_open() -> None:
    own = Path(__file__).parent.parent / "corpus" / "own"
    notes = [row for path in sorted(own.glob("notes-aside-*.jsonl")) for row in load_notes(path)]
    told = [row["text"] for row in notes if any(row["gold"].values())]
    assert [text for text in told if not isinstance(read_reply(text, situation("open")), VisitNote)] == []
