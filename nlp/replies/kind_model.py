"""How likely a message is of each kind: instruction, correction, answer, note, or chatter (a log-linear model).

Kinds are named `command:undo`, `correction`, `answer`, `joins` (a note that continues an open draft), `note` and
`chatter:thanks`. `python -m benchmarks.training.replies` trains the weights on the own dialogue lines and notes.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources

from nlp.fields.grams import GramTable, NameTable, packed
from nlp.replies import features
from nlp.types import Context, Draft

#: Between the kind, and what a weight is of: `=` a group of characters, `|` a sign.
GROUP, SIGN = "=", "|"


class KindModel:
    """Scores the kinds of a message. Weights are by `kind=group` and `kind|sign`."""

    def __init__(self, weights: Mapping[str, float]) -> None:
        by_group: dict[str, dict[int, float]] = {}
        by_sign: dict[str, dict[str, float]] = {}
        for name, weight in weights.items():
            at = next(k for k, char in enumerate(name) if char in (GROUP, SIGN))
            kind, feature = name[:at], name[at + 1 :]
            if name[at] == GROUP:
                by_group.setdefault(kind, {})[packed(feature)] = weight
            else:
                by_sign.setdefault(kind, {})[feature] = weight
        self.kinds = tuple(sorted(by_group.keys() | by_sign.keys()))
        self._groups = GramTable([by_group.get(kind, {}) for kind in self.kinds])
        self._signs = NameTable([by_sign.get(kind, {}) for kind in self.kinds])

    def likely(self, text: str, context: Context, asked: Draft | None) -> dict[str, float]:
        """Return how likely each kind is that can be meant in this situation (they sum to 1)."""
        scores = self._groups.total(features.groups(text)) + self._signs.sums(features.signs(text, context, asked))
        able = [
            (kind, float(score))
            for kind, score in zip(self.kinds, scores, strict=True)
            if _can_be(kind, context, asked)
        ]
        top = max((score for _, score in able), default=0.0)
        shares = {kind: math.exp(score - top) for kind, score in able}
        total = sum(shares.values())
        return {kind: share / total for kind, share in shares.items()}


def _can_be(kind: str, context: Context, asked: Draft | None) -> bool:
    """Tell whether there is anything here that a message of this kind could be about."""
    if kind == "answer":
        return asked is not None
    if kind == "correction":
        return bool(context.drafts)
    if kind in ("joins", "command:confirm"):
        return any(not draft.confirmed for draft in context.drafts)
    return True


@lru_cache(maxsize=1)
def kind_model() -> KindModel:
    """Return the model whose weights ship beside this file."""
    text = resources.files("nlp.replies").joinpath("kind_weights.json").read_text("utf-8")
    return KindModel({str(name): float(weight) for name, weight in json.loads(text).items()})
