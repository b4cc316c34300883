"""Silence becomes a warning: an opportunity that stays in a stage without a confirmed update.

Days are Asia/Shanghai calendar days. Yellow when both the time in the stage and the time since the last update reach
the stage's dwell; red when both reach dwell plus grace (MISSION rows 51-53). After an import without dates nothing
fires before the first confirmed visit (DECISIONS 12).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta

from handlers.playbooks import Playbook
from handlers.playbooks.schema import Level, Recipient
from handlers.rules.days import day_of

RULE = "dwell"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpportunityView:
    """What the rule needs to know of one opportunity.

    `entry` is the identity of the current stage entry. `stage_since` is None where an import did not say it.
    `last_confirmed_at` is the latest confirmed visit, `last_contact_at` a contact known from an import only.
    """

    opportunity_id: str
    stage: str | None
    entry: str = ""
    stage_since: datetime | None = None
    last_confirmed_at: datetime | None = None
    last_contact_at: datetime | None = None
    last_contact_person: str = ""
    obstacle: str = ""
    owner: str = ""
    owner_name: str = ""
    customer: str = ""
    snoozed_until: datetime | None = None
    is_open: bool = True


@dataclass(frozen=True, slots=True)
class Due:
    """The day that silence is counted from, and the days on which it turns yellow and red if nothing happens."""

    silent_since: date
    yellow_on: date
    red_on: date


@dataclass(frozen=True, slots=True)
class Facts:
    """What a warning tells (every warning carries its facts). `customer` is the short name, `obstacle` verbatim."""

    customer: str
    stage: str
    days: int
    limit_days: int
    last_contact_on: date | None
    last_contact_person: str
    obstacle: str
    owner: str
    owner_name: str

    def to_json(self) -> dict[str, str | int | None]:
        """Return the facts as plain JSON values; the day as ISO text."""
        day = self.last_contact_on
        return asdict(self) | {"last_contact_on": day.isoformat() if day else None}


@dataclass(frozen=True, slots=True)
class Finding:
    """A warning to raise. `rule` + `opportunity_id` + `window` is its identity: once a window, then once redder."""

    rule: str
    opportunity_id: str
    window: str
    level: Level
    tell: tuple[Recipient, ...]
    facts: Facts


def due_days(view: OpportunityView, playbook: Playbook) -> Due | None:
    """Return when the opportunity turns yellow and red, or None where it cannot.

    Lets storage keep an indexed day, so that a scan reads what is due and not what exists.
    """
    if not view.is_open or view.stage is None:
        return None
    if view.stage_since is None and view.last_confirmed_at is None:
        return None
    dwell, grace = _limits(playbook, view.stage)
    touches = [at for at in (view.stage_since, view.last_confirmed_at, view.last_contact_at) if at is not None]
    since = max(day_of(at) for at in touches)
    return Due(since, since + dwell, since + dwell + grace)


def find_stale(view: OpportunityView, playbook: Playbook, today: date, now: datetime) -> Finding | None:
    """Return the warning that is due for this opportunity on `today`, or None.

    `today` is the Asia/Shanghai day that the scan is for; `now` (aware) decides whether a snooze is over.
    """
    due = due_days(view, playbook)
    if due is None or today < due.yellow_on or _is_snoozed(view, now):
        return None
    level: Level = "red" if today >= due.red_on else "yellow"
    tell = playbook.escalation.recipients(level)
    facts = _facts(view, today, due)
    return Finding(RULE, view.opportunity_id, window_key(view, due), level, tell, facts)


def resolved(window: str, view: OpportunityView, playbook: Playbook, today: date) -> bool:
    """Return whether an alert raised for `window` has lost its cause: closed, moved on, updated, or limit changed.

    A snooze does not resolve an alert.
    """
    due = due_days(view, playbook)
    if due is None or today < due.yellow_on:
        return True
    return _split(window) != _split(window_key(view, due))


def window_key(view: OpportunityView, due: Due) -> str:
    """Return the window in which a warning is given once: this stage entry, this silence, and this snooze."""
    snooze = view.snoozed_until
    return f"{view.entry or view.stage}|{due.silent_since}" + (f"|{day_of(snooze)}" if snooze else "")


def _split(window: str) -> list[str]:
    """Return entry and silence of a window key, without its snooze."""
    return window.split("|")[:2]


def _limits(playbook: Playbook, stage: str) -> tuple[timedelta, timedelta]:
    """Return dwell and grace of a stage; the playbook's own for a stage that it no longer has."""
    if stage not in playbook.stage_names:
        return playbook.dwell, playbook.grace
    return playbook.stage(stage).dwell, playbook.stage(stage).grace


def _is_snoozed(view: OpportunityView, now: datetime) -> bool:
    return view.snoozed_until is not None and now < view.snoozed_until


def _facts(view: OpportunityView, today: date, due: Due) -> Facts:
    assert view.stage is not None
    contacts = [day_of(at) for at in (view.last_confirmed_at, view.last_contact_at) if at is not None]
    return Facts(
        customer=view.customer,
        stage=view.stage,
        days=(today - due.silent_since).days,
        limit_days=(due.yellow_on - due.silent_since).days,
        last_contact_on=max(contacts, default=None),
        last_contact_person=view.last_contact_person,
        obstacle=view.obstacle,
        owner=view.owner,
        owner_name=view.owner_name,
    )
