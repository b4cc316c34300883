"""Tasks that a note implies: “下周三要见技术总监” → prepare technical material (MISSION row 2)."""

from __future__ import annotations

import re
from datetime import date, timedelta

from nlp.dates.workdays import default_calendar
from nlp.fields.status import statuses
from nlp.types import Guess, Note, Preparation, Span

#: Who is to be met, or what is to be shown, and what to prepare for it (title as people read it).
_FOR: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(
            r"技术(?:总监|经理|负责人|部|的人|员)|研发(?:总监|经理|部)|总工|CTO|工程师|技术(?:交流"
            r"|答疑|细节|对接)|工艺"
        ),
        "准备技术材料",
    ),
    (re.compile(r"质量(?:总监|经理|部)|品质|QC|质检"), "准备质量材料（检测报告、证书）"),
    (re.compile(r"财务(?:总监|经理|部)?|CFO"), "准备付款与开票材料"),
    (re.compile(r"法务|律师"), "准备合同条款说明"),
    (re.compile(r"采购(?:总监|经理|部|主管|员)?|[谈讲]价|砍价|报价|商务"), "准备报价与商务材料"),
    (re.compile(r"董事长|总经理|副总|老板|CEO|大领导|新领导|一把手"), "准备高层汇报材料"),
    (re.compile(r"演示|demo|宣讲|路演|培训|陪训", re.IGNORECASE), "准备演示材料"),
    (re.compile(r"试吃|试饮|品鉴|样品|样件|样机|打样"), "准备样品"),
)
#: The rep goes to meet or show; without this the words tell of somebody else.
_MEETING = re.compile(r"见|拜访|约|碰|跟|找|去|过去|上门|带|送|谈|汇报|演示|demo|培训|培|交流|对接|来", re.IGNORECASE)
#: How far around the day the meeting is looked for, characters.
_REACH = 16
_STOP = re.compile(r"[。！？!?\n；;]|今[天日儿]|刚[才从]|他[说讲]|她[说讲话]")
#: People whom the rep brings along are not those to be met.
_BROUGHT = re.compile(r"[带陪]着?(?:我们)?(?:的|个|上)?$")


def tasks(note: Note, followup: Guess) -> tuple[Preparation, ...]:
    """Return at most two tasks for the follow-up of `note`, due the working day before it and never before today."""
    if not isinstance(followup.value, date) or followup.span is None:
        return ()
    first, last = _around(note.text, followup.span)
    stretch = note.text[first:last]
    if not _MEETING.search(stretch):
        return ()
    row = statuses(note.text)
    due = _working_day_before(followup.value, note)
    found: dict[str, Preparation] = {}
    for pattern, title in _FOR:
        match = pattern.search(note.text, first, last)
        if match and row[match.start()] != "denied" and not _is_brought(note.text, match, title):
            found.setdefault(title, Preparation(title, due, Span(match.start(), match.end())))
    return tuple(sorted(found.values(), key=lambda task: task.span)[:2])


def _is_brought(text: str, match: re.Match[str], title: str) -> bool:
    """Tell whether a person comes with the rep (带工程师过去); a sample that is brought still has to be prepared."""
    brought = _BROUGHT.search(text, max(0, match.start() - 5), match.start())
    return brought is not None and title not in ("准备样品", "准备演示材料")


def _around(text: str, span: Span) -> tuple[int, int]:
    """Return the stretch that tells what happens on the day: from the day on, up to the sentence's end."""
    stop = _STOP.search(text, span.end)
    last = min(len(text), span.end + _REACH, stop.start() if stop else len(text))
    return span.start, last


def _working_day_before(day: date, note: Note) -> date:
    today, calendar = note.sent_at.date(), default_calendar()
    due = day - timedelta(days=1)
    while due > today and not calendar.is_working_day(due):
        due -= timedelta(days=1)
    return max(due, today)
