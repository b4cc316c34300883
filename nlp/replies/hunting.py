"""The changes of a message that is a correction beyond doubt but in none of the usual forms.

Whatever value of a field stands in it, is not ruled out, and differs from what the draft holds is the new one
(“老王没露面，跟我唠的是李敏”, “麻烦记二十六号再去”); a field that is named beside a word of emptying is emptied.
"""

from __future__ import annotations

import re

from nlp import dates, names
from nlp.replies import shifts, values
from nlp.types import FIELDS, Context, CustomerRef, Draft, FieldChange, FieldName, Note, Span

#: What is ruled out: behind a denial, or in front of what says that it was not so.
_RULED_OUT = re.compile(
    r"(?:不是|勿是|[^是]非|(?:别|莫|不要|勿要|不该)(?:写|记|填)?)[^，,。；;\s]{1,10}?(?=[，,。；;\s]|而?是|应该|要?[改写记]|$)"
    r"|[^，,。；;\s是]{1,8}(?:❌|[不没]来|没露面|没见|不在|出差|请假|调走|离职|[写记听搞弄说]?(?:错|岔|秃噜)|去不了|不行|没空)"
)
_EMPTY = re.compile(
    r"清|抠|划|删|抹|拿掉|去掉|去了|取消|空|[不莫没别](?:要)?[写记填定]|冇|没有|没得|莫得|无$|[:：=]无|不定|免了|解决|同意了|算了"
)
_FIELD: tuple[tuple[FieldName, re.Pattern[str]], ...] = (
    ("contact", re.compile(r"联系人|对接人|人名|那个人|^人")),
    ("next_followup", re.compile(r"跟进|日子|日期|时间|下[次回趟]")),
    ("obstacle", re.compile(r"障碍|卡[点典]|顾虑|难点|阻[碍力]")),
    ("stage", re.compile(r"阶段|进度")),
    ("customer", re.compile(r"客户")),
)
_SET_OBSTACLE = re.compile(r"(?:障碍|卡点|顾虑|难点|阻力)(?:那一?[栏条项])?\s*[=＝]\s*(?P<value>[^，,。；;]+)")
#: Trust in a value found so.
_TRUST = 0.75
#: A customer or person of the text must be so sure.
_SURE_NAME = 0.8


def hunt(text: str, context: Context, draft: Draft) -> tuple[FieldChange, ...]:
    """Return the changes that the values in the text make to the draft, in card order."""
    left = _RULED_OUT.sub(lambda match: "，" * len(match[0]), text)
    customer, contact = _people(left, context, draft)
    found = [*customer, *contact, *_stage(left, context, draft), *_day(left, context, draft), *_obstacle(left)]
    known = {change.field for change in found}
    if not found:
        found += [change for change in _emptied(text) if change.field not in known]
    return tuple(sorted(found, key=lambda change: FIELDS.index(change.field)))


def _people(text: str, context: Context, draft: Draft) -> tuple[list[FieldChange], list[FieldChange]]:
    note = Note(text, context.at, context.rep)
    whole, _ = names.resolve(note, context.directory)
    moved = isinstance(whole.value, str) and whole.confidence >= _SURE_NAME and whole.value != draft.customer
    of: CustomerRef | None = whole.value if moved else draft.customer
    person = names.resolve_contact(note, context.directory, of)
    known = isinstance(person.value, str) and person.confidence >= _SURE_NAME and person.value != draft.contact
    row = context.directory.customers.get(of) if isinstance(of, str) else None
    known = known and row is not None and any(person.value == contact.name for contact in row.contacts)
    return (
        [_change("customer", whole.value, whole.span or Span(0, len(text)))]
        if moved and whole.known_by == "said"
        else [],
        [_change("contact", person.value, person.span or Span(0, len(text)))] if known else [],
    )


def _stage(text: str, context: Context, draft: Draft) -> list[FieldChange]:
    said = [rule.name for rule in context.playbook.stages if rule.name in text and rule.name != draft.stage]
    return [_change("stage", said[0], Span(text.index(said[0]), text.index(said[0]) + 4))] if len(said) == 1 else []


def _day(text: str, context: Context, draft: Draft) -> list[FieldChange]:
    moved = shifts.find_shift(text, context, draft, anywhere=True)
    if moved is not None:
        return [_change("next_followup", moved[0], Span(*moved[1:]))]
    days = [day for day in dates.find_dates(text, context.at) if not day.vague and not day.past and day.end is None]
    new = [day for day in days if context.at.date() < day.date != draft.next_followup]
    return [_change("next_followup", new[-1].date, new[-1].span)] if new else []


def _obstacle(text: str) -> list[FieldChange]:
    match = _SET_OBSTACLE.search(text)
    named = values.obstacle(match["value"]) if match else None
    return [_change("obstacle", named.value, Span(*match.span("value")))] if match and named else []


def _emptied(text: str) -> list[FieldChange]:
    if not _EMPTY.search(text):
        return []
    return next(([_change(name, None, Span(0, len(text)))] for name, words in _FIELD if words.search(text)), [])


def _change(name: FieldName, value: object, span: Span) -> FieldChange:
    return FieldChange(name, value, span, (), _TRUST)
