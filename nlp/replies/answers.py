"""Answers to the questions that a draft asked: by number, by a choice's words, or by a value of the field's kind."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from nlp import dates
from nlp.fields import notelike
from nlp.replies import values
from nlp.replies.commands import trimmed
from nlp.replies.corrections import read_value
from nlp.types import Answer, Context, Customer, Draft, Question

_NTH = re.compile(
    r"(?:我?选|就|应该是|是|要)?(?:第)?\s*(?P<n>[1-9一二三四五六七八九两]|①|②|③)\s*(?:个"
    r"|号|家|项|条|位)?(?:日期|时间|选项|客户|公司|阶段|人|那个|那家|吧|啊|呀|的|就行|是对的)*"
)
_PLACE = (
    (
        re.compile(
            r"(?:就|选|是|要)?(?:前面?|上面?|前头|头一?|最前面?|最上面?)(?:的|那)*(?:一)?(?:个|家"
            r"|项|位)?(?:那个|吧|啊)*"
        ),
        0,
    ),
    (
        re.compile(
            r"(?:就|选|是|要)?(?:后面?|下面?|后头|最后面?|最下面?|末)(?:的|那)*(?:一)?(?:个|家|项|位)?(?:那个|吧|啊)*"
        ),
        -1,
    ),
    (re.compile(r"(?:就|选|是|要)?(?:中间)(?:的|那)*(?:一)?(?:个|家|项|位)?(?:吧|啊)*"), 1),
)
_UNKNOWN = re.compile(
    r"(?:暂时|目前|现在|还|暂|真)?(?:我?(?:也|还)?(?:不知道|不清楚"
    r"|不确定|没定|说不准|不晓得)|先?(?:不定|不填|跳过|空着"
    r"|待补|放着|留空)|(?:以后|回头|之后)再(?:说|补|填)|再说|没有|无|没)(?:吧|呢|啊|了)*"
)
_NUMBERS = {**{char: k + 1 for k, char in enumerate("一二三四五六七八九")}, "两": 2, "①": 1, "②": 2, "③": 3}


def read_answer(text: str, context: Context, draft: Draft | None) -> Answer | None:
    """Return the answer that the whole message gives to one of the draft's open questions, or None."""
    said = trimmed(text)
    if draft is None or not draft.questions or not said or len(said) > 60:
        return None
    for read in (_by_choice, _by_number, _by_value, _unknown):
        for question in draft.questions:
            answer = read(said, question, context, draft)
            if answer is not None:
                return answer
    return None


def _answer(question: Question, value: Any, draft: Draft, confidence: float) -> Answer:
    return Answer(question.field, value, draft.visit_id, confidence)


def _by_number(said: str, question: Question, context: Context, draft: Draft) -> Answer | None:
    if not question.choices:
        return None
    match = _NTH.fullmatch(said)
    if match and (question.field != "next_followup" or "号" not in said):
        number = _NUMBERS.get(match["n"]) or int(match["n"])
        if number <= len(question.choices):
            return _answer(question, question.choices[number - 1].value, draft, 0.97)
    for pattern, place in _PLACE:
        if pattern.fullmatch(said) and (place != 1 or len(question.choices) == 3):
            return _answer(question, question.choices[place].value, draft, 0.93)
    return None


def _by_choice(said: str, question: Question, context: Context, draft: Draft) -> Answer | None:
    """Find the one choice whose words, city or person the message names."""
    words = values.bare(said)
    if not words or len(words) > 16:
        return None
    same = [choice.value for choice in question.choices if words == values.bare(choice.label)]
    fits = same or [choice.value for choice in question.choices if len(words) >= 2 and words in choice.label]
    fits = fits or [choice.value for choice in question.choices if _describes(words, choice.value, context)]
    return _answer(question, fits[0], draft, 0.95) if len(fits) == 1 else None


def _describes(words: str, value: Any, context: Context) -> bool:
    """Tell whether the words are the city, a name, the trade, the street or a person of the customer `value`."""
    row = context.directory.customers.get(value) if isinstance(value, str) else None
    if not isinstance(row, Customer):
        return False
    known = {row.city, row.name, *row.aliases, row.industry, *(contact.name for contact in row.contacts)}
    people = {contact.name[0] + contact.title for contact in row.contacts}
    if any(words[:1] == c.name[0] and len(words) > 1 and c.title.endswith(words[1:]) for c in row.contacts):
        return True
    people |= {name[0] + call for name in (c.name for c in row.contacts) for call in ("总", "工", "姐", "哥", "经理")}
    if words in known | people or words.rstrip("市的") == row.city:
        return True
    return len(words) >= 2 and any(words in name for name in (row.name, *row.aliases, row.address))


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
    if not values.is_mostly_day(said, context):
        return None
    mention = dates.resolve_first(said, context.at)
    if mention is None or mention.past:
        return None
    offered = [choice.value for choice in question.choices if isinstance(choice.value, date)]
    both = [day for day in offered if day in (mention.date, *mention.alternatives)]
    value = both[0] if len(both) == 1 else mention.date
    return _answer(question, value, draft, 0.95)


_NOT_OBSTACLE = re.compile(r"^(?:改|换|客户|联系人|阶段|跟进|下次|不是|把)|[?？]$")


def _obstacle(said: str, question: Question, draft: Draft) -> Answer | None:
    """An asked obstacle is answered in free words; a few kinds of message are never that."""
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
