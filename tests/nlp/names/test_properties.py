"""What holds of any text and any directory."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp.names import Directory, match_name, resolve
from nlp.names.words import words
from nlp.types import Guess
from tests.nlp.corpus import as_note, load_customers, load_notes, load_reps
from tests.nlp.names.given import corpus_directory, customer, directory, said

_WORDS = words(
    """
    华锐 华瑞 王经理 李敏 老马 刚从 出来 去了 新客户 有限公司 下周三 苏州 不在 ， 。 10:12 🙂 跟 说 小 总 新开的 铸造 A
    """
)
NOTE_LIKE = st.lists(st.sampled_from(_WORDS), max_size=40).map("".join)
ANY_TEXT = st.one_of(st.text(max_size=300), NOTE_LIKE)


def spans_are_verbatim(text: str, guess: Guess) -> bool:
    """Return whether a guess's span lies in the text."""
    return guess.span is None or 0 <= guess.span.start < guess.span.end <= len(text)


@settings(max_examples=150, deadline=None)
@given(ANY_TEXT, st.sampled_from(["zhangwei", "zhoujianming", "nobody"]), st.sampled_from(["text", "voice"]))
def test_any_text_resolves_the_same_twice_with_spans_in_it(text: str, rep: str, channel: str) -> None:
    note = said(text, rep, channel)  # type: ignore[arg-type]
    first = resolve(note, corpus_directory())
    assert first == resolve(note, corpus_directory())
    for guess in first:
        assert spans_are_verbatim(text, guess)
        assert guess.value is None or guess.value not in guess.alternatives
        assert 0 <= guess.confidence <= 1


@settings(max_examples=60, deadline=None)
@given(ANY_TEXT)
def test_any_typed_name_is_searched_without_failing(text: str) -> None:
    assert len(match_name(text, corpus_directory())) <= 3


@pytest.mark.parametrize("text", ["华锐" * 10_000, "🙂" * 20_000, "王经理说" * 5_000, "\n" * 20_000, "新客户" * 6_000])
def test_very_long_texts_are_taken(text: str) -> None:
    assert len(resolve(said(text, "zhangwei"), corpus_directory())) == 2


def test_an_unrelated_customer_changes_no_answer() -> None:
    stranger = customer(99, "拉萨嘎玛卓玛藏饰有限公司", "嘎玛卓玛", "扎西:老板", city="拉萨", owner="nobody")
    more = Directory([*load_customers(), stranger], load_reps())
    notes = [as_note(row) for row in load_notes()]
    assert [resolve(note, more) for note in notes] == [resolve(note, corpus_directory()) for note in notes]


def test_the_order_of_the_directory_changes_no_value() -> None:
    turned = Directory(load_customers()[::-1], load_reps())
    notes = [as_note(row) for row in load_notes()]
    values = [[guess.value for guess in resolve(note, turned)] for note in notes]
    assert values == [[guess.value for guess in resolve(note, corpus_directory())] for note in notes]


def test_an_empty_directory_knows_nobody() -> None:
    guess, contact = resolve(said("刚从华锐出来跟王经理聊了"), directory())
    assert guess.value is None
    assert contact.value == "王经理"


def test_the_span_of_a_customer_holds_what_was_said() -> None:
    note = said("嗯今天去了趟华瑞跟李敏聊的", "zhangwei")
    span = resolve(note, corpus_directory())[0].span
    assert span is not None
    assert note.text[span.start : span.end] == "华瑞"
