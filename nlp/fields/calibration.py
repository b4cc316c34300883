"""How sure a guess is: the share of guesses alike that were right on notes of writers whom the models had not seen.

A model's own likelihood is too sure of itself on new writers. `python -m benchmarks.training` fits one small logistic
curve a field on held-out predictions and ships its numbers as `calibration.json`: the weights of the signals, last the
constant.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib import resources

_LEAST = 1e-4


def log_odds(share: float) -> float:
    """Return the logarithm of the odds of a likelihood, which is kept off 0 and 1."""
    kept = min(max(share, _LEAST), 1 - _LEAST)
    return math.log(kept / (1 - kept))


def stage_signals(share: float, next_share: float, said: bool, size: int) -> tuple[float, ...]:
    """Return the signals of a stage: its likelihood, the next one's, whether its word is said, the note's length."""
    return (log_odds(share), log_odds(next_share), float(said), math.log(max(size, 1)))


def obstacle_signals(share: float, null: float, length: int, size: int) -> tuple[float, ...]:
    """Return the signals of a stretch: its likelihood, that of no obstacle, its length and the note's."""
    return (log_odds(share), log_odds(null), math.log(max(length, 1)), math.log(max(size, 1)))


def none_signals(null: float) -> tuple[float, ...]:
    """Return the signal of "no obstacle"."""
    return (log_odds(null),)


@lru_cache(maxsize=1)
def _curves() -> Mapping[str, Sequence[float]]:
    curves: dict[str, list[float]] = json.loads(
        resources.files("nlp.fields").joinpath("calibration.json").read_text("utf-8")
    )
    return curves


def confidence(field: str, signals: Sequence[float]) -> float:
    """Return how likely a guess of `field` (`stage`, `obstacle` or `no obstacle`) with these signals is right."""
    *weights, constant = _curves()[field]
    score = constant + sum(weight * signal for weight, signal in zip(weights, signals, strict=True))
    return round(1 / (1 + math.exp(-max(-30.0, min(30.0, score)))), 3)
