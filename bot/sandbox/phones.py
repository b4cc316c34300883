"""A member's phone: writing, talking, photographing, pinning a place and tapping cards, as the real client would.

Every act puts something on the own screen and a callback on its way. The awaitable methods return when the platform
is done with that callback, with what became of it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any

from bot.sandbox.callbacks import Delivery
from bot.sandbox.envelopes import Xml, selected_items
from bot.sandbox.media import amr_seconds
from bot.sandbox.screens import CardCopy, Item, Screens

Screen = list[Item]
#: Posts an event: (userid, event, fields) → the delivery under way.
PostEvent = Callable[[str, str, Mapping[str, Xml]], "asyncio.Task[Delivery]"]
#: Posts a message: (userid, MsgType, fields) → the delivery under way.
PostMessage = Callable[[str, str, Mapping[str, Xml]], "asyncio.Task[Delivery]"]
#: Keeps a medium: (bytes, content type, file name) → media_id.
KeepMedia = Callable[[bytes, str, str], str]
#: Gives out a card's code for one update: task_id → code.
NewCode = Callable[[str], str]


class NotTappable(Exception):
    """The card on this phone has no such button, or its buttons are greyed."""


class Phone:
    """One member's phone, always in the app's conversation."""

    def __init__(
        self,
        userid: str,
        screens: Screens,
        *,
        post_message: PostMessage,
        post_event: PostEvent,
        keep_media: KeepMedia,
        new_code: NewCode,
        reports_entering: Callable[[], bool],
    ) -> None:
        self.userid = userid
        self._screens = screens
        self._post_message = post_message
        self._post_event = post_event
        self._keep_media = keep_media
        self._new_code = new_code
        self._reports_entering = reports_entering

    # --- what the person does ------------------------------------------------------------------------------------

    def start_say(self, text: str) -> asyncio.Task[Delivery]:
        """Send a text without waiting for the delivery."""
        self._screens.add(self.userid, "text", mine=True, text=text)
        return self._post_message(self.userid, "text", {"Content": text})

    async def say(self, text: str) -> Delivery:
        return await self.start_say(text)

    def start_voice(self, amr: bytes) -> asyncio.Task[Delivery]:
        """Send a voice message as the client records it: AMR-NB."""
        media_id = self._keep_media(amr, "audio/amr", "voice.amr")
        self._screens.add(self.userid, "voice", mine=True, media_id=media_id, seconds=amr_seconds(amr))
        return self._post_message(self.userid, "voice", {"MediaId": media_id, "Format": "amr"})

    async def voice(self, amr: bytes) -> Delivery:
        return await self.start_voice(amr)

    def start_photo(self, data: bytes, content_type: str = "image/jpeg") -> asyncio.Task[Delivery]:
        """Send a picture."""
        media_id = self._keep_media(data, content_type, "photo.jpg")
        self._screens.add(self.userid, "photo", mine=True, media_id=media_id)
        return self._post_message(self.userid, "image", {"PicUrl": "", "MediaId": media_id})

    async def photo(self, data: bytes, content_type: str = "image/jpeg") -> Delivery:
        return await self.start_photo(data, content_type)

    def start_location(self, lat: float, lon: float, label: str = "") -> asyncio.Task[Delivery]:
        """Send a pin. The coordinates go out as they are: the client's map would give GCJ-02."""
        self._screens.add(self.userid, "location", mine=True, lat=lat, lon=lon, text=label)
        fields: dict[str, Xml] = {"Location_X": f"{lat:.6f}", "Location_Y": f"{lon:.6f}", "Scale": 16}
        return self._post_message(self.userid, "location", {**fields, "Label": label, "AppType": "wxwork"})

    async def location(self, lat: float, lon: float, label: str = "") -> Delivery:
        return await self.start_location(lat, lon, label)

    async def link(self, title: str, description: str, url: str) -> Delivery:
        """Share a link into the conversation."""
        self._screens.add(self.userid, "link", mine=True, text=f"{title}\n{url}")
        fields = {"Title": title, "Description": description, "Url": url, "PicUrl": ""}
        return await self._post_message(self.userid, "link", fields)

    async def open(self) -> Delivery | None:
        """Open the app's conversation: `enter_agent`, if the app has `isreportenter` on."""
        if not self._reports_entering():
            return None
        return await self._post_event(self.userid, "enter_agent", {"EventKey": ""})

    async def menu(self, key: str) -> Delivery:
        """Tap a click entry of the app's menu."""
        return await self._post_event(self.userid, "click", {"EventKey": key})

    def start_tap(
        self, item: Item, button: str, select: Mapping[str, str] | str | None = None
    ) -> asyncio.Task[Delivery] | str:
        """Tap a button or menu entry by its text; a URL button returns the URL and causes no callback.

        `select` is the option (id or text) of the drop-down, or a mapping by question key; what is not named keeps
        its preselection. Raises `NotTappable`.
        """
        card = item.card
        if card is None or card.greyed:
            raise NotTappable("这张卡片已经不能点了")
        entry, event = _entry(card, button)
        if entry.get("type") == 1:
            return str(entry.get("url", ""))
        chosen = {} if event == "template_card_menu_event" else _chosen(card, select)
        card.pressed_key, card.chosen = str(entry["key"]), chosen
        self._screens.touch(item)
        return self._post_press(card.task_id, str(entry["key"]), str(card.body.get("card_type", "")), chosen, event)

    async def tap(self, item: Item | None, button: str, select: Mapping[str, str] | str | None = None) -> Delivery:
        """Tap a card's button; without `item` that of the newest card. Raises `NotTappable` (also for URL buttons)."""
        card = item if item is not None else self.newest_card()
        if card is None:
            raise NotTappable("没有卡片")
        under_way = self.start_tap(card, button, select)
        if isinstance(under_way, str):
            raise NotTappable(f"打开网页：{under_way}")
        return await under_way

    async def press(
        self, task_id: str, key: str, *, chosen: Mapping[str, list[str]] | None = None, menu: bool = False
    ) -> Delivery:
        """Send a press of any key on any card, shown here or not (forwarded, outdated or forged)."""
        event = "template_card_menu_event" if menu else "template_card_event"
        return await self._post_press(task_id, key, "button_interaction", dict(chosen or {}), event)

    # --- what the person sees ------------------------------------------------------------------------------------

    def screen(self) -> Screen:
        """Return what the phone shows, oldest first, cards in their present state."""
        return self._screens.of(self.userid)

    def texts(self) -> list[str]:
        """Return the texts that the app wrote."""
        return [i.text for i in self.screen() if i.kind == "text" and not i.mine]

    def cards(self) -> list[Item]:
        return [i for i in self.screen() if i.card is not None]

    def newest_card(self) -> Item | None:
        return next(reversed(self.cards()), None)

    async def wait_until(self, seen: Callable[[Screen], bool], *, timeout_s: float = 5.0) -> Screen:
        """Return the screen as soon as `seen` holds for it. Raises `TimeoutError`."""
        deadline = time.monotonic() + timeout_s
        while not seen(self.screen()):
            await asyncio.wait_for(self._screens.changed(), max(0.0, deadline - time.monotonic()))
        return self.screen()

    def _post_press(
        self, task_id: str, key: str, card_type: str, chosen: dict[str, list[str]], event: str
    ) -> asyncio.Task[Delivery]:
        fields: dict[str, Xml] = {
            "EventKey": key,
            "TaskId": task_id,
            "CardType": card_type,
            "ResponseCode": self._new_code(task_id),
        }
        return self._post_event(self.userid, event, {**fields, **selected_items(chosen)})


def _entry(card: CardCopy, text: str) -> tuple[dict[str, Any], str]:
    """Find the pressed entry (by text or key) among buttons, submit button and menu."""
    buttons = list(card.body.get("button_list") or [])
    if card.body.get("submit_button"):
        buttons.append(card.body["submit_button"])
    menu = (card.body.get("action_menu") or {}).get("action_list") or []
    for entries, event in ((buttons, "template_card_event"), (menu, "template_card_menu_event")):
        for entry in entries:
            if text and text in (entry.get("text"), entry.get("key")):
                return entry, event
    raise NotTappable(f"没有“{text}”")


def _chosen(card: CardCopy, select: Mapping[str, str] | str | None) -> dict[str, list[str]]:
    """Return what each question of the card stands at: the wish, else the preselection, else the first option."""
    body = card.body
    questions = [body["button_selection"]] if body.get("button_selection") else list(body.get("select_list") or [])
    chosen: dict[str, list[str]] = {}
    for question in questions:
        key = str(question["question_key"])
        wish = select if isinstance(select, str) else (select or {}).get(key)
        chosen[key] = [_option(question, wish)]
    if body.get("checkbox"):
        box = body["checkbox"]
        ticked = [str(o["id"]) for o in box["option_list"] if o.get("is_checked")]
        wishes = (select or {}).get(str(box["question_key"])) if isinstance(select, Mapping) else select
        chosen[str(box["question_key"])] = wishes.split("|") if wishes else ticked
    return chosen


def _option(question: Mapping[str, Any], wish: str | None) -> str:
    options = question["option_list"]
    if wish is not None:
        found = next((o for o in options if wish in (o["id"], o["text"])), None)
        if found is None:
            raise NotTappable(f"没有选项“{wish}”")
        return str(found["id"])
    preselected = question.get("selected_id")
    return str(preselected if any(o["id"] == preselected for o in options) else options[0]["id"])
