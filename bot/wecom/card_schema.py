"""What WeCom accepts in messages, cards, card updates and menus: the one list of rules for sender and stand-in.

Each check returns faults as (the platform's error code, what is wrong); an empty list means legal. Rules: documents
90236, 94888 and 90231, read 2026-08. Byte limits and list lengths are enforced by the platform. Text lengths in
characters are only recommended there; here they are faults too (40058, over-long value), so that no card of ours is
cut on a phone. Codes that the pages do not tie to a rule are 40058.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from bot.wecom import limits

Fault = tuple[int, str]
Json = Mapping[str, Any]

BAD_PARAMETER = 40058
_TASK_ID = re.compile(r"[0-9A-Za-z_\-@]+")
_WITH_CALLBACK = frozenset({"button_interaction", "vote_interaction", "multiple_interaction"})


def encode_body(body: Json) -> bytes:
    """Return the bytes to send: real UTF-8 (40033 on escapes), the same for equal bodies whatever their key order.

    A body that went through a database may come back with its keys in another order; the platform's duplicate check
    wants the identical request.
    """
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


# --- messages ----------------------------------------------------------------------------------------------------


def check_message(body: Json) -> list[Fault]:
    """Check the body of `message/send`."""
    faults = _encoding_faults(body) + _receiver_faults(body) + _agent_faults(body)
    interval = body.get("duplicate_check_interval", 1800)
    if not isinstance(interval, int) or not 0 <= interval <= limits.DUPLICATE_CHECK_MAX_S:
        faults.append((BAD_PARAMETER, "duplicate_check_interval beyond 4 hours"))
    kind = body.get("msgtype")
    if kind in ("text", "markdown"):
        return faults + _content_faults(_dict(body, kind))
    if kind == "template_card":
        return faults + check_template_card(_dict(body, "template_card"))
    return [*faults, (40008, f"msgtype {kind!r} is not one we send")]


def _encoding_faults(body: Json) -> list[Fault]:
    try:
        encode_body(body)
    except (UnicodeEncodeError, TypeError, ValueError):
        return [(40033, "not UTF-8 JSON")]
    return []


def _agent_faults(body: Json) -> list[Fault]:
    return [] if isinstance(body.get("agentid"), int) else [(40056, "agentid missing")]


def _receiver_faults(body: Json) -> list[Fault]:
    names = [str(body.get(key) or "") for key in ("touser", "toparty", "totag")]
    if not any(names):
        return [(82001, "no receiver")]
    if names[0].count("|") >= limits.RECEIVERS:
        return [(40032, "more than 1000 receivers")]
    return []


def _content_faults(part: Json) -> list[Fault]:
    content = part.get("content")
    if not isinstance(content, str) or not content:
        return [(44004, "empty content")]
    if len(content.encode("utf-8", "replace")) > limits.TEXT_BYTES:
        return [(45002, "content over 2048 bytes")]
    return []


def check_update(body: Json) -> list[Fault]:
    """Check the body of `message/update_template_card`."""
    faults = _encoding_faults(body) + _agent_faults(body)
    if not isinstance(body.get("response_code"), str) or not body["response_code"]:
        faults.append((60140, "response_code missing"))
    receivers = [body.get(key) for key in ("userids", "partyids", "tagids")]
    if not any(receivers) and body.get("atall") != 1:
        faults.append((82101, "no receiver"))
    if "template_card" in body:
        return faults + check_template_card(_dict(body, "template_card"), update=True)
    if not _text(_dict(body, "button"), "replace_name"):
        faults.append((42020, "neither template_card nor button.replace_name"))
    return faults


# --- cards -------------------------------------------------------------------------------------------------------


def check_template_card(card: Json, *, update: bool = False) -> list[Fault]:
    """Check a `template_card`. In an update the task id may be absent and a submit button is optional."""
    kind = card.get("card_type")
    own = _OWN_PARTS.get(str(kind))
    if own is None:
        return [(42031, f"card_type {kind!r}")]
    faults = _head_faults(card, title_required=kind != "text_notice") + _task_faults(card, update) + _key_faults(card)
    if kind in ("text_notice", "news_notice", "button_interaction"):
        faults += _notice_parts(card)
    return faults + own(card, update)


def _head_faults(card: Json, *, title_required: bool) -> list[Fault]:
    title, source = _dict(card, "main_title"), _dict(card, "source")
    faults = _long(source, "desc", limits.SOURCE_CHARS) + _long(title, "title", limits.TITLE_CHARS)
    if card.get("card_type") not in ("vote_interaction", "multiple_interaction"):
        faults += _long(title, "desc", limits.DESC_CHARS)
    if source.get("desc_color", 0) not in (0, 1, 2, 3):
        faults.append((BAD_PARAMETER, "source.desc_color is 0 to 3"))
    if title_required and not _text(title, "title"):
        faults.append((42033, "main_title.title missing"))
    return faults


def _task_faults(card: Json, update: bool) -> list[Fault]:
    interactive = card.get("card_type") in _WITH_CALLBACK or "action_menu" in card
    task_id = card.get("task_id")
    if task_id is None:
        return [(42014, "task_id missing")] if interactive and not update else []
    if not isinstance(task_id, str) or not _TASK_ID.fullmatch(task_id) or len(task_id) > limits.TASK_ID_BYTES:
        return [(42014, "task_id: digits, letters, _ - @, at most 128 bytes")]
    return []


def _key_faults(card: Json) -> list[Fault]:
    """Keys of buttons, menu and submit are unique in the card and at most 1024 bytes."""
    menu = [_text(entry, "key") for entry in _list(_dict(card, "action_menu"), "action_list")]
    others = [_text(button, "key") for button in _list(card, "button_list") if button.get("type", 0) == 0]
    others.append(_text(_dict(card, "submit_button"), "key"))
    keys = [key for key in (*menu, *others) if key]
    faults = [(42018, "key over 1024 bytes") for key in keys if _size(key) > limits.KEY_BYTES]
    if len(set(menu)) < len(menu):
        faults.append((42051, "duplicate menu key"))
    elif len(set(keys)) < len(keys):
        faults.append((42018, "duplicate key"))
    return faults


def _notice_parts(card: Json) -> list[Fault]:
    faults = _long(card, "sub_title_text", limits.SUB_TITLE_CHARS) + _row_faults(_list(card, "horizontal_content_list"))
    if "action_menu" in card:
        faults += _menu_entry_faults(_list(_dict(card, "action_menu"), "action_list"))
    jumps = _list(card, "jump_list")
    if len(jumps) > limits.JUMPS:
        faults.append((42042, "more than 3 jumps"))
    for jump in jumps:
        if not _text(jump, "title"):
            faults.append((42033, "jump title missing"))
        if jump.get("type", 0) == 1:
            faults += _url_faults(jump)
    return faults


def _row_faults(rows: list[Json]) -> list[Fault]:
    faults: list[Fault] = []
    if len(rows) > limits.ROWS:
        faults.append((42035, "more than 6 rows"))
    for row in rows:
        if not _text(row, "keyname"):
            faults.append((42027, "row keyname missing"))
        faults += _long(row, "keyname", limits.ROW_KEY_CHARS) + _long(row, "value", limits.ROW_VALUE_CHARS)
        kind = row.get("type", 0)
        if kind == 1:
            faults += _url_faults(row)
        elif kind == 2 and not _text(row, "media_id"):
            faults.append((42029, "row media_id missing"))
        elif kind == 3 and not _text(row, "userid"):
            faults.append((42050, "row userid missing"))
    return faults


def _menu_entry_faults(entries: list[Json]) -> list[Fault]:
    faults: list[Fault] = []
    if not 1 <= len(entries) <= limits.MENU_ENTRIES:
        faults.append((BAD_PARAMETER, "action_menu has 1 to 3 entries"))
    for entry in entries:
        if not _text(entry, "text"):
            faults.append((42038, "menu text missing"))
        if not _text(entry, "key"):
            faults.append((42039, "menu key missing"))
    return faults


def _button_parts(card: Json, update: bool) -> list[Fault]:
    faults: list[Fault] = []
    buttons = _list(card, "button_list")
    if not 1 <= len(buttons) <= limits.BUTTONS:
        faults.append((BAD_PARAMETER, "button_list has 1 to 6 buttons"))
    for button in buttons:
        faults += _button_faults(button)
    if "button_selection" in card:
        faults += _select_faults(_dict(card, "button_selection"))
    if _dict(card, "card_action").get("type", 0) == 1:
        faults += _url_faults(_dict(card, "card_action"))
    if "replace_text" in card and not update:
        faults.append((BAD_PARAMETER, "replace_text is for updates"))
    return faults


def _button_faults(button: Json) -> list[Fault]:
    faults = _long(button, "text", limits.BUTTON_CHARS)
    if not _text(button, "text"):
        faults.append((42038, "button text missing"))
    if button.get("style", 1) not in (1, 2, 3, 4):
        faults.append((BAD_PARAMETER, "button style is 1 to 4"))
    if button.get("type", 0) == 1:
        return faults + _url_faults(button)
    if not _text(button, "key"):
        faults.append((42039, "button key missing"))
    return faults


def _select_faults(part: Json) -> list[Fault]:
    faults: list[Fault] = []
    key = _text(part, "question_key")
    if not key or _size(key) > limits.KEY_BYTES:
        faults.append((42043, "question_key missing or over 1024 bytes"))
    return faults + _option_faults(_list(part, "option_list"), limits.OPTIONS, limits.OPTION_CHARS)


def _option_faults(options: list[Json], most: int, chars: int) -> list[Fault]:
    faults: list[Fault] = []
    if not 1 <= len(options) <= most:
        faults.append((42037, f"option_list has 1 to {most} options"))
    ids = [_text(option, "id") for option in options]
    if not all(ids) or len(set(ids)) < len(ids) or any(_size(i) > limits.OPTION_ID_BYTES for i in ids):
        faults.append((42040, "option id missing, repeated or over 128 bytes"))
    for option in options:
        if not _text(option, "text"):
            faults.append((42041, "option text missing"))
        faults += _long(option, "text", chars)
    return faults


def _text_notice_parts(card: Json, update: bool) -> list[Fault]:
    faults = _card_action_faults(card)
    if not _text(_dict(card, "main_title"), "title") and not _text(card, "sub_title_text"):
        faults.append((42033, "neither main_title.title nor sub_title_text"))
    return faults


def _news_notice_parts(card: Json, update: bool) -> list[Fault]:
    faults = _card_action_faults(card)
    if not _text(_dict(card, "card_image"), "url") and not _text(_dict(card, "image_text_area"), "image_url"):
        faults.append((42044, "neither card_image.url nor image_text_area.image_url"))
    rows = _list(card, "vertical_content_list")
    if len(rows) > limits.VERTICAL_ROWS or not all(_text(row, "title") for row in rows):
        faults.append((42036, "vertical_content_list has at most 4 titled rows"))
    return faults


def _card_action_faults(card: Json) -> list[Fault]:
    """A notice must be clickable: type 0 is refused."""
    action = _dict(card, "card_action")
    if action.get("type") == 1:
        return _url_faults(action)
    if action.get("type") == 2:
        return [] if _text(action, "appid") else [(42030, "card_action.appid missing")]
    return [(42045, "card_action of type 1 or 2 missing")]


def _vote_parts(card: Json, update: bool) -> list[Fault]:
    box = _dict(card, "checkbox")
    faults = _submit_faults(card, update)
    if not _text(box, "question_key"):
        faults.append((42043, "question_key missing"))
    return faults + _option_faults(_list(box, "option_list"), limits.VOTE_OPTIONS, limits.VOTE_OPTION_CHARS)


def _multiple_parts(card: Json, update: bool) -> list[Fault]:
    parts = _list(card, "select_list")
    faults = _submit_faults(card, update)
    if not 1 <= len(parts) <= limits.SELECTS:
        faults.append((42047, "select_list has 1 to 3 drop-downs"))
    return faults + [fault for part in parts for fault in _select_faults(part)]


def _submit_faults(card: Json, update: bool) -> list[Fault]:
    if update and "submit_button" not in card:
        return []
    button = _dict(card, "submit_button")
    faults: list[Fault] = []
    if not _text(button, "key"):
        faults.append((42046, "submit key missing"))
    if not _text(button, "text"):
        faults.append((42049, "submit text missing"))
    return faults


_OWN_PARTS: dict[str, Callable[[Json, bool], list[Fault]]] = {
    "text_notice": _text_notice_parts,
    "news_notice": _news_notice_parts,
    "button_interaction": _button_parts,
    "vote_interaction": _vote_parts,
    "multiple_interaction": _multiple_parts,
}


# --- parts -------------------------------------------------------------------------------------------------------


def _dict(part: Json, key: str) -> Json:
    value = part.get(key)
    return value if isinstance(value, Mapping) else {}


def _list(part: Json, key: str) -> list[Json]:
    value = part.get(key)
    found: Iterable[Any] = value if isinstance(value, list) else ()
    return [item if isinstance(item, Mapping) else {} for item in found]


def _text(part: Json, key: str) -> str:
    value = part.get(key)
    return value if isinstance(value, str) else ""


def _size(text: str) -> int:
    return len(text.encode("utf-8", "replace"))


def _long(part: Json, key: str, chars: int) -> list[Fault]:
    return [(BAD_PARAMETER, f"{key} over {chars} characters")] if len(_text(part, key)) > chars else []


def _url_faults(part: Json) -> list[Fault]:
    url = _text(part, "url")
    if not url.startswith(("http://", "https://")) or _size(url) > limits.URL_BYTES:
        return [(42028, "url missing, without scheme or over 2048 bytes")]
    return []
