"""Reads any message of a rep: instruction, correction, answer, visit note, chatter, or one of two (DECISIONS 10)."""

from __future__ import annotations

import re
from datetime import timedelta

from nlp.extract import MAX_TEXT, extract
from nlp.fields import notelike
from nlp.replies import values
from nlp.replies.answers import read_answer
from nlp.replies.commands import is_agreement, read_command, read_loosely, trimmed
from nlp.replies.corrections import Changes, read_changes
from nlp.types import FIELDS, Chatter, Context, Correction, Draft, Extraction, Note, Reading, Unsure, VisitNote

#: Without one of these a message of some length tells, it does not correct.
_CORRECTS = re.compile(
    r"不是|不对|不该|改|换成|应该|应当|应是|其实|错|反了|更正|纠正|写成|填成|记成|听成|搞混|弄混|漏|补|取消|去掉|删|清空"
    r"|客户[是叫为：:]|联系人|对接人|阶段|跟进|卡点|障碍|下次|日期|时间"
)
#: Words that add to the note just given.
_CONTINUES = re.compile(
    r"^(?:刚才?|哦)?(?:对了|还有|补充|另外|哦对|噢对|忘了说|忘说|再补|刚忘|顺便|加一句|漏了|他还|她还|他们还)"
)
#: How long after a draft a message without a customer of its own continues it.
_JOIN_WITHIN = timedelta(minutes=30)
#: From this share of a message on, changes that name their field are the whole message.
_WHOLLY, _MOSTLY, _PARTLY = 0.9, 0.6, 0.3
#: A message of fewer letters than this is rather a correction than a note.
_SHORT = 16
#: A message of fewer letters that fills no field is no note.
_SHORTEST = 10
#: From so many letters on, a message that opens like a note is one, even if it also names a field.
_LONG = 22


def read_reply(text: str, context: Context) -> Reading:
    """Return what the message `text` of the rep is, in the light of `context`. Pure; takes any text.

    Mere agreement confirms only while an unconfirmed draft waits. A visit note sent while a draft is open stays a note
    unless it is clearly a correction; where both readings stand, the answer is `Unsure` with both.
    """
    text = text[:MAX_TEXT]
    target = _target(text, context)
    waiting = [draft for draft in context.drafts if not draft.confirmed]
    asked = target if target and target.questions and not target.confirmed else None
    command = read_command(text, draft_open=bool(waiting))
    if command is not None and not (asked and trimmed(text) == "1"):
        return command
    loose = command or read_loosely(text)
    answer = read_answer(text, context, asked) if command or loose is None else None
    if answer is not None:
        return answer
    if loose is not None:
        return loose
    if is_agreement(text):
        return Chatter("other", 0.8)
    return _free_text(text, context, target)


def _target(text: str, context: Context) -> Draft | None:
    """Return the draft that is meant: the one whose customer the message names, else the newest, open ones first."""
    ordered = sorted(context.drafts, key=lambda draft: draft.confirmed)
    named = [draft for draft in ordered if draft.customer_label and _names_draft(text, draft)]
    return next(iter(named or ordered), None)


def _names_draft(text: str, draft: Draft) -> bool:
    return bool(re.search(re.escape(draft.customer_label) + r"(?:那家|那边|那)?(?:的|那条|这条|那个)", text))


def _free_text(text: str, context: Context, target: Draft | None) -> Reading:
    changes = read_changes(_without_label(text, target), context, target)
    kind = notelike.kind_of(text)
    if kind is not None and not _outweighs(changes, kind):
        return Chatter(kind, 0.9)
    correction = Correction(changes.changes, target.visit_id if target else None, _sureness(changes))
    if not changes.changes or (target is None and not changes.named):
        return _note(text, context)
    if _letters(text) >= _SHORT and (_tells_of_another(changes, target) or not _CORRECTS.search(text)):
        return _note(text, context)
    note_like = _note_like(text) and not (changes.named and changes.coverage >= _WHOLLY)
    if not note_like and (changes.coverage >= _MOSTLY or _letters(text) < _SHORT):
        return correction
    if not changes.named and changes.coverage < _MOSTLY and (note_like or _letters(text) >= _SHORT):
        return _note(text, context)
    if note_like and _letters(text) >= _LONG and changes.coverage < _MOSTLY:
        return _note(text, context)
    if not note_like and changes.named and changes.coverage >= _PARTLY and _letters(text) < 2 * _SHORT:
        return correction
    note = _note(text, context)
    return Unsure(correction, note) if target and isinstance(note, VisitNote) else note


def _tells_of_another(changes: Changes, target: Draft | None) -> bool:
    """Tell a terse note on another customer (“南通众成，贺子豪，方案交了”) from a correction.

    No field is named, another customer is, and something more is said. Taking it for a correction loses a visit.
    """
    other = [change for change in changes.changes if change.field == "customer"]
    if changes.named or not other or len({change.field for change in changes.changes}) < 2:
        return False
    return target is None or all(change.value != target.customer for change in other)


def _outweighs(changes: Changes, kind: str) -> bool:
    """Tell whether the changes count more than the look of chatter (“是鼎越，华锐听错了” is no complaint)."""
    told = changes.named or (bool(changes.changes) and kind in ("question", "complaint"))
    return told and changes.coverage >= _PARTLY


def _without_label(text: str, target: Draft | None) -> str:
    """Blank out “华锐那条” in front, keeping positions."""
    if target is None or not target.customer_label:
        return text
    pattern = (
        re.escape(target.customer_label)
        + r"(?:那家|那边)?(?:的)?(?:那条|这条|那个)(?:的)?|^"
        + re.escape(target.customer_label)
        + r"的"
    )
    return re.sub(pattern, lambda match: " " * len(match[0]), text, count=1)


def _letters(text: str) -> int:
    return sum(char.isalnum() for char in text)


def _note_like(text: str) -> bool:
    return notelike.opens_note(text)


def _sureness(changes: Changes) -> float:
    if not changes.changes:
        return 0.0
    return round(min(change.confidence for change in changes.changes) * (1.0 if changes.named else 0.9), 3)


def _note(text: str, context: Context) -> VisitNote | Chatter:
    """Return the message as a note; a few words that say nothing of a visit are chatter."""
    extraction = extract(
        Note(text, context.at, context.rep, context.channel), context.directory, context.playbook, context=context
    )
    joins = _joins(text, extraction, context)
    empty = all(extraction.guess(name).value is None for name in FIELDS)
    told = _letters(text) >= _SHORTEST and (notelike.opens_note(text) or notelike.speaks_of_business(text))
    if empty and not told and not (joins and _letters(text) >= _SHORTEST):
        return Chatter("other", 0.7)
    return VisitNote(extraction, joins, 0.9)


def _joins(text: str, extraction: Extraction, context: Context) -> str | None:
    """Return the open draft that the note continues: said a short while ago, of the same customer or of none named.

    Where no customer is named, words that add (还有, 他还说) continue it, as does a word on its contact.
    """
    for draft in context.drafts:
        if draft.confirmed or not timedelta(0) <= context.at - draft.said_at <= _JOIN_WITHIN:
            continue
        same = extraction.customer.value is not None and extraction.customer.value == draft.customer
        unnamed = extraction.customer.value is None
        if same or (unnamed and (_CONTINUES.match(trimmed(text)) or _of_its_contact(text, extraction, context, draft))):
            return draft.visit_id
    return None


def _of_its_contact(text: str, extraction: Extraction, context: Context, draft: Draft) -> bool:
    """Tell whether a note that opens no visit of its own speaks of the draft's contact (“顾总说还要看看”)."""
    said = extraction.contact.value
    if not isinstance(said, str) or draft.contact is None or notelike.opens_note(text):
        return False
    person = values.contact(said, context, draft.customer)
    return person is not None and person.value == draft.contact
