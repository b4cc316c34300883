"""Media: kept three days, fetched whole or by ranges in multiples of 16 bytes (protocol notes §4)."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import datetime

from bot.sandbox.clock import SandboxClock
from bot.sandbox.company import PlatformRules
from bot.sandbox.errcodes import ApiError

_MB = 1024 * 1024
_LIMITS = {"image": 10 * _MB, "voice": 2 * _MB, "video": 10 * _MB, "file": 20 * _MB}
_TOO_LARGE = {"image": 40009, "voice": 45001, "video": 40011, "file": 45001}
AMR_MAGIC = b"#!AMR\n"
#: Bytes of a speech frame without its header, by AMR-NB frame type (RFC 4867 §5.3; others carry nothing).
_AMR_FRAME_BYTES = {0: 12, 1: 13, 2: 15, 3: 17, 4: 19, 5: 20, 6: 26, 7: 31, 8: 5}


@dataclass(frozen=True, slots=True)
class Medium:
    """Bytes with what the platform knows of them."""

    media_id: str
    data: bytes
    content_type: str
    filename: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a medium: `first` and `last` are byte positions, inclusive."""

    data: bytes
    first: int
    last: int
    size: int


class MediaShelf:
    """All media of the company. They vanish after `media_life` by the sandbox clock."""

    def __init__(self, rules: PlatformRules, clock: SandboxClock) -> None:
        self._rules = rules
        self._clock = clock
        self._media: dict[str, Medium] = {}

    def put(self, data: bytes, content_type: str, filename: str) -> str:
        """Keep bytes and return their media_id."""
        media_id = "1" + secrets.token_urlsafe(64)
        self._media[media_id] = Medium(media_id, data, content_type, filename, self._clock.now())
        return media_id

    def upload(self, kind: str, data: bytes, content_type: str, filename: str) -> str:
        """Check and keep an upload of the app. Raises 40004, 44001, 301017 and the size codes."""
        if kind not in _LIMITS:
            raise ApiError(40004, kind)
        if len(data) <= 5:
            raise ApiError(44001)
        if len(data) > _LIMITS[kind]:
            raise ApiError(_TOO_LARGE[kind])
        if kind == "voice" and not data.startswith(AMR_MAGIC):
            raise ApiError(301017)
        return self.put(data, content_type, filename)

    def get(self, media_id: str) -> Medium:
        """Return a living medium. Raises 41006 and 40007."""
        if not media_id:
            raise ApiError(41006)
        medium = self._media.get(media_id)
        if medium is None or medium.created_at + self._rules.media_life <= self._clock.now():
            raise ApiError(40007)
        return medium

    def kept(self, media_id: str) -> Medium | None:
        """Return the medium for showing on the person's own phone, where it does not expire."""
        return self._media.get(media_id)

    def read(self, medium: Medium, range_header: str) -> Part:
        """Read whole or by `Range`. Raises 830002 (too large for one read) and 40146 (bad range)."""
        size = len(medium.data)
        if not range_header:
            if size > self._rules.whole_read_bytes:
                raise ApiError(830002)
            return Part(medium.data, 0, size - 1, size)
        first, last = _parse_range(range_header, size)
        length = last - first + 1
        if length % 16 and last != size - 1:
            raise ApiError(40146, "length must be a multiple of 16")
        return Part(medium.data[first : last + 1], first, last, size)


def amr_seconds(data: bytes) -> float:
    """Return the duration of an AMR-NB file from its 20 ms frames; 0 for anything else."""
    if not data.startswith(AMR_MAGIC):
        return 0.0
    position, frames = len(AMR_MAGIC), 0
    while position < len(data):
        position += 1 + _AMR_FRAME_BYTES.get(data[position] >> 3 & 15, 0)
        frames += 1
    return frames * 0.02


def _parse_range(header: str, size: int) -> tuple[int, int]:
    match = re.fullmatch(r"bytes=(\d+)-(\d*)", header.strip())
    if match is None:
        raise ApiError(40146, header)
    first = int(match[1])
    last = min(int(match[2]), size - 1) if match[2] else size - 1
    if first > last:
        raise ApiError(40146, header)
    return first, last
