"""Corrections in words: which fields of a draft a message changes, and to what (DECISIONS 10).

First the changes that name their field (“客户是鑫达不是新达”, “跟进改周五”), then, in what is left, those that name old
and new (“不是王经理，是李总监”, “下周三改成下周四”) or only the new value; there the value's kind tells the field.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from nlp.replies import clearing, shifts, staging, values
from nlp.replies.kinds import kind_of, read_value
from nlp.types import Context, Draft, FieldChange, FieldName, NewCustomer, Span

_FIELDS: tuple[tuple[FieldName, str], ...] = (
    (
        "customer",
        r"客户(?:名字|名称?)?|(?<!有限)(?<!股份)(?<![分子总])公司(?:名字|名称?)?|单位(?:名称?)?|厂家|店名|[这那]家(?:公司|客户)?(?=是|应|叫|其实)",
    ),
    (
        "contact",
        r"跟谁[聊谈见碰]的|[见找]的谁|联系人(?:名字)?|(?<![\u4e00-\u9fff])人(?=[:：])|连系人|对接人|对口人|接头人|接洽人|接待(?:我们?)?的?(?:人)?|(?:今天|这次|实际)?(?:跟|和|同)?我?(?:们)?(?:见"
        r"|谈|聊|碰|对接)的(?:人)?(?=是|不是|叫|应|其实)|(?:人名|名字|姓名|人)(?=[是不写填记听搞弄错叫应改])",
    ),
    ("stage", r"(?:当前|现在|目前)?(?:的)?(?:商机)?阶段|进度|进展"),
    (
        "next_followup",
        r"(?:下一?[次回趟])?(?:跟进|跟近|拜访|回访|联系|见面)(?!人)(?:日期?|时间|的?日子|的?那?天)?|日期"
        r"|时间|日子|下[次回趟]|(?<![\u4e00-\u9fff\d])日(?=[:：])|ddl",
    ),
    ("obstacle", r"(?:关键|主要)?(?:的)?(?:障碍|卡点|阻碍|难点|顾虑|问题|痛点|异议|困难|堵点|阻力|症结)"),
)
_OLD_NEW = r"不是(?P<old{0}>[^，,。；;\n]{{1,20}}?)[，,\s]*(?:而是|应该是|应当是|其实是|是|改成|叫)"
#: What was put down by mistake, in front of what is right: 弄成技术评审了吧，应该是…
_MISTAKEN = (
    r"(?:给|被)?(?:写|弄|记|填|搞|听|识别|当)成了?[^，,。；;\n]{1,16}?了?[吧呢啊]?[，,\s]+"
    r"(?:其实|应该|明明|实际上?)(?:应该)?(?:是|写|为|到)?"
)
#: How a value is called wrong, with the particles of speech behind.
_WRONG = (
    r"(?:都|给|帮我|又|好像|也|全|搞)?(?:写|填|记|听|搞|弄|标|识别|认|选|抄|打)?(?:错|反|岔|串)(?:了|啦|啊|呀|哈)*"
    r"|(?:好像|也|都)?(?:不对|不太对|有误)(?:了|啦|啊|呀|哈|的)*"
)
_SET = (
    rf"(?:(?:{_WRONG})(?:[，,。\s]*(?:我?说的|应该|应当|应|其实|正确的?|得|要)*(?:改成|改为|改到|换成|写成?|是|叫|为))?"
    r"|(?:再|给我|帮我)*(?:(?:用|照|按)我?的?(?:原?话|说的)(?:来)?)?(?:写|改|记)(?:得?(?:准|细|清楚|具体|明白)一?[点些])?[，,：:\s]+(?:改为|改成|写成?|原话是?)?"
    r"|(?:应该|应当|应|其实|实际|现在|已经|改口|真正|得|要|主要|明明|还|好像)*(?:改成|改为|改到|改在|换成|换到|调成"
    r"|调整为|调到|变成|更新为|更新成|推迟到|推到|提前到|提早到|延到|延后到|顺延到|挪到|往[前后](?:推|挪|提)?到|定在|定为|约在|写成|填成|记成"
    r"|设为|设成|退回到?|退到|回到|进入到?|推进到|走到|到了?|(?:改|换)(?:一下|下(?!周"
    r"|个|星期|礼拜|下|次|月))?(?:[，,\s]+(?:改)?(?:成|为|到)?)?|推到?"
    r"|加上|加个|补上?个?|是在|就是|就写|是|为|叫|写|填|选|算|在"
    r"|[:：])(?!不))"
)
_CLEARED = clearing.BEHIND_NAME
_FIELD_WORDS = "|".join(words for _, words in _FIELDS)
_FIELD_WORD = re.compile(_FIELD_WORDS)
_ANY_FIELD = "|".join(f"(?P<{name}>{words})" for name, words in _FIELDS)
_NAMED = re.compile(
    rf"(?:把|那个|这个|然后|还有|另外|以及|，|,|^|\s|。|；)?(?:{_ANY_FIELD})(?:那一?(?:栏"
    rf"|项|块|格)|[那这]一?[里边儿项栏块格]|一栏|这块|上)?(?:给我|帮我|请|都|也|就|的话|呢|嘛|啊|呀|哈)*\s*"
    rf"(?:{_OLD_NEW.format(1)}|{_MISTAKEN}|(?P<clear>{_CLEARED})(?=[，,。；;\s!！]|[吧了啊]|$|然后|还有|另外|{_FIELD_WORDS})|(?P<set>{_SET})"
    rf"|(?P<plain>\s*(?=[^，,。；;\n不没是莫勿甭别])))"
)
_SWAP = re.compile(
    rf"{_OLD_NEW.format('')}(?P<new>[^，,。；;\n]+)"
    r"|不是(?P<not>[^，,。；;\n]{1,20})[，,\s]+(?P<but>[^，,。；;\n]+)"
    rf"|(?P<bad>[^，,。；;\n]{{1,16}}?)(?:{_WRONG})[，,\s]*(?:(?:应该|应当|其实|明明|要|得)(?:是|改成|换成|叫|写)?"
    r"|是|改成|换成|叫|写)(?P<good>[^，,。；;\n]+)"
    r"|(?:别|不要|不能|不该|不应该|莫|勿要?|甭)(?:写成?|填成?|记成?|叫|用|选)(?P<drop>[^，,。；;\n]{1,20}?)"
    r"(?:[，,\s]+(?:要|应该|得|请|给我)?(?:写成?|填成?|记成?|改成?|换成?|用|选|是|叫)?|(?:要|应该|得)?(?:写|填|记|改|换|是|叫)成?)"
    r"(?P<take>[^，,。；;\n]+)"
    r"|(?:把|将)?(?P<from>[^，,。；;\n]{1,24}?)(?:要|得|应该|给我|帮我)?(?:改成|改为|改到"
    r"|换成|换到|改叫|推迟到|推到|提前到|延到|→|->|=>|(?<![整技修])改(?![造进图善版装线])|换)(?P<to>[^，,。；;\n]+)"
    r"|(?:还没有?|没有?|还不|还未)(?:到|进入?|走到|算)(?P<yet>[^，,。；;\n]{2,12}?)[，,\s]*(?:现在)?(?:还是|还在|应该是|只是|只算|是|在|算)"
    r"(?P<still>[^，,。；;\n]+)"
    r"|(?P<right>(?![^，,。；;\n]{0,12}[错岔])[^，,。；;\n]{1,20}?)[，,\s]*(?:而)?不是(?P<wrong>[^，,。；;\n]{1,20})"
)
#: New and old value in the groups of `_SWAP`.
_PAIRS = (
    ("new", "old"),
    ("but", "not"),
    ("good", "bad"),
    ("take", "drop"),
    ("to", "from"),
    ("still", "yet"),
    ("right", "wrong"),
)
_NEW_ONLY = re.compile(
    r"(?:应该是|应当是|应为|其实是|不对[，,\s]*是?|错了[，,\s]*是?|说错了?[，,\s]*是?|搞错了?[，,\s]*是?"
    r"|约在|约到|约了|定在|定到|改成|改为|改到|改在|换成|换到|推迟到|推到|提前到|延到|挪到|更正[:：，,\s]*|是|叫|改"
    r"|换|到|已经到|进入)?(?P<value>[^，,。；;\n]+)"
)
#: Other marks that end a clause; one character each, so that positions stay.
_MARKS = str.maketrans("！!？?", "，，，，")
#: Blanks between Chinese words.
_PAUSE = re.compile(r"(?<=[\u4e00-\u9fff])[ \t\u3000]+(?=[\u4e00-\u9fff\d])|(?<=\d)[ \t\u3000]+(?=[\u4e00-\u9fff])")
#: How much of a message changes must account for so that nothing is looked for in the rest.
_WHOLLY = 0.9
#: A person called by surname and office, or as familiars are.
_CALLED = re.compile(r"[总工姐哥叔]$|经理$|主任$|[厂店科处部]长$|总监$|老板$|主管$|会计$|^[老小][\u4e00-\u9fff]$")
_STOP = re.compile(r"[，,。；;\n]")
#: The old value in front of the new one: 联系人：王建国改成李敏.
_OLD_BEFORE = re.compile(r"[^，,。；;\n]{1,20}?(?:改成|改为|换成|改到|->|→)")
_WRONG_AFTER = re.compile(r"[，,\s]*(?:而)?(?:不是|别写|不要写|不叫|可不是)(?P<old>[^，,。；;\n]*)$")
#: A day or a person that does not suit is none to change to.
_NONE = re.compile(r"(?:暂时|目前|现在)?(?:没有?|无|莫得|没得|木有|冇得?)(?:了|啦|吧|的)*")
_REFUSED = re.compile(r"[去来见约]不了|不行|没空|没时间|[不没]在|不去了?|没来|没见|出差|请假|休假|走了")
#: An old value of so many characters needs no likeness to what the draft holds (老王改李敏).
_SHORT_OLD = 6
_DENIED = re.compile(r"不是|还?没有?(?:到|进|走|算)|还不|不算")
_THAT_DAY = re.compile(r"那[一个]?[天日]|到时")
_LEAD = re.compile(
    r"^(?:[，,。；;\s]|啊|哦|噢|嗯|呃|那个|然后|还有|另外|对了|不对|错了|麻烦|请|帮我|给我|你|再|应该|那就?|就)+"
)


@dataclass(frozen=True, slots=True)
class Changes:
    """The changed fields, and how much of the message they account for (0 to 1)."""

    changes: tuple[FieldChange, ...]
    coverage: float
    named: bool = False
    #: fields whose new value stands alone between marks, with nothing that says that it changes anything
    bare: frozenset[FieldName] = frozenset()


def read_changes(text: str, context: Context, draft: Draft | None) -> Changes:
    """Return the field changes that `text` asks for, at most one per field (the last one said).

    Blanks between Chinese characters may be marks or nothing; the second reading counts where it finds more.
    """
    text = text.translate(_MARKS)
    changes = _read(text, context, draft)
    marked = _PAUSE.sub(lambda match: "，" * len(match[0]), text)
    if marked != text and not _complete(changes, text):
        other = _read(marked, context, draft)
        changes = other if _worth(other, text) > _worth(changes, text) else changes
    if draft is None or any(change.field == "stage" for change in changes.changes):
        return changes
    stage = staging.moved(text, context, draft)
    if stage is None:
        return changes
    change = FieldChange("stage", stage.value, Span(0, len(text)), stage.alternatives, stage.confidence)
    kept = tuple(
        other for other in changes.changes if other.field not in changes.bare or other.field == "next_followup"
    )
    return Changes((*kept, change), 1.0, True, changes.bare)


def _complete(changes: Changes, text: str) -> bool:
    """Tell whether no part of the message is left over and no value has a pause within."""
    return changes.coverage >= _WHOLLY and _worth(changes, text) == 2 * len(changes.changes)


def _worth(changes: Changes, text: str) -> int:
    """Return how much was found: a name made up of what stands around a pause counts less."""
    doubtful = sum(
        isinstance(change.value, NewCustomer) and bool(_PAUSE.search(text[slice(*change.span)]))
        for change in changes.changes
    )
    return 2 * len(changes.changes) - doubtful


def _read(text: str, context: Context, draft: Draft | None) -> Changes:
    found: dict[FieldName, FieldChange] = {}
    used = [False] * len(text)
    for reader in (_cleared, _shifted, _named):
        for change, first, last in reader(text, context, draft, used):
            found[change.field] = change
            used[first:last] = [True] * (last - first)
    named, bare = bool(found), set()
    for first, last in _unused(text, used):
        for change, begin, end in _unnamed(text, first, last, context, draft):
            if change.field not in found or found[change.field].value in (None, _present(draft, change.field)):
                found[change.field] = change
                bare |= {change.field} if (begin, end) == change.span else set()
            used[begin:end] = [True] * (end - begin)
    changes = tuple(_on_the_meant_side(change, text, context, draft) for change in found.values())
    return Changes(changes, _coverage(text, used), named, frozenset(bare))


def _present(draft: Draft | None, name: FieldName) -> Any:
    return getattr(draft, name) if draft is not None else None


def _on_the_meant_side(change: FieldChange, text: str, context: Context, draft: Draft | None) -> FieldChange:
    if change.field != "next_followup" or change.value is None:
        return change
    before, words = text[: change.span.start], text[change.span.start : change.span.end]
    return replace(change, value=shifts.on_the_meant_side(change.value, before, words, context, draft))


def _cleared(text: str, context: Context, draft: Draft | None, used: list[bool]) -> list[tuple[FieldChange, int, int]]:
    return [_emptied(name, first, last) for name, first, last in clearing.by_name(text)]


def _emptied(name: FieldName, first: int, last: int) -> tuple[FieldChange, int, int]:
    return FieldChange(name, None, Span(first, last), (), 0.93), first, last


def _shifted(text: str, context: Context, draft: Draft | None, used: list[bool]) -> list[tuple[FieldChange, int, int]]:
    found = shifts.find_shift(text, context, draft)
    if found is None or used[found[1]]:
        return []
    day, first, last = found
    return [(FieldChange("next_followup", day, Span(first, last), (), 0.93), first, last)]


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
        if match["clear"]:
            done.append(_emptied(name, *match.span()))
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
    lead = re.compile(r"[，,。\s:：]*(?:(?:应该)?是?一?[个家]?新(?:的)?客户[，,\s]+)?").match(text, start, limit)
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
    if name == "obstacle" and _NONE.fullmatch(words.strip(" ，,。！!")):
        return FieldChange(name, None, Span(first, first + len(words)), (), 0.93)
    named = read_value(name, words, context, draft)
    if named is None and name == "next_followup" and _THAT_DAY.search(words):
        named = values.day(text[:first], context)
    if named is None:
        return None
    return FieldChange(name, named.value, Span(first, first + len(words)), named.alternatives, named.confidence)


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
    """Read the changes of a stretch clause by clause."""
    done: list[tuple[FieldChange, int, int]] = []
    at = first
    while at < last:
        lead = _LEAD.match(text[at:last])
        at += lead.end() if lead else 0
        match = _SWAP.match(text, at, last)
        change = _swapped(match, context, draft) if match else None
        gone = _gone(text, at, last, context, draft) if change is None else None
        if gone is not None:
            done.append(gone)
            at = gone[2]
            continue
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


def _gone(text: str, at: int, last: int, context: Context, draft: Draft | None) -> tuple[FieldChange, int, int] | None:
    """Return the emptied field where the words up to the next mark take away a value that the draft holds."""
    stop = _STOP.search(text, at, last)
    found = clearing.by_value(text[at : stop.start() if stop else last], context, draft)
    return _emptied(found[0][0], at + found[0][1], at + found[0][2]) if found else None


def _ends_there(text: str, at: int) -> bool:
    """Tell whether a mark or the message's end follows: a bare value stands alone (not 今天 of “今天联系人是…”)."""
    return at >= len(text) or not text[at].isalnum()


def _swapped(match: re.Match[str], context: Context, draft: Draft | None) -> FieldChange | None:
    for new, old in _PAIRS:
        if match[new] is not None:
            name = kind_of(match[new], match[old] or "", context, draft)
            if new == "to" and not _replaces(match[old], name, context, draft):
                continue
            named = read_value(name, match[new], context, draft) if name else None
            if name and named:
                return FieldChange(name, named.value, Span(*match.span(new)), named.alternatives, named.confidence)
    return None


def _replaces(old: str, name: FieldName | None, context: Context, draft: Draft | None) -> bool:
    """Tell whether the words in front of 改 are an old value; a longer stretch of something else only tells."""
    if len(values.bare(old)) <= _SHORT_OLD:
        return True
    held = clearing.held(clearing.about(old), context, draft) if draft else None
    return name is not None and name in (held, kind_of(old, "", context, draft))


def _alone(match: re.Match[str], context: Context, draft: Draft | None) -> FieldChange | None:
    words = match["value"]
    name = kind_of(words, "", context, draft)
    if name == "contact" and match.span() == match.span("value") and not _is_known(words, context, draft):
        return None
    if name is None or name == "obstacle" or _REFUSED.search(words) or _DENIED.match(words):
        return None
    named = read_value(name, words, context, draft)
    if named is None:
        return None
    return FieldChange(name, named.value, Span(*match.span("value")), named.alternatives, 0.9 * named.confidence)


def _is_known(words: str, context: Context, draft: Draft | None) -> bool:
    """Tell whether words that stand alone are a person beyond doubt: known at the customer, or called by an office."""
    named = values.contact(words, context, draft.customer if draft else None)
    return named is not None and (named.confidence >= 0.95 or bool(_CALLED.search(values.bare(words))))


def _coverage(text: str, used: list[bool]) -> float:
    """Return the share of the message's letters and digits that belongs to changes."""
    letters = [k for k, char in enumerate(text) if char.isalnum()]
    return sum(used[k] for k in letters) / len(letters) if letters else 0.0
