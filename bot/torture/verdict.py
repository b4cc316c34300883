"""The verdict: ledger against books against phones, in four counts that must all be 0."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.torture import captures, screens, visits
from bot.torture.books import Books, as_time
from bot.torture.findings import Findings
from bot.torture.platform import Platform

#: States in which the workflow engine still has something to do.
_OPEN = "status in ('ENQUEUED', 'PENDING', 'DELAYED')"


@dataclass(slots=True)
class Verdict:
    """What is wrong, by kind, each finding a sentence."""

    findings: Findings = field(default_factory=Findings)

    def figures(self) -> dict[str, int]:
        """Return `lost doubled altered stuck`."""
        return self.findings.figures()

    def lines(self) -> list[str]:
        """Return the findings for a reader."""
        return self.findings.lines()


def judge(platform: Platform, books: Books) -> Verdict:
    """Compare everything at the end of a story."""
    found = Findings()
    captures.check(platform.ledger, books, found)
    visits.check(platform.ledger, books, found)
    screens.check(platform, books, found)
    for work in books.works("status <> 'SUCCESS'"):
        found.stuck.append(f"workflow {work['name']} {work['id'][-40:]} is {work['status']}")
    found.stuck += [f"in the spool: {name[:12]}" for name in books.spooled()]
    found.stuck += [f"delivery {row['id']} waits ({row['problem']})" for row in _waiting(platform, books)]
    for what, status, wanted in platform.ledger.refusals:
        if wanted != 200 and status == 200:
            found.doubled.append(f"a forged callback ({what}) was accepted")
    if platform.standin.postbox.quota.discarded:
        found.lost.append(f"{platform.standin.postbox.quota.discarded} messages beyond the platform's limits")
    return Verdict(found)


def unfinished(platform: Platform, books: Books) -> bool:
    """Tell whether the system has something left to do now."""
    return bool(books.works(_OPEN) or books.spooled() or _waiting(platform, books))


def finished(books: Books) -> int:
    """Return how much work has come to its end: it grows as long as the system gets on."""
    sent = books.rows("select count(*) as n from delivery where state <> 'queued'")[0]["n"]
    return len(books.works("status = 'SUCCESS'")) + int(sent)


def _waiting(platform: Platform, books: Books) -> list[dict[str, object]]:
    """Return deliveries that wait although their time has come."""
    now = platform.clock.now()
    queued = books.rows("select id, push, not_before, problem from delivery where state = 'queued'")
    return [dict(row) for row in queued if not (row["push"] and row["not_before"] and as_time(row["not_before"]) > now)]
