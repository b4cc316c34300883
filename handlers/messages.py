"""Channel-neutral values that cross the edges: what comes in, what goes out, cards, and what a button means.

No vendor's word appears here. An edge (`bot/wecom`, `bot/dingtalk`) turns its updates into `Inbound…` values and
renders `Outbound…` values into its own messages.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from urllib.parse import quote, unquote

from handlers.errors import MalformedAction

# --- inbound -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """What every inbound has.

    `channel` is the messenger (`wecom`); `message_id` the identity of the delivery within it (the idempotency
    key); `sender_id` the messenger's user id, lower-cased; `sent_at` when the person sent it (aware, UTC).
    """

    channel: str
    message_id: str
    sender_id: str
    sent_at: datetime

    @property
    def source_id(self) -> str:
        """Identity across channels, also the workflow's id: `wecom:<message id>`."""
        return f"{self.channel}:{self.message_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundText(Inbound):
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundMedia(Inbound):
    """Image, voice, video or file: `media_ref` is the vendor's id, to be fetched at once (it dies after days)."""

    kind: Literal["photo", "voice", "video", "file"]
    media_ref: str
    format: str = ""
    filename: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundLocation(Inbound):
    """A pin. `datum` is `gcj02` or `wgs84` as assumed for this source; `accuracy_m` only where a device gave it.

    `deliberate` is false for positions the messenger reports by itself (never a check-in).
    """

    lat: float
    lon: float
    datum: Literal["gcj02", "wgs84"]
    label: str = ""
    accuracy_m: float | None = None
    deliberate: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundLink(Inbound):
    title: str
    description: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundAction(Inbound):
    """A pressed button or menu entry. `action` is the raw key; `selections` maps question key → chosen option ids.

    `update_code` is a bearer secret that allows one update of the pressed card, empty where there is none.
    """

    action: str
    task_id: str = ""
    update_code: str = field(default="", repr=False)
    selections: tuple[tuple[str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundEvent(Inbound):
    """An event that is recorded and mostly not answered (entered the chat, subscribed, system notices)."""

    kind: str
    key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundUnsupported(Inbound):
    """A kind we do not know. It is answered in words, never dropped."""

    kind: str


# --- what a button means -----------------------------------------------------------------------------------------

ACTION_VERSION = "1"
Verb = Literal[
    "confirm",  # confirm a visit; value: "" | "tags" (with all proposed tags) | "notags"
    "set",  # set field to value, then confirm when nothing needed is open
    "void",  # 不是拜访
    "restore",  # bring a voided visit back
    "undo",  # 撤销 a confirmation
    "mute",  # 不再提示 a tag word; value: tag key
    "textmode",  # 文字版
    "ack",  # 知道了 on an alert
    "snooze",  # 延期; value: days
    "checkin",  # a nearby customer was chosen for a check-in; visit: capture id; value: customer id
    "note",  # an unsure message is a note; visit: capture id
    "correct",  # an unsure message is a correction; visit: capture id
    "nofollow",  # 不用跟进: no follow-up day, then confirm
    "alias",  # take the proposed words as the customer's alias; visit: proposal id
    "noalias",  # do not, and never ask again; visit: proposal id
    "unalias",  # 撤销 an accepted alias; visit: proposal id
    "nop",  # a button that is shown but has nothing to do any more
]


@dataclass(frozen=True, slots=True)
class Action:
    """A button's key: `1|verb|object|version|field|value`, each part percent-encoded. At most 1,024 bytes (WeCom)."""

    verb: str
    object_id: str
    version: int = 0
    field: str = ""
    value: str = ""

    def pack(self) -> str:
        parts = (ACTION_VERSION, self.verb, self.object_id, str(self.version), self.field, self.value)
        key = "|".join(quote(p, safe=" :-_.") for p in parts)
        if len(key.encode()) > 1024:
            raise MalformedAction("action key over 1024 bytes")
        return key

    @staticmethod
    def unpack(key: str) -> Action:
        """Read a key. Raises `MalformedAction` on a foreign prefix, a wrong part count or a non-number version."""
        parts = key.split("|")
        if len(parts) != 6 or parts[0] != ACTION_VERSION or not parts[3].isdigit():
            raise MalformedAction("not one of our buttons")
        _, verb, object_id, version, name, value = (unquote(p) for p in parts)
        return Action(verb, object_id, int(version), name, value)


# --- outbound ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CardRow:
    """A line: key (≤ 5 字), value, and a mark for how it is known (`说的`, `档案`, `待补`, `请选`, or none)."""

    key: str
    value: str
    mark: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class CardButton:
    """A button: either an `action` key or a `url`. `style` is primary, plain or danger. Text ≤ 10 字."""

    text: str
    action: str = ""
    url: str = ""
    style: Literal["primary", "plain", "danger"] = "plain"


@dataclass(frozen=True, slots=True)
class CardSelection:
    """One drop-down: its key, its title, options (id, text ≤ 16 字) and the preselected id."""

    key: str
    title: str
    options: tuple[tuple[str, str], ...]
    selected: str


@dataclass(frozen=True, slots=True)
class Card:
    """A card as people see it. `card_id` is ours and is what a platform's task id is made of."""

    card_id: str
    source: str
    title: str
    desc: str = ""
    quote: str = ""
    rows: tuple[CardRow, ...] = ()
    selection: CardSelection | None = None
    buttons: tuple[CardButton, ...] = ()
    menu: tuple[CardButton, ...] = ()
    tone: Literal["plain", "yellow", "red", "done"] = "plain"


@dataclass(frozen=True, slots=True)
class OutboundText:
    text: str


@dataclass(frozen=True, slots=True)
class OutboundCard:
    card: Card


Outbound = OutboundText | OutboundCard
