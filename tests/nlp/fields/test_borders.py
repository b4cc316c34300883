"""Borders of a stretch: whole words, amounts with their unit, whole clauses, no words that only lead in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.fields.borders import snapped
from nlp.types import Span


def _snapped(marked: str, *taken: str) -> str:
    """Snap the stretch between `[` and `]`; `taken` are names in the text."""
    start, end = marked.index("["), marked.index("]") - 1
    text = marked.replace("[", "").replace("]", "")
    span = snapped(text, Span(start, end), [Span(text.index(name), text.index(name) + len(name)) for name in taken])
    return text[span.start : span.end]


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        ("谈了付款，[他们要月结90]天，我们最多60", "他们要月结90天"),
        ("[担心我们没做过钛合]金，下周再去", "担心我们没做过钛合金"),
        ("主要[是质保要]三年，我们只给一年", "质保要三年"),
        ("今天又说[付款要1]-3-5-1我们不同意", "付款要1-3-5-1"),
        ("披锋[超0].1，周三再试", "披锋超0.1"),
    ],
)
def test_no_amount_and_no_word_is_cut(marked: str, expected: str) -> None:
    assert _snapped(marked) == expected


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        ("问题：首[件尺寸超差] 待整改", "首件尺寸超差"),
        ("领导说[要等招标结果]，七月再看", "要等招标结果"),
        ("看了我们在那家店拍的实景[照片，没有样品不做决定]，周四再去", "没有样品不做决定"),
    ],
)
def test_short_leftovers_are_taken_in_and_stubs_dropped(marked: str, expected: str) -> None:
    assert _snapped(marked) == expected


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        ("她说[别家赠品比我们多一倍让]我们也加", "别家赠品比我们多一倍"),
        ("今天去了[就是他说交期太长]嗯下周再去", "交期太长"),
        ("讲了[备件贵是次要的，关键售后慢]，下周再去", "售后慢"),
        ("[这个月指标紧]，先缓缓", "这个月指标紧"),
    ],
)
def test_words_that_lead_in_or_dangle_are_dropped(marked: str, expected: str) -> None:
    assert _snapped(marked) == expected


def test_a_name_is_not_taken_in() -> None:
    assert _snapped("佟丽[要120天账期]，周三再谈", "佟丽") == "要120天账期"


@given(st.text(alphabet="要月结90天，。 他说是嗯金了0.1-3AB\n太长", min_size=1, max_size=40), st.data())
def test_a_stretch_stays_a_stretch(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    span = snapped(text, Span(start, end))
    assert 0 <= span.start < span.end <= len(text)
