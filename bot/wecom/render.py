"""Outbound values → WeCom request bodies. Pure: the same input gives the same bytes.

Cards are always `button_interaction` (document 90236): the only type with both answers in place and up to six
buttons. Texts are clipped to the display limits; what cannot be clipped without losing a choice (too many buttons or
options, a repeated key, a link without scheme) raises `IllegalMessage`, so an illegal body never leaves.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import Any

from bot.wecom import limits
from bot.wecom.card_schema import check_message, check_update
from bot.wecom.errors import IllegalMessage
from handlers.messages import Action, Card, CardButton, CardRow, CardSelection, Outbound, OutboundCard, OutboundText

Body = dict[str, object]

#: `source.desc_color`: 0 grey, 1 black, 2 red, 3 green. There is no yellow; black stands out from the usual grey.
_TONE_COLOURS = {"plain": 0, "yellow": 1, "red": 2, "done": 3}
#: Styles 1 to 4 are shown only as a picture in document 90236; which colour is which is unconfirmed.
_STYLES = {"primary": 1, "plain": 2, "danger": 3}
#: A button card must have a button. Where ours has none, it is this one, grey in updates.
_NOTHING_TO_DO = {"plain": "知道了", "yellow": "知道了", "red": "知道了", "done": "已完成"}
_MENU_DESC = "更多"
_NO_VALUE = "—"
_ELLIPSIS = "…"
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


# --- bodies ------------------------------------------------------------------------------------------------------


def render_message(recipient_id: str, outbound: Outbound, *, agent_id: int) -> Body:
    """Return the body of `message/send` with the platform's duplicate check on. Raises `IllegalMessage`."""
    body: Body = {
        "touser": recipient_id,
        "agentid": agent_id,
        **_content(outbound),
        "enable_duplicate_check": 1,
        "duplicate_check_interval": limits.DUPLICATE_CHECK_S,
    }
    _refuse(check_message(body))
    return body


def render_card_update(recipient_id: str, outbound: Outbound, update_code: str, *, agent_id: int) -> Body:
    """Return the body of `message/update_template_card`: a new card, or for a text the greyed button with that text.

    The update names no task id (document 94888): the shown card keeps its own. Raises `IllegalMessage`.
    """
    body: Body = {"userids": [recipient_id], "agentid": agent_id, "response_code": update_code}
    match outbound:
        case OutboundCard(card):
            body["template_card"] = _updated_card(card)
        case OutboundText(text):
            body["button"] = {"replace_name": clip(text, limits.BUTTON_CHARS)}
    _refuse(check_update(body))
    return body


def _content(outbound: Outbound) -> Body:
    match outbound:
        case OutboundText(text):
            return {"msgtype": "text", "text": {"content": clip_bytes(clean(text), limits.TEXT_BYTES)}}
        case OutboundCard(card):
            return {"msgtype": "template_card", "template_card": {**render_card(card), "task_id": task_id_of(card)}}


def _refuse(faults: list[tuple[int, str]]) -> None:
    if faults:
        raise IllegalMessage(faults)


# --- the card ----------------------------------------------------------------------------------------------------


def render_card(card: Card) -> dict[str, Any]:
    """Return the `template_card` without its task id."""
    body: dict[str, Any] = {
        "card_type": "button_interaction",
        "source": {"desc": clip(card.source, limits.SOURCE_CHARS), "desc_color": _TONE_COLOURS[card.tone]},
        "main_title": {"title": clip(card.title, limits.TITLE_CHARS), "desc": clip(card.desc, limits.DESC_CHARS)},
    }
    if card.quote:
        body["sub_title_text"] = shorten(clean(card.quote), limits.SUB_TITLE_CHARS)
    if card.rows:
        body["horizontal_content_list"] = [_row(row) for row in card.rows]
    if card.selection is not None:
        body["button_selection"] = _selection(card.selection)
    body["button_list"] = [_button(button) for button in card.buttons] or [_idle_button(card)]
    if card.menu:
        entries = [{"text": clip(entry.text, limits.BUTTON_CHARS), "key": entry.action} for entry in card.menu]
        body["action_menu"] = {"desc": _MENU_DESC, "action_list": entries}
    return body


def _updated_card(card: Card) -> dict[str, Any]:
    body = render_card(card)
    if not card.buttons:
        body["replace_text"] = _NOTHING_TO_DO[card.tone]
    return body


def _row(row: CardRow) -> dict[str, Any]:
    """A line with its mark in sight: `华锐 · 说的`. The value is clipped before the mark is."""
    mark = clip(row.mark, limits.ROW_VALUE_CHARS // 2)
    value = clean_line(row.value)
    if value and mark:
        tail = f" · {mark}"
        shown = clip(value, limits.ROW_VALUE_CHARS - len(tail)) + tail
    else:
        shown = clip(value, limits.ROW_VALUE_CHARS) or mark or _NO_VALUE
    body: dict[str, Any] = {"keyname": clip(row.key, limits.ROW_KEY_CHARS), "value": shown}
    return {**body, "type": 1, "url": row.url} if row.url else body


def _selection(selection: CardSelection) -> dict[str, Any]:
    return {
        "question_key": selection.key,
        "title": clip(selection.title, limits.SELECTION_TITLE_CHARS),
        "option_list": [{"id": key, "text": clip(text, limits.OPTION_CHARS)} for key, text in selection.options],
        "selected_id": selection.selected,
    }


def _button(button: CardButton) -> dict[str, Any]:
    body = {"text": clip(button.text, limits.BUTTON_CHARS), "style": _STYLES[button.style]}
    if button.url:
        return {**body, "type": 1, "url": button.url}
    return {**body, "type": 0, "key": button.action}


def _idle_button(card: Card) -> dict[str, Any]:
    key = Action("nop", task_id_of(card)).pack()
    return {"text": _NOTHING_TO_DO[card.tone], "style": _STYLES["plain"], "type": 0, "key": key}


def task_id_of(card: Card) -> str:
    """Return the platform's task id for a card: its own id where the platform allows it, else a legal unique form."""
    legal = re.sub(r"[^0-9A-Za-z_\-@]", "-", card.card_id)
    if legal == card.card_id and 0 < len(legal) <= limits.TASK_ID_BYTES:
        return legal
    digest = hashlib.sha256(card.card_id.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return f"{legal[:100]}@{digest}"


# --- text --------------------------------------------------------------------------------------------------------


def clean(text: str) -> str:
    """Drop what crashes clients (82004), cannot be sent or turns other text around.

    That is control characters but line feed and tab, surrogates, and direction marks that names from outside may hold.
    """
    return "".join(c for c in text if c in "\n\t" or not (unicodedata.category(c) in ("Cc", "Cs") or c in _TURNING))


def clean_line(text: str) -> str:
    """Clean a text for a place of one line."""
    return " ".join(clean(text).split())


def clip(text: str, chars: int) -> str:
    """Clean to one line and cut to at most `chars` characters."""
    return shorten(clean_line(text), chars)


def shorten(text: str, chars: int) -> str:
    """Cut to at most `chars` characters, the cut shown by `…`."""
    return text if len(text) <= chars else text[: chars - 1].rstrip() + _ELLIPSIS


def clip_bytes(text: str, limit_bytes: int) -> str:
    """Cut to at most `limit_bytes` of UTF-8 at a character's border, the cut shown by `…`."""
    if len(text.encode()) <= limit_bytes:
        return text
    room = limit_bytes - len(_ELLIPSIS.encode())
    return text.encode()[:room].decode("utf-8", "ignore") + _ELLIPSIS


def split_text(text: str, limit_bytes: int = limits.TEXT_BYTES) -> list[str]:
    """Split into pieces of at most `limit_bytes` of UTF-8, at line ends where there are any; nothing is lost.

    Joined, the pieces are the text again.
    """
    pieces: list[str] = []
    rest = text
    while len(rest.encode()) > limit_bytes:
        head = rest.encode()[:limit_bytes].decode("utf-8", "ignore")
        end = head.rfind("\n") + 1 or len(head)
        pieces.append(rest[:end])
        rest = rest[end:]
    return [*pieces, rest] if rest or not pieces else pieces
