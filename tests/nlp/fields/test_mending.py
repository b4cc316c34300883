"""Trade words that a recogniser broke are mended for reading; length and everyday words stay."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.playbooks import load as load_playbook
from nlp import extract
from nlp.fields.mending import mended
from nlp.types import Note
from tests.nlp.dialogue import directory


@pytest.mark.parametrize(
    ("heard", "meant"),
    [
        ("和同在法物那边", "合同在法务那边"),
        ("月节九十天", "月结九十天"),
        ("图只和参书", "图纸和参数"),
        ("比予算高", "比预算高"),
    ],
)
def test_a_broken_trade_word_is_mended(heard: str, meant: str) -> None:
    assert mended(heard) == meant


@pytest.mark.parametrize("text", ["去饭店吃饭", "研究60天", "他们之间没谈", "只看价格", "", "a"])
def test_everyday_words_stay(text: str) -> None:
    assert mended(text) == text


@given(st.text(max_size=60))
def test_the_length_stays(text: str) -> None:
    assert len(mended(text)) == len(text)


def test_a_voice_note_keeps_its_own_words_as_evidence() -> None:
    text = "今天去了华锐见了王经理和同在他们法物那边为约金太高下周三再去"
    note = Note(text, datetime.fromisoformat("2026-03-12T16:40:00+08:00"), "zhangwei", "voice")
    found = extract(note, directory(), load_playbook("manufacturing").for_nlp())
    assert found.stage.value == "合同审批"
    assert found.obstacle.span is not None
    assert text[slice(*found.obstacle.span)] == found.obstacle.value
