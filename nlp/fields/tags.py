"""Tags to ask about: what a note gives evidence of, with the word that shows it (MISSION rows 3 and 4).

For a tag that the shipped weights know, the playbook's trigger words, classes of topic and short groups of characters
are weighed together; a trigger word that is denied (“没谈价格”) or beside the point (技术员请假) weighs little. A tag
that the weights do not know lives on its words alone.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from nlp.fields.classes import note_classes
from nlp.fields.grams import GROUP, GramTable, NameTable, groups_of, split_weights
from nlp.fields.status import Status, status_at, statuses
from nlp.fields.topics import topics
from nlp.fields.words import occurrences
from nlp.types import Playbook, Span, TagGuess, TagRule

#: From this likelihood on a tag is asked about: of unseen writers' tags seven in ten are then asked about, and three of
#: four that are asked about are right.
ASKED_FROM = 0.3
#: Only so much of a long message is read, characters.
MAX_TEXT = 1200
#: Trust in a tag of which only the words are known: said, or planned and supposed.
_SAID, _MENTIONED = 0.9, 0.7


def found_words(rule: TagRule, text: str, row: Sequence[Status]) -> list[tuple[Span, Status]]:
    """Return where the tag's trigger words stand in `text`, with their status."""
    return [(span, status_at(row, *span)) for span in occurrences(rule.words, text)]


def word_features(found: Sequence[tuple[Span, Status]]) -> list[str]:
    """Return the features that the trigger words give a tag, the same names for every tag."""
    names = sorted({f"own:{status}" for _, status in found})
    names += ["own:many"] if sum(status == "said" for _, status in found) > 1 else []
    return [*names, "own:none"] if not found else names


class TagModel:
    """How likely a note gives evidence of each tag. Weights are by `tag|feature`."""

    def __init__(self, weights: Mapping[str, float]) -> None:
        self._weights: dict[str, dict[str, float]] = {}
        for name, weight in weights.items():
            tag, _, feature = name.partition("|")
            self._weights.setdefault(tag, {})[feature] = weight
        parts = [split_weights(table) for table in self._weights.values()]
        self._grams, self._names = GramTable([part[0] for part in parts]), NameTable([part[1] for part in parts])

    def knows(self, tag: str) -> bool:
        """Tell whether training has seen this tag."""
        return tag in self._weights

    def of_note(self, text: str, row: Sequence[Status]) -> dict[str, float]:
        """Return by tag the sum of the weights of what the whole note shows."""
        if not self._weights:
            return {}
        sums = self._grams.total(groups_of(text))
        sums += self._names.sums(["bias", *note_classes(text, row)])
        return dict(zip(self._weights, sums.tolist(), strict=True))

    def likelihood(self, tag: str, of_note: float, found: Sequence[tuple[Span, Status]]) -> float:
        """Return how likely the note gives evidence of the tag, its trigger words included."""
        table = self._weights[tag]
        score = of_note + sum(table.get(name, 0.0) for name in word_features(found))
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, score))))

    def anchor(self, tag: str, text: str, row: Sequence[Status]) -> Span | None:
        """Return the stretch beside trigger words that speaks most for the tag: of a topic, else of characters."""
        table = self._weights[tag]
        spans = [
            (table.get(f"topic:{name}:{status_at(row, first, last)}", 0.0), Span(first, last))
            for name, first, last in topics(text)
        ]
        best = max(spans, default=(0.0, Span(0, 0)), key=lambda item: item[0])
        if best[0] > 0:
            return best[1]
        groups = [(table.get(GROUP + text[k : k + 2], 0.0), Span(k, k + 2)) for k in range(len(text) - 1)]
        best = max(groups, default=(0.0, Span(0, 0)), key=lambda item: item[0])
        return best[1] if best[0] > 0 else None


def suggest(text: str, playbook: Playbook, model: TagModel, reading: str | None = None) -> tuple[TagGuess, ...]:
    """Return one guess per tag that `text` gives evidence of, in the playbook's order, with the word that shows it.

    `reading` is `text` with broken words mended, of the same length; it is what is searched.
    """
    said = (text if reading is None else reading)[:MAX_TEXT]
    row = statuses(said)
    shown = model.of_note(said, row)
    found: list[TagGuess] = []
    for rule in playbook.tags:
        words = found_words(rule, said, row)
        known = rule.key in shown
        guess = _weighed(rule, words, shown[rule.key], model, said, row) if known else _by_words(words)
        if guess is not None:
            span, confidence = guess
            found.append(TagGuess(rule.key, rule.label, text[span.start : span.end], span, confidence))
    return tuple(found)


def _weighed(
    rule: TagRule, words: list[tuple[Span, Status]], of_note: float, model: TagModel, text: str, row: Sequence[Status]
) -> tuple[Span, float] | None:
    likely = model.likelihood(rule.key, of_note, words)
    if likely < ASKED_FROM:
        return None
    spoken = _by_words(words)
    span = spoken[0] if spoken else model.anchor(rule.key, text, row)
    return (span, likely) if span is not None else None


def _by_words(words: list[tuple[Span, Status]]) -> tuple[Span, float] | None:
    """Return the word to show and the trust in it: a said one before a planned or supposed one, no denied one."""
    kept = [(span, status) for span, status in words if status != "denied"]
    said = next((span for span, status in kept if status == "said"), None)
    if said is not None:
        return said, _SAID
    return (kept[0][0], _MENTIONED) if kept else None
