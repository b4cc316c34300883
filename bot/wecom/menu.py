"""The menu of the bot's conversation: the rules of `menu/create` (document 90231, read 2026-08).

Faults are (error code, what is wrong): 40016 count, 40017 type, 40018 name, 40019 key, 40020 link, 40023 sub-buttons.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.wecom import limits
from bot.wecom.card_schema import Fault

_KEYED = frozenset(
    {
        "click",
        "scancode_push",
        "scancode_waitmsg",
        "pic_sysphoto",
        "pic_photo_or_album",
        "pic_weixin",
        "location_select",
    }
)


def check_menu(buttons: Sequence[Mapping[str, Any]]) -> list[Fault]:
    """Check a menu: 1–3 top buttons, each with 1–5 sub-buttons or an own type. Names and keys are counted in bytes."""
    faults: list[Fault] = []
    if not 1 <= len(buttons) <= limits.MENU_TOP_BUTTONS:
        faults.append((40016, "a menu has 1 to 3 top buttons"))
    for button in buttons:
        faults += _name_faults(button, limits.MENU_TOP_NAME_BYTES)
        children = button.get("sub_button") or []
        if len(children) > limits.MENU_SUB_BUTTONS:
            faults.append((40023, "a menu button has at most 5 sub-buttons"))
        for leaf in children or [button]:
            faults += _leaf_faults(leaf)
        for child in children:
            faults += _name_faults(child, limits.MENU_SUB_NAME_BYTES)
    return faults


def _name_faults(button: Mapping[str, Any], most_bytes: int) -> list[Fault]:
    if not 1 <= len(str(button.get("name", "")).encode()) <= most_bytes:
        return [(40018, f"menu name missing or over {most_bytes} bytes")]
    return []


def _leaf_faults(button: Mapping[str, Any]) -> list[Fault]:
    kind = button.get("type")
    if kind in _KEYED:
        ok = 1 <= len(str(button.get("key", "")).encode()) <= limits.MENU_KEY_BYTES
        return [] if ok else [(40019, "menu key missing or over 128 bytes")]
    if kind == "view":
        url = str(button.get("url", ""))
        ok = url.startswith(("http://", "https://")) and len(url.encode()) <= limits.MENU_URL_BYTES
        return [] if ok else [(40020, "menu url missing, without scheme or over 1024 bytes")]
    if kind == "view_miniprogram":
        return [] if button.get("appid") and button.get("pagepath") else [(40020, "mini program missing")]
    return [(40017, f"menu type {kind!r}")]
