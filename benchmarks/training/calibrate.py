"""Fits the curves of `nlp.fields.calibration` on predictions for writers held out of the training in turn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from benchmarks.extraction import is_right
from benchmarks.training import obstacle, stage
from nlp.fields import calibration, mending, notelike
from nlp.fields import obstacle as obstacle_field
from nlp.fields import stage as stage_field
from nlp.fields.spans import SpanModel
from nlp.fields.stage import StageModel
from nlp.types import Playbook

#: Into how many folds the writers are dealt.
FOLDS = 7
Rows = Sequence[Mapping[str, Any]]
#: Field, signals and whether the guess was right.
Case = tuple[str, tuple[float, ...], bool]


def fit(writers: Mapping[str, Rows], playbooks: Mapping[str, Playbook]) -> dict[str, list[float]]:
    """Return the curve of each field: the weights of its signals and the constant."""
    cases = list(held_out_cases(writers, playbooks))
    curves = {}
    for name in ("stage", "obstacle", "no obstacle"):
        signals = np.array([case[1] for case in cases if case[0] == name])
        right = np.array([case[2] for case in cases if case[0] == name], dtype=np.float64)
        curves[name] = [round(float(weight), 4) for weight in curve(signals, right)]
    return curves


def held_out_cases(writers: Mapping[str, Rows], playbooks: Mapping[str, Playbook]) -> Iterator[Case]:
    """Yield the guesses of models that were trained without the note's writer."""
    names = sorted(writers)
    for fold in range(FOLDS):
        held = names[fold::FOLDS]
        rows = [row for name in names if name not in held for row in writers[name]]
        spans, stages = SpanModel(obstacle.fit(rows)), StageModel(stage.fit(rows, playbooks))
        for row in (row for name in held for row in writers[name]):
            if notelike.kind_of(row["text"]) is None:
                yield from _stage_case(row, stages, playbooks[row["playbook"]])
                yield from _obstacle_case(row, spans)


def _reading(row: Mapping[str, Any]) -> str:
    return mending.mended(row["text"]) if row["channel"] == "voice" else row["text"]


def _stage_case(row: Mapping[str, Any], model: StageModel, playbook: Playbook) -> Iterator[Case]:
    signals = stage_field.signals(_reading(row), playbook, model)
    if signals is not None:
        value = stage_field.guess(_reading(row), playbook, model).value
        yield "stage", signals, value == row["gold"]["stage"]


def _obstacle_case(row: Mapping[str, Any], model: SpanModel) -> Iterator[Case]:
    found = model.find(_reading(row))
    gold = row["gold"]["obstacle"]
    yield "no obstacle", calibration.none_signals(found.null), gold is None
    guess = obstacle_field.guess(row["text"], model, _reading(row))
    if found.span is not None and guess.span is not None and guess.shown != "question":
        length = guess.span.end - guess.span.start
        signals = calibration.obstacle_signals(found.confidence, found.null, length, len(row["text"]))
        yield "obstacle", signals, is_right("obstacle", guess.value, gold)


def curve(signals: Any, right: Any, penalty: float = 1.0, steps: int = 50) -> Any:
    """Return the weights of a logistic curve by Newton's method, the constant last, under a small L2 penalty."""
    x = np.column_stack((signals, np.ones(len(signals))))
    pays = np.full(x.shape[1], penalty)
    pays[-1] = 1e-6
    weights = np.zeros(x.shape[1])
    for _ in range(steps):
        share = 1 / (1 + np.exp(-(x @ weights)))
        slope = x.T @ (right - share) - pays * weights
        weights = weights + np.linalg.solve((x * (share * (1 - share))[:, None]).T @ x + np.diag(pays), slope)
    return weights
