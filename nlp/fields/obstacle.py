"""The key obstacle: the shortest verbatim stretch that states what holds the deal back (corpus/README, decision 7)."""

from __future__ import annotations

from collections.abc import Sequence

from nlp.fields import lexicon
from nlp.fields.borders import snapped
from nlp.fields.spans import SpanModel
from nlp.types import Guess, Span

#: A vague phrase makes the stretch vague where it covers at least this share of it.
_VAGUE_SHARE = 0.4


def guess(text: str, model: SpanModel, reading: str | None = None, taken: Sequence[Span] = ()) -> Guess:
    """Return the obstacle verbatim with its span; a vague one is a question that says so; None where none is said.

    `reading` is `text` with broken words mended, of the same length; it is what is searched. `taken` are spans that
    name the customer and the contact: no obstacle overlaps them.
    """
    found = model.find(text if reading is None else reading, taken)
    others = tuple(dict.fromkeys(_said(text, snapped(text, span, taken)) for span in found.others))
    vague = lexicon.VAGUE.search(text)
    if found.span is None:
        return _vague(text, vague.span(), others) if vague else Guess(None, found.null, None, others, "没有说到障碍")
    if vague and _covers(vague.span(), found.span):
        return _vague(text, vague.span(), others)
    span = snapped(text, found.span, taken)
    value = _said(text, span)
    return Guess(value, found.confidence, span, tuple(o for o in others if o != value), "原话", "said", "value")


def is_vague(words: str) -> bool:
    """Tell whether an obstacle in words says nothing of what blocks the deal (“再看看”, “有意向”)."""
    match = lexicon.VAGUE.search(words)
    return bool(match) and match is not None and (match.end() - match.start()) >= _VAGUE_SHARE * len(words.strip())


def _covers(vague: tuple[int, int], span: Span) -> bool:
    shared = min(vague[1], span.end) - max(vague[0], span.start)
    return shared >= _VAGUE_SHARE * (span.end - span.start)


def _vague(text: str, at: tuple[int, int], others: tuple[str, ...]) -> Guess:
    words = text[at[0] : at[1]]
    rest = tuple(o for o in others if o != words)
    return Guess(words, 0.5, Span(*at), rest, f"“{words}”太笼统，具体卡在哪一项？", "said", "question")


def _said(text: str, span: Span) -> str:
    return text[span.start : span.end]
