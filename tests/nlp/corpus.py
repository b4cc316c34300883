"""Reads the corpus files under `tests/corpus` into `nlp.types` values."""

from __future__ import annotations

import csv
import json
from datetime import datetime
from pathlib import Path
from typing import Any

from nlp.types import Contact, Customer, Note, Rep

#: The corpus that the tests measure on: 400 customers, 30 reps, 160 notes.
CORPUS = Path(__file__).resolve().parents[1] / "corpus"


def load_customers(path: Path = CORPUS / "customers.csv") -> list[Customer]:
    """Return the customers of a directory file, in file order."""
    with path.open(encoding="utf-8", newline="") as lines:
        return [_customer(row) for row in csv.DictReader(lines)]


def load_reps(path: Path = CORPUS / "reps.csv") -> list[Rep]:
    """Return the reps of a reps file, in file order."""
    with path.open(encoding="utf-8", newline="") as lines:
        return [Rep(row["userid"], row["name"], row["team"], row["role"]) for row in csv.DictReader(lines)]


def load_notes(path: Path = CORPUS / "notes-dev.jsonl") -> list[dict[str, Any]]:
    """Return the notes of a JSON-lines file as they stand: id, channel, sent_at, rep, playbook, text, gold, why."""
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def as_note(row: dict[str, Any]) -> Note:
    """Turn one row of a notes file into the value that extraction takes."""
    return Note(row["text"], datetime.fromisoformat(row["sent_at"]), row["rep"], row["channel"])


def _customer(row: dict[str, str]) -> Customer:
    return Customer(
        customer_id=row["customer_id"],
        name=row["name"],
        aliases=_parts(row["aliases"]),
        industry=row["industry"],
        region=row["region"],
        city=row["city"],
        address=row["address"],
        lat=float(row["lat"]) if row["lat"] else None,
        lon=float(row["lon"]) if row["lon"] else None,
        owner=row["owner"],
        stage=row["stage"] or None,
        contacts=tuple(_contact(part) for part in _parts(row["contacts"])),
        group=row.get("group") or "",
    )


def _contact(text: str) -> Contact:
    name, _, title = text.partition(":")
    return Contact(name, title)


def _parts(cell: str) -> tuple[str, ...]:
    return tuple(part for part in cell.split("|") if part)
