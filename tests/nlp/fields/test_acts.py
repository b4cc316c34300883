"""Stages and tags shown in other words than their names: acts and topics."""

from __future__ import annotations

import pytest

from handlers.playbooks import load as load_playbook
from nlp.fields import models, stage, tags
from nlp.fields.acts import acts
from nlp.fields.topics import topics


@pytest.mark.parametrize(
    ("text", "act"),
    [
        ("那台机器在他们车间转了三天", "m_run"),
        ("图纸会审第三轮，一张张过", "m_reviewed"),
        ("口径、行程他都报给我了", "m_figures"),
        ("木箱钉好了，明天装车", "m_delivery"),
        ("后厨炒了两个菜，客人抢着吃", "f_tried"),
        ("头回见，互扫了微信", "f_first"),
    ],
)
def test_an_act_is_told_without_the_stages_name(text: str, act: str) -> None:
    assert act in {name for name, _, _ in acts(text)}


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("隔壁那家给得多", "rival"),
        ("他要我们垫付两个月", "term"),
        ("焊缝上全是砂眼", "defect"),
        ("采购归新任部长管", "person"),
    ],
)
def test_a_topic_is_told_without_the_tags_word(text: str, topic: str) -> None:
    assert topic in {name for name, _, _ in topics(text)}


def test_a_proposal_that_is_not_out_yet_is_not_handed_over() -> None:
    playbook = load_playbook("manufacturing").for_nlp()
    found = stage.guess("参数都抄了，我们还没出方案，下周再去", playbook, models.stage_model())
    assert found.value != "方案提交"


def test_a_trigger_word_beside_the_point_sets_no_tag() -> None:
    playbook = load_playbook("manufacturing").for_nlp()
    found = tags.suggest("今天技术员请假，没见着人，改天再去", playbook, models.tag_model())
    assert "技术" not in {tag.key for tag in found}
