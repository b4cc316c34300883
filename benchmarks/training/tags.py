"""Trains the tag model (`nlp.fields.tags`) on annotated notes: one yes or no a tag, logistic with an L2 penalty."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from benchmarks.training.ascent import ascend, sums
from nlp.fields.classes import note_classes
from nlp.fields.grams import Floats
from nlp.fields.stage import grams
from nlp.fields.status import statuses
from nlp.fields.tags import found_words, word_features
from nlp.types import Playbook

#: Names of features that pay a tenth of the penalty: what a person wrote down as evidence.
_CHEAP = ("own:", "bias", "topic:", "act:", "cue:", "sign:")


def features(text: str, playbook: Playbook) -> dict[str, list[str]]:
    """Return the feature names of a note by tag."""
    row = statuses(text)
    shared = ["bias", *sorted(grams(text).union(note_classes(text, row)))]
    return {rule.key: [*shared, *word_features(found_words(rule, text, row))] for rule in playbook.tags}


def fit(
    rows: Sequence[Mapping[str, Any]],
    playbooks: Mapping[str, Playbook],
    passes: int = 60,
    penalty: float = 2.0,
    least: int = 3,
) -> dict[str, float]:
    """Return the weights by `tag|feature`. `penalty` is the L2 strength of character groups; classes pay a tenth."""
    notes = [features(row["text"], playbooks[row["playbook"]]) for row in rows]
    weights: dict[str, float] = {}
    for tag in sorted({tag for note in notes for tag in note}):
        having = [(note[tag], tag in row["gold"]["tags"]) for note, row in zip(notes, rows, strict=True) if tag in note]
        named = _fit_one([names for names, _ in having], [right for _, right in having], passes, penalty, least)
        weights.update({f"{tag}|{name}": weight for name, weight in named.items()})
    return weights


def _fit_one(
    notes: Sequence[Sequence[str]], right: Sequence[bool], passes: int, penalty: float, least: int
) -> dict[str, float]:
    seen = Counter(name for names in notes for name in names)
    ids = {name: k for k, name in enumerate(sorted(name for name, count in seen.items() if count >= least))}
    pairs = [(k, ids[name]) for k, names in enumerate(notes) for name in names if name in ids]
    at, which = (np.array(side, dtype=np.int64) for side in zip(*pairs, strict=True))
    wanted = np.array(right, dtype=np.float64)

    def slope(weights: Floats) -> Floats:
        likely = 1 / (1 + np.exp(-sums(at, weights[which], len(notes))))
        return sums(which, (wanted - likely)[at], len(ids))

    pays = np.array([0.1 if name.startswith(_CHEAP) else 1.0 for name in ids])
    weights = ascend(slope, pays * penalty, passes)
    return {name: round(float(weights[k]), 3) for name, k in ids.items() if abs(weights[k]) >= 0.02}
