"""Photos, recordings and files by the SHA-256 of their bytes: written once, never changed, checked when read.

A digest that `put` has returned survives a power cut: the bytes are synced before the name exists, and the name is
synced before the caller hears of it. The same bytes twice are one file, so a retried step stores nothing new.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from storage.threads import Threads

_DIGEST = re.compile(r"[0-9a-f]{64}")
_INCOMING = "incoming"
_THREADS = Threads("media", 8)
#: A temporary file older than this belongs to a process that died while writing.
_LEFTOVER_AGE_S = 3600.0


class MediaError(Exception):
    """Base of this module's errors."""


class MediaMissing(MediaError):
    """No medium under this digest: never stored, or purged."""


class MediaCorrupt(MediaError):
    """The stored bytes no longer have their digest: disk fault or tampering. Restore them from a backup."""


class MediaAway(MediaError, OSError):
    """The store does not answer or refuses; another try may succeed. Only the kind of trouble is told."""


class MediaStore(Protocol):
    """Content-addressed bytes. A digest is 64 lower-case hex digits; anything else raises `ValueError`."""

    async def put(self, data: bytes) -> str:
        """Store bytes durably and return their digest; storing the same bytes again changes nothing."""
        ...

    async def get(self, digest: str) -> bytes:
        """Return the bytes. Raises `MediaMissing`, or `MediaCorrupt` when they no longer match the digest."""
        ...

    async def has(self, digest: str) -> bool:
        """Tell whether a medium is stored, without reading it."""
        ...

    async def purge(self, digest: str) -> bool:
        """Remove a medium for good (retention, a person's right); false if there was none."""
        ...

    async def digests(self) -> list[str]:
        """Return the digests of all stored media, in order."""
        ...


def checked_digest(digest: str) -> str:
    """Return a digest as it is. Raises `ValueError` for anything else."""
    if not is_digest(digest):
        raise ValueError("a media digest is 64 lower-case hex digits")
    return digest


def is_digest(name: str) -> bool:
    """Tell whether a name is a digest of ours."""
    return _DIGEST.fullmatch(name) is not None


class FolderMediaStore:
    """A `MediaStore` in a local folder: `<root>/ab/abcd…`, 256 sub-folders, files readable by the owner only."""

    def __init__(self, root: Path) -> None:
        self._root = root

    async def put(self, data: bytes) -> str:
        return await _THREADS.run(self._put, data)

    async def get(self, digest: str) -> bytes:
        return await _THREADS.run(self._get, digest)

    async def has(self, digest: str) -> bool:
        return await _THREADS.run(self.path(digest).is_file)

    async def purge(self, digest: str) -> bool:
        return await _THREADS.run(self._purge, digest)

    async def digests(self) -> list[str]:
        return await _THREADS.run(self._digests)

    def path(self, digest: str) -> Path:
        """Return where a medium lies or would lie, for serving it as a file. Raises `ValueError` on a bad digest."""
        return self._root / checked_digest(digest)[:2] / digest

    def sweep(self, older_than_s: float = _LEFTOVER_AGE_S) -> int:
        """Remove half-written files of processes that died; return how many. Safe beside running writers."""
        removed = 0
        for leftover in (self._root / _INCOMING).glob("*"):
            with suppress(FileNotFoundError):
                if time.time() - leftover.stat().st_mtime >= older_than_s:
                    leftover.unlink()
                    removed += 1
        return removed

    def _digests(self) -> list[str]:
        return sorted(path.name for path in self._root.glob("??/*") if is_digest(path.name))

    def _put(self, data: bytes) -> str:
        digest = hashlib.sha256(data).hexdigest()
        path = self.path(digest)
        if not _holds(path, data):
            self._write(path, data)
        # Also when the file was there: whoever wrote it may have died between the rename and this sync.
        _sync_folder(path.parent)
        _sync_folder(self._root)
        return digest

    def _write(self, path: Path, data: bytes) -> None:
        incoming = self._root / _INCOMING
        for folder in (incoming, path.parent):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, name = tempfile.mkstemp(dir=incoming)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(name, path)
        except BaseException:
            with suppress(FileNotFoundError):
                os.unlink(name)
            raise

    def _get(self, digest: str) -> bytes:
        path = self.path(digest)
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            raise MediaMissing(digest) from None
        if hashlib.sha256(data).hexdigest() != digest:
            raise MediaCorrupt(digest)
        return data

    def _purge(self, digest: str) -> bool:
        path = self.path(digest)
        try:
            path.unlink()
        except FileNotFoundError:
            return False
        _sync_folder(path.parent)
        return True


def open_media_store(location: str) -> MediaStore:
    """Open the store that a settings value names: a folder's path, `file:///…`, or `s3://bucket/prefix?endpoint=…`.

    A folder is made if missing. Raises `ValueError` for another scheme or a `file:` URL with a host.
    """
    if location.startswith("s3://"):
        from storage.media_s3 import open_bucket  # its library is an extra: `waiqin[s3]`

        return open_bucket(location)
    root = _folder_of(location)
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    store = FolderMediaStore(root)
    store.sweep()
    return store


def folder_of(location: str) -> str:
    """Return the local folder that a settings value names, empty for a store that every machine reaches."""
    return "" if location.startswith("s3://") else str(_folder_of(location))


def _folder_of(location: str) -> Path:
    if "://" not in location:
        return Path(location).expanduser().resolve()
    url = urlsplit(location)
    if url.scheme != "file" or url.netloc not in ("", "localhost") or url.query or url.fragment:
        raise ValueError("the media location must be a folder, file:///path or s3://bucket")
    return Path(unquote(url.path)).resolve()


def _holds(path: Path, data: bytes) -> bool:
    """Tell whether the file has exactly these bytes; a damaged one does not, and is then written anew."""
    try:
        return path.stat().st_size == len(data) and path.read_bytes() == data
    except FileNotFoundError:
        return False


def _sync_folder(folder: Path) -> None:
    """Make new names in a folder durable (a rename is only durable once its folder is synced)."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
