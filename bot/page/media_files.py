"""Photos, recordings and files of one visit, for its page: nothing of another visit, whatever digest is asked for."""

from __future__ import annotations

import asyncio
import io
import re
import wave

import numpy as np
import sqlalchemy as sa
from aiohttp import web
from sqlmodel import col

from bot.page import words
from bot.page.access import PageRefused
from bot.page.rendering import COMMON_HEADERS
from handlers.errors import Unreadable
from handlers.photos import display_copy
from nlp.speech.decode import RATE, SpeechUnreadable, decode
from storage import UnitOfWork
from storage import tables as t
from storage.media import MediaMissing, MediaStore

#: Decoding a large photo takes much memory: two at a time (`handlers.photos`).
_DECODERS = asyncio.Semaphore(2)
_RANGE = re.compile(r"bytes=(\d+)-(\d*)")
_HEADERS = COMMON_HEADERS | {
    "Cache-Control": "private, max-age=86400",
    "Content-Security-Policy": "default-src 'none'; sandbox",
}


async def kind_of(uow: UnitOfWork, visit_id: str, sha256: str) -> str:
    """Return what a digest is within this visit: `thumbnail`, or a capture's kind. Raises `PageRefused`."""
    rows = await uow.tuples(
        sa.select(col(t.Capture.kind), col(t.Media.sha256), col(t.Media.thumbnail_sha256))
        .join(t.Media, col(t.Media.sha256) == col(t.Capture.media_sha256))
        .where(col(t.Capture.visit_id) == visit_id)
    )
    for kind, original, thumbnail in rows:
        if sha256 == original:
            return str(kind)
        if sha256 == thumbnail:
            return "thumbnail"
    raise PageRefused(404, words.GONE)


async def media_response(media: MediaStore, sha256: str, kind: str, asked_range: str) -> web.Response:
    """Return a medium as the page can show it: photos upright and without metadata, recordings as WAV.

    Other files come as a download. Raises `PageRefused` when the bytes are gone or cannot be shown.
    """
    try:
        data = await media.get(sha256)
        if kind == "thumbnail":
            return _answer(data, "image/jpeg")
        if kind == "photo":
            async with _DECODERS:
                return _answer(await asyncio.to_thread(display_copy, data), "image/jpeg")
        if kind == "voice":
            async with _DECODERS:
                return _part(await asyncio.to_thread(to_wav, data), "audio/wav", asked_range)
    except (MediaMissing, Unreadable, SpeechUnreadable) as error:
        raise PageRefused(404, words.GONE) from error
    answer = _answer(data, "application/octet-stream")
    answer.headers["Content-Disposition"] = "attachment"
    return answer


def to_wav(data: bytes) -> bytes:
    """Return a recording as 16-bit WAV, for browsers play no AMR. Raises `SpeechUnreadable`."""
    samples = (np.clip(decode(data), -1, 1) * 32767).astype("<i2")
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())
    return out.getvalue()


def _answer(data: bytes, content_type: str, status: int = 200) -> web.Response:
    return web.Response(body=data, content_type=content_type, status=status, headers=_HEADERS)


def _part(data: bytes, content_type: str, asked_range: str) -> web.Response:
    """Answer a byte range: Safari plays no sound from a server that cannot."""
    match = _RANGE.fullmatch(asked_range)
    start = int(match[1]) if match else 0
    if match is None or start >= len(data):
        answer = _answer(data, content_type)
    else:
        end = min(int(match[2] or len(data) - 1), len(data) - 1)
        answer = _answer(data[start : end + 1], content_type, 206)
        answer.headers["Content-Range"] = f"bytes {start}-{end}/{len(data)}"
    answer.headers["Accept-Ranges"] = "bytes"
    return answer
