"""The stage that a note shows to be true now (corpus/README, decision 3).

Two sources meet in one log-linear model over the playbook's stages and "no evidence": the playbook's own evidence
words, by whether they are said, denied or planned, and for the shipped playbooks character pairs and triples that
reps use at a stage. A stage that the weights do not know (a custom playbook's) lives on its words alone.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nlp.fields import lexicon
from nlp.fields.status import Status, status_at, statuses
from nlp.fields.words import occurrences
from nlp.types import Guess, Playbook, Span, StageRule

#: Name of "no evidence" among the stages.
NONE = "-"
#: Only so much of a long message is read, characters.
MAX_TEXT = 1200
#: Below this likelihood "no evidence" gives way to the likeliest stage (then a question, not a value): held-out notes
#: show that the model leans to it.
NONE_FROM = 0.8
#: Likelihood at which a stage without said words still beats a doubtful "no evidence".
_NEARLY = 0.2
#: A group of characters must weigh more than this to be shown as the reason.
_TELLING = 0.3
#: Trust in a custom stage whose words are said.
_CUSTOM = 0.86


@dataclass(frozen=True, slots=True)
class Hit:
    """An evidence word of a stage where it stands in the note."""

    stage: str
    span: Span
    status: Status
    by_name: bool


def hits(text: str, playbook: Playbook, row: Sequence[Status]) -> list[Hit]:
    """Return where the playbook's evidence words and stage names stand, with their status."""
    found: list[Hit] = []
    for rule in playbook.stages:
        for span in occurrences((*rule.evidence, _literal(rule)), text):
            named = text[span.start : span.end] == rule.name
            found.append(Hit(rule.name, span, status_at(row, *span), named))
    return found


def _literal(rule: StageRule) -> str:
    return "".join(f"\\{char}" if not char.isalnum() else char for char in rule.name)


def grams(text: str, row: Sequence[Status]) -> set[str]:
    """Return the status-marked pairs and triples of characters in `text`."""
    names: set[str] = set()
    for k in range(len(text) - 1):
        mark = row[k][0]
        pair = text[k : k + 2]
        if not pair.isspace():
            names.add(f"{mark}{pair}")
            names.add(f"{mark}{text[k : k + 3]}")
    return names


def note_features(text: str, row: Sequence[Status], found: list[Hit]) -> set[str]:
    """Return what the whole note shows, the same for every stage: characters, stages whose words stand, cue classes."""
    names = grams(text, row)
    names |= {f"hit:{hit.stage}:{hit.status}" for hit in found}
    names |= {f"cue:{name}" for name, _, _ in lexicon.cues(text)}
    return names


def hit_features(stage: str, found: list[Hit], order: Mapping[str, int]) -> list[str]:
    """Return the features that the evidence words give a stage, the same names for every stage."""
    own = [hit for hit in found if hit.stage == stage]
    said = {hit.stage for hit in found if hit.status == "said"}
    names = [f"own:{status}" for status in sorted({hit.status for hit in own})]
    if stage in said:
        latest = max(order[name] for name in said) == order[stage]
        names += ["own:latest"] if latest else ["own:earlier"]
        names += ["own:many"] if sum(hit.status == "said" for hit in own) > 1 else []
    if any(hit.by_name and hit.status == "said" for hit in own):
        names.append("own:name")
    return names


class StageModel:
    """Scores the stages of a playbook. Weights are by `stage|feature` and, for `own:` features, by feature alone."""

    def __init__(self, weights: Mapping[str, float]) -> None:
        self._weights: dict[str, dict[str, float]] = {}
        for name, weight in weights.items():
            stage, _, feature = name.rpartition("|")
            self._weights.setdefault(stage, {})[feature] = weight

    def knows(self, stage: str) -> bool:
        """Tell whether training has seen this stage."""
        return stage in self._weights

    def _score(self, stage: str, features: set[str], own: list[str]) -> float:
        table, shared = self._weights.get(stage, {}), self._weights.get("", {})
        score = table.get("bias", 0.0) + sum(map(table.__getitem__, features & table.keys()))
        return score + sum(shared.get(name, 0.0) + table.get(name, 0.0) for name in own)

    def probabilities(self, text: str, row: Sequence[Status], found: list[Hit], playbook: Playbook) -> dict[str, float]:
        """Return how likely each known stage of the playbook is, and `NONE`."""
        order = {rule.name: k for k, rule in enumerate(playbook.stages)}
        features = note_features(text, row, found)
        scores = {
            name: self._score(name, features, hit_features(name, found, order)) for name in order if self.knows(name)
        }
        said = {hit.stage for hit in found if hit.status == "said"}
        scores[NONE] = self._score(NONE, features, [f"own:stages{min(len(said), 2)}"])
        top = max(scores.values())
        shares = {name: math.exp(score - top) for name, score in scores.items()}
        total = sum(shares.values())
        return {name: share / total for name, share in shares.items()}

    def anchor(self, stage: str, text: str, row: Sequence[Status], found: list[Hit]) -> Span | None:
        """Return the stretch that speaks most for `stage`: its said word, else its heaviest group of characters."""
        own = [hit for hit in found if hit.stage == stage and hit.status == "said"]
        if own:
            return next((hit.span for hit in own if hit.by_name), own[0].span)
        table = self._weights.get(stage, {})
        best, span = _TELLING, None
        for k in range(len(text) - 1):
            for size in (3, 2):
                weight = table.get(f"{row[k][0]}{text[k : k + size]}", 0.0)
                if weight > best and k + size <= len(text):
                    best, span = weight, Span(k, k + size)
        return span


def by_words(found: list[Hit], playbook: Playbook) -> dict[str, float]:
    """Return likelihoods from evidence words alone: the latest said stage, then the other said ones."""
    said = {hit.stage for hit in found if hit.status == "said"}
    named = {hit.stage for hit in found if hit.status == "said" and hit.by_name}
    ranked = [rule.name for rule in reversed(playbook.stages) if rule.name in said]
    ranked.sort(key=lambda name: name not in named)
    if not ranked:
        return {NONE: 0.9}
    rest = (1 - _CUSTOM) / len(ranked)
    return {ranked[0]: _CUSTOM, **dict.fromkeys(ranked[1:], rest), NONE: rest}


def guess(text: str, playbook: Playbook, model: StageModel) -> Guess:
    """Return the stage of a note with its evidence, other likely stages and a reason; `shown` is left to the caller."""
    text = text[:MAX_TEXT]
    row = statuses(text)
    found = hits(text, playbook, row)
    shares = _shares(text, row, found, playbook, model)
    ranked = sorted(shares, key=lambda name: (-shares[name], name))
    if ranked[0] == NONE and _yields(shares, ranked[1:2], found):
        ranked = [ranked[1], NONE, *ranked[2:]]
    others = tuple(name for name in ranked[1:] if name != NONE and shares[name] >= 0.01)[:3]
    if ranked[0] == NONE:
        return Guess(None, shares[NONE], None, others, "没有说到阶段", "none")
    span = model.anchor(ranked[0], text, row, found)
    word = text[span.start : span.end] if span else ""
    reason = f"说到“{word}”" if word else "按整段话判断"
    return Guess(ranked[0], shares[ranked[0]], span, others, reason, "said")


def _yields(shares: Mapping[str, float], next_best: list[str], found: list[Hit]) -> bool:
    """Tell whether "no evidence" gives way to the next best stage: a word of it is said, or it is nearly as likely."""
    if shares[NONE] >= NONE_FROM or not next_best:
        return False
    said = any(hit.stage == next_best[0] and hit.status == "said" for hit in found)
    return said or shares[next_best[0]] >= _NEARLY


def _shares(
    text: str, row: Sequence[Status], found: list[Hit], playbook: Playbook, model: StageModel
) -> dict[str, float]:
    known = [rule.name for rule in playbook.stages if model.knows(rule.name)]
    if len(known) * 2 <= len(playbook.stages):
        return by_words(found, playbook)
    shares = model.probabilities(text, row, found, playbook)
    order = {rule.name: k for k, rule in enumerate(playbook.stages)}
    custom = [hit.stage for hit in found if hit.status == "said" and not model.knows(hit.stage)]
    if not custom:
        return shares
    stage = max(custom, key=lambda name: order[name])
    best = max(shares, key=lambda name: shares[name])
    share = _CUSTOM if best == NONE or order[best] < order[stage] else 0.3
    return {**{name: value * (1 - share) for name, value in shares.items()}, stage: share}
