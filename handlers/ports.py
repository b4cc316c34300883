"""What use cases need from outside, as narrow seams. `bot/bootstrap.py` binds the real ones, tests the fakes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from handlers.messages import Outbound


class Clock(Protocol):
    """The one source of our times."""

    def now(self) -> datetime:
        """Return the current time, aware, in UTC."""
        ...


@dataclass(frozen=True, slots=True)
class Heard:
    """What a recogniser made of a recording. `text` is Simplified Chinese as heard, never mended."""

    text: str
    engine: str
    model: str
    seconds: float
    took_s: float = 0.0
    alternatives: tuple[str, ...] = ()


class Transcriber(Protocol):
    """Speech to text. Runs for seconds; callers put it on its own queue."""

    async def transcribe(self, audio: bytes, *, hints: Sequence[str] = ()) -> Heard:
        """Transcribe a recording (AMR, AMR-WB, Ogg, WebM, M4A, MP3, WAV).

        `hints` are names the rep is likely to say. Raises `NothingHeard` on silence, `Unreadable` on a broken file.
        """
        ...


@dataclass(frozen=True, slots=True)
class Fetched:
    """Bytes of a medium with the platform's content type and file name."""

    data: bytes
    content_type: str = ""
    filename: str = ""


@dataclass(frozen=True, slots=True)
class Sent:
    """What a platform said of a send. `update_code` allows one later update of a card. `duplicate` = already there."""

    message_id: str = ""
    update_code: str = ""
    duplicate: bool = False


class Messenger(Protocol):
    """One messenger as seen by delivery. Errors: `RetryableError`, `PermanentError` and its leaves."""

    channel: str

    def render(self, recipient_id: str, outbound: Outbound) -> dict[str, object]:
        """Return the request body to send: pure, the same for the same input."""
        ...

    def render_update(self, recipient_id: str, outbound: Outbound, update_code: str) -> dict[str, object]:
        """Return the request body that replaces a shown card."""
        ...

    async def send(self, body: dict[str, object]) -> Sent:
        """Send a body made by `render`. Sending the same body again within ten minutes shows it once."""
        ...

    async def update_card(self, body: dict[str, object]) -> Sent:
        """Replace a shown card with a body made by `render_update`. Raises `CardCodeSpent`."""
        ...

    async def fetch_media(self, media_ref: str) -> Fetched:
        """Fetch a medium, resuming by byte range. Raises `MediaGone` when the platform has dropped it."""
        ...


@dataclass(frozen=True, slots=True)
class Candidate:
    """A customer that a note may mean, as a proposer gets to see it. `contacts` are (name, title)."""

    customer_id: str
    name: str
    aliases: tuple[str, ...] = ()
    contacts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Ask:
    """All that a proposer gets to see: the note's words, the Asia/Shanghai day of `said_at`, the customers that the
    resolver holds possible, and the names of the playbook's stages and tags (docs/extraction.md)."""

    text: str
    said_at: datetime
    candidates: tuple[Candidate, ...]
    stages: tuple[str, ...]
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Proposed:
    """A proposer's answer, unchecked, and the customer ids that it could choose among (`nlp.proposal` checks it)."""

    answer: Mapping[str, Any]
    offered: tuple[str, ...]


class Proposer(Protocol):
    """A language model that may propose fields of a note. Optional; never called inside a transaction."""

    async def propose(self, ask: Ask) -> Mapping[str, Any] | None:
        """Return the answer as it came, or None where none came in time. Raises nothing on the other side's faults."""
        ...
