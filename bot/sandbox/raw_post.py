"""A callback over a bad line: the body trickles in, or the sender stops sending (half-closes) before the answer."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from urllib.parse import urlencode, urlsplit

#: A slow body comes in so many pieces, this many real seconds apart.
_PIECES, _PAUSE_S = 4, 0.05


async def post_raw(url: str, query: Mapping[str, str], body: bytes, *, half_close: bool, timeout_s: float) -> int:
    """Post over a connection of our own; return the HTTP status, 0 if no answer came."""
    with suppress(OSError, TimeoutError, ValueError, IndexError):
        async with asyncio.timeout(timeout_s):
            return await _post(url, query, body, half_close)
    return 0


async def _post(url: str, query: Mapping[str, str], body: bytes, half_close: bool) -> int:
    target = urlsplit(url)
    reader, writer = await asyncio.open_connection(target.hostname, target.port)
    try:
        head = (
            f"POST {target.path}?{urlencode(query)} HTTP/1.1\r\nHost: {target.netloc}\r\n"
            f"Content-Type: text/xml; charset=utf-8\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        writer.write(head.encode())
        size = -(-len(body) // _PIECES)
        for start in range(0, len(body), size):
            writer.write(body[start : start + size])
            await writer.drain()
            await asyncio.sleep(_PAUSE_S)
        if half_close:
            writer.write_eof()
        return int((await reader.readline()).split()[1])
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
