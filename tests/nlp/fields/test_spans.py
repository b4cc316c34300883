"""The span model: probabilities, what a stretch may be, and that weights can be read off by name."""

from __future__ import annotations

import numpy as np
import pytest

from nlp.fields.spans import MAX_LENGTH, SpanModel, allowed, parts

TEXT = "方案看了，嫌交期太长，下周三再去"


def test_probabilities_and_none_sum_to_one() -> None:
    shares, null = SpanModel({}).probabilities(parts(TEXT))
    assert float(shares.sum()) + null == pytest.approx(1.0)


def test_a_heavy_start_and_end_choose_the_stretch() -> None:
    model = SpanModel({"s>2交期": 9.0, "e<2太长": 9.0})
    span = model.find(TEXT).span
    assert span is not None
    assert TEXT[span.start : span.end] == "交期太长"


def test_a_heavy_none_gives_no_stretch() -> None:
    assert SpanModel({"n": 50.0}).find(TEXT).span is None


def test_no_stretch_crosses_a_sentence_end_or_begins_with_a_comma() -> None:
    mask = allowed("太贵，不要。下次")
    starts, lengths = np.nonzero(mask)
    chosen = {"太贵，不要。下次"[i : i + n + 1] for i, n in zip(starts, lengths, strict=True)}
    assert "太贵，不要" in chosen
    assert not any("。" in words or words[0] == "，" for words in chosen)


def test_no_stretch_cuts_a_number() -> None:
    mask = allowed("要1200元")
    assert not mask[2].any()


def test_fast_sums_equal_the_sums_by_name() -> None:
    note = parts(TEXT)
    names = [*note.start.names(), *note.end.names(), *note.inside.names()]
    weights = {name: 0.01 * k for k, name in enumerate(sorted({name for row in names for name in row}))}
    fast = SpanModel(weights)._sums(note.inside)
    slow = [sum(weights[name] for name in row) for row in note.inside.names()]
    assert fast == pytest.approx(np.array(slow))


@pytest.mark.parametrize("text", ["", " \n", "，。", "a"])
def test_nothing_to_say_gives_nothing(text: str) -> None:
    assert SpanModel({}).find(text).span is None


def test_no_stretch_is_longer_than_the_limit() -> None:
    assert allowed("长" * 100).shape == (100, MAX_LENGTH)
