"""Finds a company that the note names and the directory may not have: 新客户恒达, 唐山盛丰铸造, 新开的老巷子火锅."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from nlp.names.cues import visited
from nlp.names.everyday import COMMON
from nlp.names.people import Person
from nlp.names.places import CITIES, PROVINCES
from nlp.names.reading import Reading
from nlp.names.trades import DESCRIPTOR, TRADES, descriptor_words
from nlp.names.words import one_of
from nlp.types import Span

_LONGEST_CORE = 8
_RUN = re.compile(DESCRIPTOR + "+")
_TRADE_TAIL = re.compile(DESCRIPTOR + "$")
#: What ends before a company's name begins.
_BOUNDARY = re.compile(
    one_of(
        """
    新客户 陌拜 扫街 扫楼 路过 对接 参观 开拓 新开的? 头一[回次] 第一次 发给 寄给 拜访 走访 开发 认识 介绍
    叫做? 客户 那个 这个 一家 那家 有家 有个 去了? 到了? 在 从 跟 和 给 了 趟 的 是 来 上 找 约 见 跑
    """
    )
)
#: What no name holds inside.
_NOT_HAN = re.compile("[^\u4e00-\u9fff]")
#: Where a company's name stands when it is the one visited: early in the note, or after a verb that says so.
_EARLY = 12
_CALLED_ON = re.compile(
    one_of("去了?趟? 跑了?一?趟? 到了? 拜访了? 走访了? 从 在 见了 叫做? 客户 给 新开的? 新的 上门 替 代 帮")
    + "(?:一趟|那个|那家)?$"
)
_NOT_IN_NAME = re.compile(
    "[在要我你他她它们这哪谁没想把被让买卖换说讲看问嫌每某的了就也很吧呢啊嘛]|[0-9一二三四五六七八九十两几][台套个件款种类元块万亿]|"
    + one_of(
        """
    国产 进口 设备 机器 生产 采购 老板 经理 方案 报价 价格 今天 明天 昨天 上午 下午 他家 公司 客户 一家 那家
    小厂 工厂 加工 同行 竞品 对手 供应 主营 专门 行业 市场 渠道 产品 常温 低温 新品 样品 不要 不是 还要 还是
    都是 要求 那边 那个 有间 有家 新厂 拜访记录 记录 使用 需要 附近 隔壁 自动 收银 前台 店员 服务员 门卫 今天
    进去 聊了 转了
    """
    )
)
_NEW = re.compile(
    one_of(
        """
    新客户 新开的? 新店 头一[回次] 第一次 首次 陌拜 扫街 扫楼 刚认识 新开发 新拓 同学介绍 朋友介绍 介绍的
    朋友带 展会认识 展会上认识 开发新 新厂 以前没跑过 没跑过的 以前没来过 没打过交道
    """
    )
)
_OPENED = re.compile("新开的?(?:那家|那个|一家|这家)?(?P<name>[\u4e00-\u9fff]{2,12})")
_NAME_END = "(?=[，。,、：:；;\\s（(！!/]|$)"
_LABEL = re.compile(
    "(?:(?:新客户|客户名称?|新公司|新店|公司名)(?:是|叫做?|名叫|[：:])?[：:，, ]?|客户(?:是|叫做?|名叫|[：:，, ]))"
    "(?P<name>[\u4e00-\u9fffA-Za-z0-9]{2,14}?)" + _NAME_END
)
_CALLED = re.compile("(?:叫做?|名叫)(?P<name>[\u4e00-\u9fffA-Za-z0-9]{2,12}?)(?:(?=的)|" + _NAME_END + ")")
_HEAD = re.compile(
    "(?:^|[\n。！])(?:今天|上午|下午|刚|昨天|早上|中午|刚刚|今早)?(?:去了|去|拜访了?|到了?|走访了?|从|见了|跑了趟|跑了)?(?P<name>[\u4e00-\u9fff]{2,6})"
    "(?=[ ，,/：:\u3000\n]|出来|回来|那边|这边)"
)
_PLACE_AT_START = re.compile("^(?:" + "|".join(sorted(CITIES | PROVINCES, key=len, reverse=True)) + ")市?")


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A company as said, with the points it has against known customers."""

    name: str
    span: Span
    points: float
    #: Whether the note calls it new, and whether its name has a clear end.
    marked: bool
    whole: bool


def find_newcomers(reading: Reading) -> list[Newcomer]:
    """Return companies that the note seems to name, best first; the directory is not asked here."""
    found: dict[Span, Newcomer] = {}
    for span, base in (
        *_with_descriptor(reading.text),
        *_labelled(reading.text),
        *_at_head(reading),
        *_before_person(reading),
    ):
        span = _trimmed(reading.text, _without_people(span, reading.people))
        name = reading.text[span.start : span.end]
        if not _plausible(name):
            continue
        marked = bool(_NEW.search(reading.text[max(0, span.start - 14) : span.end + 14]))
        points = base + visited(reading.text, span) + (2.5 if marked else 0.0) + _beside(reading, span)
        if span not in found or found[span].points < points:
            found[span] = Newcomer(name, span, points, marked, _ends(reading, span))
    return sorted(found.values(), key=lambda newcomer: (-newcomer.points, newcomer.span))


def _with_descriptor(text: str) -> Iterator[tuple[Span, float]]:
    for run in _RUN.finditer(text):
        words = descriptor_words(run.group())
        if not any(word in TRADES for word in words) and not run.group().endswith(("公司", "集团", "厂")):
            continue
        start = _core_start(text, run.start())
        if start is not None:
            yield Span(start, run.end()), 3.0 if len(run.group()) > 1 else 2.0


def _core_start(text: str, end: int) -> int | None:
    """Return where the core before a descriptor begins: after the last boundary that leaves two characters."""
    floor = max(0, end - _LONGEST_CORE)
    for mark in _NOT_HAN.finditer(text, floor, end):
        floor = mark.end()
    best = floor if floor == 0 or _NOT_HAN.match(text[floor - 1]) else None
    for boundary in _BOUNDARY.finditer(text, max(0, floor - 4), end):
        core = _PLACE_AT_START.sub("", text[boundary.end() : end])
        if len(core) >= 2 and boundary.end() >= floor:
            best = boundary.end()
    core = "" if best is None else _PLACE_AT_START.sub("", text[best:end])
    return best if best is not None and 1 < len(core) <= 5 else None


def _labelled(text: str) -> Iterator[tuple[Span, float]]:
    for pattern, points in ((_LABEL, 4.0), (_CALLED, 2.0), (_OPENED, 1.0)):
        for match in pattern.finditer(text):
            yield Span(*match.span("name")), points


def _at_head(reading: Reading) -> Iterator[tuple[Span, float]]:
    """The first token of a typed note, where a person follows soon: 恒达 王总 …"""
    if reading.voice:
        return
    match = _HEAD.match(reading.text)
    if match is None:
        return
    reach = 12 if _NEW.match(reading.text, match.end("name") + 1) else 6
    soon = any(
        0 <= person.span.start - match.end("name") <= reach for person in reading.people if person.kind != "role"
    )
    if soon:
        yield Span(*match.span("name")), 2.0


def _before_person(reading: Reading) -> Iterator[tuple[Span, float]]:
    """What stands between a boundary and a person (昆山博特冲压姜总), in notes that say that the customer is new."""
    if not _NEW.search(reading.text):
        return
    for person in reading.people:
        if person.kind != "role":
            start = _core_start(reading.text, person.span.start)
            if start is not None:
                yield Span(start, person.span.start), 1.0


def _ends(reading: Reading, span: Span) -> bool:
    """Whether a trade word ends the name or, in a typed note, a mark follows it."""
    after = reading.text[span.end : span.end + 1]
    return bool(_TRADE_TAIL.search(reading.text, span.start, span.end)) or not (reading.voice or after.isalnum())


def _beside(reading: Reading, span: Span) -> float:
    """A person right after, or 叫 right before, shows a company's name; the middle of a note rather a product's."""
    before = reading.text[: span.start]
    late = span.start > _EARLY or any(person.span.end <= span.start for person in reading.people)
    if late and not before.endswith("\n") and not _CALLED_ON.search(before[-8:]):
        return -2.0
    followed = any(person.span.start == span.end for person in reading.people)
    return float(followed) + float(before.endswith(("叫", "叫做", "名叫", "客户")))


def _without_people(span: Span, people: tuple[Person, ...]) -> Span:
    """Cut a person at the end of a stretch (庆海泵阀关师傅), refuse one that begins it."""
    for person in people:
        if person.kind != "role" and span.start < person.span.end and person.span.start < span.end:
            span = Span(span.start, max(span.start, person.span.start))
    return span


def _trimmed(text: str, span: Span) -> Span:
    stretch = text[span.start : span.end]
    return Span(span.start + len(stretch) - len(stretch.lstrip()), span.end - len(stretch) + len(stretch.rstrip()))


def _plausible(name: str) -> bool:
    core = _PLACE_AT_START.sub("", name)
    if len(core) < 2 or name in COMMON or core in COMMON:
        return False
    bare = _RUN.sub("", core)
    return not _NOT_IN_NAME.search(bare if bare else core) and bool(bare) and bare not in COMMON
