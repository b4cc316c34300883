"""Trains the stage model (`nlp.fields.stage`) on annotated notes: softmax with an L2 penalty, by Adagrad.

One set of weights serves all playbooks: a stage has weights of its own (`stage|feature`), "no evidence" too, and the
evidence-word features `own:` have shared weights as well (`|own:…`), so that a stage added later starts with those.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from nlp.fields.stage import NONE, hit_features, hits, note_features
from nlp.fields.status import statuses
from nlp.types import Playbook

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Example:
    """One note: the feature names of each possible answer, and the index of the right one."""

    names: list[list[str]]
    right: int


def example(row: Mapping[str, Any], playbook: Playbook) -> Example:
    """Return the note's candidates (the playbook's stages and `NONE`) with their features."""
    text = row["text"]
    status = statuses(text)
    found = hits(text, playbook, status)
    order = {rule.name: k for k, rule in enumerate(playbook.stages)}
    shared = sorted(note_features(text, status, found))
    said = {hit.stage for hit in found if hit.status == "said"}
    names = []
    for stage in order:
        own = hit_features(stage, found, order)
        names.append([f"{stage}|bias", *(f"{stage}|{name}" for name in (*shared, *own)), *(f"|{name}" for name in own)])
    names.append([f"{NONE}|bias", *(f"{NONE}|{name}" for name in shared), f"{NONE}|own:stages{min(len(said), 2)}"])
    stages = [*order, None]
    return Example(names, stages.index(row["gold"]["stage"]))


def fit(
    rows: Sequence[Mapping[str, Any]],
    playbooks: Mapping[str, Playbook],
    passes: int = 60,
    penalty: float = 0.5,
    least: int = 2,
) -> dict[str, float]:
    """Return the weights by name. `penalty` is the L2 strength of character groups; playbook words pay a tenth."""
    examples = [example(row, playbooks[row["playbook"]]) for row in rows]
    seen = Counter(
        name for item in examples for name in {name.rpartition("|")[2] for names in item.names for name in names}
    )
    ids: dict[str, int] = {}
    coded: list[list[Ints]] = []
    for item in examples:
        coded.append(
            [
                np.array(
                    [ids.setdefault(n, len(ids)) for n in names if seen[n.rpartition("|")[2]] >= least], dtype=np.int64
                )
                for names in item.names
            ]
        )
    pays = np.array([0.1 if name.rpartition("|")[2].startswith(("own:", "bias", "hit:")) else 1.0 for name in ids])
    weights = _ascend(coded, [item.right for item in examples], pays * penalty, passes)
    return {name: round(float(weights[k]), 3) for name, k in ids.items() if abs(weights[k]) >= 0.01}


def _ascend(coded: list[list[Ints]], right: list[int], penalty: Floats, passes: int) -> Floats:
    weights = np.zeros(len(penalty))
    squares = np.full_like(weights, 1e-2)
    for _ in range(passes):
        gradient = -penalty * weights
        for candidates, answer in zip(coded, right, strict=True):
            scores = np.array([weights[ids].sum() for ids in candidates])
            shares = np.exp(scores - scores.max())
            shares /= shares.sum()
            for k, ids in enumerate(candidates):
                gradient[ids] += (1.0 if k == answer else 0.0) - shares[k]
        squares += gradient**2
        weights += 0.5 * gradient / np.sqrt(squares)
    return weights
