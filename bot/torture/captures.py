"""Every message that was accepted is found once, as it was sent, and came to exactly one end."""

from __future__ import annotations

import hashlib
from collections import defaultdict

from bot.torture.books import Books, Row
from bot.torture.findings import Findings
from bot.torture.ledger import Entry, Ledger

_MESSAGES = ("text", "voice", "photo", "location")
#: States of a delivery that has reached its receiver, or has become needless.
_ENDED = ("sent", "superseded")


def check(ledger: Ledger, books: Books, found: Findings) -> None:
    """Follow each entry of the ledger, then look for what no entry accounts for."""
    captures = _by(books.rows("select * from capture"), "source_id")
    events = _by(books.rows("select * from event_seen"), "source_id")
    answers = _by(books.rows("select id, answers, state, problem, kind from delivery where answers <> ''"), "answers")
    transcripts = _by(books.rows("select capture_id, text from transcript"), "capture_id")
    for entry in ledger:
        own = captures[entry.source_id] if entry.kind in _MESSAGES else events[entry.source_id]
        if entry.accepted or len(own) > 1:
            found.count(len(own), f"{entry}")
        if len(own) == 1 and entry.kind in _MESSAGES:
            _compare(entry, own[0], transcripts[own[0]["id"]], books, found)
        if own:
            _check_end(entry, own[0], answers[entry.source_id], books, found)
    for source_id in [*captures, *events]:
        if (captures[source_id] or events[source_id]) and ledger.get(source_id) is None:
            found.doubled.append(f"a capture that nobody sent: {source_id}")


def _by(rows: list[Row], name: str) -> defaultdict[str, list[Row]]:
    grouped: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        grouped[row[name]].append(row)
    return grouped


def _compare(entry: Entry, capture: Row, transcripts: list[Row], books: Books, found: Findings) -> None:
    """The capture is what was sent: person, kind, words, bytes."""
    if (capture["person_id"], capture["kind"]) != (entry.userid, entry.kind):
        found.altered.append(f"{entry} became {capture['kind']} of {capture['person_id']}")
    if entry.kind == "text" and capture["text"] != entry.text:
        found.altered.append(f"{entry} became “{capture['text']}”")
    if not entry.sha256:
        return
    if capture["state"] == "failed" and capture["problem"] == "media_gone":
        return  # the platform dropped the file; that the rep was told is checked with the ends
    if capture["media_sha256"] != entry.sha256:
        found.lost.append(f"bytes of {entry}: {capture['state']} {capture['problem']}")
        return
    path = books.media / entry.sha256[:2] / entry.sha256
    if not path.is_file():
        found.lost.append(f"file of {entry}")
    elif hashlib.sha256(path.read_bytes()).hexdigest() != entry.sha256:
        found.altered.append(f"file of {entry}")
    if entry.kind == "voice":
        found.count(len(transcripts), f"transcript of {entry}")
        if transcripts and transcripts[0]["text"] != entry.words:
            found.altered.append(f"transcript of {entry}: “{transcripts[0]['text']}”")


def _check_end(entry: Entry, row: Row, answers: list[Row], books: Books, found: Findings) -> None:
    """Answered, queued or refused in words; events may end recorded. Our own fault is no end."""
    if entry.kind == "event":
        return
    if any(answer["id"].startswith("fault:") for answer in answers):
        found.stuck.append(f"{entry} ended in our own fault")
    failed = [answer for answer in answers if answer["state"] not in (*_ENDED, "queued")]
    if failed:
        found.lost.append(f"answer to {entry}: {failed[0]['state']} {failed[0]['problem']}")
    if entry.kind in _MESSAGES and row["state"] not in ("read", "failed"):
        found.stuck.append(f"{entry} is still {row['state']}")
    final = [answer for answer in answers if not answer["id"].startswith(("hearing:", "delayed:"))]
    if not final and not (entry.kind == "photo" and _gathered(row, books)):
        found.lost.append(f"answer to {entry}")
    if len([answer for answer in final if answer["id"].startswith(f"answer:{entry.source_id}")]) > 2:
        found.doubled.append(f"answers to {entry}")


def _gathered(capture: Row, books: Books) -> bool:
    """Photos that came together have one answer, under their visit."""
    prefix = f"photos:{capture['visit_id']}:"
    sent = books.rows("select id from delivery where state = 'sent' and id like 'photos:%'")
    return any(row["id"].startswith(prefix) for row in sent)
