"""Name matching stays fast in a large directory; `benchmarks/names_growth.py` prints the figures."""

from __future__ import annotations

import time

from benchmarks.names_growth import invented
from nlp.names import Directory, resolve
from tests.nlp.corpus import as_note, load_customers, load_notes, load_reps
from tests.nlp.names.given import corpus_directory

_CUSTOMERS = 10_000


def cpu_seconds(directory: Directory) -> float:
    """Return the CPU time of resolving the corpus's notes once, after a warming round."""
    notes = [as_note(row) for row in load_notes()]
    for note in notes:
        resolve(note, directory)
    start = time.process_time()
    for note in notes:
        resolve(note, directory)
    return time.process_time() - start


def test_twenty_five_times_the_customers_cost_less_than_ten_times_the_time() -> None:
    large = Directory([*load_customers(), *invented(_CUSTOMERS)], load_reps())
    assert cpu_seconds(large) < 10 * cpu_seconds(corpus_directory())


def test_ten_thousand_customers_are_indexed_in_a_few_seconds() -> None:
    customers = invented(_CUSTOMERS)
    start = time.process_time()
    Directory(customers)
    assert time.process_time() - start < 3
