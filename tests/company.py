"""The corpus's company as stories need it: reps, each with customers whose names leave no doubt, and what they say."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from nlp.types import Rep
from storage.directory_files import CustomerRow, read_customers, read_reps

CORPUS = Path(__file__).parent / "corpus"
PEOPLE = read_reps(CORPUS / "reps.csv").rows
CUSTOMERS = read_customers(CORPUS / "customers.csv", people=PEOPLE).rows
#: Stages from which `note` moves forward by at most one.
_EARLY = ("需求确认", "方案提交")


@dataclass(frozen=True, slots=True)
class Role:
    """A rep and the customers that a story may be about."""

    userid: str
    name: str
    customers: tuple[CustomerRow, ...]


def members() -> tuple[Rep, ...]:
    """Return everybody in the company."""
    return tuple(Rep(p.userid, p.name, p.team, p.role) for p in PEOPLE)


def note(customer: CustomerRow, followup: str = "下周五") -> str:
    """Return what a rep says after a visit, with nothing left open."""
    return f"刚从{customer.aliases[0]}出来，{customer.contacts[0].name}说方案看完了，节拍不够，{followup}带新版过去"


def cast() -> list[Role]:
    """Return the reps who have at least two clear customers of their own."""
    spoken = Counter(alias for c in CUSTOMERS for alias in c.aliases)
    roles = []
    for person in PEOPLE:
        own = tuple(c for c in CUSTOMERS if c.owner == person.userid and _is_clear(c, spoken))
        if person.role == "rep" and len(own) > 1:
            roles.append(Role(person.userid, person.name, own))
    return roles


def _is_clear(customer: CustomerRow, spoken: Counter[str]) -> bool:
    placed = customer.lat is not None and customer.lon is not None
    return bool(customer.contacts) and placed and customer.stage in _EARLY and spoken[customer.aliases[0]] == 1
