"""Where a guess becomes a value, a question or missing (DECISIONS 19)."""

from __future__ import annotations

from nlp.fields import shown
from nlp.types import Guess


def test_a_sure_stage_is_a_value() -> None:
    assert shown.stage(Guess("商务谈判", 0.95)).shown == "value"


def test_an_unsure_stage_is_a_question() -> None:
    assert shown.stage(Guess("商务谈判", 0.5, alternatives=("合同审批",))).shown == "question"


def test_nothing_to_offer_is_missing() -> None:
    assert shown.obstacle(Guess(None, 0.3)).shown == "missing"


def test_no_customer_with_candidates_is_a_question() -> None:
    assert shown.customer(Guess(None, 0.9, alternatives=("C0001", "C0002"))).shown == "question"


def test_a_vague_obstacle_stays_a_question_however_sure() -> None:
    assert shown.obstacle(Guess("再看看", 0.99, shown="question")).shown == "question"
