"""The span model: probabilities, what a stretch may be, and that weights can be read off by name."""

from __future__ import annotations

import numpy as np
import pytest

from nlp.fields.grams import Coded, GramSet
from nlp.fields.spanparts import MAX_LENGTH, SpanWeights, allowed, parts
from nlp.fields.spans import SpanModel

TEXT = "方案看了，嫌交期太长，下周三再去"


def test_probabilities_and_none_sum_to_one() -> None:
    _, shares, null = SpanModel({}).probabilities(parts(TEXT))
    assert float(shares.sum()) + null == pytest.approx(1.0)


def test_a_heavy_start_and_end_choose_the_stretch() -> None:
    model = SpanModel({"s>2交期": 9.0, "e<2太长": 9.0})
    span = model.find(TEXT).span
    assert span is not None
    assert TEXT[span.start : span.end] == "交期太长"


def test_a_heavy_none_gives_no_stretch() -> None:
    assert SpanModel({"n": 50.0}).find(TEXT).span is None


def test_no_stretch_crosses_a_sentence_end_or_begins_with_a_comma() -> None:
    mask = allowed(Coded("太贵，不要。下次"), GramSet())
    starts, lengths = np.nonzero(mask)
    chosen = {"太贵，不要。下次"[i : i + n + 1] for i, n in zip(starts, lengths, strict=True)}
    assert "太贵，不要" in chosen
    assert not any("。" in words or words[0] == "，" for words in chosen)


def test_no_stretch_cuts_a_number() -> None:
    mask = allowed(Coded("要1200元"), GramSet())
    assert not mask[2].any()


def test_fast_sums_equal_the_sums_by_name() -> None:
    note = parts(TEXT)
    names = sorted({name for rows in note.names() for row in rows for name in row})
    weights = {name: 0.01 * k for k, name in enumerate(names)}
    for fast, rows in zip(SpanWeights(weights).sums(note), note.names(), strict=True):
        assert fast == pytest.approx(np.array([sum(weights[name] for name in row) for row in rows]))


@pytest.mark.parametrize("text", ["", " \n", "，。", "a"])
def test_nothing_to_say_gives_nothing(text: str) -> None:
    assert SpanModel({}).find(text).span is None


def test_no_stretch_is_longer_than_the_limit() -> None:
    assert allowed(Coded("长" * 100), GramSet()).shape == (100, MAX_LENGTH)
