"""Visits: the audit chain verifies, every confirm counts once, corrections stand in the order they were said."""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from itertools import pairwise
from typing import Any

from bot.torture.books import Books, Row, as_json, as_time
from bot.torture.findings import Findings
from bot.torture.ledger import Entry, Ledger

_GENESIS = "0" * 64
_CHANGES = "select c.*, v.salt, v.before, v.after from change c left join change_value v on v.change_id = c.id"


def check(ledger: Ledger, books: Books, found: Findings) -> None:
    """Check all chains, then each visit against its history."""
    changes = sorted(books.rows(_CHANGES), key=lambda row: (as_time(row["at"]), row["seq"]))
    _check_chains(changes, found)
    history: defaultdict[str, list[Row]] = defaultdict(list)
    for row in sorted(changes, key=lambda row: row["id"]):
        if row["entity"] == "visit":
            history[row["entity_id"]].append(row)
    guesses: defaultdict[str, dict[str, Any]] = defaultdict(dict)
    for row in books.rows("select visit_id, field, value from field_guess"):
        guesses[row["visit_id"]][row["field"]] = as_json(row["value"])
    for visit in books.rows("select * from visit"):
        own = history[visit["id"]]
        _check_states(visit, own, found)
        _check_version(visit, own, ledger, found)
        _check_corrections(visit, own, ledger, found)
        _check_values(visit, own, guesses[visit["id"]], found)
        _check_taps(visit, own, ledger, found)
    follow_ups = Counter(
        r["visit_id"] for r in books.rows("select visit_id from task where kind = 'follow_up' and state = 'open'")
    )
    found.doubled += [f"follow-ups of visit {visit[-8:]}" for visit, count in follow_ups.items() if count > 1]


def _check_chains(changes: list[Row], found: Findings) -> None:
    chains: defaultdict[str, list[Row]] = defaultdict(list)
    for row in changes:
        chains[row["chain"]].append(row)
    for chain, links in chains.items():
        prev = _GENESIS
        for number, row in enumerate(sorted(links, key=lambda link: link["seq"]), 1):
            if row["seq"] != number or row["prev_hash"] != prev or _hash(prev, row) != row["hash"]:
                found.altered.append(f"audit chain {chain} at {row['seq']}")
                break
            prev = row["hash"]


def _hash(prev: str, row: Row) -> str:
    """Return what an entry's hash must be (`storage.audit`, written down a second time on purpose)."""
    values = json.dumps([as_json(row["before"]), as_json(row["after"])], ensure_ascii=False, sort_keys=True, separators=(",", ":"))  # fmt: skip  # noqa: E501
    bound = hashlib.sha256(f"{row['salt']}\n{values}".encode()).hexdigest()
    names = ("actor_id", "via", "entity", "entity_id", "field")
    parts = [prev, row["chain"], str(row["seq"]), as_time(row["at"]).isoformat(), *(row[n] for n in names), bound]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _check_states(visit: Row, history: list[Row], found: Findings) -> None:
    """Each change of state starts where the one before ended: nothing was applied twice or overwritten."""
    states = [(as_json(row["before"]), as_json(row["after"]), row) for row in history if row["field"] == "state"]
    last = "draft"
    for before, after, row in states:
        if before != last:
            found.doubled.append(f"visit {visit['id'][-8:]}: {before}→{after} by {row['via']} while {last}")
        last = after
    if visit["state"] != last:
        found.altered.append(f"visit {visit['id'][-8:]} is {visit['state']}, its history says {last}")
    applied = Counter((row["via"], after) for _, after, row in states)
    found.doubled += [f"{after} by {via} ×{count}" for (via, after), count in applied.items() if count > 1]


def _check_version(visit: Row, history: list[Row], ledger: Ledger, found: Findings) -> None:
    """A tap confirms the version that it was made on, never a later one."""
    confirms = [row for row in history if row["field"] == "state" and as_json(row["after"]) == "confirmed"]
    entry = ledger.get(confirms[-1]["via"]) if confirms and visit["state"] == "confirmed" else None
    if entry is None or entry.action[1:2] != ["confirm"]:
        return
    if entry.action[3:4] != [str(visit["confirmed_version"])]:
        found.altered.append(f"{entry} confirmed version {visit['confirmed_version']}")


def _check_values(visit: Row, history: list[Row], now: dict[str, Any], found: Findings) -> None:
    """A field is what its last change made it; without a change it may still have come from the directory."""
    last: dict[str, Any] = {}
    for row in history:
        if row["field"] == "*":
            last.update(as_json(row["after"]))
        elif not row["field"].startswith(("state", "tag:")):
            last[row["field"]] = as_json(row["after"])
    for name, value in last.items():
        if name in ("customer", "next_followup") and now.get(name) != value:
            found.altered.append(f"visit {visit['id'][-8:]}: {name} is {now.get(name)}, its history says {value}")


def _check_corrections(visit: Row, history: list[Row], ledger: Ledger, found: Findings) -> None:
    """What was said later stands later: two corrections of a field are applied in the order they were sent."""
    said: list[Entry] = []
    for row in history:
        entry = ledger.get(row["via"])
        if row["field"] == "next_followup" and entry is not None and (entry.text or entry.words).startswith("跟进改成"):
            said.append(entry)
    for earlier, later in pairwise(said):
        if earlier.number > later.number and earlier.second != later.second:  # the platform tells whole seconds
            found.altered.append(f"visit {visit['id'][-8:]}: {later} overwrote what was said after it, {earlier}")


def _check_taps(visit: Row, history: list[Row], ledger: Ledger, found: Findings) -> None:
    """A confirm that was accepted on the current version has confirmed."""
    if visit["state"] != "draft" or visit["customer_id"] is None:
        return
    if any(row["field"] == "state" and as_json(row["after"]) == "confirmed" for row in history):
        return
    for entry in ledger:
        is_confirm = entry.kind == "tap" and entry.accepted and entry.action[1:2] == ["confirm"]
        if (
            is_confirm
            and entry.userid == visit["person_id"]
            and entry.action[2:4] == [visit["id"], str(visit["version"])]
        ):
            found.lost.append(f"{entry}: the visit is still a draft")
