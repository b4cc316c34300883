"""Waits shrink with the time scale, patience only as far as work can be hurried."""

from __future__ import annotations

import pytest

from bot.pace import Pace


def test_in_life_every_second_is_a_second() -> None:
    assert (Pace().wait_s(4), Pace().patience_s(4)) == (4, 4)


@pytest.mark.parametrize(("scale", "wait_s", "patience_s"), [(2, 5, 5), (5, 2, 2), (60, 1 / 6, 2)])
def test_a_scale_divides_waits_and_patience_by_five_at_most(scale: float, wait_s: float, patience_s: float) -> None:
    pace = Pace(scale)
    assert pace.wait_s(10) == pytest.approx(wait_s)
    assert pace.patience_s(10) == pytest.approx(patience_s)
