"""Runs in `.venv-peers`, imports none of ours: `reader.py PEER TASK` answers cases from standard input, a line each.

Tasks: `expression` (the day that a date expression names), `note` (the first day after the note's that its text names)
and `customer` (the id of the customer that the note names; the first line is the directory). An answer is
`{"answer": …, "micros": …, "crash": …}`; a crash is an exception that is not the library's way of finding nothing.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from typing import Any

Case = dict[str, Any]
Read = Callable[[Case], "str | None"]
WARMING = 5


def first_future(days: Iterable[str], reference: datetime) -> str | None:
    """Return the first day in text order that lies after the reference's own day."""
    today = reference.date().isoformat()
    return next((day for day in days if day > today), None)


def nearest(days: list[str], reference: datetime) -> str | None:
    """Return the forward-looking one of several readings of the same words."""
    today = reference.date().isoformat()
    return next((day for day in days if day >= today), days[-1] if days else None)


def by_jionlp(task: str) -> Read:
    import jionlp

    def one(found: Any) -> list[str]:
        if not isinstance(found, dict) or found.get("type") not in ("time_point", "time_span"):
            return []
        return [str(moment)[:10] for moment in found["time"] if str(moment)[:4].isdigit()]

    def expression(case: Case) -> str | None:
        reference = datetime.fromisoformat(case["reference"])
        try:
            found = jionlp.parse_time(case["text"], time_base=reference.timestamp())
        except ValueError:  # how it says that it cannot read a string
            return None
        return next(iter(one(found)), None)

    def note(case: Case) -> str | None:
        reference = datetime.fromisoformat(case["reference"])
        found = jionlp.ner.extract_time(case["text"], time_base=reference.timestamp(), with_parsing=True)
        return first_future((day for mention in found for day in one(mention["detail"])[:1]), reference)

    return expression if task == "expression" else note


def by_dateparser(task: str) -> Read:
    import dateparser
    from dateparser.search import search_dates

    def settings(reference: datetime) -> dict[str, Any]:
        return {"RELATIVE_BASE": reference, "PREFER_DATES_FROM": "future", "DATE_ORDER": "YMD"}

    def search(case: Case, reference: datetime) -> list[str]:
        found = search_dates(case["text"], languages=["zh"], settings=settings(reference)) or []
        return [moment.date().isoformat() for _, moment in found]

    def expression(case: Case) -> str | None:
        reference = datetime.fromisoformat(case["reference"])
        found = dateparser.parse(case["text"], languages=["zh"], settings=settings(reference))
        return found.date().isoformat() if found else next(iter(search(case, reference)), None)

    def note(case: Case) -> str | None:
        reference = datetime.fromisoformat(case["reference"])
        return first_future(search(case, reference), reference)

    return expression if task == "expression" else note


def by_recognizers(task: str) -> Read:
    from recognizers_date_time import recognize_datetime
    from recognizers_text import Culture

    def days(case: Case, reference: datetime) -> Iterator[str]:
        for found in recognize_datetime(case["text"], Culture.Chinese, reference=reference):
            values = (found.resolution or {}).get("values") or []
            said = [str(value.get("value") or value.get("start") or value.get("end") or "")[:10] for value in values]
            readings = [day for day in said if is_day(day)]
            day = nearest(readings, reference)
            if day is not None:
                yield day

    def expression(case: Case) -> str | None:
        return next(days(case, datetime.fromisoformat(case["reference"])), None)

    def note(case: Case) -> str | None:
        reference = datetime.fromisoformat(case["reference"])
        return first_future(days(case, reference), reference)

    return expression if task == "expression" else note


def is_day(words: str) -> bool:
    """Tell whether words are an ISO day (a recogniser also answers durations and times)."""
    try:
        return bool(date.fromisoformat(words))
    except ValueError:
        return False


def by_rapidfuzz(_: str) -> Read:
    from rapidfuzz import fuzz, process

    forms: dict[str, str] = json.loads(sys.stdin.readline())

    def customer(case: Case) -> str | None:
        found = process.extractOne(case["text"], list(forms), scorer=fuzz.WRatio)
        return forms[found[0]] if found else None

    return customer


PEERS: dict[str, Callable[[str], Read]] = {
    "jionlp": by_jionlp,
    "dateparser": by_dateparser,
    "recognizers": by_recognizers,
    "rapidfuzz": by_rapidfuzz,
}


def answer(read: Read, case: Case) -> Case:
    """Return a case's answer, its time in micro-seconds and the name of what it raised."""
    crash, value = "", None
    begun = time.perf_counter()
    try:
        value = read(case)
    except Exception as error:
        crash = type(error).__name__
    return {"answer": value, "micros": (time.perf_counter() - begun) * 1e6, "crash": crash}


def main(peer: str, task: str) -> None:
    """Answer every case, after a few unmeasured ones."""
    read = PEERS[peer](task)
    cases = [json.loads(line) for line in sys.stdin if line.strip()]
    for case in cases[:WARMING]:
        answer(read, case)
    for case in cases:
        print(json.dumps(answer(read, case)), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:3])
