"""What engineers see behind the scenes: every call and every callback try, and the feed that the page listens to."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

KEEP = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One call of the app, or one try of a callback. `size` is bytes on the wire, encrypted for callbacks.

    `code` is the errcode of a call or the HTTP status of a try (0 = no answer), `attempt` counts tries from 1.
    """

    number: int
    at: datetime
    direction: Literal["callback", "call"]
    what: str
    who: str = ""
    size: int = 0
    code: int = 0
    ok: bool = True
    attempt: int = 1
    took_ms: int = 0
    remark: str = ""

    def view(self) -> dict[str, Any]:
        return asdict(self) | {"at": self.at.isoformat()}


class Feed:
    """Sends small JSON-able events to every open page. A page that does not read fast enough is cut off."""

    def __init__(self) -> None:
        self._readers: set[asyncio.Queue[dict[str, Any] | None]] = set()

    @property
    def has_readers(self) -> bool:
        """Whether any page listens; without one, nobody need write events."""
        return bool(self._readers)

    def publish(self, event: dict[str, Any]) -> None:
        for reader in list(self._readers):
            if reader.full():
                self._readers.discard(reader)
                reader.get_nowait()
                reader.put_nowait(None)
            else:
                reader.put_nowait(event)

    def close(self) -> None:
        """End all listening pages (the server stops)."""
        for reader in list(self._readers):
            if reader.full():
                reader.get_nowait()
            reader.put_nowait(None)

    @contextmanager
    def listen(self) -> Iterator[asyncio.Queue[dict[str, Any] | None]]:
        """Yield a queue of events; `None` means: reload everything and listen again."""
        reader: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue(maxsize=1000)
        self._readers.add(reader)
        try:
            yield reader
        finally:
            self._readers.discard(reader)


class Traffic:
    """The last exchanges, newest last."""

    def __init__(self, feed: Feed) -> None:
        self.exchanges: deque[Exchange] = deque(maxlen=KEEP)
        self._feed = feed
        self._count = 0

    def begin(self) -> int:
        """Return the number of an exchange that starts now, to be given to `record` when it has ended."""
        self._count += 1
        return self._count

    def record(self, *, number: int, at: datetime, what: str, **rest: Any) -> Exchange:
        """Keep an exchange that has ended; fields as in `Exchange`."""
        exchange = Exchange(number=number, at=at, what=what, **rest)
        self.exchanges.append(exchange)
        if self._feed.has_readers:
            self._feed.publish({"type": "traffic", "exchange": exchange.view()})
        return exchange
