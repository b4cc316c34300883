"""What `extract` and `voice` know, the directory's files and the playbooks, and the answer that follows from it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from bot.cli.lines import Answer, Line, LineError, text_of
from bot.cli.notes import read_note, to_answer
from bot.cli.usage import UsageError
from handlers.playbooks import Playbook, PlaybookError, bundled_names, load
from nlp.extract import extract
from nlp.names import Directory
from nlp.speech.hints import hints
from nlp.types import Contact, Customer, Rep
from storage.directory_files import CustomerRow, Problem, RepRow, TableError, read_customers, read_reps

DEFAULT_PLAYBOOK = "generic"
_PROBLEMS_SHOWN = 5


class Known:
    """A directory and playbooks, against which the lines of one run are read."""

    def __init__(self, directory: Directory, default: Playbook) -> None:
        self._directory = directory
        self._default = default
        self._playbooks = {default.name: default}

    def answer(self, line: Line, text: str, *, channel: str | None = None) -> Answer:
        """Return what `text` says as the note of `line`. Raises `LineError`."""
        note = read_note(line, text, channel=channel)
        extraction = extract(note, self._directory, self._playbook(line).for_nlp())
        return to_answer(line.get("id"), extraction)

    def hints(self, line: Line) -> tuple[str, ...]:
        """Return the names that the line's rep is likely to say."""
        return hints(self._directory, text_of(line, "rep", default=""))

    def _playbook(self, line: Line) -> Playbook:
        """Return the note's own playbook, else the one of `--playbook`, else the generic one (DECISIONS 20)."""
        name = text_of(line, "playbook", default=self._default.name)
        if name not in self._playbooks:
            if name not in bundled_names():
                raise LineError(f"没有名为“{name}”的规则包；可用的有 {'、'.join(bundled_names())}")
            self._playbooks[name] = load(name)
        return self._playbooks[name]


def load_known(args: argparse.Namespace) -> Known:
    """Read the files that the options name. Raises `UsageError`."""
    try:
        default = load(args.playbook or DEFAULT_PLAYBOOK)
    except PlaybookError as error:
        raise UsageError(error.problems[0]) from error
    return Known(load_directory(args.customers, args.reps), default)


def load_directory(customers: Path, reps: Path) -> Directory:
    """Read both files; bad cells are told on standard error and left out. Raises `UsageError` where no row is left."""
    try:
        people, companies = read_reps(reps), read_customers(customers)
    except TableError as error:
        raise UsageError(str(error)) from error
    _tell(people.problems)
    _tell(companies.problems)
    for path, rows in ((customers, companies.rows), (reps, people.rows)):
        if not rows:
            raise UsageError(f"{path.name} 里没有可用的行")
    return Directory([to_customer(row) for row in companies.rows], [to_rep(row) for row in people.rows])


def _tell(problems: Sequence[Problem]) -> None:
    for problem in problems[:_PROBLEMS_SHOWN]:
        print(problem, file=sys.stderr)
    if len(problems) > _PROBLEMS_SHOWN:
        print(f"……另有 {len(problems) - _PROBLEMS_SHOWN} 处", file=sys.stderr)


def to_customer(row: CustomerRow) -> Customer:
    """Return a file's customer as extraction knows it."""
    return Customer(
        customer_id=row.customer_id,
        name=row.name,
        aliases=row.aliases,
        industry=row.industry,
        region=row.region,
        city=row.city,
        address=row.address,
        lat=row.lat,
        lon=row.lon,
        owner=row.owner,
        stage=row.stage,
        contacts=tuple(Contact(contact.name, contact.title) for contact in row.contacts),
        group=row.group,
    )


def to_rep(row: RepRow) -> Rep:
    """Return a file's person as extraction knows them."""
    return Rep(row.userid, row.name, row.team, row.role)
