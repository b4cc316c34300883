"""Dwell warnings: when silence turns yellow and red, and when it must not."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.playbooks import load
from handlers.rules.days import day_of
from handlers.rules.dwell import Finding, OpportunityView, due_days, find_stale, resolved

PLAYBOOK = load("manufacturing")
ENTERED = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)  # 16:00 in Shanghai on Monday 2 March


def opportunity(**changes: Any) -> OpportunityView:
    known = {"opportunity_id": "o1", "stage": "商务谈判", "entry": "e1", "stage_since": ENTERED, "customer": "华锐"}
    return OpportunityView(**(known | changes))


def scan(view: OpportunityView, today: date) -> Finding | None:
    return find_stale(view, PLAYBOOK, today, datetime(today.year, today.month, today.day, 1, tzinfo=UTC))


@pytest.mark.parametrize(("day", "level"), [(8, None), (9, "yellow"), (10, "red"), (30, "red")])
def test_seven_days_are_yellow_and_one_more_is_red(day: int, level: str | None) -> None:
    finding = scan(opportunity(), date(2026, 3, day))
    assert (finding and finding.level) == level


def test_yellow_tells_the_owner_and_red_the_supervisor() -> None:
    yellow, red = scan(opportunity(), date(2026, 3, 9)), scan(opportunity(), date(2026, 3, 10))
    assert yellow is not None
    assert red is not None
    assert (yellow.tell, red.tell) == (("owner",), ("supervisor",))
    assert yellow.window == red.window


def test_the_first_stage_may_take_fourteen_days() -> None:
    view = opportunity(stage="需求确认")
    assert scan(view, date(2026, 3, 15)) is None
    finding = scan(view, date(2026, 3, 16))
    assert finding is not None
    assert finding.facts.limit_days == 14


def test_a_confirmed_visit_starts_the_count_again_and_resolves_the_alert() -> None:
    before = scan(opportunity(), date(2026, 3, 10))
    assert before is not None
    touched = opportunity(last_confirmed_at=datetime(2026, 3, 10, 3, tzinfo=UTC))
    assert scan(touched, date(2026, 3, 16)) is None
    assert resolved(before.window, touched, PLAYBOOK, date(2026, 3, 10))
    again = scan(touched, date(2026, 3, 17))
    assert again is not None
    assert again.window != before.window
    assert resolved(before.window, touched, PLAYBOOK, date(2026, 3, 17))


def test_an_alert_stays_while_nothing_happens_and_while_snoozed() -> None:
    finding = scan(opportunity(), date(2026, 3, 9))
    assert finding is not None
    snoozed = opportunity(snoozed_until=datetime(2026, 3, 12, 1, tzinfo=UTC))
    assert not resolved(finding.window, opportunity(), PLAYBOOK, date(2026, 3, 11))
    assert not resolved(finding.window, snoozed, PLAYBOOK, date(2026, 3, 11))


def test_a_closed_opportunity_is_silent_and_resolved() -> None:
    finding = scan(opportunity(), date(2026, 3, 9))
    assert finding is not None
    assert scan(opportunity(is_open=False), date(2026, 3, 30)) is None
    assert resolved(finding.window, opportunity(is_open=False), PLAYBOOK, date(2026, 3, 30))


def test_a_snooze_silences_until_its_time_and_then_warns_in_a_new_window() -> None:
    view = opportunity(snoozed_until=datetime(2026, 3, 12, 1, tzinfo=UTC))
    first = scan(opportunity(), date(2026, 3, 11))
    assert scan(view, date(2026, 3, 11)) is None
    after = scan(view, date(2026, 3, 12))
    assert first is not None
    assert after is not None
    assert after.window != first.window


def test_after_an_import_without_dates_nothing_fires_before_the_first_confirmed_visit() -> None:
    imported = opportunity(stage_since=None, last_contact_at=datetime(2025, 1, 1, tzinfo=UTC))
    assert scan(imported, date(2026, 3, 30)) is None
    touched = opportunity(stage_since=None, last_confirmed_at=ENTERED)
    assert scan(touched, date(2026, 3, 8)) is None
    assert scan(touched, date(2026, 3, 9)) is not None


def test_a_stage_that_the_playbook_lost_still_warns_by_its_default() -> None:
    finding = scan(opportunity(stage="旧阶段"), date(2026, 3, 9))
    assert finding is not None
    assert finding.facts.limit_days == 7


def test_a_finding_carries_its_facts_as_json() -> None:
    view = opportunity(
        last_confirmed_at=datetime(2026, 3, 3, 20, tzinfo=UTC), last_contact_person="王建国", obstacle="交期太长"
    )
    finding = scan(view, date(2026, 3, 12))
    assert finding is not None
    facts = finding.facts.to_json()
    assert facts["last_contact_on"] == "2026-03-04"
    assert (facts["days"], facts["limit_days"], facts["obstacle"]) == (8, 7, "交期太长")
    assert (facts["customer"], facts["last_contact_person"]) == ("华锐", "王建国")


times = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC))
maybe = st.none() | times
views = st.builds(
    opportunity,
    stage=st.sampled_from(PLAYBOOK.stage_names),
    stage_since=maybe,
    last_confirmed_at=maybe,
    last_contact_at=maybe,
    snoozed_until=maybe,
)


@given(view=views, now=times)
def test_no_alert_fires_before_its_time(view: OpportunityView, now: datetime) -> None:
    finding = find_stale(view, PLAYBOOK, day_of(now), now)
    if finding is None:
        return
    stage = PLAYBOOK.stage(finding.facts.stage)
    wait = stage.dwell + (stage.grace if finding.level == "red" else timedelta(0))
    assert view.snoozed_until is None or now >= view.snoozed_until
    assert view.stage_since or view.last_confirmed_at
    for at in (view.stage_since, view.last_confirmed_at):
        assert at is None or day_of(now) - day_of(at) >= wait


@given(view=views, now=times, later=st.timedeltas(timedelta(0), timedelta(days=40)))
def test_waiting_longer_never_calms_an_alert(view: OpportunityView, now: datetime, later: timedelta) -> None:
    order = {"yellow": 1, "red": 2}
    first = find_stale(view, PLAYBOOK, day_of(now), now)
    second = find_stale(view, PLAYBOOK, day_of(now + later), now + later)
    assert (order[first.level] if first else 0) <= (order[second.level] if second else 0)


@given(view=views, now=times)
def test_the_due_days_foretell_the_scan(view: OpportunityView, now: datetime) -> None:
    due = due_days(view, PLAYBOOK)
    awake = opportunity(
        stage=view.stage,
        stage_since=view.stage_since,
        last_confirmed_at=view.last_confirmed_at,
        last_contact_at=view.last_contact_at,
    )
    finding = find_stale(awake, PLAYBOOK, day_of(now), now)
    assert (finding is not None) == (due is not None and day_of(now) >= due.yellow_on)
