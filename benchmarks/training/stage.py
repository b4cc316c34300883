"""Trains the stage model (`nlp.fields.stage`) on annotated notes: softmax with an L2 penalty.

One set of weights serves all playbooks: a stage has weights of its own (`stage|feature`), "no evidence" too, and the
evidence-word features `own:` have shared weights as well (`|own:…`), so that a stage added later starts with those.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from benchmarks.training.ascent import ascend, sums
from nlp.fields.grams import Floats
from nlp.fields.stage import NONE, grams, hit_features, hits, note_features
from nlp.fields.status import statuses
from nlp.types import Playbook

#: Names of features that pay a tenth of the penalty: what a person wrote down as evidence.
_CHEAP = ("own:", "bias", "hit:", "act:", "topic:", "sign:")


def candidates(text: str, playbook: Playbook) -> dict[str | None, list[str]]:
    """Return the feature names of each possible answer: the playbook's stages and None."""
    status = statuses(text)
    found = hits(text, playbook, status)
    order = {rule.name: k for k, rule in enumerate(playbook.stages)}
    shared = sorted(grams(text).union(note_features(text, status, found)))
    said = {hit.stage for hit in found if hit.status == "said"}
    names: dict[str | None, list[str]] = {}
    for stage in order:
        own = hit_features(stage, found, order)
        names[stage] = [
            f"{stage}|bias",
            *(f"{stage}|{name}" for name in (*shared, *own)),
            *(f"|{name}" for name in own),
        ]
    names[None] = [f"{NONE}|bias", *(f"{NONE}|{name}" for name in shared), f"{NONE}|own:stages{min(len(said), 2)}"]
    return names


def fit(
    rows: Sequence[Mapping[str, Any]],
    playbooks: Mapping[str, Playbook],
    passes: int = 60,
    penalty: float = 1.0,
    least: int = 3,
) -> dict[str, float]:
    """Return the weights by name. `penalty` is the L2 strength of character groups; playbook words pay a tenth."""
    notes = [candidates(row["text"], playbooks[row["playbook"]]) for row in rows]
    seen = Counter(name for note in notes for name in {_feature(name) for names in note.values() for name in names})
    ids: dict[str, int] = {}
    at: list[int] = []
    features: list[int] = []
    owners: list[int] = []
    right: list[bool] = []
    for k, (row, note) in enumerate(zip(rows, notes, strict=True)):
        for stage, names in note.items():
            kept = [ids.setdefault(name, len(ids)) for name in names if seen[_feature(name)] >= least]
            at += [len(owners)] * len(kept)
            features += kept
            owners.append(k)
            right.append(stage == row["gold"]["stage"])
    pays = np.array([0.1 if _feature(name).startswith(_CHEAP) else 1.0 for name in ids])
    slope = _Slope(np.array(at), np.array(features), np.array(owners), np.array(right, dtype=np.float64), len(ids))
    weights = ascend(slope, pays * penalty, passes)
    return {name: round(float(weights[k]), 3) for name, k in ids.items() if abs(weights[k]) >= 0.02}


def _feature(name: str) -> str:
    """Return the feature without its stage."""
    return name.rpartition("|")[2]


class _Slope:
    """The gradient of the log likelihood of the right answers; an answer is a row of features."""

    def __init__(self, at: Any, features: Any, owners: Any, right: Floats, count: int) -> None:
        self._at, self._features, self._owners, self._right, self._count = at, features, owners, right, count

    def __call__(self, weights: Floats) -> Floats:
        scores = sums(self._at, weights[self._features], len(self._owners))
        top = np.full(self._owners[-1] + 1, -np.inf)
        np.maximum.at(top, self._owners, scores)
        shares = np.exp(scores - top[self._owners])
        shares /= sums(self._owners, shares, len(top))[self._owners]
        return sums(self._features, (self._right - shares)[self._at], self._count)
