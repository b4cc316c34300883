"""Making a backup while the service runs: one snapshot of all tables, all media by hash, the spool.

The order makes it whole: the spool first, for what leaves it after that is in the snapshot; then the tables as of one
moment; then the media, which are never changed, so that all that the tables name are there.
"""

from __future__ import annotations

import asyncio
import hashlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from storage.backup_files import (
    HEADS,
    MEDIA,
    MEDIA_LIST,
    SPOOL,
    TABLES,
    BackupError,
    Manifest,
    Part,
    complete_backups,
    write_lines,
    write_synced,
)
from storage.media import FolderMediaStore, MediaError, MediaStore
from storage.table_dump import DumpTable, read_rows, snapshot, tables_of, versions


@dataclass(frozen=True, slots=True)
class MadeBackup:
    """A finished backup: where it is, what it holds, and how many media it had to copy."""

    path: Path
    manifest: Manifest
    media_copied: int


async def make_backup(
    folder: Path, *, database_url: str, media: MediaStore, spool: Path, made_at: datetime
) -> MadeBackup:
    """Write a new backup into a folder of backups. Raises `BackupError`, `OSError` or SQLAlchemy's errors."""
    target = folder / made_at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    if target.exists():
        raise BackupError(f"{target} 已经存在，过一秒再试")
    partial = target.with_suffix(".partial")
    (partial / TABLES).mkdir(parents=True, mode=0o700)
    kept_spool = _copy_spool(spool, partial / SPOOL)
    described = await asyncio.to_thread(_dump, database_url, partial)
    copied, digests, damaged = await _copy_media(media, FolderMediaStore(folder / MEDIA))
    write_synced(partial / MEDIA_LIST, "".join(f"{digest}\n" for digest in digests).encode())
    manifest = Manifest(
        made_at=made_at.astimezone(UTC).isoformat(),
        database="sqlite" if database_url.startswith("sqlite") else "postgresql",
        schema=described.schema,
        engine_schema=described.engine_schema,
        tables=described.tables,
        media=Part(len(digests), hashlib.sha256((partial / MEDIA_LIST).read_bytes()).hexdigest()),
        audit_heads=described.heads,
        spool=kept_spool,
        media_missing=tuple(sorted((described.named_media - set(digests)) | damaged)),
    )
    manifest.write(partial)
    partial.rename(target)
    return MadeBackup(target, manifest, copied)


def prune(folder: Path, keep: int) -> list[Path]:
    """Remove all but the newest `keep` backups, and the media that none of the others holds; return what went."""
    complete = complete_backups(folder)
    gone = complete[:-keep] if keep > 0 else []
    for path in gone:
        shutil.rmtree(path)
    held = {line for path in complete[len(gone) :] for line in (path / MEDIA_LIST).read_text().split()}
    for path in (folder / MEDIA).glob("??/*") if gone else ():
        if path.name not in held:
            path.unlink()
    return gone


@dataclass(frozen=True, slots=True)
class _Dumped:
    schema: str
    engine_schema: int
    tables: dict[str, Part]
    heads: Part
    named_media: set[str]


def _dump(database_url: str, target: Path) -> _Dumped:
    with snapshot(database_url) as connection:
        schema, engine_schema = versions(connection)
        if not schema:
            raise BackupError("数据库里还没有 waiqin 的表，没有可备份的内容")
        parts = {}
        for one in tables_of(connection):
            part = write_lines(target / TABLES / f"{one.name}.jsonl.gz", _with_header(connection, one))
            parts[one.name] = Part(part.rows - 1, part.sha256)
        heads = write_lines(target / HEADS, audit_heads(connection))
        media = connection.execute(sa.text("select sha256, thumbnail_sha256 from media")).all()
    return _Dumped(schema, engine_schema, parts, heads, {digest for row in media for digest in row if digest})


def _with_header(connection: sa.Connection, one: DumpTable) -> Iterator[list[object]]:
    yield list(one.columns)
    yield from read_rows(connection, one)


def audit_heads(connection: sa.Connection) -> Iterator[list[object]]:
    """Yield (chain, number, hash) of each audit chain's last entry, in the order of the chains' names' bytes."""
    last = "select chain, max(seq) as seq from change group by chain"
    query = f"select c.chain, c.seq, c.hash from change c join ({last}) l on l.chain = c.chain and l.seq = c.seq"  # noqa: S608
    yield from sorted(list(row) for row in connection.execute(sa.text(query)))


def _copy_spool(spool: Path, target: Path) -> dict[str, str]:
    """Copy what waits; return the hash of each file. One that is drained meanwhile is in the database."""
    kept = {}
    for path in sorted(spool.glob("*.json")):
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            continue
        write_synced(target / path.name, data)
        kept[path.name] = hashlib.sha256(data).hexdigest()
    return kept


async def _copy_media(source: MediaStore, target: FolderMediaStore) -> tuple[int, list[str], set[str]]:
    """Copy what the backup folder does not have yet; return how many, all digests, and those that are damaged."""
    copied, held, damaged = 0, [], set[str]()
    for digest in await source.digests():
        try:
            if not await target.has(digest):
                await target.put(await source.get(digest))
                copied += 1
            held.append(digest)
        except MediaError:
            damaged.add(digest)
    return copied, held, damaged
