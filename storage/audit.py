"""The audit chain: append-only, one chain per customer, salted commitments, values apart (DECISIONS 13)."""

from __future__ import annotations

import hashlib
import json
import secrets
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from storage.tables import Change, ChangeValue, new_id
from storage.uow import UnitOfWork

GENESIS = "0" * 64

_LAST_LINK = (
    sa.select(col(Change.seq), col(Change.hash))
    .where(col(Change.chain) == sa.bindparam("chain"))
    .order_by(col(Change.seq).desc())
    .limit(1)
)


def commitment(salt: str, before: Any, after: Any) -> str:
    """Return the SHA-256 that binds a salt to the values before and after."""
    canonical = json.dumps([before, after], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(f"{salt}\n{canonical}".encode()).hexdigest()


def link_hash(prev_hash: str, entry: Change) -> str:
    """Return the hash of an entry, which covers everything in it and the entry before."""
    parts = [
        prev_hash,
        entry.chain,
        str(entry.seq),
        entry.at.astimezone(UTC).isoformat(),
        entry.actor_id,
        entry.via,
        entry.entity,
        entry.entity_id,
        entry.field,
        entry.commitment,
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


async def record(
    uow: UnitOfWork,
    *,
    chain: str,
    at: datetime,
    actor_id: str,
    via: str,
    entity: str,
    entity_id: str,
    field: str,
    before: Any = None,
    after: Any = None,
) -> None:
    """Append one change to a chain, in the caller's transaction."""
    await uow.flush()
    last = next(iter(await uow.tuples(_LAST_LINK, {"chain": chain})), None)
    salt = secrets.token_hex(16)
    entry = Change(
        id=new_id(),
        chain=chain,
        seq=(last.seq + 1) if last else 1,
        at=at,
        actor_id=actor_id,
        via=via,
        entity=entity,
        entity_id=entity_id,
        field=field,
        commitment=commitment(salt, before, after),
        prev_hash=last.hash if last else GENESIS,
        hash="",
    )
    entry.hash = link_hash(entry.prev_hash, entry)
    await uow.insert(entry)
    await uow.insert(ChangeValue(change_id=entry.id, salt=salt, before=before, after=after))


def is_whole(entry: Change, value: ChangeValue | None, number: int, prev_hash: str) -> bool:
    """Tell whether an entry is the chain's `number`th, follows the hash before it, and fits its values.

    `value` is None where a purge has removed them: the commitment stays.
    """
    linked = entry.seq == number and entry.prev_hash == prev_hash and link_hash(prev_hash, entry) == entry.hash
    return linked and (value is None or commitment(value.salt, value.before, value.after) == entry.commitment)


async def broken_links(uow: UnitOfWork, chain: str) -> list[int]:
    """Return the sequence numbers where a chain does not verify; empty if it is whole."""
    entries = await uow.all(sa.select(Change).where(col(Change.chain) == chain).order_by(col(Change.seq)))
    values = {
        v.change_id: v
        for v in await uow.all(
            sa.select(ChangeValue)
            .join(Change, col(Change.id) == ChangeValue.change_id)
            .where(col(Change.chain) == chain)
        )
    }
    broken, prev = [], GENESIS
    for number, entry in enumerate(entries, 1):
        if not is_whole(entry, values.get(entry.id), number, prev):
            broken.append(entry.seq)
        prev = entry.hash
    return broken
