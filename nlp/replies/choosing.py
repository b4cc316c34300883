"""Which of the offered choices a message picks: by place, by its words, by what is ruled out, or by one tick."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from nlp.replies import describing, values
from nlp.types import Choice, Contact, Context, Customer, Draft, Question

_NTH = re.compile(
    r"(?:我?选|就|应该是|是|要)?(?:第)?\s*(?P<n>[1-9一二三四五六七八九两]|①|②|③)\s*(?:个"
    r"|号|家|项|条|位)?(?:日期|时间|选项|客户|公司|阶段|人|那个|那家|吧|啊|呀|的|就行|是对的)*"
)
_PICKED = r"(?:的|那)*(?:一)?(?:些|点儿?)?(?:的|那)*(?:一)?(?:个|家|项|位|天|条)?(?:那[个天家]|日期|日子|吧|啊|的)*"
_LEADING = r"(?:我?选|就|是|要|用|按|那就?)*"
_PLACE = (
    (re.compile(rf"{_LEADING}(?:靠|最|更)?(?:前面?|上面?|前头|前者|头一?|开头){_PICKED}"), 0),
    (re.compile(rf"{_LEADING}(?:靠|最|更)?(?:后面?|下面?|后头|下头|底下|后者|末尾?|最后一?){_PICKED}"), -1),
    (re.compile(rf"{_LEADING}(?:最)?(?:中间|当中|居中|正中){_PICKED}"), 1),
)
_AMOUNT = r"(?:[一两半几]?个?(?:天|周|星期|礼拜)|一?点儿?|些)?"
#: Of two days the nearer and the farther.
_EARLY = re.compile(rf"{_LEADING}(?:最|更|较|比较)?(?:早|近|快){_AMOUNT}{_PICKED}")
_LATE = re.compile(rf"{_LEADING}(?:最|更|较|比较)?(?:晚|远|迟|慢){_AMOUNT}{_PICKED}")
_NUMBERS = {**{char: k + 1 for k, char in enumerate("一二三四五六七八九")}, "两": 2, "①": 1, "②": 2, "③": 3}
_RULED_OUT = re.compile(
    r"(?:肯定|应该|反正|绝对)?(?:不是|也不是|不要|排除|不选|不去)(?P<what>[^，,、。\s]+?)(?=[，,、。\s]|也?不是|和|$)"
)
_AGAINST = re.compile(
    r"不是[^，,。]{1,12}?(?:[，,\s]+(?:而是|应该是|要的是|我?说的是|是)?|而是|应该是|要的是|我?说的是|是)(?P<one>.+)|(?:是|要|选)?(?P<other>[^，,。不]{1,12}?)[，,\s]*(?:而|可)?不是.+"
)
_CHOSEN = re.compile(r"^(?:我?就?选|我?就?要|我?去的)(?=..)")
_NOTHING_BUT = re.compile(r"[，,、。\s和也吧啊呀的]*")
#: What comes before another value where none of the choices suits: 都不是，是小刘.
NONE_OF_THEM = re.compile(
    r"(?:[这那以上]?[几些两三]?[个家天]?)?(?:都|全|哪个都)?不(?:是|对|行|要|合适|太对)(?:的|这[个些几]|了)?[，,。\s]+"
    r"(?:应该|我?说的|其实|得)?(?:是|改成?|要|选)?(?P<rest>.+)"
)
_NEEDED = re.compile(
    r"(?:嗯|对|好|是|那|我|这[个家条]|他们|客户)*[，,\s]*(?:(?:还是|肯定|当然|必须|应该)?(?:需要?|要|得|必须)(?:再|去|继续)?(?:跟(?:进|一?下|着)?|回访|联系|盯)?"
    r"|(?:继续|安排|接着)?跟进?|记得跟进?)(?:一下|下|他|她|的|吧|了|啊|呢|哈)*"
)
_NOT_NEEDED = re.compile(
    r"(?:嗯|那|我|暂时|目前|先|就|这个|他们|都)*(?:不用|不需要?|不必|没必要|无需|甭|不要|别|不)(?:再)?(?:去|特地|专门)?"
    r"(?:跟(?:进|着|他|她)?|回访|联系|盯|管)?(?:一下|他|她|的|吧|了|啊|呢|先|哈)*"
)


def pick(said: str, question: Question, context: Context, draft: Draft) -> tuple[Any, float] | None:
    """Return the choice that the message picks, with how sure that is, or None."""
    if not question.choices:
        return None
    for read in (_left_over, _described, _placed):
        found = read(said, question, context, draft)
        if found is not None:
            return found
    return _nearer(said, question) or _instead_of(said, question, context, draft)


def by_parts(said: str, question: Question, context: Context, draft: Draft) -> tuple[Any, float] | None:
    """Return the choice that most parts of the message describe (“做数控的 朱培军他们公司”, “三个金 苏州的”)."""
    parts, chars = describing.take_apart(said)
    counts = [0] * len(question.choices)
    for part in parts:
        for k in _fitting(part, question.choices, context, draft):
            counts[k] += 1
    for k, choice in enumerate(question.choices):
        row = context.directory.customers.get(choice.value) if isinstance(choice.value, str) else None
        counts[k] += describing.told((), chars, row) if row is not None else 0
    most = max(counts, default=0)
    return (question.choices[counts.index(most)].value, 0.85) if most and counts.count(most) == 1 else None


def tick(said: str, question: Question) -> tuple[Any, float] | None:
    """Return the answer to “需跟进？”, which offers one day: that day, or None for no follow-up."""
    if question.field != "next_followup" or len(question.choices) != 1:
        return None
    if _NOT_NEEDED.fullmatch(said):
        return None, 0.95
    return (question.choices[0].value, 0.95) if _NEEDED.fullmatch(said) else None


def _placed(said: str, question: Question, context: Context, draft: Draft) -> tuple[Any, float] | None:
    match = _NTH.fullmatch(said)
    if match and (question.field != "next_followup" or "号" not in said):
        number = _NUMBERS.get(match["n"]) or int(match["n"])
        if number <= len(question.choices):
            return question.choices[number - 1].value, 0.97
    for pattern, place in _PLACE:
        if pattern.fullmatch(said) and (place != 1 or len(question.choices) == 3):
            return question.choices[place].value, 0.93
    return None


def _nearer(said: str, question: Question) -> tuple[Any, float] | None:
    days = [choice.value for choice in question.choices if isinstance(choice.value, date)]
    if len(days) < 2:
        return None
    if _EARLY.fullmatch(said):
        return min(days), 0.9
    return (max(days), 0.9) if _LATE.fullmatch(said) else None


def _left_over(said: str, question: Question, context: Context, draft: Draft) -> tuple[Any, float] | None:
    """Where the message only rules choices out (“不是昆山也不是宁波”) and leaves one, it is that one."""
    matches = list(_RULED_OUT.finditer(said))
    if not matches or not _NOTHING_BUT.fullmatch(_RULED_OUT.sub("", said)):
        return None
    out: set[int] = set()
    for match in matches:
        fits = _fitting(match["what"], question.choices, context, draft)
        if not fits:
            return None
        out |= set(fits)
    left = [choice.value for k, choice in enumerate(question.choices) if k not in out]
    return (left[0], 0.9) if len(left) == 1 else None


def _instead_of(said: str, question: Question, context: Context, draft: Draft) -> tuple[Any, float] | None:
    """Read the choice that is set against another (“不是昆山，是苏州”, “是数控不是机床”)."""
    match = _AGAINST.fullmatch(said)
    return _described(match["one"] or match["other"], question, context, draft) if match else None


def _described(said: str, question: Question, context: Context, draft: Draft) -> tuple[Any, float] | None:
    fits = _fitting(said, question.choices, context, draft)
    return (question.choices[fits[0]].value, 0.95) if len(fits) == 1 else None


def _fitting(said: str, choices: tuple[Choice, ...], context: Context, draft: Draft) -> list[int]:
    """Return the places of the choices whose words, city or person the words name."""
    words = _CHOSEN.sub("", values.bare(said))
    if not words or len(words) > 16 or words.startswith("不"):
        return []
    same = [k for k, choice in enumerate(choices) if words == values.bare(choice.label)]
    if isinstance(choices[0].value, date):
        named = values.day(words, context) if values.is_mostly_day(words, context) else None
        days = (named.value, *named.alternatives) if named else ()
        if words.isdigit() and int(words) > len(choices):
            return [k for k, choice in enumerate(choices) if choice.value.day == int(words)]
        return same or [k for k, choice in enumerate(choices) if choice.value in days]
    fits = same or [k for k, choice in enumerate(choices) if len(words) >= 2 and words in choice.label]
    return fits or [k for k, choice in enumerate(choices) if _describes(words, choice.value, context, draft)]


def _describes(words: str, value: Any, context: Context, draft: Draft) -> bool:
    row = context.directory.customers.get(value) if isinstance(value, str) else None
    return describing.fits(words, row) if isinstance(row, Customer) else _of_person(words, value, context, draft)


def _of_person(words: str, value: Any, context: Context, draft: Draft) -> bool:
    """Tell whether the words are the surname (姓李的) or the office (技术那位) of a contact of the draft's customer."""
    row = context.directory.customers.get(draft.customer) if isinstance(draft.customer, str) else None
    known = next((person for person in row.contacts if person.name == value), None) if row is not None else None
    if not isinstance(known, Contact):
        return False
    if words.startswith("姓"):
        return known.name.startswith(words[1:])
    office = words.removeprefix("管").removeprefix("搞").removesuffix("的")
    return len(office) >= 2 and office in known.title
