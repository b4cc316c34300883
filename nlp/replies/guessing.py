"""The choice that a message most resembles, for one that is an answer beyond doubt but in none of the usual forms."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from nlp import dates
from nlp.names.sound import folded
from nlp.replies import staging, values
from nlp.types import Choice, Context, Draft, Question

_DENIED = re.compile(r"[不勿弗]是[^，,。\s]{1,10}?(?=[，,。\s]|是|$)")
_NOTHING = re.compile(r"冇|没|莫|不|甭|否|无|忘|记不|再说|拉倒|算了|空|未定|待定")
#: So many days from a day that is not known name none.
_AMOUNT = re.compile(r"[\d一两二三四五几半]个?(?:天|日|周|星期|礼拜|月)")
_PLACES = (
    (re.compile(r"头一|前[头面边]|上[头面边]|第一|打头|前者"), 0),
    (re.compile(r"后[头面边]|下[头面边]|末|最后|尾|后者"), -1),
    (re.compile(r"当间|中间|当中|居中"), 1),
)
#: A part of the card's words that choices are seldom told apart by.
_COMMON = frozenset(map(folded, ("公司", "客户", "有限", "那家", "那个", "这个", "一家", "设备")))


def guess(said: str, question: Question, context: Context, draft: Draft) -> Any | None:
    """Return the value meant as `(value,)`, `(None,)` where the words give none, and None where nothing is certain."""
    left = _DENIED.sub("，", said)
    if question.field == "next_followup":
        return _day(left, question, context)
    for read in (_placed, _likest):
        value = read(left, question, context, draft)
        if value is not None:
            return (value,)
    stage = staging.shown(left, context) if question.field == "stage" else None
    if stage is not None:
        return (stage,)
    return (None,) if _NOTHING.search(left) and len(left) <= 16 else None


def _day(said: str, question: Question, context: Context) -> tuple[date | None] | None:
    offered = [choice.value for choice in question.choices]
    digits = said.strip()
    if digits.isdigit() and 1 <= int(digits) <= 31:
        said = f"{digits}号"
    found = [day for day in dates.find_dates(said, context.at) if not day.vague and not day.past]
    if found:
        last = found[-1]
        both = [day for day in offered if day in (last.date, *last.alternatives)]
        return (both[0] if both else last.end or last.date,)
    if _NOTHING.search(said):
        return (None,)
    if len(offered) == 1:
        return (offered[0],)
    if _AMOUNT.search(said):
        return None
    if offered and re.search(r"晚|迟|远|后", said):
        return (max(offered),)
    return (min(offered),) if offered and re.search(r"早|近|先|头", said) else None


def _placed(said: str, question: Question, context: Context, draft: Draft) -> Any | None:
    places = {place for pattern, place in _PLACES if pattern.search(said)}
    if len(places) != 1 or len(said) > 10 or not question.choices:
        return None
    place = places.pop()
    return question.choices[place].value if place != 1 or len(question.choices) == 3 else None


def _likest(said: str, question: Question, context: Context, draft: Draft) -> Any | None:
    """Return the value of the one choice that shares most pairs of syllables with the message."""
    heard = _pairs(said)
    shared = [
        len(heard & _pairs(*_known(choice, context, draft))) + len(heard & _pairs(choice.label))
        for choice in question.choices
    ]
    most = max(shared, default=0)
    return question.choices[shared.index(most)].value if most and shared.count(most) == 1 else None


def _known(choice: Choice, context: Context, draft: Draft) -> list[str]:
    """Return all that is known of a choice: a customer's name, city, trade, people; a person's title."""
    rows = context.directory.customers
    row = rows.get(choice.value) if isinstance(choice.value, str) else None
    if row is not None:
        people = [person.name for person in row.contacts]
        return [row.name, row.city, row.industry, *row.aliases, choice.label, *people]
    at = rows.get(draft.customer) if isinstance(draft.customer, str) else None
    titles = [person.title for person in at.contacts if person.name == choice.value] if at is not None else []
    return [choice.label, *titles]


def _pairs(*texts: str) -> set[str]:
    sounds = [folded(values.bare(text)) for text in texts]
    return {sound[k : k + 2] for sound in sounds for k in range(len(sound) - 1)} - _COMMON
