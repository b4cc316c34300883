"""Which messages of a chat a card shows, and what is asked where no day was said."""

from __future__ import annotations

from datetime import UTC, date, datetime

from handlers.rules.forwards import ask_follow_up, worth_showing
from nlp.forwarded import ForwardedMessage
from nlp.types import Extraction, Guess, Span

#: Friday 2026-03-13, 10:00 in Shanghai.
FRIDAY = datetime(2026, 3, 13, 2, 0, tzinfo=UTC)
TEXTS = ("在吗", "华锐这边交期太长", "价格也高", "华锐的领导还要看", "周五给您", "好", "嗯")


def chat() -> tuple[ForwardedMessage, ...]:
    """Return messages of ten characters each, one after the other."""
    return tuple(ForwardedMessage("李总", None, text, Span(n * 10, n * 10 + len(text))) for n, text in enumerate(TEXTS))


def found_in(number: int) -> Guess:
    return Guess("x", 0.9, Span(number * 10, number * 10 + 2), shown="value")


def test_messages_that_fields_were_read_from_are_shown_in_their_order() -> None:
    extraction = Extraction(next_followup=found_in(4), obstacle=found_in(1))
    assert worth_showing(chat(), extraction, ("华锐",)) == (1, 4)


def test_more_evidence_than_fits_keeps_what_holds_the_deal_back() -> None:
    extraction = Extraction(found_in(3), found_in(0), found_in(2), found_in(4), found_in(1))
    assert worth_showing(chat(), extraction, ()) == (1, 2, 4)


def test_without_evidence_the_last_that_name_the_customer_else_the_last() -> None:
    assert worth_showing(chat(), Extraction(), ("华锐",)) == (1, 3)
    assert worth_showing(chat(), Extraction(), ("博恒",)) == (4, 5, 6)


def test_a_name_in_a_header_is_no_evidence_of_what_was_said() -> None:
    assert worth_showing(chat(), Extraction(contact=Guess("李总", 0.9, Span(68, 70), shown="value")), ()) == (4, 5, 6)


def test_where_no_day_was_said_the_next_working_day_is_a_question() -> None:
    asked = ask_follow_up(Extraction(), FRIDAY).next_followup
    assert (asked.value, asked.alternatives, asked.shown) == (None, (date(2026, 3, 16),), "question")


def test_a_day_that_was_said_stands() -> None:
    said = Extraction(next_followup=found_in(4))
    assert ask_follow_up(said, FRIDAY) is said
