"""Media in an S3-compatible store (AWS S3, Alibaba OSS, MinIO, Ceph …): what several machines share.

The location is `s3://bucket/prefix?endpoint=https://…&region=…&style=path|virtual`; the credentials come from where
the library looks for them (`AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, a profile, the machine's role). The store
confirms a put only when the object is durable, and checks the bytes it got against the digest that goes with them.
"""

from __future__ import annotations

import base64
import hashlib
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from storage.media import MediaAway, MediaCorrupt, MediaMissing, checked_digest, is_digest
from storage.threads import Threads

#: Seconds. A photo has at most a few megabytes; a step that fails is tried again anyway.
CONNECT_TIMEOUT_S, READ_TIMEOUT_S, TRIES = 5, 30, 3
_THREADS = Threads("s3", 8)
_NOT_THERE = {"404", "NoSuchKey", "NotFound"}


class BucketMediaStore:
    """A `MediaStore` in a bucket: `<prefix>/ab/abcd…`."""

    def __init__(self, client: Any, bucket: str, prefix: str = "") -> None:
        self._client = client
        self._bucket = bucket
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""

    async def put(self, data: bytes) -> str:
        return await _THREADS.run(self._put, data)

    async def get(self, digest: str) -> bytes:
        return await _THREADS.run(self._get, digest)

    async def has(self, digest: str) -> bool:
        return await _THREADS.run(self._has, digest)

    async def purge(self, digest: str) -> bool:
        return await _THREADS.run(self._purge, digest)

    async def digests(self) -> list[str]:
        return await _THREADS.run(self._digests)

    def _key(self, digest: str) -> str:
        return f"{self._prefix}{checked_digest(digest)[:2]}/{digest}"

    def _put(self, data: bytes) -> str:
        sha256 = hashlib.sha256(data)
        self._ask(
            "put_object",
            sha256.hexdigest(),
            Body=data,
            ContentType="application/octet-stream",
            ChecksumSHA256=base64.b64encode(sha256.digest()).decode(),
        )
        return sha256.hexdigest()

    def _get(self, digest: str) -> bytes:
        answer = self._ask("get_object", digest)
        if answer is None:
            raise MediaMissing(digest)
        try:
            data: bytes = answer["Body"].read()
        except BotoCoreError as error:
            raise MediaAway(type(error).__name__) from None
        if hashlib.sha256(data).hexdigest() != digest:
            raise MediaCorrupt(digest)
        return data

    def _has(self, digest: str) -> bool:
        return self._ask("head_object", digest) is not None

    def _purge(self, digest: str) -> bool:
        there = self._has(digest)
        self._ask("delete_object", digest)
        return there

    def _digests(self) -> list[str]:
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=self._prefix)
        try:
            names = [entry["Key"].rpartition("/")[2] for page in pages for entry in page.get("Contents", ())]
        except (BotoCoreError, ClientError) as error:
            raise MediaAway(type(error).__name__) from None
        return sorted(name for name in names if is_digest(name))

    def _ask(self, method: str, digest: str, **parameters: Any) -> Any:
        """Call the store about an object; None where there is none. Raises `MediaAway`."""
        try:
            return getattr(self._client, method)(Bucket=self._bucket, Key=self._key(digest), **parameters)
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            if code in _NOT_THERE:
                return None
            raise MediaAway(code or "ClientError") from None
        except BotoCoreError as error:
            raise MediaAway(type(error).__name__) from None


def open_bucket(location: str) -> BucketMediaStore:
    """Open the bucket that a location names; it must exist. Raises `ValueError` for a wrong location."""
    url = urlsplit(location)
    options = {name: values[-1] for name, values in parse_qs(url.query).items()}
    unknown = options.keys() - {"endpoint", "region", "style"}
    if not url.netloc or unknown or options.get("style", "path") not in ("path", "virtual"):
        raise ValueError("the media location must be s3://bucket/prefix?endpoint=https://…&region=…&style=path|virtual")
    client = boto3.client(
        "s3",
        endpoint_url=options.get("endpoint"),
        region_name=options.get("region"),
        config=Config(
            connect_timeout=CONNECT_TIMEOUT_S,
            read_timeout=READ_TIMEOUT_S,
            retries={"total_max_attempts": TRIES, "mode": "standard"},
            max_pool_connections=16,
            s3={"addressing_style": options.get("style", "path" if "endpoint" in options else "auto")},
        ),
    )
    return BucketMediaStore(client, url.netloc, url.path)
