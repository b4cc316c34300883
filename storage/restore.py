"""Putting a backup into an empty place, on SQLite or PostgreSQL, with every hash checked before and after.

Media and spool go first, for they may lie there twice without harm; all rows follow in one transaction. What is broken
off anywhere leaves an empty database, and the same command can be given again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlmodel import col

from storage import migrate
from storage.audit import GENESIS, is_whole
from storage.backup import audit_heads
from storage.backup_files import (
    HEADS,
    MEDIA,
    MEDIA_LIST,
    SPOOL,
    TABLES,
    BackupError,
    Manifest,
    check_lines,
    find_backup,
    read_lines,
    read_manifest,
    write_synced,
)
from storage.media import FolderMediaStore, MediaCorrupt, MediaMissing, MediaStore
from storage.table_dump import DumpTable, count, loading, snapshot, tables_of, versions, write_rows
from storage.tables import Change, ChangeValue

#: Makes or migrates the workflow engine's tables at a database URL.
MakeEngineTables = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Restored:
    """What was put where: the backup it came from and how many media were new in this place."""

    backup: Path
    manifest: Manifest
    media_copied: int


async def check_backup(folder: Path) -> tuple[Path, Manifest]:
    """Find a backup and check every hash in it. Raises `BackupError`."""
    backup = find_backup(folder)
    manifest = read_manifest(backup)
    for name, part in manifest.tables.items():
        # The line with the columns' names is not a row, but it is under the hash.
        check_lines(_table_file(backup, name), type(part)(part.rows + 1, part.sha256))
    check_lines(backup / HEADS, manifest.audit_heads)
    for name, digest in manifest.spool.items():
        if _hash_of(backup / SPOOL / name) != digest:
            raise BackupError(f"备份里的 {SPOOL}/{name} 与清单不符，已损坏或被改动过")
    if _hash_of(backup / MEDIA_LIST) != manifest.media.sha256:
        raise BackupError(f"备份里的 {MEDIA_LIST} 与清单不符，已损坏或被改动过")
    media = FolderMediaStore(backup.parent / MEDIA)
    for digest in _listed_media(backup):
        try:
            await media.get(digest)
        except MediaMissing:
            raise BackupError(f"备份里缺照片或录音 {digest}") from None
        except MediaCorrupt:
            raise BackupError(f"备份里的照片或录音 {digest} 已损坏") from None
    return backup, manifest


async def restore(
    folder: Path, *, database_url: str, media: MediaStore, spool: Path, make_engine_tables: MakeEngineTables
) -> Restored:
    """Put a backup into an empty database, with its media and spool. Raises `BackupError`; then nothing was loaded."""
    backup, manifest = await check_backup(folder)
    if not migrate.knows(manifest.schema):
        raise BackupError(f"这份备份来自更新的版本（表结构 {manifest.schema}），请先升级本程序再恢复")
    _refuse_unless_empty(database_url)
    copied = await _put_media(backup, media)
    for name in manifest.spool:
        write_synced(spool / name, (backup / SPOOL / name).read_bytes())
    _load(backup, manifest, database_url, make_engine_tables)
    migrate.upgrade(database_url)
    _check_chains(backup, database_url)
    return Restored(backup, manifest, copied)


def _table_file(backup: Path, name: str) -> Path:
    return backup / TABLES / f"{name}.jsonl.gz"


def _hash_of(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        raise BackupError(f"备份里缺 {path.name}") from None


def _listed_media(backup: Path) -> list[str]:
    return (backup / MEDIA_LIST).read_text(encoding="ascii").split()


def _refuse_unless_empty(database_url: str) -> None:
    with snapshot(database_url) as connection:
        filled = [one.name for one in tables_of(connection) if count(connection, one.table)]
    if filled:
        names = "、".join(filled[:3]) + ("等" if len(filled) > 3 else "")
        raise BackupError(f"目标数据库里已经有数据（{names}），恢复只写进空的数据库，什么都没有改")


async def _put_media(backup: Path, media: MediaStore) -> int:
    """Store all media of the backup; the store names them by their hash, so that another hash means other bytes."""
    source, copied = FolderMediaStore(backup.parent / MEDIA), 0
    for digest in _listed_media(backup):
        if await media.has(digest):
            try:
                await media.get(digest)
                continue
            except MediaCorrupt:
                pass  # written anew from the backup
        await media.put(await source.get(digest))
        copied += 1
    return copied


def _load(backup: Path, manifest: Manifest, database_url: str, make_engine_tables: MakeEngineTables) -> None:
    migrate.upgrade(database_url, manifest.schema)
    make_engine_tables(database_url)
    with loading(database_url) as connection:
        _, engine_schema = versions(connection)
        if manifest.engine_schema > engine_schema:
            raise BackupError("这份备份里的队列来自更新的版本，请先升级本程序再恢复")
        found = {one.name: one for one in tables_of(connection)}
        unknown = sorted(name for name, part in manifest.tables.items() if part.rows and name not in found)
        if unknown:
            raise BackupError(f"备份里的表 {unknown[0]} 在这个版本里没有位置，请用做备份的那个版本恢复")
        for name, one in found.items():
            if name in manifest.tables:
                _load_table(connection, backup, manifest, one)


def _load_table(connection: sa.Connection, backup: Path, manifest: Manifest, one: DumpTable) -> None:
    lines = read_lines(_table_file(backup, one.name))
    columns: list[str] = next(lines)
    foreign = sorted(set(columns) - set(one.columns))
    if foreign:
        raise BackupError(f"备份里的列 {one.name}.{foreign[0]} 在这个版本里没有位置，请用做备份的那个版本恢复")
    write_rows(connection, one, columns, lines)
    held, wanted = count(connection, one.table), manifest.tables[one.name].rows
    if held != wanted:
        raise BackupError(f"表 {one.name} 恢复了 {held} 行，备份里是 {wanted} 行")


# --- the audit chains --------------------------------------------------------------------------------------------


def _check_chains(backup: Path, database_url: str) -> None:
    with snapshot(database_url) as connection:
        broken = next(broken_chains(connection), None)
        if broken is not None:
            raise BackupError(f"已恢复，但审计链 {broken} 对不上：在做备份之前它就被改动过，请留存这份备份并查明原因")
        # Compared in the order of Python, for databases sort names differently.
        if list(audit_heads(connection)) != list(read_lines(backup / HEADS)):
            raise BackupError("已恢复，但审计链的末端与备份记下的不同，请留存这份备份并查明原因")


def broken_chains(connection: sa.Connection) -> Iterator[str]:
    """Yield the names of the audit chains that do not verify, each once."""
    query = (
        sa.select(Change, ChangeValue)
        .outerjoin(ChangeValue, col(ChangeValue.change_id) == Change.id)
        .order_by(col(Change.chain), col(Change.seq))
        .execution_options(yield_per=1000)
    )
    chain, number, prev, reported = "", 0, GENESIS, ""
    rows: Any = Session(connection).execute(query)
    for entry, value in rows:
        if entry.chain != chain:
            chain, number, prev = entry.chain, 0, GENESIS
        number += 1
        if not is_whole(entry, value, number, prev) and reported != chain:
            reported = chain
            yield chain
        prev = entry.hash
