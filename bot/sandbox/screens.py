"""What the phones show: messages in order, and each receiver's own copy of a card in its present state."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from bot.sandbox.traffic import Feed

Kind = Literal["text", "card", "voice", "photo", "file", "video", "location", "link", "notice"]
#: Screens keep this many items; older ones scroll away.
KEEP = 500


@dataclass(slots=True)
class CardCopy:
    """One receiver's copy of a template card.

    `body` is the template card as last sent; `greyed` is the text of greyed buttons after `replace_name`.
    """

    task_id: str
    body: dict[str, Any]
    greyed: str = ""
    updates: int = 0
    pressed_key: str = ""
    chosen: dict[str, list[str]] = field(default_factory=dict)

    @property
    def title(self) -> str:
        return str(self.body.get("main_title", {}).get("title", ""))

    def rows(self) -> dict[str, str]:
        """Return the key–value rows in order."""
        rows = self.body.get("horizontal_content_list") or []
        return {str(r.get("keyname", "")): str(r.get("value", "")) for r in rows}

    def buttons(self) -> list[str]:
        """Return the texts of the buttons that can be pressed now."""
        return [] if self.greyed else [str(b.get("text", "")) for b in self.body.get("button_list") or []]


@dataclass(slots=True)
class Item:
    """One thing on a phone's screen. `mine` is true for what the phone's owner sent."""

    item_id: str
    userid: str
    at: datetime
    kind: Kind
    mine: bool
    text: str = ""
    media_id: str = ""
    seconds: float = 0.0
    lat: float = 0.0
    lon: float = 0.0
    msgid: str = ""
    card: CardCopy | None = None

    def view(self) -> dict[str, Any]:
        """Return the item as the page reads it."""
        view: dict[str, Any] = {
            "id": self.item_id,
            "at": self.at.isoformat(),
            "kind": self.kind,
            "mine": self.mine,
            "text": self.text,
            "seconds": round(self.seconds, 1),
            "lat": self.lat,
            "lon": self.lon,
            "media": bool(self.media_id),
        }
        if self.card is not None:
            view["card"] = {
                "task_id": self.card.task_id,
                "body": self.card.body,
                "greyed": self.card.greyed,
                "updates": self.card.updates,
                "pressed": self.card.pressed_key,
                "chosen": self.card.chosen,
            }
        return view


class Screens:
    """All phones' screens. Every change is published to the feed and wakes those who wait for it."""

    def __init__(self, now: Callable[[], datetime], feed: Feed) -> None:
        self._now = now
        self._feed = feed
        self._items: dict[str, list[Item]] = {}
        self._count = 0
        self._changed = asyncio.Event()

    def of(self, userid: str) -> list[Item]:
        """Return a copy of what this phone shows, oldest first."""
        return list(self._items.get(userid, ()))

    def find(self, userid: str, item_id: str) -> Item | None:
        return next((i for i in self._items.get(userid, ()) if i.item_id == item_id), None)

    def add(self, userid: str, kind: Kind, *, mine: bool, **content: Any) -> Item:
        """Put a new item at the end of a screen."""
        self._count += 1
        item = Item(item_id=f"i{self._count}", userid=userid, at=self._now(), kind=kind, mine=mine, **content)
        items = self._items.setdefault(userid, [])
        items.append(item)
        del items[:-KEEP]
        self.touch(item)
        return item

    def copies_of(self, task_id: str) -> list[Item]:
        """Return every receiver's copy of the card."""
        return [i for items in self._items.values() for i in items if i.card is not None and i.card.task_id == task_id]

    def recall(self, msgid: str) -> None:
        """Replace a recalled message by a notice on every phone."""
        for items in self._items.values():
            for item in items:
                if item.msgid == msgid:
                    item.kind, item.text, item.card = "notice", "消息已撤回", None
                    self.touch(item)

    def touch(self, item: Item) -> None:
        """Tell everybody that the item is new or changed."""
        if self._feed.has_readers:
            self._feed.publish({"type": "item", "userid": item.userid, "item": item.view()})
        waiting, self._changed = self._changed, asyncio.Event()
        waiting.set()

    async def changed(self) -> None:
        """Return at the next change of any screen."""
        await self._changed.wait()
