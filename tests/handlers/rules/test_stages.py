"""Stage moves: what a said stage does to the opportunity."""

import pytest

from handlers.playbooks import Playbook, load
from handlers.rules.stages import plan_move


@pytest.fixture(scope="module")
def playbook() -> Playbook:
    return load("manufacturing")


def test_one_stage_forward_moves_the_opportunity(playbook: Playbook) -> None:
    move = plan_move(playbook, "需求确认", "方案提交")
    assert (move.kind, move.allowed, move.after) == ("advance", True, "方案提交")
    assert move.sentence == "阶段：需求确认 → 方案提交"


def test_skipping_a_stage_leaves_the_opportunity_and_names_what_is_missing(playbook: Playbook) -> None:
    move = plan_move(playbook, "方案提交", "商务谈判")
    assert (move.kind, move.allowed, move.after) == ("skip", False, "方案提交")
    assert move.missing == ("技术评审",)
    assert move.sentence == "商机仍在方案提交，缺：技术评审"


def test_a_playbook_may_allow_skipping(playbook: Playbook) -> None:
    free = playbook.model_copy(update={"allow_skip": True})
    move = plan_move(free, "方案提交", "合同审批")
    assert (move.kind, move.allowed, move.after) == ("skip", True, "合同审批")


@pytest.mark.parametrize("current", [None, "已停用的阶段"])
def test_a_new_opportunity_enters_wherever_it_is_said_to_be(playbook: Playbook, current: str | None) -> None:
    move = plan_move(playbook, current, "合同审批")
    assert (move.kind, move.allowed, move.after, move.changes) == ("enter", True, "合同审批", True)


def test_a_step_back_needs_a_reason(playbook: Playbook) -> None:
    refused = plan_move(playbook, "商务谈判", "技术评审", reason="  ")
    assert (refused.allowed, refused.missing, refused.after) == (False, ("退回原因",), "商务谈判")
    assert plan_move(playbook, "商务谈判", "技术评审", reason="客户换了图纸").after == "技术评审"


@pytest.mark.parametrize("said", [None, "商务谈判"])
def test_nothing_said_or_the_same_said_changes_nothing(playbook: Playbook, said: str | None) -> None:
    move = plan_move(playbook, "商务谈判", said)
    assert (move.kind, move.allowed, move.changes) == ("stay", True, False)


def test_a_stage_of_another_playbook_is_refused_in_words(playbook: Playbook) -> None:
    move = plan_move(playbook, "需求确认", "合同签署")
    assert (move.kind, move.allowed, move.after) == ("unknown", False, "需求确认")
    assert "合同签署" in move.sentence


def test_required_evidence_is_checked_only_when_it_is_known(playbook: Playbook) -> None:
    assert plan_move(playbook, "方案提交", "技术评审").allowed
    refused = plan_move(playbook, "方案提交", "技术评审", have=())
    assert refused.missing == ("签字的需求说明书",)
    assert plan_move(playbook, "方案提交", "技术评审", have={"签字的需求说明书"}).allowed
