"""Grouping captures into visits."""

from datetime import UTC, datetime, timedelta

import pytest

from handlers.playbooks import load
from handlers.rules.visits import NewCapture, OpenVisit, belongs, find_visit

PLAYBOOK = load("manufacturing")
NOON = datetime(2026, 3, 10, 4, 0, tzinfo=UTC)


def visit(visit_id: str = "v1", customer: str | None = "C1", minutes: int = 0, rep: str = "zhangwei") -> OpenVisit:
    at = NOON + timedelta(minutes=minutes)
    return OpenVisit(visit_id, rep, customer, at, at)


def capture(customer: str | None = None, minutes: int = 10, rep: str = "zhangwei") -> NewCapture:
    return NewCapture(rep, customer, NOON + timedelta(minutes=minutes))


@pytest.mark.parametrize(("minutes", "same"), [(0, True), (90, True), (91, False), (-90, True), (-91, False)])
def test_the_gap_decides_also_for_captures_that_arrive_late(minutes: int, same: bool) -> None:
    assert belongs(visit(), capture(minutes=minutes), PLAYBOOK) is same


@pytest.mark.parametrize(
    ("known", "named", "same"),
    [("C1", "C1", True), ("C1", None, True), (None, "C1", True), (None, None, True), ("C1", "C2", False)],
)
def test_naming_another_customer_starts_another_visit(known: str | None, named: str | None, same: bool) -> None:
    assert belongs(visit(customer=known), capture(named), PLAYBOOK) is same


def test_another_rep_never_joins() -> None:
    assert find_visit([visit()], capture("C1", rep="chenlei"), PLAYBOOK) is None


def test_the_visit_on_the_named_customer_comes_before_a_nearer_one_without() -> None:
    unnamed, named = visit("unnamed", None, minutes=8), visit("named", "C1", minutes=-60)
    found = find_visit([unnamed, named], capture("C1"), PLAYBOOK)
    assert found == named


def test_a_capture_without_customer_joins_the_nearest_visit() -> None:
    found = find_visit([visit("old", "C1", -70), visit("new", "C2", 0)], capture(None), PLAYBOOK)
    assert found is not None
    assert found.visit_id == "new"


def test_the_playbook_sets_the_gap() -> None:
    short = PLAYBOOK.model_copy(update={"visit_gap_minutes": 15})
    assert find_visit([visit()], capture("C1", minutes=16), short) is None
