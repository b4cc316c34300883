"""Snaps a stretch of a note to borders that a reader sees: whole words, numbers with their unit, whole clauses.

The span model weighs characters and may stop one or two short of a border. A person reads the stretch on a card, so
what is left over of a clause is taken in where it is short, and words that only lead in (他说, 就是) or dangle at the
end (让, 我们) are dropped.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from pypinyin.constants import PHRASES_DICT

from nlp.fields import lexicon
from nlp.names.everyday import COMMON
from nlp.types import Span

#: At most so many characters of a typed clause, or of speech up to the next turn, are taken in at an end.
_LEFTOVER = 3
#: A clause of which a stretch holds only a stub is taken in whole up to so many characters.
_SHORT_CLAUSE = 12
_MARK = re.compile(r"[。！？!?\n；;，,、：:—～~()（）“”\"【】…\t]| |(?<!\d)[./-]|[./-](?!\d)")
_PARTICLES = re.compile(r"[嘛呢了吧啊哦噢呀哈咯嘞啦喇哟的]+")
_AMOUNT = re.compile(
    r"(?:\d+(?:[.:/-]\d+)*|[零一二两三四五六七八九十百千半廿]+(?:点[零一二三四五六七八九\d]+)?)"
    r"(?:%|‰|μm|mm|cm|kg|kW|dB|[wWkKVtsm](?![A-Za-z])|个(?:点|月|工作日|星期|礼拜|小时|人)?|"
    r"(?:多)?[万亿]?(?:天|年|月|周|块钱?|元|毛|折|点|台|套|件|箱|瓶|家|家店|人|次|趟|米|吨|度|公斤|分钟|小时|丝|微米|毫米|厘米|千瓦|伏|蚊)"
    r"|[万亿])?"
)
_LEAD = re.compile(
    r"(?:[，、\s]|嗯+|呃+|啊|哎呀?|唉|呀|(?:[那这]个)(?=那|就|嗯|呃|他们|她们)|那(?=目前|现|他|她|就|里|边)|然后|就是说?|就系|还是(?!要)|但是|但(?!愿)|但?系(?!统|列)|不过(?!关|了)|"
    r"只是|只系|可是|奈何|结果(?!不|没|还|出|之)|问题(?:是|在于)|(?:主要|关键|难点|原因)(?:还)?(?:是|在于)|(?:他|她|佢|伊|客户|对方|老板|人家)们?(?:就|还|也|一直)?"
    r"(?:说|讲|话|提)(?:的?是|了)?(?!明|法|话|服)|(?:就|还|也)?说(?:的?是)?(?!明|法|话|服|不)|是(?!否))+"
)
#: What follows is marked as the main thing (corpus/README, decision 7).
_MAIN = re.compile(r"(?:[他她佢伊]们?)?(?:最?主要|最?关键|难点|根本原因|症结)(?:的)?(?:还)?(?:是|在于|就是)?(?!的)")
_DANGLING = re.compile(
    r"(?:让|叫|那|咁|说|要|所以|然后|但是?|而且|因为|就|也|我们?|他们?|她们?|你们?|我哋|佢哋?|佢|嗯+|呃+|啊|等)+$"
)
_TURN = re.compile(
    "|".join(
        (
            lexicon.FILLER.pattern,
            lexicon.PERSON.pattern,
            lexicon.CONTRAST.pattern,
            lexicon.DAY.pattern,
            "那|咁|我|他|她",
        )
    )
)
#: What stands before a stretch that begins where it should: who says it, or a turn to it.
_LED_IN = re.compile(
    r"(?:说|讲|话|问|提|嫌|觉得|认为|反映|反馈|强调|坚持|担心|是|系|就|但|可|也|还|都|只|主要|关键|卡在|们|他|她|佢|"
    r"总|经理|总监|主管|部长|厂长|店长|工|姐|哥|老板娘?|前台|领导|客户|对方|[嘛呢了吧啊呀哦啦])$"
)
#: One character that belongs to what follows it.
_LEADS_ON = frozenset("这那到得就也在从等去来要让跟和给把被他她你我说")
#: A lead or a dangling end is dropped only where so much of the stretch stays.
_LEAST = 3


def snapped(text: str, span: Span, taken: Sequence[Span] = ()) -> Span:
    """Return `span` of `text` moved to borders; nothing of the `taken` spans (names) is taken in, no mark crossed."""
    span = _without_stub(text, _whole_words(text, _whole_amounts(text, span)))
    span = _whole_clause(text, span, taken)
    return _without_ends(text, span)


def _clause(text: str, span: Span) -> tuple[int, int]:
    """Return where the clause of the span's first character begins, and where that of its last ends."""
    before = [mark.end() for mark in _MARK.finditer(text, 0, span.start)]
    after = _MARK.search(text, span.end - 1)
    return (before[-1] if before else 0), (after.start() if after else len(text))


def _without_stub(text: str, span: Span) -> Span:
    """Complete or drop a stub of a clause before the first mark inside: complete it where it objects to something."""
    mark = _MARK.search(text, span.start, span.end)
    begin, _ = _clause(text, span)
    cut = begin < span.start and not _LED_IN.search(text, begin, span.start)
    if mark is None or mark.start() - span.start > _LEFTOVER or not cut:
        return span
    clause = text[begin : mark.start()]
    if len(clause) <= _SHORT_CLAUSE and any(lexicon.cues(clause)):
        return Span(begin, span.end)
    return Span(mark.end(), span.end) if span.end - mark.end() >= _LEAST else span


def _whole_amounts(text: str, span: Span) -> Span:
    """Take in the rest of a number and its unit at either end."""
    start, end = span
    for amount in _AMOUNT.finditer(text):
        first, last = amount.span()
        if first < start < last:
            start = first
        if first < end < last:
            end = last
    return Span(start, end)


@lru_cache(maxsize=1)
def _pairs() -> frozenset[str]:
    """Return the words of two characters that no border cuts."""
    return frozenset(word for word in (*COMMON, *PHRASES_DICT) if len(word) == 2 and word[0] not in "了的呢吧")


def _whole_words(text: str, span: Span) -> Span:
    """Take in the other half of a word that an end cuts, unless the half within belongs to a word of its own."""
    start, end = span
    words = _pairs()
    if start > 0 and text[start - 1 : start + 1] in words and text[start : start + 2] not in words:
        start -= 1
    if end < len(text) and text[end - 1 : end + 1] in words and text[end - 2 : end] not in words:
        end += 1
    return Span(start, end)


def _whole_clause(text: str, span: Span, taken: Sequence[Span]) -> Span:
    """Take in what is left over of the clause where it is short and no part of what stands around."""
    begin, finish = _clause(text, span)
    start, end = span
    lead = _LEAD.match(text, begin, start)
    begin = max([lead.end() if lead else begin, *(one.end for one in taken if one.end <= start)])
    if start - begin <= _LEFTOVER and not _LED_IN.search(text, begin, start):
        start = begin
    turn = _to_turn(text, end, finish)
    most = _LEFTOVER if turn == finish else 1
    if 0 < turn - end <= most and text[turn - 1] not in _LEADS_ON and not _PARTICLES.fullmatch(text, end, turn):
        end = turn
    return Span(start, end)


def _to_turn(text: str, end: int, finish: int) -> int:
    """Return where what follows `end` turns to something else, within its clause."""
    turn = _TURN.search(text, end, finish)
    return turn.start() if turn else finish


def _without_ends(text: str, span: Span) -> Span:
    start, end = span
    for main in _MAIN.finditer(text, start, end):
        start = main.end() if end - main.end() >= _LEAST else start
    lead = _LEAD.match(text, start, end)
    if lead and end - lead.end() >= _LEAST:
        start = lead.end()
    dangling = _DANGLING.search(text, start, end)
    whole = end >= len(text) or _MARK.match(text, end)
    if dangling and not whole and dangling.start() - start >= _LEAST:
        end = dangling.start()
    return Span(start, end)
