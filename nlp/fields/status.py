"""Whether a word in a note is said to be so now, or denied, planned or only supposed.

“下周发方案” plans, “还没到评审” denies, “要是行的话就签” supposes: none of them moves a stage or sets a tag. The
status is worked out per character from short reaches around markers, never across a sentence's punctuation.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

from nlp.fields import lexicon
from nlp.types import Span

Status = Literal["said", "denied", "planned", "supposed"]

_STOP = re.compile(r"[，,。！？!?\n；;]|今[天日儿早]|刚[才刚从跟]|现在|目前")
#: How far a marker reaches, characters: before and after it.
_PLAN_BEFORE, _PLAN_AFTER = 3, 18
_DENIED_AFTER, _DENIED_BEFORE = 5, 6
_VOID_BEFORE, _ELSEWHERE_AFTER = 12, 14
_SUPPOSED_AFTER = 12

_INTENT = re.compile(
    r"准备(?=[^\s，。]{0,2}[去发送给带做谈签约])|打算|计划|争取|接下来|下一步|等(?:会儿|下"
    r"|我)|我寻思|将要|即将|之后再|然后再|到时候?"
)
#: Right before a day these put it into the past: 上周三, 早就, 刚.
_PAST = re.compile(r"(?:上个?|昨|前|[刚已]经?|早就|老早|之前(?:就|已)?)[^，。]{0,2}$")
_DENIED = re.compile(
    r"还?[没未](?:有)?(?:到(?!位)|走到|进|开始|轮到|谈到?|聊到?|提到?|说到?|扯到?|涉及|进入"
    r"|讲)|尚未|[没无](?:有|啥|什么)?需求|还没有?(?![定批给回签出下确认落实想好弄过付浇建有人看])|远没|还没有?(?:出|做|交|报)(?=方案|报价|合同)|一律不|不予|不要(?:我们)?(?=降价|返点|样品)|不(?:谈|聊|提|是|算)|别(?:谈|提)|冇(?:讲|倾)"
    r"|莫(?:谈|提|问|再)|别想|[莫别免]得?问|(?:一个?|半个?)字(?:都|也)?没|(?:更|压根|根本|也|都|从)没(?:有)?(?:提|谈|聊|问|讲|说)"
)
_DENIED_BACK = re.compile(
    r"(?:提都|谈都|聊都|说都|先|都|也|还|根本|压根)?(?:没有?(?:谈(?!拢|妥|好)|聊|提|扯|涉及)"
    r"|不(?:谈|聊|提)|冇(?:讲|倾))|还没(?:到|开始|有|动|影)|[尚还]未提交|还早|免谈之前"
    r"|(?:[都也还更]|一直|压根|根本)?(?:没敢|不敢|没好意思|没机会|没顾上|没来得及|懒得)(?:提|问|说|谈|讲|掏|拿|张嘴|开口)?"
    r"|(?:[都也还更])?(?:没|未)(?:拿出来|打开|掏|开到|动过|翻开|递出去|开口|带|给他|给她|做|写)(?!好|完)"
    r"|(?:均|都|也|暂|尚)?未(?:涉及|提及|讨论|开始|提供|谈及|启动|打开)|一个?字(?:都|也)?(?:没|不)(?:提|谈|讲|说)?"
    r"|[还更]?早得很|[还更]早(?:着|呢)|八字.{0,3}没一撇|更加?(?:不用|唔使)|无从谈起|是(?:以后|后话|后面)的?事?|暂(?:时)?(?:别|不)想"
    r"|(?:明确)?(?:表示)?此阶段不收|先?不(?:忙|急)|先别|等[^，。]{1,8}再(?:说|写|谈|做)|下次(?:带|谈|再)|压根没"
)
#: What was settled or said once and holds no more: “去年那稿作废了”, “谈好的价全不算数”.
_VOID = re.compile(
    r"作废|过期(?=了|咗|咧|不)|不算(?:数|了|咯)|翻篇|停掉|白谈|全?收回去|反悔|从头(?:来|再)|流标|录错|误录"
)
#: Somebody else's business: what follows happened there, not here.
_ELSEWHERE = re.compile(
    r"(?:隔壁|隔篱|另一?外?(?:一|两|三|几)?(?:家|组|个(?!问题|毛病|条))|别(?:家|个|处)|同[楼行事]|邻(?:居|厂)|旁边那?(?:家|组)"
    r"|(?:听讲|听说)|[A-Z甲乙丙] ?家|老[李王张陈赵刘](?:的|家)(?=签|在|定))"
)
#: An act that is done: what stands right before it is said, whatever day was named earlier.
_DONE = re.compile(r"(?:[看交签做谈聊收给发改审测试讲报]|通)(?:完|过|好|到)了")
_DONE_BEFORE = 6
_SUPPOSED = re.compile(r"(?<!主)要是|如果|假如|万一|若是|的话")


def _reach(text: str, start: int, end: int, before: int, after: int) -> tuple[int, int]:
    """Widen `[start, end)` by so many characters either side, stopping at punctuation."""
    first = start
    while first > max(0, start - before) and not _STOP.match(text[first - 1]):
        first -= 1
    last = end
    while last < min(len(text), end + after) and not _STOP.match(text, last):
        last += 1
    return first, last


def _paint(row: list[Status], first: int, last: int, status: Status) -> None:
    row[first:last] = [status] * (last - first)


@lru_cache(maxsize=8)
def statuses(text: str) -> tuple[Status, ...]:
    """Return the status of every character of `text`. The last few texts are remembered: all fields ask for them."""
    row: list[Status] = ["said"] * len(text)
    for match in lexicon.DAY.finditer(text):
        first, last = _reach(text, match.start(), match.end(), _PLAN_BEFORE, _PLAN_AFTER)
        if not _PAST.search(text, max(0, match.start() - 6), match.start()):
            _paint(row, first, last, "planned")
    for match in _INTENT.finditer(text):
        _paint(row, *_reach(text, match.start(), match.end(), 0, _PLAN_AFTER), "planned")
    for match in _DONE.finditer(text):
        _paint(row, *_reach(text, match.start(), match.end(), _DONE_BEFORE, 0), "said")
    for match in _SUPPOSED.finditer(text):
        _paint(row, *_reach(text, match.start(), match.end(), 0, _SUPPOSED_AFTER), "supposed")
    for match in _DENIED.finditer(text):
        _paint(row, *_reach(text, match.start(), match.end(), 0, _DENIED_AFTER), "denied")
    for match in _DENIED_BACK.finditer(text):
        _paint(row, *_reach(text, match.start(), match.end(), _DENIED_BEFORE, 0), "denied")
    for match in _VOID.finditer(text):
        _paint(row, *_reach(text, match.start(), match.end(), _VOID_BEFORE, 0), "denied")
    return tuple(row)


@lru_cache(maxsize=8)
def elsewhere(text: str) -> tuple[Span, ...]:
    """Return the stretches of `text` that tell of another company's business. The last few texts are remembered."""
    return tuple(
        Span(*_reach(text, match.start(), match.end(), 0, _ELSEWHERE_AFTER)) for match in _ELSEWHERE.finditer(text)
    )


def status_at(row: Sequence[Status], start: int, end: int) -> Status:
    """Return the status of a stretch: that of its middle character."""
    return row[(start + end - 1) // 2] if row else "said"
