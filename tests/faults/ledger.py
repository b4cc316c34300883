"""The ledger: what was sent, kept where the system under test cannot touch it, and the verdict at the end.

Every recording is born here with the digest of its bytes. Afterwards each must be found once at every station of its
way: callback taken, capture, bytes, transcript, visit, card on the phone.
"""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from bot.sandbox import Delivery, Phone

_OPEN_WORK = "select count(*) from workflow_status where status in ('ENQUEUED', 'PENDING')"
_BROKEN_WORK = "select name, workflow_uuid, status from workflow_status where status not in ('SUCCESS')"


@dataclass(frozen=True, slots=True)
class Born:
    """One recording as it left the phone."""

    userid: str
    sha256: str
    words: str
    customer_id: str


@dataclass(slots=True)
class Verdict:
    """What is wrong, by kind. All empty means that every note went its way once."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    altered: list[str] = field(default_factory=list)
    stuck: list[str] = field(default_factory=list)

    def figures(self) -> dict[str, int]:
        """Return how many of each kind."""
        return {name: len(getattr(self, name)) for name in ("lost", "doubled", "altered", "stuck")}

    def count(self, found: int, what: str) -> None:
        """Book something that must be there exactly once."""
        if found == 0:
            self.lost.append(what)
        elif found > 1:
            self.doubled.append(f"{what} ×{found}")


class Ledger:
    """All recordings of a run."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._born: list[Born] = []
        self._callbacks: list[Delivery] = []

    @property
    def size(self) -> int:
        """How many recordings were sent."""
        return len(self._born)

    def write(self, userid: str, amr: bytes, words: str, customer_id: str) -> None:
        """Enter a recording before it is sent."""
        self._born.append(Born(userid, hashlib.sha256(amr).hexdigest(), words, customer_id))

    def delivered(self, callback: Delivery) -> None:
        """Enter what became of a callback on the platform's side."""
        self._callbacks.append(callback)

    def idle(self) -> bool:
        """Tell whether the server has nothing left to do."""
        with self._database() as database:
            queued = database.execute("select count(*) from delivery where state = 'queued'").fetchone()[0]
            return bool(database.execute(_OPEN_WORK).fetchone()[0] == 0 and queued == 0)

    def settle(self, phones: Iterable[Phone]) -> Verdict:
        """Compare the ledger with the database, the media folder and the screens."""
        verdict = Verdict()
        with self._database() as database:
            for born in self._born:
                self._follow(born, database, verdict)
            self._look_for_strays(database, verdict)
            verdict.stuck += [" ".join(row) for row in database.execute(_BROKEN_WORK)]
            states = "select id, state from delivery where state not in ('sent', 'superseded')"
            verdict.stuck += [" ".join(row) for row in database.execute(states)]
            self._look_at_screens(list(phones), database, verdict)
        verdict.lost += [f"callback of {c.userid}" for c in self._callbacks if not c.delivered]
        return verdict

    def _follow(self, born: Born, database: sqlite3.Connection, verdict: Verdict) -> None:
        mark = born.sha256[:8]
        captures = database.execute(
            "select id, visit_id, state, person_id from capture where media_sha256 = ?", (born.sha256,)
        ).fetchall()
        verdict.count(len(captures), f"capture {mark}")
        if not captures:
            return
        capture_id, visit_id, state, person_id = captures[0]
        if (state, person_id) != ("read", born.userid):
            verdict.altered.append(f"capture {mark} is {state} of {person_id}")
        self._check_bytes(born, verdict)
        texts = [r[0] for r in database.execute("select text from transcript where capture_id = ?", (capture_id,))]
        verdict.count(len(texts), f"transcript {mark}")
        if texts and texts[0] != born.words:
            verdict.altered.append(f"transcript {mark}")
        visits = database.execute("select id, customer_id from visit where source_id = ?", (capture_id,)).fetchall()
        verdict.count(len(visits), f"visit of {mark}")
        if visits and visits[0] != (visit_id, born.customer_id):
            verdict.altered.append(f"visit of {mark}: {visits[0]} instead of {(visit_id, born.customer_id)}")

    def _check_bytes(self, born: Born, verdict: Verdict) -> None:
        path = self._data / "media" / born.sha256[:2] / born.sha256
        if not path.is_file():
            verdict.lost.append(f"bytes {born.sha256[:8]}")
        elif hashlib.sha256(path.read_bytes()).hexdigest() != born.sha256:
            verdict.altered.append(f"bytes {born.sha256[:8]}")

    def _look_for_strays(self, database: sqlite3.Connection, verdict: Verdict) -> None:
        """More rows than notes are doubles, whatever they hang on."""
        for table in ("capture", "transcript", "visit"):
            count = database.execute(f"select count(*) from {table}").fetchone()[0]
            if count > len(self._born):
                verdict.doubled.append(f"{count} rows of {table} for {len(self._born)} notes")

    def _look_at_screens(self, phones: list[Phone], database: sqlite3.Connection, verdict: Verdict) -> None:
        """Each visit's version is one card on its rep's phone, and each card is of a visit that exists."""
        visits = {row[0]: row[1:] for row in database.execute("select id, person_id, version from visit")}
        shown: Counter[tuple[str, str, int]] = Counter()
        for phone in phones:
            for item in phone.cards():
                assert item.card is not None
                visit_id, version = _visit_of(item.card.task_id)
                shown[visit_id, phone.userid, version] += 1
                if visit_id not in visits:
                    verdict.altered.append(f"a card of no visit: {item.card.task_id}")
        for visit_id, (person_id, version) in visits.items():
            for number in range(1, version + 1):
                verdict.count(shown[visit_id, person_id, number], f"card of {visit_id[-8:]} version {number}")

    def _database(self) -> sqlite3.Connection:
        return sqlite3.connect(f"file:{self._data / 'waiqin.db'}?mode=ro", uri=True, timeout=30)


def _visit_of(task_id: str) -> tuple[str, int]:
    """Read visit (a UUID) and version from a card's task id: `v-<visit>-<version>`, perhaps with more behind it."""
    match = re.match(r"v-(.{36})-(\d+)", task_id)
    assert match is not None, task_id
    return match[1], int(match[2])
