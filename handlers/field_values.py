"""Field values between three forms: extraction's, the stored JSON (the corpus's value forms), and words on a card."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import nlp
from handlers import texts
from nlp import types as nt


def to_json(value: Any) -> Any:
    """Return an extracted value as stored: id, `{"new": name}`, text, ISO day, or None."""
    if isinstance(value, nt.NewCustomer):
        return {"new": value.name}
    return value.isoformat() if isinstance(value, date) else value


def to_value(field: str, stored: Any) -> Any:
    """Return a stored value in extraction's form."""
    if field == "customer" and isinstance(stored, dict):
        return nt.NewCustomer(str(stored["new"]))
    if field == "next_followup" and isinstance(stored, str):
        return date.fromisoformat(stored)
    return stored


def in_words(field: str, stored: Any, directory: nlp.Directory) -> str:
    """Return a stored value as a person reads it: short name, day with weekday, or the words themselves."""
    if stored is None:
        return ""
    if field == "customer":
        if isinstance(stored, dict):
            return f"{stored['new']}（新客户）"
        customer = directory.customers.get(stored)
        return nlp.short_name(customer) if customer is not None else str(stored)
    if field == "next_followup":
        return texts.day(date.fromisoformat(stored))
    return str(stored)


def choice_words(field: str, stored: Any, among: Sequence[Any], directory: nlp.Directory) -> str:
    """Return a choice's words for a button: city + alias, or what differs, in at most ten characters."""
    if field == "customer" and not isinstance(stored, dict):
        customer = directory.customers.get(stored)
        others = [directory.customers[a] for a in among if isinstance(a, str) and a in directory.customers]
        if customer is not None:
            return nlp.choice_label(customer, others)
    if field == "customer" and isinstance(stored, dict):
        return f"新客户{stored['new']}"[:10]
    return in_words(field, stored, directory)[:10]
