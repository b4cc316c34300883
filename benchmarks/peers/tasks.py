"""The tasks that we and the peers are measured on: cases with the right answer, and our own way of answering."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from nlp.dates import find_dates, follow_up, resolve_first
from nlp.dates.mention import Reference
from nlp.names import Directory, resolve
from nlp.types import Customer, NewCustomer, Note
from tests.nlp.corpus import as_note, load_customers, load_notes, load_reps
from tests.nlp.dates.cases import load_cases

Answer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Task:
    """Cases (as the peers get them), the right answers, our readers by name (the first is the one compared with),
    and the peers that take part. `lead` is a line that the peers get before the cases."""

    name: str
    kind: str
    cases: list[dict[str, Any]]
    gold: list[Any]
    ours: dict[str, Callable[[int], Any]]
    peers: tuple[str, ...]
    lead: tuple[dict[str, Any], ...] = ()


DATE_PEERS = ("jionlp", "dateparser", "recognizers")


def all_tasks() -> list[Task]:
    """Return the tasks in the order of the table."""
    notes = load_notes()
    return [
        _expressions("date expressions", load_cases("expressions")),
        _expressions("date expressions, aside", load_cases("expressions-aside")),
        _follow_up("follow-up day, dev notes", [(n["text"], n["sent_at"], n["gold"]["next_followup"]) for n in notes]),
        _follow_up(
            "follow-up day, aside notes",
            [(n["text"], n["sent_at"], n["expected"]) for n in load_cases("notes-aside")],
        ),
        _customers("customer, dev notes", notes),
    ]


def _local(moment: str) -> str:
    """Return the Shanghai wall-clock time of a moment without its offset: what every peer takes."""
    return datetime.fromisoformat(moment).replace(tzinfo=None).isoformat()


def _expressions(name: str, lines: list[dict[str, Any]]) -> Task:
    """Take the expressions that name a day; the first day of a period counts, for the peers say no more of it."""
    positive = [line for line in lines if line["date"] is not None]

    def ours(number: int) -> str | None:
        line = positive[number]
        found = resolve_first(line["text"], datetime.fromisoformat(line["reference"]))
        return found.date.isoformat() if found else None

    cases = [{"text": line["text"], "reference": _local(line["reference"])} for line in positive]
    return Task(name, "expression", cases, [line["date"] for line in positive], {"waiqin": ours}, DATE_PEERS)


def _follow_up(name: str, lines: list[tuple[str, str, str | None]]) -> Task:
    def chosen(number: int) -> str | None:
        text, moment, _ = lines[number]
        value = follow_up(text, datetime.fromisoformat(moment)).value
        return value.isoformat() if value is not None else None

    def first(number: int) -> str | None:
        text, moment, _ = lines[number]
        sent = datetime.fromisoformat(moment)
        today = Reference.at(sent).day
        days = (one.date for one in find_dates(text, sent) if not one.vague and one.date > today)
        return next((day.isoformat() for day in days), None)

    cases = [{"text": text, "reference": _local(moment)} for text, moment, _ in lines]
    ours = {"waiqin": chosen, "waiqin, first future day": first}
    return Task(name, "note", cases, [day for _, _, day in lines], ours, DATE_PEERS)


def _customers(name: str, rows: list[dict[str, Any]]) -> Task:
    customers = load_customers()
    directory = Directory(customers, load_reps())
    notes: list[Note] = [as_note(row) for row in rows]

    def ours(number: int) -> Any:
        value = resolve(notes[number], directory)[0].value
        return {"new": value.name} if isinstance(value, NewCustomer) else value

    cases = [{"text": row["text"]} for row in rows]
    gold = [row["gold"]["customer"] for row in rows]
    return Task(name, "customer", cases, gold, {"waiqin": ours}, ("rapidfuzz",), (_forms(customers),))


def _forms(customers: list[Customer]) -> dict[str, str]:
    return {form: customer.customer_id for customer in customers for form in (customer.name, *customer.aliases)}


def answer_ourselves(task: Task, read: Callable[[int], Any], warming: int = 5) -> list[Answer]:
    """Answer a task's cases with one of our readers, timed as the peers are."""
    for number in range(min(warming, len(task.cases))):
        read(number)
    answers = []
    for number in range(len(task.cases)):
        begun = time.perf_counter()
        value = read(number)
        answers.append({"answer": value, "micros": (time.perf_counter() - begun) * 1e6, "crash": ""})
    return answers
