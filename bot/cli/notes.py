"""Notes as the corpus writes them, read into values, and extractions written back in the corpus's value forms."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

from bot.cli.lines import Answer, Line, LineError, text_of
from nlp.types import FIELDS, Channel, Extraction, NewCustomer, Note

SHANGHAI = ZoneInfo("Asia/Shanghai")
_CHANNELS = ("text", "voice")


def read_note(line: Line, text: str, *, channel: str | None = None) -> Note:
    """Return the note of a line with its words in `text`. Raises `LineError`."""
    said_channel = channel or text_of(line, "channel", default="text")
    if said_channel not in _CHANNELS:
        raise LineError(f"channel 应为 text 或 voice，不能是 “{said_channel}”")
    return Note(
        text=text,
        sent_at=read_time(line, "sent_at"),
        rep=text_of(line, "rep", default=""),
        channel=cast(Channel, said_channel),
    )


def read_time(line: Line, key: str) -> datetime:
    """Return an aware time; one without a zone is Asia/Shanghai (DECISIONS 20). Raises `LineError`."""
    said = text_of(line, key)
    try:
        at = datetime.fromisoformat(said.strip())
        return at.replace(tzinfo=SHANGHAI) if at.tzinfo is None else at.astimezone(SHANGHAI)
    except (ValueError, OverflowError) as error:
        raise LineError(f"{key} 不是时间：“{said}”；应写成 2026-03-12T16:40:00+08:00") from error


def to_answer(line_id: Any, extraction: Extraction) -> Answer:
    """Return an extraction as `waiqin extract` prints it: the best guesses, whatever the card would show."""
    guesses = {name: extraction.guess(name) for name in FIELDS}
    return {
        "id": line_id,
        **{name: to_plain(guess.value) for name, guess in guesses.items()},
        "tags": [tag.key for tag in extraction.tags],
        "evidence": {name: list(guess.span) for name, guess in guesses.items() if guess.span is not None},
        "confidence": {name: round(guess.confidence, 4) for name, guess in guesses.items()},
        "alternatives": {name: [to_plain(value) for value in guess.alternatives] for name, guess in guesses.items()},
        "shown": {name: guess.shown for name, guess in guesses.items()},
    }


def to_plain(value: Any) -> Any:
    """Return a guessed value in the corpus's form: an id or `{"new": name}`, an ISO day, a text, or None."""
    if isinstance(value, NewCustomer):
        return {"new": value.name}
    if isinstance(value, datetime):
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, date) else value
