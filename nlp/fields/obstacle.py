"""The key obstacle: the shortest verbatim stretch that states what holds the deal back (corpus/README, decision 7)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from nlp.fields import lexicon
from nlp.fields.borders import snapped
from nlp.fields.calibration import confidence, none_signals, obstacle_signals
from nlp.fields.spans import Found, SpanModel
from nlp.types import Guess, Span

#: What marks the one obstacle that counts where several are named (corpus/README, decision 7).
_MARKED = re.compile("(?:主要|就|一直|还)?卡在(?=..)")
#: A mark stands in a stretch or at most so many characters before it.
_MARK_BEFORE = 4
#: Behind an objection: what is to be done about it.
_TO_DO = re.compile(
    "[，,、](?:所以|让我们?|叫我们?)?要(?:我们?)?(?:重新|全部|再)?(?:报|改|送|出|做|发|补|调|测|算)(?!价)[^，,。]*$"
)
#: A vague phrase makes the stretch vague where it covers at least this share of it.
_VAGUE_SHARE = 0.4


def guess(text: str, model: SpanModel, reading: str | None = None, taken: Sequence[Span] = ()) -> Guess:
    """Return the obstacle verbatim with its span; a vague one is a question that says so; None where none is said.

    `reading` is `text` with broken words mended, of the same length; it is what is searched. `taken` are spans that
    name the customer and the contact: no obstacle overlaps them.
    """
    found = model.find(text if reading is None else reading, taken)
    found = _marked_first(text if reading is None else reading, found)
    others = tuple(dict.fromkeys(_said(text, snapped(text, span, taken)) for span in dict.fromkeys(found.others)))
    vague = lexicon.VAGUE.search(text)
    if found.span is None:
        return (
            _vague(text, vague.span(), others)
            if vague
            else Guess(None, confidence("no obstacle", none_signals(found.null)), None, others, "没有说到障碍")
        )
    if vague and _covers(vague.span(), found.span):
        return _vague(text, vague.span(), others)
    span = _without_to_do(text, snapped(text, found.span, taken))
    value = _said(text, span)
    sure = confidence("obstacle", obstacle_signals(found.confidence, found.null, span.end - span.start, len(text)))
    return Guess(value, sure, span, tuple(o for o in others if o != value), "原话", "said", "value")


def is_vague(words: str) -> bool:
    """Tell whether an obstacle in words says nothing of what blocks the deal (“再看看”, “有意向”)."""
    match = lexicon.VAGUE.search(words)
    return bool(match) and match is not None and (match.end() - match.start()) >= _VAGUE_SHARE * len(words.strip())


def _covers(vague: tuple[int, int], span: Span) -> bool:
    shared = min(vague[1], span.end) - max(vague[0], span.start)
    return shared >= _VAGUE_SHARE * (span.end - span.start)


def _marked_first(text: str, found: Found) -> Found:
    """Put first the stretch that is marked as the main one, where the chosen one is not and just one is."""
    if found.span is None or _MARKED.search(_said(text, found.span)):
        return found
    marks = [(span, _MARKED.search(text, max(0, span.start - _MARK_BEFORE), span.end)) for span in found.others]
    marked = [Span(mark.start(), span.end) for span, mark in marks if mark]
    if len(marked) != 1:
        return found
    rest = tuple(span for span in found.others if span.end != marked[0].end)
    return replace(found, span=marked[0], others=(found.span, *rest))


def _without_to_do(text: str, span: Span) -> Span:
    """Cut what is to be done about the obstacle (他不认，要重新报一版)."""
    to_do = _TO_DO.search(_said(text, span))
    return Span(span.start, span.start + to_do.start()) if to_do and to_do.start() > 1 else span


def _vague(text: str, at: tuple[int, int], others: tuple[str, ...]) -> Guess:
    words = text[at[0] : at[1]]
    rest = tuple(o for o in others if o != words)
    return Guess(words, 0.5, Span(*at), rest, f"“{words}”太笼统，具体卡在哪一项？", "said", "question")


def _said(text: str, span: Span) -> str:
    return text[span.start : span.end]
