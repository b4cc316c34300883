"""Groups of characters as numbers: weights found for all positions at once, also at the edges and for rare signs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.fields.grams import Coded, GramSet, GramTable, NameTable, groups_of, packed, split_weights


def test_a_table_weighs_known_groups_and_no_others() -> None:
    table = GramTable([{packed("交期"): 2.0}, {packed("交期"): -1.0, packed("期太"): 3.0}])
    assert table.rows(Coded("交期太").twos).tolist() == [[2.0, -1.0], [0.0, 3.0], [0.0, 0.0]]


def test_an_empty_table_and_set_know_nothing() -> None:
    assert GramTable([{}]).rows(Coded("交期").twos).sum() == 0
    assert not GramSet().holds(Coded("交期").twos).any()


@given(st.text(max_size=20))
def test_any_text_is_coded_one_number_a_character(text: str) -> None:
    coded = Coded(text)
    assert len(coded.ones) == len(coded.twos) == len(coded.threes) == len(coded.classes) == len(text)
    assert coded.twos.tolist() == [packed(text[k : k + 2]) for k in range(len(text))]


@pytest.mark.parametrize(("text", "count"), [("", 0), ("a", 0), ("太贵", 1), ("贵贵贵", 2)])
def test_each_group_counts_once(text: str, count: int) -> None:
    assert len(groups_of(text)) == count


def test_groups_and_names_are_told_apart() -> None:
    groups, names = split_weights({"=太贵": 1.0, "=太贵了": -1.0, "own:said": 2.0, "bias": 0.5})
    assert groups == {packed("太贵"): 1.0, packed("太贵了"): -1.0}
    assert NameTable([names]).sums(["bias", "own:said", "unknown"]).tolist() == [2.5]
