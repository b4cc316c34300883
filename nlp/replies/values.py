"""Values that a few words name: a customer, a person, a stage, a day, an obstacle.

Each reader returns `Named` or None where the words are nothing of the kind; none of them raises.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from nlp import dates, names
from nlp.names import sound
from nlp.names.people import find_people
from nlp.names.places import CITIES
from nlp.replies import describing
from nlp.types import Context, CustomerRef, NewCustomer, Note, Playbook

#: Likeness of a typed name from which on it is that customer.
_SAME_NAME = 0.8
_LAST_DAY = 31
#: A part of a registered name of so many characters is that customer.
_LONG_ENOUGH = 3
#: Longest way to name a person, characters (采购部王经理).
_LONGEST_PERSON = 8
_COMPANY_END = re.compile(
    r"(?:公司|集团|厂|店|超市|商贸|科技|机械|电子|实业|贸易|食品|餐饮|酒店|便利|医疗|设备|工业|精密|汽配|模具)$"
)
_TAIL = re.compile(
    r"(?:那家|这家|那边|那个|这个|那里|那位|这位|那人|的|吧|啊|呀|哈|呢|嘛|哦|才对|了|来着|没错|名下|(?:见|接待|陪|招呼)的我们?|(?:跟我)?(?:接待|谈|聊|对接)我?们?的)+$"
)
_HEAD = re.compile(
    r"^(?:就(?!是)|新的?客户[，,\s]*|我?(?:今[天朝儿日]|刚才|上午|下午)?(?:说|选|指|去|见|拜访|跑)的(?:是)?|我?(?:说|要|选|指|去|见|拜访|跑)的(?:明明|其实|应该)?是|我(?:是)?(?:在|去了?)|我?(?:去|跑)的(?!是)|[记算]在|(?:今天|这次|明明)是|(?:应该|现在|目前|已经|其实)(?:是"
    r"|到)?|应该是|应当是|其实是|就是|而是|是|叫|为|成|到|在|[:：\s]"
    r"|那个|嗯|哦|(?:新|刚)来的|做|搞|[这那](?:家|个|里|边)?是)+"
)
_BEFORE_OBSTACLE = re.compile(r"^(?:应该是|应当是|其实是|就是|而是|是|为|[:：\s]|嗯|哦)+")
#: What is said of the wording before the obstacle itself: 他原话是：…, 用我的话写 …, 再写准一点 改为 ….
_FRAMED = re.compile(
    r"^(?:[^，,。：:]{0,8}?(?:原话|我的话|我说的|意思|准确(?:地|点)?说|[准细清]一?[点些])(?:是|就是|来写|写成?|写|改成|改为)?[，,：:\s]+)"
    r"(?:(?:改成|改为|写成?|是)[，,：:\s]*)?|^(?:改成|改为|写成)[，,：:\s]+"
)
_NEXT_STAGE, _STAGE_BACK = (
    re.compile(r"下一?个?阶段|往[后前]?推一?个?阶段|进一步|往[后前](?:走|推|推进|进)?一[步格]"),
    re.compile(r"上一?个?阶段|退回?一?个?阶段|退(?:回)?一[步格]"),
)
_NTH_STAGE = re.compile(r"第([一二三四五六七八九\d])个?阶段")
_NUMBERS = {char: k + 1 for k, char in enumerate("一二三四五六七八九")}


#: Whose person it is: 他们老板, 对方的采购.
_THEIR = re.compile(r"^(?:他们|她们|人家|对方|客户|那边|他家)(?:那边|家里?|公司)?的?(?=..)")


class Named(NamedTuple):
    """A value with how sure the reading is (0 to 1) and other values the words can mean."""

    value: Any
    confidence: float
    alternatives: tuple[Any, ...] = ()


def bare(words: str) -> str:
    """Return the words without 是…那家 and marks around them."""
    stripped = words.strip(" \t\r\n，,。.!！?？;；、~～“”\"'「」【】")
    return _TAIL.sub("", _HEAD.sub("", stripped)).strip()


def customer(words: str, context: Context, near: CustomerRef | None = None) -> Named | None:
    """Return the customer called `words`; `near` is the draft's: another that fits as well is meant before it."""
    said = bare(words)
    if len(said) < 2:
        return None
    every = names.match_name(said, context.directory, limit=4)
    found = [(ref, score) for ref, score in every if ref != near]
    same = next((score for ref, score in every if ref == near), 0.0)
    if same >= _SAME_NAME and same > max((score for _, score in found), default=0.0):
        return Named(near, same, tuple(ref for ref, _ in found)[:3])
    whole = describing.described(words, context) if not every or every[0][1] < 0.97 else None
    if whole is not None:
        return Named(whole, 0.9, tuple(ref for ref, _ in every if ref != whole)[:3])
    exact = [ref for ref, score in found if score >= 0.97] or _holding(said, found, context)
    if found and (exact or found[0][1] >= _SAME_NAME):
        best = _own_first(exact or [found[0][0]], context)
        others = tuple(ref for ref, _ in found if ref != best)[:3]
        return Named(best, max(found[0][1], _SAME_NAME) if len(exact) <= 1 else 0.7, others)
    likely = tuple(ref for ref, score in found if score >= 0.6)[:3]
    return Named(NewCustomer(said), 0.6 if likely else 0.8, likely)


def _holding(said: str, found: Sequence[tuple[str, float]], context: Context) -> list[str]:
    """Return the customers whose name holds the words (诺捷电子 of 苏州诺捷电子科技有限公司), or their sound."""
    rows = context.directory.customers
    if len(said) < _LONG_ENOUGH:
        return []
    written = [ref for ref, _ in found if said in rows[ref].name]
    if written or len(said) == _LONG_ENOUGH:
        return written
    heard = sound.folded(said)
    return [ref for ref, _ in found if heard in sound.folded(rows[ref].name)]


def _own_first(found: Sequence[str], context: Context) -> str:
    rows = context.directory.customers
    return min(found, key=lambda ref: (rows[ref].owner != context.rep, found.index(ref)))


def looks_like_company(words: str, context: Context) -> bool:
    """Tell whether the words name a customer of the directory or end as a company's name does."""
    said = bare(words)
    if len(said) < 2 or len(said) > 24:
        return False
    found = names.match_name(said, context.directory, limit=1)
    return bool(found and found[0][1] >= _SAME_NAME) or bool(_COMPANY_END.search(said))


def contact(words: str, context: Context, of: CustomerRef | None) -> Named | None:
    """Return the person called `words` at customer `of`: the directory's name where it resolves, else as said."""
    said = _THEIR.sub("", bare(words))
    if not 1 < len(said) <= 12:
        return None
    known = context.directory.customers.get(of) if isinstance(of, str) else None
    people = [person.name for person in known.contacts] if known else []
    inside = [name for name in people if name in said]
    if inside:
        return Named(inside[0], 0.98)
    note = Note(f"见了{said}，聊了一会儿", context.at, context.rep)
    guess = names.resolve_contact(note, context.directory, of)
    if isinstance(guess.value, str):
        return Named(guess.value, 0.95 if guess.value in people else 0.85, guess.alternatives)
    return Named(said, 0.7)


def looks_like_person(words: str, context: Context, of: CustomerRef | None) -> bool:
    """Tell whether the words are a person: a known contact, a surname with a title, 老王, or a role."""
    said = _THEIR.sub("", bare(words))
    known = context.directory.customers.get(of) if isinstance(of, str) else None
    if known and any(person.name in said and len(said) <= len(person.name) + 4 for person in known.contacts):
        return True
    if said in CITIES or len(said) > _LONGEST_PERSON:
        return False
    return any(person.span.end - person.span.start >= len(said) - 2 for person in find_people(said))


def stage(words: str, playbook: Playbook, now: str | None = None) -> Named | None:
    """Return the stage that the words name, wholly (商务谈判), in part (谈判) or by place (下一阶段 after `now`)."""
    order = [rule.name for rule in playbook.stages]
    heard = sound.folded(words)
    whole = [name for name in order if name in words] or [name for name in order if sound.folded(name) in heard]
    if whole:
        return Named(whole[-1], 0.98)
    by_place = _stage_by_place(words, order, now)
    if by_place:
        return Named(by_place, 0.9)
    said = bare(words)
    parts = {name: max((len(p) for p in _pieces(name) if p in said), default=0) for name in order}
    longest = max(parts.values(), default=0)
    best = [name for name in order if parts[name] == longest]
    if longest < 2 or longest * 3 < len(said):
        return None
    return Named(best[0], 0.9 if len(best) == 1 else 0.6, tuple(best[1:]))


def _pieces(name: str) -> set[str]:
    """Return the parts of a stage's name that name it, without those that are instructions to the bot."""
    return {name[i:j] for i in range(len(name)) for j in range(i + 2, len(name) + 1)} - {"确认", "提交"}


def names_place_of_stage(words: str) -> bool:
    """Tell whether the words mean a stage by its place (下一阶段, 退回上一个阶段, 第三阶段)."""
    return any(pattern.search(words) for pattern in (_NEXT_STAGE, _STAGE_BACK, _NTH_STAGE))


def _stage_by_place(words: str, order: list[str], now: str | None) -> str | None:
    nth = _NTH_STAGE.search(words)
    place = -1
    if nth:
        place = (_NUMBERS.get(nth[1]) or int(nth[1])) - 1
    elif now in order and _NEXT_STAGE.search(words):
        place = order.index(now) + 1
    elif now in order and _STAGE_BACK.search(words):
        place = order.index(now) - 1
    return order[place] if 0 <= place < len(order) else None


def day(words: str, context: Context) -> Named | None:
    """Return the day that the words name, counted from the message's moment."""
    digits = bare(words)
    if digits.isdigit() and 1 <= int(digits) <= _LAST_DAY:
        words = f"{digits}号"
    mention = dates.resolve_first(words, context.at)
    if mention is None or mention.past or mention.date < context.at.date():
        return None
    return Named(mention.date, 0.9 if mention.alternatives else 0.97, mention.alternatives)


def is_mostly_day(words: str, context: Context) -> bool:
    """Tell whether the words are little else than a day (周五吧, 下周三下午)."""
    said = bare(words)
    found = [mention for mention in dates.find_dates(said, context.at) if not mention.vague and not mention.past]
    if not found:
        return False
    covered = sum(mention.span.end - mention.span.start for mention in found)
    rest = re.sub(
        r"[上下]午|早上|晚上|中午|[\d一二两三四五六七八九十]+点(?:半|钟)?"
        r"|再|去|跟进|联系|拜访|打电话|过去|我|就|那天|左右",
        "",
        said,
    )
    return covered * 2 >= len(said) or len(rest) <= covered + 1


def obstacle(words: str) -> Named | None:
    """Return the obstacle as said, without 是 before and 吧 behind."""
    stripped = words.strip(" \t\r\n，,。.!！;；、“”\"'「」")
    said = _BEFORE_OBSTACLE.sub("", _FRAMED.sub("", stripped)).strip("“”\"'「」")
    return Named(said, 0.9) if said else None
