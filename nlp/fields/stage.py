"""The stage that a note shows to be true now (corpus/README, decision 3).

Two sources meet in one log-linear model over the playbook's stages and "no evidence": the playbook's own evidence
words, by whether they are said, denied or planned, and for the shipped playbooks character pairs and triples that
reps use at a stage. A stage that the weights do not know (a custom playbook's) lives on its words alone.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nlp.fields.calibration import confidence, stage_signals
from nlp.fields.classes import note_classes
from nlp.fields.grams import GROUP, GramTable, NameTable, groups_of, split_weights
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


def grams(text: str) -> set[str]:
    """Return the names of the pairs and triples of characters in `text`."""
    places = range(len(text) - 1)
    return {GROUP + text[k : k + 2] for k in places} | {GROUP + text[k : k + 3] for k in places}


def note_features(text: str, row: Sequence[Status], found: list[Hit]) -> list[str]:
    """Return what the whole note shows beside its characters: stages whose words stand, and classes of words."""
    return [*sorted({f"hit:{hit.stage}:{hit.status}" for hit in found}), *note_classes(text, row)]


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
        self._stages = {stage: k for k, stage in enumerate(sorted(self._weights.keys() - {""}))}
        parts = [split_weights(self._weights[stage]) for stage in self._stages]
        self._grams, self._names = GramTable([part[0] for part in parts]), NameTable([part[1] for part in parts])

    def knows(self, stage: str) -> bool:
        """Tell whether training has seen this stage."""
        return stage in self._stages

    def _own(self, stage: str, names: list[str]) -> float:
        """Return what the evidence words give a stage."""
        table, shared = self._weights.get(stage, {}), self._weights.get("", {})
        return sum(shared.get(name, 0.0) + table.get(name, 0.0) for name in names)

    def _of_note(self, text: str, row: Sequence[Status], found: list[Hit]) -> dict[str, float]:
        """Return by stage the sum of the weights of what the whole note shows."""
        if not self._stages:
            return {}
        sums = self._grams.total(groups_of(text))
        sums += self._names.sums(["bias", *note_features(text, row, found)])
        return dict(zip(self._stages, sums.tolist(), strict=True))

    def probabilities(self, text: str, row: Sequence[Status], found: list[Hit], playbook: Playbook) -> dict[str, float]:
        """Return how likely each known stage of the playbook is, and `NONE`."""
        order = {rule.name: k for k, rule in enumerate(playbook.stages)}
        shown = self._of_note(text, row, found)
        scores = {
            name: shown[name] + self._own(name, hit_features(name, found, order)) for name in order if self.knows(name)
        }
        said = {hit.stage for hit in found if hit.status == "said"}
        scores[NONE] = shown.get(NONE, 0.0) + self._own(NONE, [f"own:stages{min(len(said), 2)}"])
        top = max(scores.values())
        shares = {name: math.exp(score - top) for name, score in scores.items()}
        total = sum(shares.values())
        return {name: share / total for name, share in shares.items()}

    def anchor(self, stage: str, text: str, found: list[Hit]) -> Span | None:
        """Return the stretch that speaks most for `stage`: its said word, else its heaviest group of characters."""
        own = [hit for hit in found if hit.stage == stage and hit.status == "said"]
        if own:
            return next((hit.span for hit in own if hit.by_name), own[0].span)
        table = self._weights.get(stage, {})
        best, span = _TELLING, None
        for k in range(len(text) - 1):
            for size in (3, 2):
                weight = table.get(GROUP + text[k : k + size], 0.0)
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


@dataclass(frozen=True, slots=True)
class _Reading:
    """What a note says of the stage: hits, likelihoods, and the stages and `NONE` from the likeliest down."""

    text: str
    found: list[Hit]
    shares: dict[str, float]
    ranked: list[str]

    def signals(self) -> tuple[float, ...]:
        """Return the signals of the first one's certainty."""
        first, second = (self.shares[name] for name in self.ranked[:2])
        said = any(hit.stage == self.ranked[0] and hit.status == "said" for hit in self.found)
        return stage_signals(first, second, said, len(self.text))


def _read(text: str, playbook: Playbook, model: StageModel) -> _Reading:
    text = text[:MAX_TEXT]
    row = statuses(text)
    found = hits(text, playbook, row)
    shares = _shares(text, row, found, playbook, model)
    ranked = sorted(shares, key=lambda name: (-shares[name], name))
    if ranked[0] == NONE and _yields(shares, ranked[1:2], found):
        ranked = [ranked[1], NONE, *ranked[2:]]
    return _Reading(text, found, shares, ranked)


def signals(text: str, playbook: Playbook, model: StageModel) -> tuple[float, ...] | None:
    """Return the signals by which the certainty of the note's stage is told, None for no stage."""
    read = _read(text, playbook, model)
    return None if read.ranked[0] == NONE else read.signals()


def guess(text: str, playbook: Playbook, model: StageModel) -> Guess:
    """Return the stage of a note with its evidence, other likely stages and a reason; `shown` is left to the caller."""
    read = _read(text, playbook, model)
    stage, shares = read.ranked[0], read.shares
    others = tuple(name for name in read.ranked[1:] if name != NONE and shares[name] >= 0.01)[:3]
    if stage == NONE:
        return Guess(None, shares[NONE], None, others, "没有说到阶段", "none")
    span = model.anchor(stage, read.text, read.found)
    word = read.text[span.start : span.end] if span else ""
    reason = f"说到“{word}”" if word else "按整段话判断"
    sure = confidence("stage", read.signals()) if model.knows(stage) else shares[stage]
    return Guess(stage, sure, span, others, reason, "said")


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
