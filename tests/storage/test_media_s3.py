"""Media in a bucket behave as media in a folder do; a store that is away is told from a medium that is not there."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator

import boto3
import pytest
from moto.server import ThreadedMotoServer

from storage.media import MediaAway, MediaCorrupt, MediaMissing, folder_of, open_media_store
from storage.media_s3 import BucketMediaStore

PHOTO = b"\xff\xd8 a photo"
DIGEST = hashlib.sha256(PHOTO).hexdigest()


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """An S3 stand-in on the loopback."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def store(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> BucketMediaStore:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1").create_bucket(Bucket="media")
    store = open_media_store(f"s3://media/company-1?endpoint={endpoint}&region=us-east-1")
    assert isinstance(store, BucketMediaStore)
    return store


async def test_what_was_put_is_got_under_its_digest(store: BucketMediaStore) -> None:
    assert await store.put(PHOTO) == DIGEST
    assert await store.get(DIGEST) == PHOTO
    assert await store.has(DIGEST)


async def test_the_same_bytes_are_one_object_even_when_put_at_once(store: BucketMediaStore) -> None:
    digests = await asyncio.gather(*(store.put(PHOTO) for _ in range(8)))
    assert set(digests) == {DIGEST}
    found = store._client.list_objects_v2(Bucket="media")["Contents"]
    assert [entry["Key"] for entry in found] == [f"company-1/{DIGEST[:2]}/{DIGEST}"]


async def test_all_that_is_stored_is_listed(store: BucketMediaStore) -> None:
    other = await store.put(b"another photo")
    assert {DIGEST, other} <= {*await store.digests(), await store.put(PHOTO)}


async def test_what_was_purged_is_missing(store: BucketMediaStore) -> None:
    await store.put(PHOTO)
    assert await store.purge(DIGEST)
    assert not await store.purge(DIGEST)
    assert not await store.has(DIGEST)
    with pytest.raises(MediaMissing):
        await store.get(DIGEST)


async def test_other_bytes_under_the_digest_are_never_handed_out(store: BucketMediaStore) -> None:
    store._client.put_object(Bucket="media", Key=store._key(DIGEST), Body=b"other")
    with pytest.raises(MediaCorrupt):
        await store.get(DIGEST)


async def test_a_store_that_is_away_is_no_missing_medium(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setattr("storage.media_s3.TRIES", 1)
    store = open_media_store("s3://media?endpoint=http://127.0.0.1:9&region=us-east-1")
    with pytest.raises(MediaAway):
        await store.get(DIGEST)
    with pytest.raises(MediaAway):
        await store.put(PHOTO)


def test_a_bucket_is_no_local_folder() -> None:
    assert folder_of("s3://media/company-1") == ""
    assert folder_of("data/media").endswith("data/media")


@pytest.mark.parametrize("location", ["s3://", "s3://media?style=other", "s3://media?secret=1"])
def test_a_wrong_location_is_refused_in_words(location: str) -> None:
    with pytest.raises(ValueError, match="s3://bucket"):
        open_media_store(location)
