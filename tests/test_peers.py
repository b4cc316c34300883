"""The comparison with other libraries counts every outcome and hides none."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from benchmarks.peers import environment, reader
from benchmarks.peers.__main__ import line, score
from benchmarks.peers.tasks import Answer, Task

NOW = datetime(2026, 3, 12, 16, 40)
TASK = Task("t", "note", [{"text": "x"}] * 5, ["a", "a", "a", None, "a"], {}, ())


def said(value: str | None, crash: str = "") -> Answer:
    return {"answer": value, "micros": 2.0, "crash": crash}


def test_right_wrong_nothing_and_crashed_are_told_apart() -> None:
    found = score(TASK, [said("a"), said("b"), said(None), said(None), said(None, "KeyError")])
    assert (found.right, found.wrong, found.nothing, found.crashes["KeyError"]) == (2, 1, 1, 1)
    assert found.errors == found.wrong + found.nothing + 1


def test_a_crash_is_never_right() -> None:
    assert score(TASK, [said(None, "KeyError")] * 5).right == 0


def test_a_reader_that_stopped_half_way_takes_no_part() -> None:
    with pytest.raises(environment.Absent, match="2 answers to 5 cases"):
        score(TASK, [said("a")] * 2)


def test_ratios_are_to_ours() -> None:
    ours = score(TASK, [said("a"), said("a"), said("a"), said(None), said(None)])
    theirs = score(TASK, [said(None)] * 5)
    assert "4.0 ×" in line(TASK, "peer", theirs, ours)


def test_without_an_environment_a_peer_is_absent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(environment, "PYTHON", tmp_path / "python")
    with pytest.raises(environment.Absent):
        environment.ask("jionlp", "note", [])
    assert environment.versions() == {}


def test_peers_are_read_as_looking_forward() -> None:
    assert reader.nearest(["2025-03-20", "2026-03-20"], NOW) == "2026-03-20"
    assert reader.nearest(["2025-01-01"], NOW) == "2025-01-01"
    assert reader.first_future(["2026-03-12", "2026-03-11", "2026-03-15"], NOW) == "2026-03-15"
    assert reader.first_future([], NOW) is None


def test_a_reader_that_raises_answers_with_the_name_of_it() -> None:
    def broken(_: reader.Case) -> str | None:
        raise TypeError

    assert reader.answer(broken, {})["crash"] == "TypeError"
