"""Photos, recordings and files by the SHA-256 of their bytes: written once, never changed, checked when read.

A digest that `put` has returned survives a power cut: the bytes are synced before the name exists, and the name is
synced before the caller hears of it. The same bytes twice are one file, so a retried step stores nothing new.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

_DIGEST = re.compile(r"[0-9a-f]{64}")
_INCOMING = "incoming"
#: A temporary file older than this belongs to a process that died while writing.
_LEFTOVER_AGE_S = 3600.0


class MediaError(Exception):
    """Base of this module's errors."""


class MediaMissing(MediaError):
    """No medium under this digest: never stored, or purged."""


class MediaCorrupt(MediaError):
    """The stored bytes no longer have their digest: disk fault or tampering. Restore them from a backup."""


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


class FolderMediaStore:
    """A `MediaStore` in a local folder: `<root>/ab/abcd…`, 256 sub-folders, files readable by the owner only."""

    def __init__(self, root: Path) -> None:
        self._root = root

    async def put(self, data: bytes) -> str:
        return await asyncio.to_thread(self._put, data)

    async def get(self, digest: str) -> bytes:
        return await asyncio.to_thread(self._get, digest)

    async def has(self, digest: str) -> bool:
        return await asyncio.to_thread(self.path(digest).is_file)

    async def purge(self, digest: str) -> bool:
        return await asyncio.to_thread(self._purge, digest)

    def path(self, digest: str) -> Path:
        """Return where a medium lies or would lie, for serving it as a file. Raises `ValueError` on a bad digest."""
        if not _DIGEST.fullmatch(digest):
            raise ValueError("a media digest is 64 lower-case hex digits")
        return self._root / digest[:2] / digest

    def sweep(self, older_than_s: float = _LEFTOVER_AGE_S) -> int:
        """Remove half-written files of processes that died; return how many. Safe beside running writers."""
        removed = 0
        for leftover in (self._root / _INCOMING).glob("*"):
            with suppress(FileNotFoundError):
                if time.time() - leftover.stat().st_mtime >= older_than_s:
                    leftover.unlink()
                    removed += 1
        return removed

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


def open_media_store(location: str) -> FolderMediaStore:
    """Open the store that a settings value names: a folder's path or `file:///…`; the folder is made if missing.

    Raises `ValueError` for another scheme or a `file:` URL with a host.
    """
    root = _folder_of(location)
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    store = FolderMediaStore(root)
    store.sweep()
    return store


def _folder_of(location: str) -> Path:
    if "://" not in location:
        return Path(location).expanduser().resolve()
    url = urlsplit(location)
    if url.scheme != "file" or url.netloc not in ("", "localhost") or url.query or url.fragment:
        raise ValueError("the media location must be a folder or file:///path")
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
