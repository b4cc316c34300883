"""The ledger: everything the platform has taken from its phones, kept by the torture, where no server can touch it.

An entry is born when the platform accepts a message or a tap, before any server hears of it. Whether a server ever
accepted it is decided by what the platform saw: a callback answered 200.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from xml.etree import ElementTree

from bot.sandbox import Delivery
from bot.wecom import from_update

_MEDIA = {"image": "photo", "voice": "voice"}
#: Returns the bytes behind a media id.
BytesOf = Callable[[str], bytes]


@dataclass(slots=True)
class Entry:
    """One message or event of a person, as it left the phone.

    `kind` is text, voice, photo, location, tap, menu or event. `action` is what a tap's key says, in its parts.
    """

    number: int
    source_id: str
    userid: str
    kind: str
    delivery: Delivery
    text: str = ""
    sha256: str = ""
    words: str = ""
    action: list[str] = field(default_factory=list)
    #: when it was sent, as the platform says it: seconds since 1970
    second: int = 0

    @property
    def accepted(self) -> bool:
        """Whether the platform was told that the message is kept."""
        return self.delivery.delivered

    @property
    def at_first(self) -> bool:
        """Whether the first try was accepted, so that it came in the order in which it was sent."""
        return bool(self.delivery.attempts) and self.delivery.attempts[0].ok

    def __str__(self) -> str:
        said = self.text or self.words or "|".join(self.action) or self.sha256[:8]
        return f"#{self.number} {self.kind} of {self.userid} “{said[:40]}” ({self.source_id[-12:]})"


class Ledger:
    """All entries of a story, by source id."""

    def __init__(self, bytes_of: BytesOf) -> None:
        self._bytes_of = bytes_of
        self._entries: dict[str, Entry] = {}
        #: what is heard in a recording, by the digest of its bytes
        self._words: dict[str, str] = {}
        #: forged and broken callbacks, with how they were answered: (what, HTTP status, status wanted)
        self.refusals: list[tuple[str, int, int]] = []

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries.values())

    def get(self, source_id: str) -> Entry | None:
        """Return the entry of a source id."""
        return self._entries.get(source_id)

    def hear(self, sha256: str, words: str) -> None:
        """Enter what will be heard in a recording, before it is sent."""
        self._words[sha256] = words

    def enter(self, delivery: Delivery) -> None:
        """Enter a callback as it sets out (a hook of the stand-in)."""
        xml = ElementTree.fromstring(delivery.xml)  # noqa: S314 - our own stand-in wrote it

        def said(name: str) -> str:
            return xml.findtext(name) or ""

        kind = said("MsgType")
        entry = Entry(len(self._entries) + 1, _source_id(delivery.xml, said), delivery.userid, kind, delivery)
        entry.second = int(said("CreateTime"))
        if kind in _MEDIA:
            entry.kind, entry.sha256 = _MEDIA[kind], hashlib.sha256(self._bytes_of(said("MediaId"))).hexdigest()
            entry.words = self._words.get(entry.sha256, "")
        elif kind == "text":
            entry.text = said("Content")
        elif said("ResponseCode"):
            entry.kind, entry.action = "tap", said("EventKey").split("|")
        elif kind == "event":
            entry.kind, entry.text = ("menu", said("EventKey")) if said("Event") == "click" else ("event", "")
        self._entries[entry.source_id] = entry


def _source_id(xml: str, said: Callable[[str], str]) -> str:
    """Return the identity of a callback by the platform's own marks; an event has none but its content."""
    if said("MsgId"):
        return f"wecom:{said('MsgId')}"
    if said("ResponseCode"):
        return f"wecom:click-{hashlib.sha256(said('ResponseCode').encode()).hexdigest()[:40]}"
    return from_update({"xml": xml, "received_at": "2026-01-01T00:00:00+00:00"}).source_id
