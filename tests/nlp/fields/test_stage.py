"""The stage of a note: what is true now, by a playbook's words and by the trained model."""

from __future__ import annotations

import pytest

from handlers.playbooks import load as load_playbook
from nlp.fields import models, stage
from nlp.fields.stage import StageModel
from nlp.types import Playbook, StageRule

MANUFACTURING = load_playbook("manufacturing").for_nlp()
FMCG = load_playbook("fmcg").for_nlp()
CUSTOM = Playbook(
    "rental", (StageRule("看房", ("看了房",)), StageRule("议租", ("租金",)), StageRule("起租", ("交押金",)))
)


def _stage(text: str, playbook: Playbook = MANUFACTURING) -> object:
    return stage.guess(text, playbook, models.stage_model()).value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("图纸和参数都给我了，公差还在定", "需求确认"),
        ("方案交上去了，嫌节拍不够要再改", "方案提交"),
        ("在他们车间试机，良品率不达标", "技术评审"),
        ("让我们再降三个点，月结九十天", "商务谈判"),
        ("合同在法务，等盖章", "合同审批"),
        ("合同双签了，定金到账，开始排产", "交付准备"),
    ],
)
def test_a_stage_is_told_by_what_happens_in_it(text: str, expected: str) -> None:
    assert _stage(text) == expected


def test_a_plan_does_not_move_the_stage() -> None:
    assert _stage("图纸参数今天都记下了，下周三发方案") == "需求确认"


def test_a_denied_stage_does_not_count() -> None:
    assert _stage("合同还没到审批呢，现在还在做技术评审") == "技术评审"


def test_without_evidence_there_is_no_stage() -> None:
    assert _stage("跟周总喝了个茶，天气不错") is None


def test_the_playbook_decides_what_a_tasting_is() -> None:
    assert _stage("试吃做完了，店长说可以", FMCG) == "方案演示"


def test_a_custom_playbook_lives_on_its_own_words() -> None:
    guess = stage.guess("带他看了房，还谈了租金", CUSTOM, models.stage_model())
    assert (guess.value, guess.reason) == ("议租", "说到“租金”")


def test_a_stage_added_to_a_shipped_playbook_is_recognised() -> None:
    more = Playbook("manufacturing", (*MANUFACTURING.stages, StageRule("售后回访", ("满意度", "回访表"))))
    assert _stage("设备跑了三个月，今天填了回访表", more) == "售后回访"


def test_planned_words_of_a_custom_playbook_are_no_evidence() -> None:
    assert _stage("下周三谈租金", CUSTOM) is None


def test_the_evidence_is_a_span_of_the_note() -> None:
    text = "今天去了，合同在他们法务手里"
    guess = stage.guess(text, MANUFACTURING, models.stage_model())
    assert guess.span is not None
    assert text[guess.span.start : guess.span.end] in text


def test_without_weights_the_latest_said_stage_wins() -> None:
    guess = stage.guess("方案看过了，价格还要谈", MANUFACTURING, StageModel({}))
    assert guess.value == "商务谈判"


def test_a_broken_pattern_of_a_custom_playbook_is_taken_literally() -> None:
    odd = Playbook("odd", (StageRule("洽谈", ("价(格",)),))
    assert _stage("说到价(格的事", odd) == "洽谈"
