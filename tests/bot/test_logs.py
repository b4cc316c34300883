"""Log lines are JSON, carry the named facts and nothing that a person said."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from bot.logs import FACTS, RateLimit, configure

SAID = "华锐的王经理说交期太长"


class Stream(io.StringIO):
    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.getvalue().splitlines()]


@pytest.fixture
def stream() -> Iterator[Stream]:
    """Log into memory, and leave the process's logging as it was found."""
    root, dbos = logging.getLogger(), logging.getLogger("dbos")
    before = root.handlers[:], root.level, dbos.handlers[:], dbos.level, dbos.propagate
    root.handlers = []  # pytest's own stay open
    out = Stream()
    configure("info", out)
    yield out
    logging.captureWarnings(False)
    root.handlers[:], root.level, dbos.handlers[:], dbos.level, dbos.propagate = before


def test_a_line_names_what_happened(stream: Stream) -> None:
    logging.getLogger("bot").info("Voice transcribed.", extra={"action": "voice", "message_id": "m1", "took_ms": 12})
    (line,) = stream.lines
    assert line.pop("at").endswith("+00:00")
    assert line == {
        "level": "info",
        "logger": "bot",
        "message": "Voice transcribed.",
        "action": "voice",
        "message_id": "m1",
        "took_ms": 12,
    }


def test_what_a_person_said_does_not_pass_under_any_other_name(stream: Stream) -> None:
    extra = dict.fromkeys(("text", "transcript", "body", "customer", "sender", "url", "token", "lat"), SAID)
    logging.getLogger("handlers").warning("Saved.", extra=extra | {"kind": {"text": SAID}, "code": [SAID]})
    assert SAID not in stream.getvalue()
    assert set(stream.lines[0]) == {"at", "level", "logger", "message"}


def test_a_fact_is_cut_to_the_length_of_a_name(stream: Stream) -> None:
    logging.getLogger("bot").info("Received.", extra={"kind": "x" * 5000})
    assert len(stream.lines[0]["kind"]) == 120


def test_no_fact_is_named_like_content() -> None:
    content = {"text", "transcript", "body", "name", "phone", "position", "lat", "lon", "token", "url", "customer"}
    assert not FACTS & content


def test_an_error_tells_types_and_places_but_not_its_text(stream: Stream) -> None:
    try:
        try:
            raise ConnectionRefusedError(111, SAID)
        except OSError as error:
            raise ValueError(SAID) from error
    except ValueError:
        logging.getLogger("bot").exception("Could not send.")
    assert SAID not in stream.getvalue()
    error = stream.lines[0]["error"]
    assert (error["type"], error["causes"]) == ("ValueError", ["ConnectionRefusedError errno 111"])
    assert error["at"][-1].endswith("in test_an_error_tells_types_and_places_but_not_its_text")


def test_a_new_line_in_a_message_stays_in_its_line(stream: Stream) -> None:
    logging.getLogger("bot").info('one\n{"level": "forged"}')
    assert len(stream.lines) == 1


def test_the_queue_engine_repeats_itself_once_a_minute_and_says_how_often() -> None:
    now = [0.0]
    limit = RateLimit("dbos", period_s=60, clock=lambda: now[0])

    def passes(name: str, line: int) -> int | None:
        record = logging.LogRecord(name, logging.WARNING, "poll.py", line, "Database is away", None, None)
        return getattr(record, "count", 0) if limit.filter(record) else None

    assert [passes("dbos", 1) for _ in range(5)] == [0, None, None, None, None]
    assert passes("dbos", 2) == 0
    assert [passes("bot", 1) for _ in range(2)] == [0, 0]
    now[0] = 61
    assert passes("dbos", 1) == 4


def test_the_queue_engine_logs_through_us_and_only_warnings(stream: Stream) -> None:
    from dbos._logger import init_logger

    init_logger()
    logging.getLogger("dbos").info("Launched")
    logging.getLogger("dbos").warning("Retrying")
    assert [line["message"] for line in stream.lines] == ["Retrying"]


def test_request_lines_with_their_signatures_are_not_logged(stream: Stream) -> None:
    logging.getLogger("aiohttp.access").info("GET /wecom?msg_signature=abc")
    assert stream.getvalue() == ""
