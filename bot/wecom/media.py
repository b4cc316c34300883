"""Fetching a medium: in one piece where the platform allows it, in parts where not, resumed after a cut.

Document 90254: a medium lives three days; too big for one read is 830002; a part's length must be a multiple of 16
(some media are stored encrypted), else 40146, except for the last part. An error is a JSON body without a file name,
whatever the HTTP status.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from urllib.parse import unquote

import aiohttp

from bot.wecom.api import Api, file_name, no_answer, parse_answer, status_error
from bot.wecom.errors import RANGE_REFUSED, RANGE_WANTED, TokenRefused, error_of
from bot.wecom.limits import ClientLimits
from handlers.errors import PermanentError, RetryableError
from handlers.ports import Fetched

PATH = "/cgi-bin/media/get"
_UNIT = 16
_CHUNK = 64 * 1024
_JSON_TYPES = frozenset({"application/json", "text/plain"})


@dataclass(slots=True)
class Download:
    """What has arrived of one medium and what to ask for next. `size` is None until the platform has named it."""

    limits: ClientLimits
    data: bytearray = field(default_factory=bytearray)
    size: int | None = None
    in_parts: bool = False
    ranges_refused: bool = False
    content_type: str = ""
    filename: str = ""

    @property
    def is_complete(self) -> bool:
        return self.size is not None and len(self.data) >= self.size

    def next_range(self) -> str | None:
        """Return the next `Range` header, None to ask for the whole. Starts and lengths are multiples of 16."""
        start = len(self.data)
        if self.ranges_refused or not (start or self.in_parts):
            return None
        end = start + self.limits.part_bytes
        return f"bytes={start}-{(end if self.size is None else min(end, self.size)) - 1}"

    def begin(self, status: int, content_range: str, content_length: int | None) -> None:
        """Note what an answer holds; the whole from its start, or a part that must follow what is here."""
        match = re.fullmatch(r"bytes (\d+)-\d+/(\d+)", content_range.strip()) if status == 206 else None
        start, size = (int(match[1]), int(match[2])) if match else (0, content_length)
        if start > len(self.data):
            raise RetryableError(f"wecom {PATH}: a part that does not follow")
        del self.data[start:]
        self.size = size
        self._check_size(size or 0)

    def add(self, chunk: bytes) -> None:
        self.data += chunk
        self._check_size(len(self.data))

    def cut(self) -> None:
        """Keep whole units of 16 bytes after a broken transfer, so that the next range is allowed."""
        del self.data[len(self.data) // _UNIT * _UNIT :]

    def use_parts(self) -> bool:
        """Switch to parts; false if that was so already."""
        was, self.in_parts = self.in_parts, True
        return not was

    def refuse_ranges(self) -> bool:
        """Start over and ask for the whole; false if that was so already."""
        was, self.ranges_refused = self.ranges_refused, True
        self.data.clear()
        return not was

    def _check_size(self, size: int) -> None:
        if size > self.limits.media_bytes:
            raise PermanentError(f"wecom {PATH}: medium over {self.limits.media_bytes} bytes", code="media_too_large")


async def fetch_media(api: Api, media_id: str, *, pause: Callable[[float], Awaitable[None]] = asyncio.sleep) -> Fetched:
    """Fetch a medium, resuming until it is whole or several attempts in a row brought nothing.

    Raises `MediaGone` when the platform has dropped it, `PermanentError` when it is too large, else `RetryableError`.
    """
    download = Download(api.limits)
    fruitless = 0
    while not download.is_complete:
        had = len(download.data)
        try:
            await api.tokens.use(lambda token: _read_part(api, download, media_id, token))
        except TokenRefused:
            raise
        except RetryableError:
            fruitless = 0 if len(download.data) > had else fruitless + 1
            if fruitless >= api.limits.fruitless_attempts:
                raise
            await pause(0.5 * 2**fruitless)
    return Fetched(bytes(download.data), download.content_type, download.filename)


async def _read_part(api: Api, download: Download, media_id: str, token: str) -> None:
    headers = {"Accept-Encoding": "identity"}
    wanted = download.next_range()
    if wanted:
        headers["Range"] = wanted
    bounds = api.limits
    timeout = aiohttp.ClientTimeout(
        total=bounds.media_timeout_s, sock_connect=bounds.connect_timeout_s, sock_read=bounds.read_timeout_s
    )
    try:
        async with api.session.get(
            api.base_url + PATH,
            params={"access_token": token, "media_id": media_id},
            headers=headers,
            timeout=timeout,
            allow_redirects=False,
        ) as response:
            await _take(download, response)
    except (aiohttp.ClientError, TimeoutError) as exc:
        download.cut()
        raise no_answer(PATH, exc) from None


async def _take(download: Download, response: aiohttp.ClientResponse) -> None:
    disposition = response.headers.get("Content-Disposition", "")
    if response.content_type in _JSON_TYPES and not disposition:
        _react(download, response.status, await response.read())
        return
    if response.status not in (200, 206):
        raise status_error(PATH, response.status)
    download.begin(response.status, response.headers.get("Content-Range", ""), response.content_length)
    download.content_type, download.filename = response.content_type, unquote(file_name(disposition))
    async for chunk in response.content.iter_chunked(_CHUNK):
        download.add(chunk)
    if download.size is None:
        download.size = len(download.data)


def _react(download: Download, status: int, data: bytes) -> None:
    """Act on an error answer: switch the way of asking once where the platform wants another, else raise."""
    code = (parse_answer(data) or {}).get("errcode", 0)
    if code == RANGE_WANTED and download.use_parts():
        return
    if code == RANGE_REFUSED and download.refuse_ranges():
        return
    raise error_of(code, PATH) if code else status_error(PATH, status)
