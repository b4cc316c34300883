"""The forms in which people say a company's name: its core, its short forms, the parts around the core."""

from __future__ import annotations

import re

from nlp.names.places import CITIES, PROVINCES
from nlp.names.trades import strip_descriptors
from nlp.types import Customer

_PARENTHESES = re.compile(r"[（(].*?[）)]")
_LEGAL_PART = re.compile("(?<=..)(?:集团|股份|有限).*$")
_PLACE = re.compile(
    "^(?:" + "|".join(sorted(PROVINCES, key=len, reverse=True)) + ")?(?:省)?"
    "(?:(?:" + "|".join(sorted(CITIES, key=len, reverse=True)) + ")市?)?"
)
_DISTRICT = re.compile("^[\u4e00-\u9fff]{2,3}[区县镇]")
_SPLIT_ADDRESS = re.compile("(?:省|市|区|县|镇|街道|大道|路|街)")
_MIN = 2


def core_of(name: str) -> str:
    """Return the distinctive part of a registered name: 苏州华锐精密机械有限公司 → 华锐."""
    bare = strip_descriptors(_LEGAL_PART.sub("", _PARENTHESES.sub("", name)))
    for pattern in (_PLACE, _DISTRICT):
        rest = pattern.sub("", bare)
        if len(rest) >= _MIN:
            bare = rest
    return strip_descriptors(bare)


def spoken_forms(customer: Customer) -> tuple[str, ...]:
    """Return the shortest forms that identify a customer, none contained in another one's place.

    Longer aliases (华锐精密, 芜湖天昱) hold a shorter one and are found through it.
    """
    forms = [alias for alias in customer.aliases if len(alias) >= _MIN]
    if not forms:
        forms.append(_first_word(core_of(customer.name)))
    if customer.group:
        forms.append(core_of(customer.group))
    shortest: list[str] = []
    for form in sorted(dict.fromkeys(forms), key=len):
        if len(form) >= _MIN and not any(kept in form for kept in shortest):
            shortest.append(form)
    return tuple(shortest)


def _first_word(core: str) -> str:
    """Return what people say of a core that still holds a trade we have no word for: 汇向 of 汇向油脂."""
    return core[:_MIN] if len(core) >= 2 * _MIN and not core[:_MIN].isascii() else core


def long_forms(customer: Customer) -> tuple[str, ...]:
    """Return everything a customer is called, for checking what stands around a core."""
    return (*customer.aliases, _PARENTHESES.sub("", customer.name), customer.name)


def districts(customer: Customer) -> tuple[str, ...]:
    """Return the district, town and street names of the address (浦东新区 → 浦东), without the city."""
    parts = _SPLIT_ADDRESS.split(customer.address)
    names = (part.removesuffix("新").removesuffix("开发") for part in parts if customer.city not in part)
    return tuple(name for name in names if 2 <= len(name) <= 4 and name.isalpha())
