"""Receipts: proof of what is safe, from an append-only ledger and never from a flag (MISSION M1).

Every capture gets an entry when it is received, in the same transaction, and a recording, photo or file a second one
when its bytes lie in the media store. A person's entries are numbered without gaps and chained by their hashes, so
that none can be removed or changed unseen. What counts as safe is found anew each time: the words still have the hash
of their entry, the bytes are still in the store under theirs.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

import sqlalchemy as sa
from sqlmodel import col

from handlers.links import Links
from handlers.rules.schedule_rules import day_start
from storage import UnitOfWork
from storage import tables as t
from storage.audit import GENESIS
from storage.media import MediaStore

#: An entry's sort: the words or the reference came in; the bytes of a medium lie in the store.
What = Literal["received", "stored"]
#: Captures whose content is a medium, which has to be fetched before it is safe.
WITH_MEDIUM = ("voice", "photo", "video", "file")
#: Readings of words that record nothing: small talk, and instructions to the bot.
NOT_COLLECTED = ("chatter", "reply")

_LAST_ENTRY = (
    sa.select(col(t.Receipt.seq), col(t.Receipt.hash))
    .where(col(t.Receipt.person_id) == sa.bindparam("person_id"))
    .order_by(col(t.Receipt.seq).desc())
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class DayCount:
    """What a person sent on a day, in captures: all, proven safe, still on the way, and failed for good."""

    captured: int = 0
    safe: int = 0
    waiting: int = 0
    lost: int = 0


@dataclass(frozen=True, slots=True)
class ShownReceipt:
    """A receipt as a person reads it. `safe` is None where the content is still on its way."""

    number: str
    at: datetime
    kind: str
    safe: bool | None
    problem: str = ""


def content_hash(capture: t.Capture) -> str:
    """Return the SHA-256 of what came in: its words, its place, or the reference of its medium."""
    content = [
        capture.source_id,
        capture.kind,
        capture.captured_at.astimezone(UTC).isoformat(),
        capture.text,
        capture.media_ref,
        capture.lat,
        capture.lon,
    ]
    return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()


def entry_hash(prev_hash: str, entry: t.Receipt) -> str:
    """Return the hash of an entry, which covers everything in it and the entry before."""
    parts = [
        prev_hash,
        entry.person_id,
        str(entry.seq),
        entry.capture_id,
        entry.what,
        entry.content_sha256,
        entry.at.astimezone(UTC).isoformat(),
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


async def issue(uow: UnitOfWork, capture: t.Capture, *, now: datetime) -> None:
    """Write the receipt of a new capture, in the transaction that stores it."""
    await _append(uow, capture, "received", content_hash(capture), now)


async def issue_stored(uow: UnitOfWork, capture: t.Capture, sha256: str, *, now: datetime) -> None:
    """Write that a capture's medium lies in the store. Safe to repeat."""
    known = sa.select(col(t.Receipt.id)).where(col(t.Receipt.capture_id) == capture.id, col(t.Receipt.what) == "stored")
    if await uow.first(known) is None:
        await _append(uow, capture, "stored", sha256, now)


async def _append(uow: UnitOfWork, capture: t.Capture, what: What, sha256: str, now: datetime) -> None:
    last = next(iter(await uow.tuples(_LAST_ENTRY, {"person_id": capture.person_id})), None)
    entry = t.Receipt(
        id=t.new_id(),
        person_id=capture.person_id,
        seq=last.seq + 1 if last else 1,
        capture_id=capture.id,
        what=what,
        content_sha256=sha256,
        at=now,
        prev_hash=last.hash if last else GENESIS,
        hash="",
    )
    entry.hash = entry_hash(entry.prev_hash, entry)
    await uow.insert(entry)


async def broken_entries(uow: UnitOfWork, person_id: str) -> list[int]:
    """Return the numbers at which a person's ledger does not verify: changed, removed or added entries."""
    broken, prev = [], GENESIS
    entries = await uow.all(
        sa.select(t.Receipt).where(col(t.Receipt.person_id) == person_id).order_by(col(t.Receipt.seq))
    )
    for number, entry in enumerate(entries, 1):
        if entry.seq != number or entry.prev_hash != prev or entry_hash(prev, entry) != entry.hash:
            broken.append(entry.seq)
        prev = entry.hash
    return broken


async def count_day(uow: UnitOfWork, person_id: str, at: datetime, media: MediaStore | None) -> DayCount:
    """Count what a person sent on the day of `at`, and prove each of it."""
    captures = await uow.all(
        sa.select(t.Capture)
        .where(col(t.Capture.person_id) == person_id, col(t.Capture.captured_at) >= day_start(at))
        .where(col(t.Capture.captured_at) < day_start(at) + timedelta(days=1))
        .where(col(t.Capture.reading).not_in(NOT_COLLECTED))
    )
    entries = await _entries_of(uow, [c.id for c in captures])
    states = [(await _is_safe(c, entries.get(c.id, {}), media), c.state == "failed") for c in captures]
    return DayCount(
        captured=len(states),
        safe=sum(safe is True for safe, _ in states),
        waiting=sum(safe is None and not failed for safe, failed in states),
        lost=sum(safe is False or (safe is None and failed) for safe, failed in states),
    )


async def last_receipts(
    uow: UnitOfWork, person_id: str, media: MediaStore | None, links: Links, *, limit: int = 5
) -> list[ShownReceipt]:
    """Return a person's newest receipts, newest first, each proven now."""
    captures = await uow.all(
        sa.select(t.Capture)
        .where(col(t.Capture.person_id) == person_id, col(t.Capture.reading).not_in(NOT_COLLECTED))
        .order_by(col(t.Capture.captured_at).desc(), col(t.Capture.id).desc())
        .limit(limit)
    )
    entries = await _entries_of(uow, [c.id for c in captures])
    shown = []
    for capture in captures:
        own = entries.get(capture.id, {})
        safe = await _is_safe(capture, own, media)
        received = own.get("received")
        number = numbered(received, links) if received is not None else ""
        problem = capture.problem if capture.state == "failed" else ""
        shown.append(ShownReceipt(number, capture.captured_at, capture.kind, safe, problem))
    return shown


def numbered(entry: t.Receipt, links: Links) -> str:
    """Return the number that a person reads: the entry's place in the ledger, and the seal of its hash."""
    return f"{entry.seq:04d}-{links.seal(entry.hash)}"


async def find_receipt(
    uow: UnitOfWork, person_id: str, number: str, media: MediaStore | None, links: Links
) -> ShownReceipt | None:
    """Return the receipt that bears this number, proven now; None if we never gave it to this person."""
    place, _, _seal = number.partition("-")
    entry = await uow.first(
        sa.select(t.Receipt).where(
            col(t.Receipt.person_id) == person_id,
            col(t.Receipt.seq) == (int(place) if place.isdecimal() and len(place) < 10 else 0),
        )
    )
    if entry is None or numbered(entry, links) != number.upper():
        return None
    capture = await uow.need(t.Capture, entry.capture_id)
    safe = await _is_safe(capture, (await _entries_of(uow, [capture.id])).get(capture.id, {}), media)
    problem = capture.problem if capture.state == "failed" else ""
    return ShownReceipt(number.upper(), capture.captured_at, capture.kind, safe, problem)


async def _entries_of(uow: UnitOfWork, capture_ids: list[str]) -> dict[str, dict[str, t.Receipt]]:
    found: dict[str, dict[str, t.Receipt]] = {}
    for start in range(0, len(capture_ids), 500):
        part = capture_ids[start : start + 500]
        for entry in await uow.all(sa.select(t.Receipt).where(col(t.Receipt.capture_id).in_(part))):
            found.setdefault(entry.capture_id, {})[entry.what] = entry
    return found


async def _is_safe(capture: t.Capture, entries: dict[str, t.Receipt], media: MediaStore | None) -> bool | None:
    """Tell whether a capture is proven to be here as it came; None while its medium is still on the way.

    Without a media store at hand nothing is proven of a medium.
    """
    received = entries.get("received")
    if received is None or received.content_sha256 != content_hash(capture):
        return False
    if capture.kind not in WITH_MEDIUM:
        return True
    stored = entries.get("stored")
    if stored is None:
        return None
    same = stored.content_sha256 == capture.media_sha256
    return same and media is not None and await media.has(stored.content_sha256)
