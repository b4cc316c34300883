"""Finding date expressions in a text: fold, try the rules, then read ranges and 之前 / 以后 behind a day."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, datetime, timedelta

from nlp.dates.anchors import anchored
from nlp.dates.grammar import Rule, rules_by_first_character
from nlp.dates.grammar.rules import NUMERAL_STARTS, add_days
from nlp.dates.mention import DateMention, Reading, Reference
from nlp.dates.numerals import read_int
from nlp.dates.ranges import since_today, with_range
from nlp.dates.workdays import default_calendar
from nlp.types import Span

_TABLE: dict[str, tuple[Rule, ...]] = rules_by_first_character()
#: References outside are answered with nothing: neighbouring years must exist.
_FIRST_YEAR, _LAST_YEAR = 10, 9900
_TRIGGER = re.compile("[" + "".join(re.escape(char) for char in sorted(_TABLE)) + "]")
#: One character each, so that positions stay those of the text as received.
_FOLD = str.maketrans(
    "週禮後號個這聽兩點節國慶勞動兒聖誕婦萬閏曆農陽陰臘過來內從開尋間結無驚蟄穀滿種處熱氣當晝鐘頭現時軍紀歸門權費"
    "師親樹維復穌難爾齋０１２３４５６７８９／．－～＝：○",
    "周礼后号个这听两点节国庆劳动儿圣诞妇万闰历农阳阴腊过来内从开寻间结无惊蛰谷满种处热气当昼钟头现时军纪归门权费"
    "师亲树维复稣难尔斋0123456789/.-~=:〇",
)
#: Rules whose words can name no month or week of their own, so that an earlier day can lend it.
_LEANING = {
    "day",
    "days",
    "month_day",
    "month_days",
    "bare_weekday",
    "weekdays",
    "month",
    "part_of_month",
    "festival",
    "holiday_unnamed",
}
#: How a bare day, weekday or part of a month begins.
_BARE = frozenset(NUMERAL_STARTS + "周星礼月上中下")
#: Periods within which a bare day that follows is meant (下个月中旬，大概15号).
_PERIODS = {"week", "month", "month_part"}
_JOINER = re.compile(
    r"\s?(?:[,，、/]?\s?(?:或者是?|或是?|要么|还是|和|跟|及|也就是|就是|即|[、,，/])|[,，]?(?:啊|哦|呃|额|嗯|诶|"
    r"哎)?[,，]?(?:不对|不是|不|说错了?|错了|记错了?|口误|更正|应该是?|改成?|改到|改为|推到|延到)"
    r"[,，]?(?:啊|哦|呃|额|嗯)?[,，]?(?:是|应该是?|改成?|改到)?)\s?"
)
_BEFORE = re.compile(r"(?:号|日)?(?:的)?(?:之前|以前|前(?!期|台|面|提|后|不久|辈|往|天|去|段|头|任|脚|景|端|期))")
_AFTER = re.compile(r"(?:之后|以后|过后|后(?!期|面|续|来|天|台|勤|日|儿|付|端|者|果|备|悔|半))")
#: 竞品下周一去演示，我们得赶在前面，周五先发: the second day is the earlier one.
_AHEAD_OF = re.compile(r"赶在|抢在|抢先|前面|提前")
_AMOUNT = re.compile(r"(?:的)?(?:第)?([一二两三四五六七\d]{1,2})(天|周|个星期|个礼拜)")
_STOP = re.compile(r"[。！？!?；;\n]")
#: 周五下班前, 明晚9点前: by some hour of that day.
_BY_HOUR = re.compile(
    r"(?:上午|下午|晚上|中午|早上|早|晚)?(?:下班|(?:\d{1,2}|[一二三四五六七八九十两]{1,3})点(?:半|钟)?)(?:之|"
    r"以)?前|(?:上午|下午|晚上|中午)(?:之|以)?前"
)
#: 本月最后一天, 下个月第一个工作日.
_EDGE = re.compile(r"的?(?P<edge>第一|头一?|最后一?)(?:天|(?P<work>个?(?:工作日|上班日)))")
#: 国庆节的前一天, 最后一天的前两天.
_NEIGHBOUR = re.compile(r"的(?P<way>前|后)(?P<n>[一二两三四五1-5])[天日]")
_SWALLOWED = re.compile(r"(?:左右|前后|上下)")
_BRACKET = re.compile(r"[,，、\s]{0,2}[(（]?(?=[\d一二三四五六七八九十])")
_APPOSITION = re.compile(r"[,，、\s]{0,2}[(（]?(?=(?:周|星期|礼拜))")


def fold(text: str) -> str:
    """Return `text` with traditional and full-width characters folded, character by character."""
    return text.translate(_FOLD)


def find_dates(text: str, reference: datetime) -> tuple[DateMention, ...]:
    """Return all date expressions of `text` in order, resolved from `reference` (naive: Asia/Shanghai)."""
    folded = fold(text)
    ref = Reference.at(reference)
    if not _FIRST_YEAR <= ref.day.year <= _LAST_YEAR:
        return ()
    found: list[DateMention] = []
    position = 0
    while trigger := _TRIGGER.search(folded, position):
        start = trigger.start()
        previous = found[-1] if found else None
        mention = _mention_at(folded, start, _lean(folded, start, previous, ref), ref)
        mention = mention and anchored(mention, found, folded, ref)
        if mention is None:
            position = start + 1
            continue
        mention = _extended(folded, mention, ref)
        found.append(mention)
        position = mention.span.end
    return tuple(found)


def resolve_first(text: str, reference: datetime) -> DateMention | None:
    """Return the first date expression that names a day, or None."""
    first = next((mention for mention in find_dates(text, reference) if _is_anchored(mention)), None)
    return None if first is None else since_today(fold(text), first, Reference.at(reference))


def _is_anchored(mention: DateMention) -> bool:
    """Return whether the mention names a day by itself: not 过几天, nor 第二天 somewhere in a story."""
    return not mention.vague and (mention.kind != "nth_day" or mention.span.start == 0)


def _mention_at(text: str, start: int, lean: Reference, ref: Reference) -> DateMention | None:
    """Return the longest expression that begins at `start`."""
    best: DateMention | None = None
    for entry in _TABLE.get(text[start], ()):
        match = entry.pattern.match(text, start)
        if match is None or (best is not None and match.end() <= best.span.end):
            continue
        reading = _resolved(entry, match, ref)
        if reading is not None and lean is not ref and _can_lean(entry, match):
            reading = _leaning(entry, match, reading, lean)
        if reading is not None:
            best = _placed(reading, start, match.end())
    return best


def _resolved(entry: Rule, match: re.Match[str], ref: Reference) -> Reading | None:
    """Return what the rule makes of the match; a day beyond the calendar is no day."""
    try:
        return entry.resolve(match, ref)
    except (OverflowError, ValueError):
        return None


def _can_lean(entry: Rule, match: re.Match[str]) -> bool:
    """Return whether the words leave the year, month or week open."""
    said = match.groupdict()
    return entry.name in _LEANING and not (said.get("y") or said.get("ry") or said.get("pre"))


def _leaning(entry: Rule, match: re.Match[str], plain: Reading, lean: Reference) -> Reading:
    """Resolve a bare expression from the day before it; naming that same weekday again means that day."""
    if plain.kind == "weekday" and plain.date.weekday() == lean.day.weekday():
        return replace(plain, date=lean.day)
    reading = _resolved(entry, match, lean) or plain
    return reading if reading.date == plain.date else replace(reading, alternatives=(plain.date,))


def _placed(reading: Reading, start: int, end: int) -> DateMention:
    return DateMention(
        reading.date,
        reading.end,
        Span(start, end),
        reading.kind,
        reading.alternatives,
        reading.past,
        reading.vague,
        reading.certain,
    )


def _lean(text: str, start: int, previous: DateMention | None, ref: Reference) -> Reference:
    """Return the day that a bare expression counts from: that of the day it is joined to or follows closely.

    下周三或周四, 8月13号回来14号去, 下周一有会，周二来: the second takes week or month of the first.
    """
    if previous is None or previous.vague or previous.date <= ref.day:
        return ref
    gap = text[previous.span.end : start]
    if _AHEAD_OF.search(gap):
        return ref
    if _JOINER.fullmatch(gap):
        return Reference(previous.date)
    if previous.kind in {"holiday", "holiday_before"}:
        return Reference(previous.date) if text[start] in "节放假长小" else ref
    if previous.kind in _PERIODS and len(gap) <= 8 and text[start] in _BARE and not _STOP.search(gap):
        return Reference(previous.date)
    lends = previous.kind in {"weekday_said", "month_day", "date"} or (
        previous.kind == "weekday" and ("改" in gap or (previous.date - ref.day).days > 7)
    )
    if not lends or len(gap) > 25 or _STOP.search(gap):
        return ref
    return Reference(previous.date) if _follows(text, start, previous, ref) else ref


def _follows(text: str, start: int, previous: DateMention, ref: Reference) -> bool:
    """Return whether the bare day at `start` is a later day of the week or month that `previous` names."""
    plain = _mention_at(text, start, ref, ref)
    if plain is None:
        return False
    if previous.kind.startswith("weekday"):
        return plain.kind == "weekday" and plain.date.weekday() >= previous.date.weekday()
    return plain.kind == "day" and 0 <= plain.date.day - previous.date.day <= 7


def _extended(text: str, mention: DateMention, ref: Reference) -> DateMention:
    """Add what stands behind a day: a range's second day, the weekday in apposition, 之前, 以后."""
    if mention.vague:
        return mention
    mention = with_range(text, mention, ref, _mention_at)
    mention = _with_weekday(text, mention, ref)
    end = mention.span.end
    if swallowed := _SWALLOWED.match(text, end):
        return _respan(mention, swallowed.end())
    if mention.end is not None and (edge := _EDGE.match(text, end)):
        mention = _edge(mention, edge, ref)
        end = mention.span.end
    if neighbour := _NEIGHBOUR.match(text, end):
        return _beside(mention, neighbour, ref)
    if by_hour := _BY_HOUR.match(text, end):
        return replace(mention, end=mention.date, kind="deadline", span=Span(mention.span.start, by_hour.end()))
    if mention.kind.startswith("holiday"):
        return mention
    if before := _BEFORE.match(text, end):
        return _before(text, mention, before.end())
    if after := _AFTER.match(text, end):
        return _later(text, mention, after.end(), ref)
    return mention


def _edge(mention: DateMention, edge: re.Match[str], ref: Reference) -> DateMention:
    """Resolve the first or last (working) day of a period."""
    last = edge["edge"].startswith("最后")
    day = (mention.end or mention.date) if last else mention.date
    if edge["work"]:
        day = default_calendar().add_working_days(day + timedelta(days=1 if last else -1), -1 if last else 1)
    return replace(
        mention, date=day, end=None, kind="date", past=day < ref.day, span=Span(mention.span.start, edge.end())
    )


def _beside(mention: DateMention, neighbour: re.Match[str], ref: Reference) -> DateMention:
    """Resolve X的前一天, X的后两天: so many days before or after that day."""
    count = read_int(neighbour["n"]) or 1
    ahead = neighbour["way"] == "后"
    moved = add_days((mention.end or mention.date) if ahead else mention.date, count if ahead else -count)
    moved = moved or mention.date
    span = Span(mention.span.start, neighbour.end())
    return replace(mention, date=moved, end=None, kind="date", alternatives=(), past=moved < ref.day, span=span)


def _respan(mention: DateMention, end: int) -> DateMention:
    return replace(mention, span=Span(mention.span.start, end))


def _with_weekday(text: str, mention: DateMention, ref: Reference) -> DateMention:
    """Merge 12月8号周二, 10月12号（星期一）, 周一（22号）: the written day wins."""
    written = mention.kind in {"day", "month_day", "date", "today", "day_word"}
    gap = (_APPOSITION if written else _BRACKET).match(text, mention.span.end)
    if gap is None or gap.end() >= len(text) or not (written or mention.kind == "weekday"):
        return mention
    second = _mention_at(text, gap.end(), ref, ref)
    if second is None or second.kind not in ({"weekday"} if written else {"day", "month_day"}):
        return mention
    second = _agreeing(second, mention.date.weekday()) if not written else second
    if second.date.weekday() != mention.date.weekday() and (gap.end() > gap.start() or not written):
        return mention
    end = second.span.end
    merged = mention if written else replace(second, span=mention.span)
    return _respan(merged, end + (text[end : end + 1] in {")", "）"}))


def _agreeing(day: DateMention, weekday: int) -> DateMention:
    """Return the day on the weekday said with it: the one just past where the coming one falls on another."""
    past = next((other for other in day.alternatives if other.weekday() == weekday), None)
    if day.date.weekday() == weekday or past is None:
        return day
    return replace(day, date=past, past=True, alternatives=(day.date,))


def _before(text: str, mention: DateMention, end: int) -> DateMention:
    """Resolve X之前 as X itself (a period keeps its last day as `end`), X前三天 as three days before."""
    first, last = mention.date, mention.end or mention.date
    amount = _AMOUNT.match(text, end)
    if amount and not mention.past:
        first = last = _moved(mention.date, amount, -1)
        end = amount.end()
    return replace(mention, date=first, end=last, kind="deadline", span=Span(mention.span.start, end))


def _later(text: str, mention: DateMention, end: int, ref: Reference) -> DateMention:
    """Resolve X以后 as the day after X, X后三天 as three days later."""
    last = mention.end or mention.date
    amount = _AMOUNT.match(text, end)
    if amount:
        moved = _moved(last, amount, 1)
        return replace(mention, date=moved, end=None, kind="relative", span=Span(mention.span.start, amount.end()))
    following = add_days(last, 1) or last
    return replace(
        mention, date=following, end=None, kind="after", alternatives=(mention.date,), past=following < ref.day,
        span=Span(mention.span.start, end),
    )  # fmt: skip


def _moved(day: date, amount: re.Match[str], sign: int) -> date:
    count = (read_int(amount[1]) or 1) * (1 if amount[2] == "天" else 7)
    return add_days(day, sign * count) or day
