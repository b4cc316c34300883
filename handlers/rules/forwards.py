"""What of a forwarded chat matters: which messages a card shows, and whether somebody has to follow up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from handlers.rules.days import day_of
from nlp.dates.workdays import default_calendar
from nlp.forwarded import ForwardedMessage
from nlp.types import Extraction, FieldName, Guess

#: A card shows this many messages (MISSION row 12).
MOST_SHOWN = 3
#: Whose evidence is shown first where there is more than fits.
_TELLING: tuple[FieldName, ...] = ("obstacle", "next_followup", "stage", "customer", "contact")


def worth_showing(
    messages: Sequence[ForwardedMessage], extraction: Extraction, names: Sequence[str]
) -> tuple[int, ...]:
    """Return the positions of at most three messages, in their order.

    Those that a field was read from, else the last ones that name the customer (`names`: all that it is called), else
    the last ones.
    """
    telling = [_holding(messages, extraction.guess(field)) for field in _TELLING]
    chosen = [position for position in dict.fromkeys(telling) if position is not None][:MOST_SHOWN]
    if not chosen:
        naming = [n for n, m in enumerate(messages) if any(name in m.text or name in m.speaker for name in names)]
        chosen = (naming or list(range(len(messages))))[-MOST_SHOWN:]
    return tuple(sorted(chosen))


def _holding(messages: Sequence[ForwardedMessage], guess: Guess) -> int | None:
    """Return the message in which a guess has its evidence. A name in a header is no evidence of what was said."""
    if guess.span is None or guess.shown == "missing":
        return None
    start, end = guess.span
    return next((n for n, m in enumerate(messages) if m.span.start < end and start < m.span.end), None)


def ask_follow_up(extraction: Extraction, sent_at: datetime) -> Extraction:
    """Where a chat names no day, offer the next working day as a question: a day is never set without a tap."""
    if extraction.next_followup.shown != "missing":
        return extraction
    day = default_calendar().add_working_days(day_of(sent_at), 1)
    reason = "聊天里没有说哪天；要跟进就先定下一个工作日"
    return replace(extraction, next_followup=Guess(alternatives=(day,), reason=reason, shown="question"))
