"""“下周三要见技术总监” implies technical material, due the working day before (MISSION row 2)."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from nlp import dates
from nlp.fields.preparation import tasks
from nlp.types import Note, Preparation


def _tasks(text: str, sent_at: str = "2026-03-10T10:00:00+08:00") -> tuple[Preparation, ...]:
    note = Note(text, datetime.fromisoformat(sent_at), "zhangwei")
    return tasks(note, dates.follow_up(note.text, note.sent_at))


def test_meeting_the_technical_director_needs_technical_material() -> None:
    (task,) = _tasks("方案看了，下周三要见技术总监")
    assert (task.title, task.due_on) == ("准备技术材料", date(2026, 3, 17))


def test_a_monday_meeting_is_prepared_on_friday() -> None:
    (task,) = _tasks("下周一给他们做演示")
    assert task.due_on == date(2026, 3, 13)


def test_a_holiday_before_the_meeting_is_skipped() -> None:
    (task,) = _tasks("4月7号带样品过去", "2026-04-01T10:00:00+08:00")
    assert task.due_on == date(2026, 4, 3)


def test_a_meeting_today_is_due_today() -> None:
    (task,) = _tasks("今晚带样品过去给他看", "2026-03-10T10:00:00+08:00")[:1]
    assert task.due_on == date(2026, 3, 10)


@pytest.mark.parametrize("text", ["见了技术总监，聊得不错", "下周三再联系", "技术总监出差了，过几天再说"])
def test_without_a_day_and_somebody_to_meet_there_is_no_task(text: str) -> None:
    assert _tasks(text) == ()


def test_the_task_points_at_its_words() -> None:
    text = "方案看了，下周三要见技术总监"
    (task,) = _tasks(text)
    assert text[task.span.start : task.span.end] == "技术总监"
