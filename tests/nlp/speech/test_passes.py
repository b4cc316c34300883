"""Two readings of one recording, with a model that says what it is told."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from nlp.speech.passes import Reading, RememberedEncodings, agree, recognise, says_something
from tests.nlp.speech.clips import silence

PLAIN = "无西亚川流体设备王玉城和同还在他们手里"


class FakeWhisper:
    """Answers `plain` without a prompt and `suggested` with one; remembers the prompts."""

    def __init__(self, plain: str, suggested: str = "", *, logprob: float = -0.4, no_speech: float = 0.1) -> None:
        self.answers = {False: plain, True: suggested}
        self.scores = {"avg_logprob": logprob, "no_speech_prob": no_speech}
        self.prompts: list[str] = []

    def transcribe(self, samples: Any, **options: Any) -> tuple[Iterator[Any], None]:
        prompt = options.get("initial_prompt", "")
        self.prompts.append(prompt)
        text = self.answers[bool(prompt)]
        return iter([SimpleNamespace(text=text, tokens=[1] * len(text), **self.scores)] if text else []), None


def test_names_with_evidence_are_suggested_and_the_plain_reading_stays_as_alternative() -> None:
    model = FakeWhisper(PLAIN, "无锡亚川流体设备王玉成合同还在他们手里")
    readings = recognise(model, silence(1), ["王玉成", "华锐"])
    assert readings == ("无锡亚川流体设备王玉成合同还在他们手里", PLAIN)
    assert model.prompts[1].startswith("王玉成。") and "华锐" not in model.prompts[1]


@pytest.mark.parametrize(
    "suggested",
    ["拜访客户，谈了报价、合同、账期、返点", "王玉成。王玉成。王玉成。王玉成。", "谢谢观看", ""],
    ids=["echo of the prompt", "loop", "invention", "nothing"],
)
def test_a_suggested_reading_that_does_not_sound_like_the_plain_one_is_dropped(suggested: str) -> None:
    assert recognise(FakeWhisper(PLAIN, suggested), silence(1), ["王玉成"]) == (PLAIN,)


@pytest.mark.parametrize("plain", ["字幕by索兰娅", "", "。。。", "嗯嗯嗯嗯嗯嗯嗯嗯嗯嗯嗯嗯"])
def test_when_nothing_was_said_nothing_is_suggested(plain: str) -> None:
    model = FakeWhisper(plain, "王玉成")
    assert recognise(model, silence(1), ["王玉成"]) == ()
    assert len(model.prompts) == 1


def test_the_recognisers_own_doubt_counts() -> None:
    assert says_something(Reading("华锐下周报价", -0.6, 0.1))
    assert says_something(Reading("华锐下周报价", -0.5, 0.9)), "a good reading outweighs the silence chance"
    assert not says_something(Reading("华锐下周报价", -0.9, 0.9))
    assert not says_something(Reading("华锐下周报价", -1.5, 0.1))


def test_traditional_characters_do_not_come_out() -> None:
    assert recognise(FakeWhisper("無錫亞川報價"), silence(1), []) == ("无锡亚川报价",)


def test_readings_agree_by_sound_not_by_character() -> None:
    assert agree("王玉城和同", "王玉成合同")
    assert not agree("今天下雨没有去", "无锡亚川王玉成")


def test_a_window_is_encoded_once_for_both_readings() -> None:
    calls: list[float] = []
    encode = RememberedEncodings(lambda features: calls.append(float(features[0])) or len(calls))
    windows = [np.full(8, value, np.float32) for value in (1, 1, 2, 1)]
    assert [encode(window) for window in windows] == [1, 1, 2, 1]
    assert calls == [1.0, 2.0]
    encode.forget()
    assert encode(windows[0]) == 3, "the next recording starts afresh"
