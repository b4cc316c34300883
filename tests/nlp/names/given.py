"""The two directories that the tests of names use, and short ways to make notes, customers and answers."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from nlp.names import Directory
from nlp.types import Channel, Contact, Customer, Guess, NewCustomer, Note, Rep
from tests.nlp.corpus import load_customers, load_reps

DATA = Path(__file__).parent / "data"


@cache
def corpus_directory() -> Directory:
    """Return the directory of the corpus."""
    return Directory(load_customers(), load_reps())


@cache
def own_directory() -> Directory:
    """Return the directory that we invented."""
    return Directory(load_customers(DATA / "customers.csv"), load_reps(DATA / "reps.csv"))


def said(text: str, rep: str = "li", channel: Channel = "voice") -> Note:
    """Return a note."""
    return Note(text, datetime(2026, 3, 12, 8, tzinfo=UTC), rep, channel)


def customer(
    number: int, name: str, short: str, *people: str, city: str = "", owner: str = "li", **more: Any
) -> Customer:
    """Return a customer; `people` are 姓名:职务."""
    contacts = tuple(Contact(*person.split(":")) for person in people)
    return Customer(f"K{number}", name, (short,) if short else (), city=city, owner=owner, contacts=contacts, **more)


def directory(*customers: Customer) -> Directory:
    """Return a directory with two reps, li and zhao, and their supervisor."""
    reps = (Rep("li", "李平", "一组"), Rep("zhao", "赵四海", "一组"), Rep("boss", "钱多", "一组", "supervisor"))
    return Directory(customers, reps)


def as_gold(guess: Guess) -> Any:
    """Return a customer's guess as the corpus writes it."""
    return {"new": guess.value.name} if isinstance(guess.value, NewCustomer) else guess.value
