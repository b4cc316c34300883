"""The media store keeps bytes once, durably, and never hands out other bytes than were stored."""

from __future__ import annotations

import asyncio
import hashlib
import os
from pathlib import Path

import pytest

from storage.media import FolderMediaStore, MediaCorrupt, MediaMissing, open_media_store

PHOTO = b"\xff\xd8 a photo"
DIGEST = hashlib.sha256(PHOTO).hexdigest()


@pytest.fixture
def store(tmp_path: Path) -> FolderMediaStore:
    store = open_media_store(str(tmp_path / "media"))
    assert isinstance(store, FolderMediaStore)
    return store


def files_under(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_what_was_put_is_got_under_its_digest(store: FolderMediaStore) -> None:
    assert await store.put(PHOTO) == DIGEST
    assert await store.get(DIGEST) == PHOTO
    assert await store.has(DIGEST)


async def test_the_same_bytes_are_one_file_even_when_put_at_once(store: FolderMediaStore, tmp_path: Path) -> None:
    digests = await asyncio.gather(*(store.put(PHOTO) for _ in range(8)))
    assert set(digests) == {DIGEST}
    assert files_under(tmp_path) == [store.path(DIGEST)]


async def test_unknown_digest_is_missing(store: FolderMediaStore) -> None:
    assert not await store.has(DIGEST)
    with pytest.raises(MediaMissing):
        await store.get(DIGEST)


async def test_changed_bytes_are_refused_and_a_new_put_heals_them(store: FolderMediaStore) -> None:
    await store.put(PHOTO)
    store.path(DIGEST).write_bytes(b"\xff\xd8 b photo")
    with pytest.raises(MediaCorrupt):
        await store.get(DIGEST)
    await store.put(PHOTO)
    assert await store.get(DIGEST) == PHOTO


async def test_purged_bytes_are_gone(store: FolderMediaStore, tmp_path: Path) -> None:
    await store.put(PHOTO)
    assert await store.purge(DIGEST)
    assert not await store.purge(DIGEST)
    assert files_under(tmp_path) == []


@pytest.mark.parametrize(
    "digest", ["../../etc/passwd", "/etc/passwd", DIGEST + "/..", DIGEST.upper(), DIGEST[:-1], DIGEST + "\n", ""]
)
async def test_only_a_digest_names_a_medium(store: FolderMediaStore, digest: str) -> None:
    with pytest.raises(ValueError, match="64 lower-case hex digits"):
        await store.get(digest)


async def test_a_write_that_fails_leaves_no_file(
    store: FolderMediaStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full_disk(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(OSError, match="No space left"):
        await store.put(PHOTO)
    assert files_under(tmp_path) == []


async def test_bytes_and_name_are_synced_before_put_returns(
    store: FolderMediaStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []

    def record(handle: int) -> None:
        synced.append("folder" if os.path.isdir(f"/dev/fd/{handle}") else "file")

    monkeypatch.setattr(os, "fsync", record)
    await store.put(PHOTO)
    assert synced == ["file", "folder", "folder"]


async def test_opening_removes_what_a_dead_process_left_half_written(store: FolderMediaStore, tmp_path: Path) -> None:
    await store.put(PHOTO)
    old, fresh = (tmp_path / "media" / "incoming" / name for name in ("old", "fresh"))
    for path in (old, fresh):
        path.write_bytes(b"half")
    os.utime(old, (0, 0))
    open_media_store(str(tmp_path / "media"))
    assert not old.exists()
    assert fresh.exists()


async def test_a_file_url_names_a_folder(tmp_path: Path) -> None:
    store = open_media_store((tmp_path / "图 片").as_uri())
    await store.put(PHOTO)
    assert len(files_under(tmp_path / "图 片")) == 1


@pytest.mark.parametrize("location", ["ftp://server/media", "file://server/share", "http://127.0.0.1/media"])
def test_other_locations_are_refused_in_words(location: str) -> None:
    with pytest.raises(ValueError, match="must be a folder"):
        open_media_store(location)
