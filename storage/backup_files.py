"""The form of a backup folder, and reading it back with every hash checked.

FOLDER/media/ab/abcd…            photos and recordings by hash, shared by all backups in the folder
FOLDER/20261121T225456Z/         one backup: it is complete if, and only if, it has a manifest
    manifest.json                counts and hashes of all below, schema versions, the audit chains' heads
    tables/visit.jsonl.gz        a line with the columns' names, then a line for each row
    media.txt                    the digests of all media that belong to this backup
    audit_heads.jsonl.gz         each audit chain's last number and hash
    spool/…                      callbacks that were accepted and not yet in the database
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

FORMAT = 1
MANIFEST, TABLES, MEDIA, MEDIA_LIST, HEADS, SPOOL = (
    "manifest.json",
    "tables",
    "media",
    "media.txt",
    "audit_heads.jsonl.gz",
    "spool",
)


class BackupError(Exception):
    """A backup cannot be made or used. The message is one Chinese sentence for the administrator."""


@dataclass(frozen=True, slots=True)
class Part:
    """One file of a backup: its rows or lines, and the SHA-256 of its content before compression."""

    rows: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds. `schema` and `engine_schema` say which program can read it."""

    made_at: str
    database: str
    schema: str
    engine_schema: int
    tables: dict[str, Part]
    media: Part
    audit_heads: Part
    spool: dict[str, str] = field(default_factory=dict)
    #: media that the database knows and the store did not have, or not whole, when the backup was made
    media_missing: tuple[str, ...] = ()
    format: int = FORMAT

    @property
    def rows(self) -> int:
        """How many rows there are in all tables."""
        return sum(part.rows for part in self.tables.values())

    def write(self, folder: Path) -> None:
        """Write the manifest with a seal over itself."""
        content = asdict(self)
        sealed = {**content, "seal": _seal(content)}
        write_synced(folder / MANIFEST, json.dumps(sealed, ensure_ascii=False, indent=1).encode())


def _seal(content: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def read_manifest(folder: Path) -> Manifest:
    """Read and check a manifest. Raises `BackupError`."""
    try:
        content = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        seal = content.pop("seal")
        known = {**content, "tables": {name: Part(**part) for name, part in content["tables"].items()}}
        known |= {name: Part(**content[name]) for name in ("media", "audit_heads")}
        manifest = Manifest(**{**known, "media_missing": tuple(content["media_missing"])})
    except FileNotFoundError:
        raise BackupError(f"{folder} 里没有 {MANIFEST}，不是一份完整的备份") from None
    except (OSError, ValueError, KeyError, TypeError):
        raise BackupError(f"{folder / MANIFEST} 读不出来，备份已损坏") from None
    if seal != _seal(content):
        raise BackupError(f"{folder / MANIFEST} 的校验值不符，备份被改动过或已损坏")
    if manifest.format != FORMAT:
        raise BackupError(f"这份备份的格式是 {manifest.format}，本程序只认得 {FORMAT}，请用新一点的版本")
    return manifest


def find_backup(folder: Path) -> Path:
    """Return the backup that a path names: itself, or the newest complete one in it. Raises `BackupError`."""
    if (folder / MANIFEST).is_file():
        return folder
    complete = complete_backups(folder)
    if not complete:
        raise BackupError(f"{folder} 里没有完整的备份")
    return complete[-1]


def complete_backups(folder: Path) -> list[Path]:
    """Return the complete backups in a folder, oldest first."""
    return sorted(path.parent for path in folder.glob(f"*/{MANIFEST}"))


def write_lines(path: Path, lines: Iterable[Any]) -> Part:
    """Write values as compressed lines of JSON, synced to disk; the count leaves out nothing."""
    digest, rows = hashlib.sha256(), 0
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with path.open("wb") as file:
        with gzip.GzipFile(filename="", mode="wb", fileobj=file, compresslevel=3, mtime=0) as packed:
            for value in lines:
                line = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
                digest.update(line)
                packed.write(line)
                rows += 1
        file.flush()
        os.fsync(file.fileno())
    return Part(rows, digest.hexdigest())


def read_lines(path: Path) -> Iterator[Any]:
    """Yield the values of a file that `write_lines` wrote."""
    with gzip.open(path, "rb") as packed:
        for line in packed:
            yield json.loads(line)


def check_lines(path: Path, part: Part) -> None:
    """Compare a file with what the manifest says of it. Raises `BackupError`."""
    digest, rows = hashlib.sha256(), 0
    try:
        with gzip.open(path, "rb") as packed:
            for line in packed:
                digest.update(line)
                rows += 1
    except FileNotFoundError:
        raise BackupError(f"备份里缺 {path.name}") from None
    except (OSError, EOFError):
        raise BackupError(f"备份里的 {path.name} 已损坏") from None
    if (rows, digest.hexdigest()) != (part.rows, part.sha256):
        raise BackupError(f"备份里的 {path.name} 与清单不符，已损坏或被改动过")


def write_synced(path: Path, data: bytes) -> None:
    """Write a small file so that it survives a power cut, readable by the owner only."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    path.chmod(0o600)
