"""Reads any message of a rep: instruction, correction, answer, visit note, chatter, or one of two (DECISIONS 10)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import cast

from nlp.extract import MAX_TEXT, extract
from nlp.fields import notelike
from nlp.replies import values
from nlp.replies.answers import guess_answer, pick_answer, read_answer
from nlp.replies.commands import asks, command_of, is_agreement, read_command, trimmed
from nlp.replies.corrections import Changes, read_changes
from nlp.replies.hunting import hunt
from nlp.replies.kind_model import KindModel, kind_model
from nlp.replies.noise import plainly, quiet
from nlp.replies.targets import target_of, without_label
from nlp.types import (
    FIELDS,
    Answer,
    Chatter,
    Command,
    CommandName,
    Context,
    Correction,
    Draft,
    Extraction,
    FieldChange,
    NewCustomer,
    Note,
    Reading,
    Unsure,
    VisitNote,
)

#: Words that add to the note just given, in front of a comma: no company's name (“还有，王经理说…”).
_ADDS = re.compile(r"^\s*(?:对了|还有|补充(?:一下|一句)?|另外|哦对|噢对|忘了说|顺便|加一句|再补一句)(?=[，,\s：:])")
#: Words that add to the note just given, at the beginning of a message.
_CONTINUES = re.compile(
    r"(?:刚才?|哦|噢|哎|啊)*(?:对了|还有|补|另|忘了?[说讲]|再[补加]|刚[忘漏]|顺便|加一?[句条]|漏了|[他她]们?还)"
)
#: How long after a draft a message without a customer of its own continues it.
_JOIN_WITHIN = timedelta(minutes=30)
#: The same for words that add to the draft of the customer that they name.
_JOIN_NAMED_WITHIN = timedelta(hours=12)
#: Without one of these a message of several words rather tells than corrects.
_CORRECTS = re.compile(
    r"[不勿弗]是|不对|非|改|换|应该|应当|其实|错|反了|岔|更正|纠正|[写填记听搞弄]成?|混|漏|取消|去掉|删|清|空|抠|划|别|莫|不[写填记要]|没[有得]?(?:障碍|卡点|联系人|顾虑)"
    r"|推|提前|延|顺[延一二两三]|往[前后]|再?[晚早缓][\d一两二三几]|[+❌=＝：:]|客户|联系人|对接人|阶段|进度|跟进|卡点|障碍|下[次回]|日期|时间|日子|[见聊谈]的"
    r"|要[改跟]|[那这]一?[栏项条]|我说的"
)
#: Changes that make up this share of a message are most of it.
_MOSTLY, _WHOLLY = 0.6, 0.9
#: From what likelihood an instruction is carried out: the more it costs when wrong, the surer.
NEEDED: Mapping[CommandName, float] = {"confirm": 0.7, "void": 0.7, "undo": 0.7, "restore": 0.5}
_LIKELY = 0.35
#: A kind of this likelihood is what the message is; one of that may be.
_SURELY, _DOUBTFUL, _PERHAPS = 0.6, 0.3, 0.1
#: A message of fewer letters than this is rather a correction than a note.
_SHORT = 16
#: A message of fewer letters that fills no field is no note.
_SHORTEST = 10
#: From so many letters on, a message that names no value of a field is no correction.
_LONG = 22


def read_reply(text: str, context: Context) -> Reading:
    """Return what the message `text` of the rep is, in the light of `context`. Pure; takes any text.

    Mere agreement confirms only while an unconfirmed draft waits. A visit note sent while a draft is open stays a note
    unless it is clearly a correction; where both readings stand, the answer is `Unsure` with both.
    """
    return read_with(text, context, kind_model())


def read_with(text: str, context: Context, model: KindModel) -> Reading:
    """Read as `read_reply` does, with this model of kinds: set forms first, then the kinds in order of likelihood."""
    text = text[:MAX_TEXT]
    heard = quiet(text)
    waiting = [draft for draft in context.drafts if not draft.confirmed]
    target = target_of(heard, context)
    asked = target if target and target.questions and not target.confirmed else None
    command = read_command(heard, draft_open=bool(waiting))
    if command is not None and not (asked and trimmed(heard) == "1"):
        return command
    answer = pick_answer(heard, context, asked)
    if answer is not None:
        return answer
    if command is not None or is_agreement(heard) or (asked is None and trimmed(heard).isdigit()):
        return command or Chatter("other", 0.8)
    message = Message(text, heard, context, target, asked, model.likely(heard, context, asked))
    if not context.drafts and _wholly_corrects(message):
        return Correction(read_changes(plainly(heard), context, None).changes, None, 0.8)
    return next(reading for kind in message.ranked() if (reading := _READERS[kind](message)) is not None)


@dataclass(frozen=True, slots=True)
class Message:
    """A message that no set form reads: as received, without noise, the draft meant, and how likely each kind is."""

    text: str
    heard: str
    context: Context
    target: Draft | None
    asked: Draft | None
    shares: Mapping[str, float]

    def share(self, family: str) -> float:
        """Return how likely the message is of this family of kinds (command, correction, answer, note, chatter)."""
        return sum(share for kind, share in self.shares.items() if _family(kind) == family)

    def best(self, family: str) -> tuple[str, float]:
        """Return the likeliest kind of a family without the family's name, and its likelihood."""
        kind = max((kind for kind in self.shares if _family(kind) == family), key=lambda kind: self.shares[kind])
        return kind.partition(":")[2], self.shares[kind]

    def ranked(self) -> list[str]:
        """Return the families that can be meant, likeliest first; chatter stands last too, for it always can."""
        families = sorted({_family(kind) for kind in self.shares}, key=lambda family: (-self.share(family), family))
        return [*families, "chatter"]


def _family(kind: str) -> str:
    return "note" if kind == "joins" else kind.partition(":")[0]


def _as_one_answer(correction: Correction, asked: Draft) -> Correction | Answer:
    """A value for the one field that was asked about answers the question, in whatever words (“不是昆山，是苏州”)."""
    if len(correction.changes) != 1 or correction.visit_id != asked.visit_id:
        return correction
    change = correction.changes[0]
    if all(question.field != change.field for question in asked.questions):
        return correction
    return Answer(change.field, change.value, asked.visit_id, correction.confidence)


def _as_command(message: Message) -> Command | None:
    """Return the likeliest instruction if it is likely enough for what it does, with its argument."""
    name, share = message.best("command")
    if name in NEEDED and (asks(message.heard) or _letters(message.heard) > _LONG):
        return None
    if message.target and not message.target.confirmed and _wholly_corrects(message):
        return None
    found = command_of(name, message.heard, message.context, message.target)
    return replace(found, confidence=round(share, 3)) if found and share >= NEEDED.get(found.name, _LIKELY) else None


def _wholly_corrects(message: Message) -> bool:
    """Tell whether fields named with their values make up all of the message (“客户是普立光电”, “李敏去掉”)."""
    changes = read_changes(plainly(without_label(message.heard, message.target)), message.context, message.target)
    return bool(changes.changes) and changes.named and changes.coverage >= _WHOLLY


def _as_correction(message: Message) -> Reading | None:
    """Return the changes that the words ask for; where they may as well tell something, `Unsure` with both readings."""
    target, note_share = message.target, message.share("note")
    words = plainly(without_label(message.heard, target))
    changes = read_changes(words, message.context, target)
    if not changes.changes and target is not None and message.share("correction") >= _SURELY:
        changes = Changes(hunt(words, message.context, target), 0.0)
    if not changes.changes:
        return _without_value(message)
    if note_share >= _DOUBTFUL and _tells_of_another(changes, _letters(message.heard), target):
        return None
    correction = Correction(changes.changes, target.visit_id if target else None, _sureness(changes))
    if target is None or target.confirmed:
        return correction
    if message.asked is None and not _CORRECTS.search(words) and not changes.named and changes.coverage < _MOSTLY:
        return _either(message, correction)
    if note_share >= _DOUBTFUL:
        return _either(message, correction) or correction
    return _as_one_answer(correction, message.asked) if message.asked else correction


def _without_value(message: Message) -> Reading | None:
    """Return what a correction without a value is: one to make in the form, a word on what is in the way, or a note."""
    if message.share("correction") < _SURELY or message.target is None or message.target.confirmed:
        return None
    if _CORRECTS.search(message.heard):
        return Command("edit", confidence=0.6) if _letters(message.heard) < _LONG else None
    note = _note(message)
    obstacle = note.extraction.obstacle if isinstance(note, VisitNote) else None
    if obstacle is None or not obstacle.value or obstacle.span is None:
        return note if isinstance(note, VisitNote) else None
    change = FieldChange("obstacle", obstacle.value, obstacle.span, (), 0.5)
    return _either(message, Correction((change,), message.target.visit_id, 0.5))


def _either(message: Message, correction: Correction) -> Unsure | None:
    note = _note(message)
    return Unsure(correction, note) if isinstance(note, VisitNote) else None


def _as_answer(message: Message) -> Reading | None:
    said = plainly(message.heard)
    if _wholly_corrects(message):
        return _as_correction(message)
    answer = read_answer(said, message.context, message.asked)
    if answer is None and message.share("answer") >= _SURELY:
        answer = guess_answer(said, message.context, message.asked)
    return answer or (_as_correction(message) if message.share("note") < _DOUBTFUL else None)


def _as_note(message: Message) -> Reading | None:
    note = _note(message)
    told = isinstance(note, VisitNote) or message.share("note") >= _SURELY or message.share("correction") < _DOUBTFUL
    return note if told else None


def _as_chatter(message: Message) -> Chatter:
    kind, share = message.best("chatter")
    if share < _PERHAPS:
        return Chatter("other", round(share, 3))
    return Chatter(cast(notelike.Kind, kind), round(share, 3))


_READERS: Mapping[str, Callable[[Message], Reading | None]] = {
    "command": _as_command,
    "correction": _as_correction,
    "answer": _as_answer,
    "note": _as_note,
    "chatter": _as_chatter,
}


def _tells_of_another(changes: Changes, letters: int, target: Draft | None) -> bool:
    """Tell whether a terse note on another customer is meant (“南通众成，贺子豪，方案交了”).

    Another customer stands there without a word that changes anything, and something more is said. Taking it for a
    correction loses a visit; so a field that is named (“障碍是…”) makes a correction only of a short message.
    """
    other = [change for change in changes.changes if change.field == "customer"]
    if not other or len({change.field for change in changes.changes}) < 2:
        return False
    if changes.named and ("customer" not in changes.bare or letters < 2 * _SHORT):
        return False
    return target is None or all(change.value != target.customer for change in other)


def _letters(text: str) -> int:
    return sum(char.isalnum() for char in text)


def _sureness(changes: Changes) -> float:
    if not changes.changes:
        return 0.0
    return round(min(change.confidence for change in changes.changes) * (1.0 if changes.named else 0.9), 3)


def _note(message: Message) -> VisitNote | Chatter:
    """Return the message as a note; a few words that say nothing of a visit are chatter."""
    text, context = message.text, message.context
    told = _ADDS.sub(lambda match: " " * len(match[0]), text, count=1)
    extraction = extract(
        Note(told, context.at, context.rep, context.channel), context.directory, context.playbook, context=context
    )
    joins = _joins(message, extraction)
    empty = all(extraction.guess(name).value is None for name in FIELDS)
    speaks = message.share("note") >= _SURELY or notelike.opens_note(text) or notelike.speaks_of_business(text)
    if empty and not (_letters(text) >= _SHORTEST and (speaks or joins)):
        return Chatter("other", 0.7)
    return VisitNote(extraction, joins, 0.9)


def _joins(message: Message, extraction: Extraction) -> str | None:
    """Return the open draft that the note continues: said a short while ago, of the same customer or of none named.

    Where no customer is named, words that add (还有, 他还说) continue it, as does a word on its contact.
    """
    context, said = message.context, extraction.customer.value
    adds = message.shares.get("joins", 0.0) > message.shares.get("note", 0.0)
    said = None if adds and isinstance(said, NewCustomer) else said
    for draft in context.drafts:
        ago = context.at - draft.said_at
        if draft.confirmed or not timedelta(0) <= ago <= (_JOIN_NAMED_WITHIN if adds else _JOIN_WITHIN):
            continue
        if said is not None and said == draft.customer:
            return draft.visit_id
        if (
            said is None
            and ago <= _JOIN_WITHIN
            and (
                (adds and not _of_a_stranger(message, extraction, draft))
                or _of_its_contact(message.text, extraction, context, draft)
            )
        ):
            return draft.visit_id
    return None


def _of_a_stranger(message: Message, extraction: Extraction, draft: Draft) -> bool:
    """Tell whether a person is named whom the draft's customer does not have, without a word that adds (还有, 补充)."""
    said, context = extraction.contact.value, message.context
    row = context.directory.customers.get(draft.customer) if isinstance(draft.customer, str) else None
    if not isinstance(said, str) or row is None or _CONTINUES.match(trimmed(message.heard)):
        return False
    person = values.contact(said, context, draft.customer)
    return person is None or all(person.value != contact.name for contact in row.contacts)


def _of_its_contact(text: str, extraction: Extraction, context: Context, draft: Draft) -> bool:
    """Tell whether a note that opens no visit of its own speaks of the draft's contact (“顾总说还要看看”)."""
    said = extraction.contact.value
    if not isinstance(said, str) or draft.contact is None or notelike.opens_note(text):
        return False
    person = values.contact(said, context, draft.customer)
    return person is not None and person.value == draft.contact
