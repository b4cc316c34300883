"""Adagrad on whole passes: the same figures give the same weights."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from nlp.fields.grams import Floats


def ascend(slope: Callable[[Floats], Floats], penalty: Floats, passes: int, step: float = 0.5) -> Floats:
    """Return the weights that `slope` (the gradient of the log likelihood) leads to under an L2 `penalty` each."""
    weights = np.zeros(len(penalty))
    squares = np.full_like(weights, 1e-2)
    for _ in range(passes):
        gradient = slope(weights) - penalty * weights
        squares += gradient**2
        weights += step * gradient / np.sqrt(squares)
    return weights


def sums(at: np.ndarray[tuple[int], np.dtype[np.int64]], values: Floats, size: int) -> Floats:
    """Return the sum of the `values` that stand `at` each of `size` places."""
    return np.asarray(np.bincount(at, values, size), dtype=np.float64)
