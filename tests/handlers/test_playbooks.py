"""Playbooks: the bundled ones, errors a person can act on, and reloading."""

import os
from datetime import time, timedelta
from pathlib import Path

import pytest

from handlers.playbooks import PlaybookError, Playbooks, bundled_names, load, load_text

STAGES = {
    "manufacturing": ("需求确认", "方案提交", "技术评审", "商务谈判", "合同审批", "交付准备"),
    "fmcg": ("首次接洽", "需求了解", "方案演示", "报价提交", "合同签署"),
    "generic": ("线索获取", "初步接触", "需求挖掘", "方案呈现", "商务谈判", "赢单"),
}
TAG_KEYS = ("价格", "竞品", "交期", "付款", "技术", "质量", "决策人变更", "样品")


SMALL = """\
name: manufacturing
title: 制造业
version: 1
first_dwell: 14d
grace: 1d
escalation:
  yellow: [owner]
  red: [supervisor]
quiet_hours: "21:00-07:30"
push_budget: 5
check_in:
  radius_m: 300
stages:
  - name: 需求确认
    evidence: [需求]
  - name: 商务谈判
    evidence: [砍价, "让.{0,3}个点"]
  - name: 合同审批
tags:
  - key: 价格
    label: 价格讨论
    words: [报价]
"""


def edited(old: str, new: str) -> str:
    assert old in SMALL
    return SMALL.replace(old, new, 1)


def problem(text: str) -> str:
    with pytest.raises(PlaybookError) as caught:
        load_text(text, "m.yaml")
    return caught.value.problems[0]


@pytest.mark.parametrize("name", bundled_names())
def test_every_bundled_playbook_has_its_stages_limits_and_tags(name: str) -> None:
    playbook = load(name)
    assert playbook.stage_names == STAGES[name]
    assert [stage.dwell.days for stage in playbook.stages] == [14] + [7] * (len(STAGES[name]) - 1)
    assert all(stage.grace == timedelta(days=1) and stage.evidence for stage in playbook.stages)
    assert tuple(tag.key for tag in playbook.tags) == TAG_KEYS
    assert (playbook.quiet_hours, playbook.push_budget) == ((time(21), time(7, 30)), 5)
    assert (playbook.visit_gap_minutes, playbook.check_in.radius_m, playbook.location_event) == (90, 300, False)


def test_a_tag_asks_in_the_agreed_words() -> None:
    assert load("generic").tag("价格").ask("报价") == "检测到‘报价’，标记为价格讨论？"


def test_the_view_for_extraction_is_one_object() -> None:
    playbook = load("fmcg")
    known = playbook.for_nlp()
    assert known is playbook.for_nlp()
    assert tuple(stage.name for stage in known.stages) == playbook.stage_names
    assert known.tags[0].label == "价格讨论"


def test_next_stages_are_two_from_anywhere() -> None:
    playbook = load("manufacturing")
    assert playbook.next_stages("方案提交") == ("技术评审", "商务谈判")
    assert playbook.next_stages("交付准备") == ()
    assert playbook.next_stages(None) == ("需求确认", "方案提交")


def test_a_stage_may_set_its_own_limits() -> None:
    playbook = load_text(edited("- name: 商务谈判", "- name: 商务谈判\n    dwell: 3天\n    grace: 0d"), "m.yaml")
    assert playbook.stage("商务谈判").dwell == timedelta(days=3)
    assert playbook.stage("商务谈判").grace == timedelta(0)
    assert playbook.stage("合同审批").dwell == timedelta(days=7)


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("first_dwell: 14d", "first_dwel: 14d", 4, "是不是想写“first_dwell”"),
        ("    label: 价格讨论\n", "", 20, "缺少“tags 第 1 项 的 label”"),
        ("grace: 1d", "grace: soon", 5, "不能是 “soon”；应为：宽限天数，例如 1d"),
        ("- name: 合同审批", "- name: 需求确认", 18, "重复了"),
        ("red: [supervisor]", "red: [boss]", 8, "不能是 “boss”"),
        ("让.{0,3}个点", "让(", 17, "不是有效的正则表达式"),
        ("version: 1", "version: 1\nversion: 2", 4, "写了两次"),
        ("stages:", "stages: [", 14, "YAML 写法有误"),
        ("yellow: [owner]", "yellow: &o [owner]", 7, "不支持 & 和 *"),
        ("21:00-07:30", "晚上", 9, '例如 "21:00-07:30"'),
        ("21:00-07:30", "25:00-07:30", 9, '例如 "21:00-07:30"'),
        ("radius_m: 300", "radius_m: 3", 12, "20 到 5000 之间的米数"),
    ],
)
def test_a_mistake_is_told_with_its_line_and_what_was_expected(old: str, new: str, line: int, words: str) -> None:
    sentence = problem(edited(old, new))
    assert sentence.startswith(f"m.yaml 第 {line} 行：")
    assert words in sentence


@pytest.mark.parametrize("text", ["", "- a", "1: 2", "? [a]\n: b", "[" * 5000, "\x00", "x: 2001-99-99"])
def test_what_is_no_playbook_at_all_is_refused_in_a_sentence(text: str) -> None:
    assert problem(text).startswith("m.yaml")


def test_an_unknown_name_lists_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(PlaybookError, match="fmcg、generic、manufacturing"):
        load("retail")
    with pytest.raises(PlaybookError, match="读不到文件"):
        load(tmp_path / "none.yaml")


def write(folder: Path, text: str, *, at: int, name: str = "manufacturing") -> None:
    path = folder / f"{name}.yaml"
    path.write_text(text, encoding="utf-8")
    os.utime(path, (at, at))


def test_a_changed_file_is_served_without_restart(tmp_path: Path) -> None:
    playbooks = Playbooks(tmp_path)
    assert playbooks.get("manufacturing").push_budget == 5
    write(tmp_path, edited("push_budget: 5", "push_budget: 3"), at=1)
    assert playbooks.get("manufacturing").push_budget == 3
    write(tmp_path, edited("push_budget: 5", "push_budget: 4"), at=2)
    assert playbooks.get("manufacturing").push_budget == 4
    assert "push_budget: 4" in playbooks.text("manufacturing")


def test_a_broken_new_version_is_reported_and_the_old_one_stays(tmp_path: Path) -> None:
    playbooks = Playbooks(tmp_path)
    write(tmp_path, edited("push_budget: 5", "push_budget: 3"), at=1)
    good = playbooks.get("manufacturing")
    write(tmp_path, edited("push_budget: 5", "push_budget: 很多"), at=2)
    assert playbooks.get("manufacturing") is good
    assert "push_budget" in playbooks.problems()["manufacturing"].problems[0]
    write(tmp_path, edited("push_budget: 5", "push_budget: 6"), at=3)
    assert playbooks.get("manufacturing").push_budget == 6
    assert playbooks.problems() == {}


def test_a_file_that_was_broken_from_the_start_leaves_the_bundled_one(tmp_path: Path) -> None:
    write(tmp_path, "name: manufacturing", at=1)
    write(tmp_path, "name: other", at=1, name="own")
    playbooks = Playbooks(tmp_path)
    assert playbooks.get("manufacturing").version == 1
    with pytest.raises(PlaybookError):
        playbooks.get("own")
    assert set(playbooks.problems()) == {"manufacturing", "own"}


def test_a_company_may_add_its_own_playbook_under_its_file_name(tmp_path: Path) -> None:
    playbooks = Playbooks(tmp_path)
    write(tmp_path, edited("name: manufacturing", "name: retail"), at=1, name="retail")
    assert "retail" in playbooks.names()
    assert playbooks.get("retail").title == "制造业"
    write(tmp_path, edited("title: 制造业", "title: 其他"), at=1, name="wrong")
    with pytest.raises(PlaybookError, match="应与文件名“wrong”相同"):
        playbooks.get("wrong")


def test_a_removed_file_leaves_its_last_version_in_use_and_is_reported(tmp_path: Path) -> None:
    write(tmp_path, edited("name: manufacturing", "name: retail"), at=1, name="retail")
    playbooks = Playbooks(tmp_path)
    served = playbooks.get("retail")
    (tmp_path / "retail.yaml").unlink()
    assert playbooks.get("retail") is served
    assert "文件不见了" in str(playbooks.problems()["retail"])


def test_removing_an_override_brings_the_bundled_playbook_back(tmp_path: Path) -> None:
    write(tmp_path, edited("push_budget: 5", "push_budget: 3"), at=1)
    playbooks = Playbooks(tmp_path)
    assert playbooks.get("manufacturing").push_budget == 3
    (tmp_path / "manufacturing.yaml").unlink()
    assert playbooks.get("manufacturing").push_budget == 5
    assert playbooks.problems() == {}


def test_a_file_with_an_unusable_name_is_reported(tmp_path: Path) -> None:
    write(tmp_path, edited("title", "title"), at=1, name="零售")
    assert "小写英文" in str(Playbooks(tmp_path).problems()["零售"])


def test_names_are_never_paths(tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        Playbooks(tmp_path).get("../secrets")


def test_every_version_has_its_own_digest() -> None:
    changed = load_text(edited("push_budget: 5", "push_budget: 6"), "m.yaml")
    assert changed.digest != load("manufacturing").digest
    assert load("manufacturing").digest == load("manufacturing").digest
