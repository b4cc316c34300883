"""What to call a customer on a button: at most ten characters, told apart by city or by the word that differs."""

from __future__ import annotations

from collections.abc import Iterable

from nlp.names.forms import core_of
from nlp.types import Customer

#: A button holds ten Chinese characters (WeCom).
LONGEST_LABEL = 10


def short_name(customer: Customer) -> str:
    """Return what people call the customer: its shortest alias, else the core of its name."""
    aliases = [alias for alias in customer.aliases if len(alias) >= 2]
    return min(aliases, key=len) if aliases else core_of(customer.name)


def choice_label(customer: Customer, among: Iterable[Customer]) -> str:
    """Return a label of at most ten characters that no other choice has: 苏州华锐, 卓励机床."""
    others = [other for other in among if other.customer_id != customer.customer_id]
    for label in _labels(customer):
        if not any(label in _labels(other) for other in others):
            return label
    return customer.name[:LONGEST_LABEL]


def _labels(customer: Customer) -> list[str]:
    short = short_name(customer)
    labels = [customer.city + short if customer.city not in short else short]
    labels += sorted((alias for alias in customer.aliases if alias != short), key=len)
    labels.append(_distinct_part(customer, short))
    contact = customer.contacts[0].name if customer.contacts else ""
    labels.append(f"{short}·{contact}" if contact else short)
    return [label[:LONGEST_LABEL] for label in labels if label]


def _distinct_part(customer: Customer, short: str) -> str:
    at = customer.name.find(short)
    return customer.name[at:] if at >= 0 else customer.name
