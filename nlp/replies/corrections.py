"""Corrections in words: which fields of a draft a message changes, and to what (DECISIONS 10).

First the changes that name their field (“客户是鑫达不是新达”, “跟进改周五”), then, in what is left, those that name old
and new (“不是王经理，是李总监”, “下周三改成下周四”) or only the new value; there the value's kind tells the field.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from nlp.replies import values
from nlp.types import Context, Draft, FieldChange, FieldName, Span

_FIELDS: tuple[tuple[FieldName, str], ...] = (
    ("customer", r"客户(?:名称?|名字)?|(?<!有限)(?<!股份)(?<![分子总])公司(?:名称?|名字)?|单位(?:名称?)?|厂家|店名"),
    (
        "contact",
        r"联系人(?:名字)?|对接人|接待(?:的?人)?|(?:今天|这次|实际)?(?:跟|和|同)?我?(?:们)?(?:见"
        r"|谈|聊|碰|对接)的(?:人)?(?=是|不是|叫|应|其实)|(?:人名|名字|姓名|人)(?=[是不写填记听搞弄错叫应改])",
    ),
    ("stage", r"(?:当前|现在|目前)?(?:的)?(?:商机)?阶段|进度|进展"),
    (
        "next_followup",
        r"(?:下一?次)?(?:跟进|拜访|回访|联系|见面)(?!人)(?:日期?|时间|的?日子|的?那?天)?|日期"
        r"|时间|日子|下次",
    ),
    ("obstacle", r"(?:关键|主要)?(?:的)?(?:障碍|卡点|阻碍|难点|顾虑|问题|痛点|异议)"),
)
_OLD_NEW = r"不是(?P<old{0}>[^，,。；;\n]{{1,20}}?)[，,\s]*(?:而是|应该是|应当是|其实是|是|改成|叫)"
_SET = (
    r"(?:(?:都|给|帮我|又|好像)?(?:写|填|记|听|搞|弄|标|识别|认|选)?(?:错|反|岔)了?(?:[，,。\s]*(?:应该"
    r"|应当|应|其实|正确的?)?(?:改成|改为|改到|换成|是|叫|为))?"
    r"|(?:应该|应当|应|其实|实际|现在|已经|改口|真正)*(?:改成|改为|改到|改在|换成|换到|调成"
    r"|调整为|调到|变成|更新为|更新成|推迟到|推到|提前到|延到|定在|定为|约在|写成|填成|记成"
    r"|设为|设成|进入到?|推进到|走到|到了?|(?:改|换)(?:一下|下(?!周"
    r"|个|星期|礼拜|下|次|月))?(?:[，,\s]+(?:改)?(?:成|为|到)?)?|推到?"
    r"|是在|就是|就写|是|为|叫|写|填|选|在"
    r"|[:：])(?!不))"
)
_CLEARED = (
    r"(?:[，,]?(?:先)?(?:清空|清掉|去掉|删掉|删了|取消|不填了?|空着|待补|不用填?了?|不要了?"
    r"|没有了?|没了|不知道|未知|不定|没定|再说|留空)|没有|没了?)"
)
_ANY_FIELD = "|".join(f"(?P<{name}>{words})" for name, words in _FIELDS)
_NAMED = re.compile(
    rf"(?:把|那个|这个|然后|还有|另外|以及|，|,|^|\s|。|；)?(?:{_ANY_FIELD})(?:那一?(?:栏"
    rf"|项|块)|一栏|这里|这块)?(?:给我|帮我|请|都|也|就|的话)?\s*"
    rf"(?:{_OLD_NEW.format(1)}|(?P<clear>{_CLEARED})(?=[，,。；;\n]|吧|$)|(?P<set>{_SET})"
    rf"|(?P<plain>\s*(?=[^，,。；;\n不没是])))"
)
_CLEAR_FIRST = re.compile(
    r"(?:不用|不需要|没必要|别|先不|暂时不)(?P<next_followup>跟进|回访|再去|联系)了?|(?:没有?"
    r"|无|不存在)(?:什么|啥|任何)?(?P<obstacle>障碍|卡点|阻碍|顾虑|难点)"
    r"|(?:清空|去掉|删掉|删除|取消)(?:一下)?(?:(?P<contact>联系人)"
    r"|(?P<stage>阶段)|(?P<next_followup2>跟进(?:日期?"
    r"|时间)?|下次跟进)|(?P<obstacle2>障碍|卡点))"
)
_SWAP = re.compile(
    rf"{_OLD_NEW.format('')}(?P<new>[^，,。；;\n]+)"
    r"|不是(?P<not>[^，,。；;\n]{1,20})[，,\s]+(?P<but>[^，,。；;\n]+)"
    r"|(?P<bad>[^，,。；;\n]{1,16}?)(?:不对|[听写记搞弄]?错了)[，,\s]*(?:应该"
    r"|其实)?(?:是|改成|叫)(?P<good>[^，,。；;\n]+)"
    r"|(?:把|将)?(?P<from>[^，,。；;\n]{1,24}?)(?:要|得|应该|给我|帮我)?(?:改成|改为|改到"
    r"|换成|换到|改叫|推迟到|推到|提前到|延到|→|->|=>|改|换)(?P<to>[^，,。；;\n]+)"
    r"|(?P<right>[^，,。；;\n]{1,20}?)[，,\s]*(?:而)?不是(?P<wrong>[^，,。；;\n]{1,20})"
)
_NEW_ONLY = re.compile(
    r"(?:应该是|应当是|应为|其实是|不对[，,\s]*是?|错了[，,\s]*是?|说错了?[，,\s]*是?|搞错了?[，,\s]*是?"
    r"|改成|改为|改到|改在|换成|换到|推迟到|推到|提前到|延到|挪到|更正[:：，,\s]*|是|叫|改"
    r"|换|到|已经到|进入)?(?P<value>[^，,。；;\n]+)"
)
_STOP = re.compile(r"[，,。；;\n]")
#: The old value in front of the new one: 联系人：王建国改成李敏.
_OLD_BEFORE = re.compile(r"[^，,。；;\n]{1,20}?(?:改成|改为|换成|改到|->|→)")
_WRONG_AFTER = re.compile(r"[，,\s]*(?:而)?(?:不是|别写|不要写|不叫|可不是)(?P<old>[^，,。；;\n]*)$")
#: A day or a person that does not suit is none to change to.
_REFUSED = re.compile(r"[去来见约]不了|不行|没空|没时间|不在|不去了?")
_LEAD = re.compile(
    r"^(?:[，,。；;\s]|啊|哦|噢|嗯|呃|那个|然后|还有|另外|对了|不对|错了|麻烦|请|帮我|给我|你|再|应该|那就?|就)+"
)


@dataclass(frozen=True, slots=True)
class Changes:
    """The changed fields, and how much of the message they account for (0 to 1)."""

    changes: tuple[FieldChange, ...]
    coverage: float
    named: bool = False


def read_changes(text: str, context: Context, draft: Draft | None) -> Changes:
    """Return the field changes that `text` asks for, at most one per field (the last one said)."""
    found: dict[FieldName, FieldChange] = {}
    used = [False] * len(text)
    for reader in (_cleared, _named):
        for change, first, last in reader(text, context, draft, used):
            found[change.field] = change
            used[first:last] = [True] * (last - first)
    named = bool(found)
    for first, last in _unused(text, used):
        for change, begin, end in _unnamed(text, first, last, context, draft):
            if change.field not in found:
                found[change.field] = change
            used[begin:end] = [True] * (end - begin)
    return Changes(tuple(found.values()), _coverage(text, used), named)


def _cleared(text: str, context: Context, draft: Draft | None, used: list[bool]) -> list[tuple[FieldChange, int, int]]:
    done = []
    for match in _CLEAR_FIRST.finditer(text):
        name = _field({key.rstrip("2"): words for key, words in match.groupdict().items() if words})
        done.append((FieldChange(name, None, Span(*match.span()), (), 0.93), match.start(), match.end()))
    return done


def _field(groups: Mapping[str, str | None]) -> FieldName:
    for name, _ in _FIELDS:
        if groups.get(name):
            return name
    return "obstacle"


def _named(text: str, context: Context, draft: Draft | None, used: list[bool]) -> list[tuple[FieldChange, int, int]]:
    done: list[tuple[FieldChange, int, int]] = []
    matches = [match for match in _NAMED.finditer(text) if not used[match.start()]]
    for k, match in enumerate(matches):
        name = _field(match.groupdict())
        if name == "customer" and match["plain"] is not None:
            continue
        if match["clear"]:
            done.append((FieldChange(name, None, Span(*match.span()), (), 0.93), match.start(), match.end()))
            continue
        limit = matches[k + 1].start() if k + 1 < len(matches) else len(text)
        first, last = _value_reach(text, match.end(), limit, to_the_end=name == "obstacle")
        change = _valued(name, text, first, last, context, draft)
        if change is None or (match["plain"] is not None and not _stands_plain(change, text, context, draft)):
            continue
        if name == "customer" and draft is not None:
            draft = replace(draft, customer=change.value)
        done.append((change, match.start(), last))
    return done


def _stands_plain(change: FieldChange, text: str, context: Context, draft: Draft | None) -> bool:
    """Tell whether a value right behind its field's name (“联系人李敏”) is of the field's kind beyond doubt."""
    words = text[change.span.start : change.span.end]
    return change.field != "obstacle" and kind_of(words, "", context, draft) == change.field


def _value_reach(text: str, start: int, limit: int, *, to_the_end: bool) -> tuple[int, int]:
    """Return where the value stands: up to the next mark (an obstacle: up to the next field), leading marks skipped."""
    lead = re.compile(r"[，,。\s:：]*").match(text, start, limit)
    first = lead.end() if lead else start
    stop = None if to_the_end else _STOP.search(text, first, limit)
    last = stop.start() if stop else limit
    if stop and re.match(r"[，,\s]*(?:而)?不是", text[stop.start() : limit]):
        after = _STOP.search(text, stop.end(), limit)
        last = after.start() if after else limit
    return first, last


def _valued(
    name: FieldName, text: str, first: int, last: int, context: Context, draft: Draft | None
) -> FieldChange | None:
    words = text[first:last]
    swap = _OLD_BEFORE.match(words)
    if swap:
        first, words = first + swap.end(), words[swap.end() :]
    wrong = _WRONG_AFTER.search(words)
    if wrong and wrong.start() > 0:
        words = words[: wrong.start()]
    named = read_value(name, words, context, draft)
    if named is None:
        return None
    return FieldChange(name, named.value, Span(first, first + len(words)), named.alternatives, named.confidence)


def read_value(name: FieldName, words: str, context: Context, draft: Draft | None) -> values.Named | None:
    """Return what `words` mean as a value of the field `name`."""
    if not values.bare(words):
        return None
    if name == "customer":
        return values.customer(words, context, draft.customer if draft else None)
    if name == "contact":
        return values.contact(words, context, draft.customer if draft else None)
    if name == "stage":
        return values.stage(words, context.playbook, draft.stage if draft else None)
    return values.day(words, context) if name == "next_followup" else values.obstacle(words)


def _unused(text: str, used: list[bool]) -> list[tuple[int, int]]:
    """Return the stretches that no named change accounts for."""
    stretches, first = [], 0
    for k in range(len(text) + 1):
        if k == len(text) or used[k]:
            if text[first:k].strip(" ，,。；;\n\t"):
                stretches.append((first, k))
            first = k + 1
    return stretches


def _unnamed(
    text: str, first: int, last: int, context: Context, draft: Draft | None
) -> list[tuple[FieldChange, int, int]]:
    done: list[tuple[FieldChange, int, int]] = []
    at = first
    while at < last:
        lead = _LEAD.match(text[at:last])
        at += lead.end() if lead else 0
        match = _SWAP.match(text, at, last)
        change = _swapped(match, context, draft) if match else None
        if change is None:
            match = _NEW_ONLY.match(text, at, last)
            change = _alone(match, context, draft) if match and _ends_there(text, match.end()) else None
        if match and change is not None:
            done.append((change, at, match.end()))
            at = match.end()
        else:
            stop = _STOP.search(text, at, last)
            at = stop.end() if stop else last
    return done


def _ends_there(text: str, at: int) -> bool:
    """Tell whether a mark or the message's end follows: a bare value stands alone (not 今天 of “今天联系人是…”)."""
    return at >= len(text) or not text[at].isalnum()


def _swapped(match: re.Match[str], context: Context, draft: Draft | None) -> FieldChange | None:
    for new, old in (("new", "old"), ("but", "not"), ("good", "bad"), ("to", "from"), ("right", "wrong")):
        if match[new] is not None:
            name = kind_of(match[new], match[old] or "", context, draft)
            named = read_value(name, match[new], context, draft) if name else None
            if name and named:
                return FieldChange(name, named.value, Span(*match.span(new)), named.alternatives, named.confidence)
    return None


def _alone(match: re.Match[str], context: Context, draft: Draft | None) -> FieldChange | None:
    words = match["value"]
    name = kind_of(words, "", context, draft)
    if name is None or name == "obstacle" or _REFUSED.search(words) or words.startswith("不是"):
        return None
    named = read_value(name, words, context, draft)
    if named is None:
        return None
    return FieldChange(name, named.value, Span(*match.span("value")), named.alternatives, 0.9 * named.confidence)


def kind_of(new: str, old: str, context: Context, draft: Draft | None) -> FieldName | None:
    """Return the field that a bare value belongs to, told by its own look and by what it replaces."""
    of = draft.customer if draft else None
    if values.is_mostly_day(new, context):
        return "next_followup"
    said, before = values.bare(new), values.bare(old)
    if values.names_place_of_stage(new) and draft:
        return "stage"
    if any(rule.name in said and len(said) <= len(rule.name) + 4 for rule in context.playbook.stages):
        return "stage"
    if before and draft and draft.obstacle and before in draft.obstacle:
        return "obstacle"
    if (
        before
        and draft
        and draft.contact
        and (before == draft.contact or draft.contact[:1] == before[:1])
        and len(said) <= 6
    ):
        return "contact"
    if values.looks_like_person(new, context, of):
        return "contact"
    if values.looks_like_company(new, context):
        return "customer"
    if before and draft and _is_customer(before, draft, context):
        return "customer"
    if before and values.looks_like_person(old, context, of) and len(said) <= 6:
        return "contact"
    stage = values.stage(new, context.playbook) if len(said) <= 6 else None
    if stage and stage.confidence >= 0.9 and (not before or values.stage(old, context.playbook)):
        return "stage"
    return None


def _is_customer(words: str, draft: Draft, context: Context) -> bool:
    return words in draft.customer_label or values.looks_like_company(words, context)


def _coverage(text: str, used: list[bool]) -> float:
    """Return the share of the message's letters and digits that belongs to changes."""
    letters = [k for k, char in enumerate(text) if char.isalnum()]
    return sum(used[k] for k in letters) / len(letters) if letters else 0.0
