"""Days that hang on the day named before them: 次日, 第二天, 提前三天, and the same weekday said again."""

from __future__ import annotations

import re
from dataclasses import replace

from nlp.dates.grammar.rules import add_days
from nlp.dates.mention import DateMention, Reference

_STOP = re.compile(r"[。！？!?；;\n]")
#: 第二天 and 提前三天 count from a day at most so many characters before them.
_NEAR = 25


def anchored(mention: DateMention, found: list[DateMention], text: str, ref: Reference) -> DateMention | None:
    """Return the mention as the days `found` before it make it mean; None for 提前三天 without such a day."""
    previous = found[-1] if found and not found[-1].vague else None
    if mention.kind == "days_ahead":
        return _ahead_of(mention, previous, text, ref)
    if mention.kind in {"next_day", "nth_day"}:
        return _after(mention, previous, ref)
    return _said_again(mention, found) if mention.kind == "weekday" else mention


def _ahead_of(mention: DateMention, previous: DateMention | None, text: str, ref: Reference) -> DateMention | None:
    """Count 提前三天 back from the coming day that its sentence names before it."""
    if previous is None or previous.date <= ref.day:
        return None
    gap = text[previous.span.end : mention.span.start]
    moved = add_days(previous.date, (mention.date - ref.day).days)
    if moved is None or moved < ref.day or len(gap) > _NEAR or _STOP.search(gap):
        return None
    return replace(mention, date=moved, kind="date")


def _after(mention: DateMention, previous: DateMention | None, ref: Reference) -> DateMention:
    """Count 次日 from the last day named, 第二天 only from one close by; else both count from today."""
    if previous is None:
        return mention
    if mention.kind == "nth_day" and mention.span.start - previous.span.end > _NEAR:
        return mention
    moved = add_days(previous.date, (mention.date - ref.day).days) or mention.date
    return replace(mention, date=moved, kind="next_day", past=moved < ref.day)


def _said_again(mention: DateMention, found: list[DateMention]) -> DateMention:
    """Let a bare weekday mean the same day as when it was named shortly before."""
    for earlier in reversed(found[-5:]):
        if earlier.kind == "weekday" and earlier.date.weekday() == mention.date.weekday():
            return replace(mention, date=earlier.date)
    return mention
