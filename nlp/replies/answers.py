"""Answers to the questions that a draft asked: by number, by a choice's words, or by a value of the field's kind."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from nlp import dates
from nlp.fields import notelike
from nlp.replies import choosing, clearing, guessing, values
from nlp.replies.commands import trimmed
from nlp.replies.kinds import read_value
from nlp.types import Answer, Context, Draft, Question

_Reader = Callable[[str, Question, Context, Draft], Answer | None]
_UNKNOWN = re.compile(
    r"(?:暂时|目前|现在|还|暂|真|先)*(?:(?:我?(?:也|还)?(?:(?:不知道|不清楚|没问|没记住?|忘了?问?)(?:叫|是)?(?:什么|啥|谁|名字|哪天|哪家|什么名字)?|不清楚"
    r"|不确定|没定|没说|没想好|没约|定不了|说不准|说不好|不晓得)|先?(?:不定|不填|不写|跳过|空着|空起"
    r"|待补|放着|留空|不管)|(?:以后|回头|之后)再(?:说|补|填|定)|(?:再)?(?:说|定|看)(?:吧)|再说|再看|没有|无|没|莫得|没得|木有|冇得?|[莫没冇]定)(?:吧|呢|啊|了)*"
    r"|(?:没|没有|无)(?:什么|啥子?|任何|太大的?|别的)?(?:大|明显)?(?:的)?(?:障碍|卡点|问题|顾虑|难点|困难|阻力)?(?:的)?(?:吧|呢|啊|了)*)"
)


def pick_answer(text: str, context: Context, draft: Draft | None) -> Answer | None:
    """Return the offered choice that the whole message picks, or None."""
    return _first((_by_choice,), text, context, draft)


def read_answer(text: str, context: Context, draft: Draft | None) -> Answer | None:
    """Return the answer that the whole message gives to one of the draft's open questions, or None."""
    return _first((_by_choice, _by_parts, _by_value, _unknown, _instead), text, context, draft)


def guess_answer(text: str, context: Context, draft: Draft | None) -> Answer | None:
    """Return what a message most likely answers that is an answer but in none of the usual forms."""
    return _first((_guessed,), text, context, draft)


def _guessed(said: str, question: Question, context: Context, draft: Draft) -> Answer | None:
    found = guessing.guess(said, question, context, draft)
    return _answer(question, found[0], draft, 0.75) if found else None


def _first(readers: Iterable[_Reader], text: str, context: Context, draft: Draft | None) -> Answer | None:
    said = trimmed(text)
    if draft is None or not draft.questions or not said or len(said) > 60:
        return None
    for read in readers:
        for question in draft.questions:
            answer = read(said, question, context, draft)
            if answer is not None:
                return answer
    return None


def _answer(question: Question, value: Any, draft: Draft, confidence: float) -> Answer:
    return Answer(question.field, value, draft.visit_id, confidence)


def _by_choice(said: str, question: Question, context: Context, draft: Draft) -> Answer | None:
    found = choosing.tick(said, question) or choosing.pick(said, question, context, draft)
    return _answer(question, found[0], draft, found[1]) if found else None


def _by_parts(said: str, question: Question, context: Context, draft: Draft) -> Answer | None:
    """Read a choice described in several parts; what rules a choice out is read elsewhere."""
    if not question.choices or any(char in "不勿弗" for char in said):
        return None
    found = choosing.by_parts(said, question, context, draft)
    return _answer(question, found[0], draft, found[1]) if found else None


def _instead(said: str, question: Question, context: Context, draft: Draft) -> Answer | None:
    """Read what is said after ruling out every choice (“都不是，是小刘”)."""
    match = choosing.NONE_OF_THEM.fullmatch(said) if question.choices else None
    return _by_value(match["rest"], question, context, draft) if match else None


def _by_value(said: str, question: Question, context: Context, draft: Draft) -> Answer | None:
    """Read the message as a value of the question's field."""
    if question.field == "next_followup":
        return _day(said, question, context, draft)
    if question.field == "obstacle":
        return _obstacle(said, question, draft)
    if question.field == "stage":
        named = values.stage(said, context.playbook, draft.stage) if len(said) <= 14 else None
    elif question.field == "contact":
        fits = values.looks_like_person(said, context, draft.customer)
        named = values.contact(said, context, draft.customer) if fits else None
    else:
        fits = values.looks_like_company(said, context) and len(said) <= 16
        named = read_value("customer", said, context, draft) if fits else None
    return _answer(question, named.value, draft, named.confidence) if named else None


def _day(said: str, question: Question, context: Context, draft: Draft) -> Answer | None:
    if said.startswith("不是") or not values.is_mostly_day(said, context):
        return None
    mention = dates.resolve_first(said, context.at)
    if mention is None or mention.past:
        return None
    offered = [choice.value for choice in question.choices if isinstance(choice.value, date)]
    both = [day for day in offered if day in (mention.date, *mention.alternatives)]
    value = both[0] if len(both) == 1 else mention.date
    return _answer(question, value, draft, 0.95)


#: “None” stands so near the beginning, characters (倒是没有什么阻碍，都蛮顺利的).
_AT_ONCE = 4
_NOT_OBSTACLE = re.compile(r"^(?:改|换|客户|联系人|阶段|跟进|下次|不是|把)|[?？]$")


def _obstacle(said: str, question: Question, draft: Draft) -> Answer | None:
    """An asked obstacle is answered in free words; a few kinds of message are never that."""
    emptied = [(first, last) for name, first, last in clearing.by_name(said) if name == "obstacle"]
    if any(last >= len(said) - 1 or (first <= _AT_ONCE and said[last] in "，, 。") for first, last in emptied):
        return _answer(question, None, draft, 0.9)
    if (
        question.choices
        or _NOT_OBSTACLE.search(said)
        or notelike.opens_note(said)
        or len(said) < 2
        or _UNKNOWN.fullmatch(said)
    ):
        return None
    named = values.obstacle(said)
    return _answer(question, named.value, draft, 0.8) if named else None


def _unknown(said: str, question: Question, context: Context, draft: Draft) -> Answer | None:
    return _answer(question, None, draft, 0.9) if _UNKNOWN.fullmatch(said) else None
