"""Decrypted WeCom XML → channel-neutral `Inbound…` values. Pure: no clock, no I/O.

Source: developer.work.weixin.qq.com documents 90239 (messages) and 90240 (events). Well-formed XML never raises: what
is not known, or known but without the field that makes it useful, becomes `InboundUnsupported` and is answered in
words. Text from outside is passed on as received, never stripped.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Literal, TypedDict
from xml.etree.ElementTree import Element

from bot.wecom.safexml import child_id, child_text, read_xml
from handlers.messages import (
    Inbound,
    InboundAction,
    InboundEvent,
    InboundLink,
    InboundLocation,
    InboundMedia,
    InboundText,
    InboundUnsupported,
)

CHANNEL = "wecom"

MediaKind = Literal["photo", "voice", "video", "file"]


class _Head(TypedDict):
    channel: str
    message_id: str
    sender_id: str
    sent_at: datetime


def from_update(update: Mapping[str, object]) -> Inbound:
    """Read the stored update `{"channel", "xml", "received_at"}` that the webhook handed to `accept`."""
    return to_inbound(str(update["xml"]), received_at=datetime.fromisoformat(str(update["received_at"])))


def to_inbound(xml: bytes | str, *, received_at: datetime) -> Inbound:
    """Turn one decrypted callback into an inbound.

    `received_at` (aware) stands in when `CreateTime` is missing or absurd. Raises `Rejected` only on XML that is not
    well-formed, not UTF-8, or holds a DTD or entities.
    """
    root = read_xml(xml)
    kind = child_id(root, "MsgType").lower()
    head = _head(root, kind, received_at)
    if kind == "event":
        event = child_id(root, "Event")
        read, unsupported = _EVENTS.get(event.lower(), _other_event), f"event:{event}"
    else:
        read, unsupported = _MESSAGES.get(kind, _other_message), kind or root.tag
    return read(root, head) or InboundUnsupported(**head, kind=unsupported)


# --- identity ----------------------------------------------------------------------------------------------------


def _head(root: Element, kind: str, received_at: datetime) -> _Head:
    return _Head(
        channel=CHANNEL,
        message_id=_message_id(root, kind),
        sender_id=child_id(root, "FromUserName").lower(),
        sent_at=_sent_at(root, received_at),
    )


def _message_id(root: Element, kind: str) -> str:
    """Return the delivery's identity: the same for a retry, different for two honest deliveries.

    Messages have `MsgId`. A card click is known by its `ResponseCode`, hashed because it is a bearer secret. Other
    events have no id: sender and second collide (opening the app fires two events at once), so the digest covers
    everything that was said, whatever the order of its elements.
    """
    message_id = child_id(root, "MsgId")
    if message_id and kind != "event":
        return message_id
    response_code = child_id(root, "ResponseCode")
    if response_code:
        return "click-" + hashlib.sha256(response_code.encode()).hexdigest()[:40]
    said = sorted(f"{element.tag}={element.text or ''}" for element in root.iter())
    return "event-" + hashlib.sha256("\x00".join(said).encode()).hexdigest()[:40]


def _sent_at(root: Element, received_at: datetime) -> datetime:
    try:
        return datetime.fromtimestamp(int(child_id(root, "CreateTime")), UTC)
    except (ValueError, OverflowError, OSError):
        return received_at.astimezone(UTC)


# --- messages ----------------------------------------------------------------------------------------------------


def _text(root: Element, head: _Head) -> Inbound:
    return InboundText(**head, text=child_text(root, "Content"))


def _media(kind: MediaKind) -> Callable[[Element, _Head], Inbound | None]:
    def read(root: Element, head: _Head) -> Inbound | None:
        media_id = child_id(root, "MediaId")
        if not media_id:
            return None
        filename = child_text(root, "FileName") or child_text(root, "Title")
        return InboundMedia(
            **head, kind=kind, media_ref=media_id, format=child_id(root, "Format").lower(), filename=filename
        )

    return read


def _location(root: Element, head: _Head) -> Inbound | None:
    """A pin sent in the chat: `Location_X` is the latitude. GCJ-02 is assumed (picked on the client's map) and
    unconfirmed: the page names no datum."""
    point = _point(root, "Location_X", "Location_Y")
    if point is None:
        return None
    return InboundLocation(**head, lat=point[0], lon=point[1], datum="gcj02", label=child_text(root, "Label"))


def _link(root: Element, head: _Head) -> Inbound:
    return InboundLink(
        **head,
        title=child_text(root, "Title"),
        description=child_text(root, "Description"),
        url=child_text(root, "Url"),
    )


def _other_message(root: Element, head: _Head) -> Inbound | None:
    return None


# --- events ------------------------------------------------------------------------------------------------------


def _reported_position(root: Element, head: _Head) -> Inbound | None:
    """The position that the client reports by itself on opening the chat; never a check-in. WGS-84 is assumed (the
    default of the client's `getLocation`) and unconfirmed: the page names no datum."""
    point = _point(root, "Latitude", "Longitude")
    if point is None:
        return None
    accuracy = _number(child_id(root, "Precision"))
    return InboundLocation(
        **head,
        lat=point[0],
        lon=point[1],
        datum="wgs84",
        accuracy_m=accuracy if accuracy is not None and accuracy >= 0 else None,
        deliberate=False,
    )


def _picked_position(root: Element, head: _Head) -> Inbound | None:
    """A pin from the menu's location picker: a deliberate check-in. GCJ-02 is assumed and unconfirmed, as for
    messages; the picked place's name stands before its address."""
    point = _point(root, "SendLocationInfo/Location_X", "SendLocationInfo/Location_Y")
    if point is None:
        return None
    parts = (child_text(root, "SendLocationInfo/Poiname"), child_text(root, "SendLocationInfo/Label"))
    label = " ".join(part for part in parts if part)
    return InboundLocation(**head, lat=point[0], lon=point[1], datum="gcj02", label=label)


def _card_click(root: Element, head: _Head) -> Inbound:
    """A pressed card button or card-menu entry. The response code allows one update of the card within 72 hours."""
    return InboundAction(
        **head,
        action=child_text(root, "EventKey"),
        task_id=child_id(root, "TaskId"),
        update_code=child_id(root, "ResponseCode"),
        selections=tuple(
            (child_text(item, "QuestionKey"), tuple(option.text or "" for option in item.findall("OptionIds/OptionId")))
            for item in root.findall("SelectedItems/SelectedItem")
        ),
    )


def _menu_click(root: Element, head: _Head) -> Inbound:
    return InboundAction(**head, action=child_text(root, "EventKey"))


def _keyed_by(*paths: str) -> Callable[[Element, _Head], Inbound]:
    """Build the reader of a recorded event whose `key` is made of the texts at `paths`, joined by a colon."""

    def read(root: Element, head: _Head) -> Inbound:
        found = (child_id(root, path) for path in paths)
        return InboundEvent(**head, kind=child_id(root, "Event").lower(), key=":".join(t for t in found if t))

    return read


def _other_event(root: Element, head: _Head) -> Inbound | None:
    """An event that no page names: not known, so the sender is told; what the system itself reports is recorded."""
    event = child_id(root, "Event")
    if head["sender_id"] == "sys" and event:
        return InboundEvent(**head, kind=event.lower(), key=child_id(root, "EventKey"))
    return None


# --- numbers -----------------------------------------------------------------------------------------------------


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _point(root: Element, lat_path: str, lon_path: str) -> tuple[float, float] | None:
    lat, lon = _number(child_id(root, lat_path)), _number(child_id(root, lon_path))
    if lat is None or lon is None or abs(lat) > 90 or abs(lon) > 180:
        return None
    return lat, lon


_Reader = Callable[[Element, _Head], Inbound | None]

#: `file` is not listed for self-built apps; newer clients may push it (unconfirmed), so it is read all the same.
_MESSAGES: dict[str, _Reader] = {
    "text": _text,
    "image": _media("photo"),
    "voice": _media("voice"),
    "video": _media("video"),
    "file": _media("file"),
    "location": _location,
    "link": _link,
}

#: Event names in lower case: only `LOCATION` comes in capitals, and the page says to compare without case.
_EVENTS: dict[str, _Reader] = {
    "location": _reported_position,
    "location_select": _picked_position,
    "template_card_event": _card_click,
    "template_card_menu_event": _card_click,
    "click": _menu_click,
    "enter_agent": _keyed_by("EventKey"),
    "subscribe": _keyed_by("EventKey"),
    "unsubscribe": _keyed_by("EventKey"),
    "view": _keyed_by("EventKey"),
    "view_miniprogram": _keyed_by("EventKey"),
    "scancode_push": _keyed_by("ScanCodeInfo/ScanResult"),
    "scancode_waitmsg": _keyed_by("ScanCodeInfo/ScanResult"),
    "pic_sysphoto": _keyed_by("EventKey"),
    "pic_photo_or_album": _keyed_by("EventKey"),
    "pic_weixin": _keyed_by("EventKey"),
    "batch_job_result": _keyed_by("BatchJob/JobType", "BatchJob/ErrCode"),
    "change_contact": _keyed_by("ChangeType", "UserID", "Id", "TagId"),
    "open_approval_change": _keyed_by("ApprovalInfo/ThirdNo"),
    "sys_approval_change": _keyed_by("ApprovalInfo/SpNo"),
    "upload_media_job_finish": _keyed_by("JobId"),
    "share_agent_change": _keyed_by(),
    "share_chain_change": _keyed_by(),
    "inactive_alert": _keyed_by("EffectTime"),
    "close_inactive_agent": _keyed_by(),
    "reopen_inactive_agent": _keyed_by(),
    "low_active_alert": _keyed_by("EffectTime"),
    "low_active": _keyed_by(),
    "active_restored": _keyed_by(),
}
