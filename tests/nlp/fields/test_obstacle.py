"""The obstacle: the shortest verbatim stretch, none for praise, a question where it is vague."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp.fields import models, obstacle
from nlp.types import Guess


def _guess(text: str) -> Guess:
    return obstacle.guess(text, models.obstacle_model())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("见了陈总，方案看了，嫌交期太长，下周三再去", "交期太长"),
        ("今天跟采购谈了一上午他非要再降五个点我说回去申请周一给他答复", "再降五个点"),
        ("样机测了两天，噪音超标，客户不签字，20号带新的过去", "噪音超标"),
        ("合同过了法务，主要卡在付款方式上，周五再谈", "付款方式"),
        ("报价他说可以，陈经理卡在账期上，要六十天我们只有三十，20号前给答复", "卡在账期上"),
    ],
)
def test_the_objection_is_found(text: str, expected: str) -> None:
    assert expected in str(_guess(text).value)


def test_what_is_to_be_done_about_it_is_no_part_of_it() -> None:
    assert _guess("见了陈总,旧报价嫌太贵,要重新报一版,明天发他").value == "旧报价嫌太贵"


@pytest.mark.parametrize(
    "text",
    [
        "合同签完了，定金到账，客户很满意，下周三送货",
        "试产全部合格，没提什么意见，周五带合同过去",
        "首单签了，老板爽快，月底去看动销",
    ],
)
def test_praise_is_no_obstacle(text: str) -> None:
    assert _guess(text).value is None


@pytest.mark.parametrize("words", ["再看看", "考虑考虑", "有意向"])
def test_a_vague_obstacle_becomes_a_question_that_says_so(words: str) -> None:
    guess = _guess(f"今天去了，王总说{words}，下周再联系")
    assert (guess.value, guess.shown) == (words, "question")
    assert "笼统" in guess.reason


def test_a_concrete_obstacle_beats_a_vague_word() -> None:
    guess = _guess("方案看了，嫌交期太长，说再考虑考虑，下周三再去")
    assert "交期太长" in str(guess.value)


@pytest.mark.parametrize(("words", "vague"), [("再看看吧", True), ("考虑一下", True), ("交期太长", False), ("", False)])
def test_vagueness_of_words(words: str, *, vague: bool) -> None:
    assert obstacle.is_vague(words) is vague


def test_alternatives_never_repeat_the_value() -> None:
    guess = _guess("价格太高，交期太长，还嫌我们没有本地售后，周五再谈")
    assert guess.value not in guess.alternatives
    assert guess.alternatives


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="太贵嫌交期长不够没批，。\n 说他我们下周三去就是但是价格10%a", max_size=120))
def test_the_value_is_what_stands_at_its_span(text: str) -> None:
    guess = _guess(text)
    if guess.value is not None:
        assert guess.span is not None
        assert text[guess.span.start : guess.span.end] == guess.value
