"""Tags to ask about: a playbook's trigger words that the note says and does not deny (MISSION rows 3 and 4)."""

from __future__ import annotations

from collections.abc import Sequence

from nlp.fields.status import Status, status_at, statuses
from nlp.fields.words import occurrences
from nlp.types import Playbook, Span, TagGuess


def suggest(text: str, playbook: Playbook, reading: str | None = None) -> tuple[TagGuess, ...]:
    """Return one guess per tag whose words stand in `text`, in the playbook's order, with the triggering word.

    `reading` is `text` with broken words mended, of the same length; it is what is searched.
    """
    said = text if reading is None else reading
    row = statuses(said)
    found: list[TagGuess] = []
    for rule in playbook.tags:
        spans = [span for span in occurrences(rule.words, said) if status_at(row, *span) != "denied"]
        if spans:
            best = next((span for span in spans if status_at(row, *span) == "said"), spans[0])
            found.append(TagGuess(rule.key, rule.label, _word(text, best), best, _confidence(row, best)))
    return tuple(found)


def _word(text: str, span: Span) -> str:
    return text[span.start : span.end]


def _confidence(row: Sequence[Status], span: Span) -> float:
    return 0.9 if row[span.start] == "said" else 0.7
