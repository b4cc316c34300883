"""A day and the day it lasts until: 3月5号到8号, 2019.5.29 15:20-6.2, 昨天下午两点到明天四点, 1月15号和2月3号之间."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date

from nlp.dates.clock import CLOCK
from nlp.dates.grammar.rules import add_days, add_months
from nlp.dates.mention import DateMention, Reference
from nlp.types import Span

#: Reads the expression at a position, a bare one leaning on the first reference.
Reader = Callable[[str, int, Reference, Reference], DateMention | None]

_CONNECTOR = re.compile(
    rf"(?:号|日)?(?:{CLOCK})?\s?(?:(?:一直|直)?(?:到|至)|-{{1,2}}|~|—{{1,2}}|–|ー|(?P<both>[和与跟]))\s?"
)
_BETWEEN = re.compile(rf"(?:{CLOCK})?(?:之间|间)")
#: Kinds whose words leave the year (or the month) open.
_OPEN = {"month_day": 12, "month": 12, "month_part": 12, "day": 1}
_LAST_YEAR = re.compile(r"((?:19|20)\d\d)(?![\d.\-/])年?")


def with_range(text: str, mention: DateMention, ref: Reference, read: Reader) -> DateMention:
    """Return `mention` lasting until the day behind 到, 至 or a dash, where one stands there."""
    connector = _CONNECTOR.match(text, mention.span.end)
    if connector is None or connector.end() >= len(text):
        return mention
    # A dash before digits would make them part of a number; the rules see 到 in its place.
    plain = text[: connector.start()] + "到" * (connector.end() - connector.start()) + text[connector.end() :]
    second = read(plain, connector.end(), Reference(mention.date), ref)
    if second is None:
        return _until_year(plain, mention, connector.end())
    if second.vague or (connector["both"] and not _BETWEEN.match(text, second.span.end)):
        return mention
    if (second.end or second.date) >= mention.date:
        mention, second = _going_on(plain, mention, second, connector.end(), ref, read)
    last = second.end or second.date
    if last < mention.date:
        return mention
    end = second.span.end
    return DateMention(mention.date, last, Span(mention.span.start, end), "range", (), mention.past and last < ref.day)


def _until_year(text: str, mention: DateMention, start: int) -> DateMention:
    """Read 2008.03-2009: until the end of that year."""
    year = _LAST_YEAR.match(text, start)
    if year is None or mention.kind not in {"month", "year"} or int(year[1]) < mention.date.year:
        return mention
    return replace(mention, end=date(int(year[1]), 12, 31), kind="range", span=Span(mention.span.start, year.end()))


def _going_on(
    text: str, mention: DateMention, second: DateMention, start: int, ref: Reference, read: Reader
) -> tuple[DateMention, DateMention]:
    """Return the range a year (a month) earlier where it has begun and is not over (7月4日到6日, said on the 5th)."""
    months = _OPEN.get(mention.kind)
    earlier = None if months is None else add_months(mention.date, -months)
    if earlier is None or mention.date <= ref.day or _says_year(text, mention):
        return mention, second
    last = read(text, start, Reference(earlier), ref)
    if last is None or not ref.day <= (last.end or last.date) < mention.date:
        return mention, second
    return replace(mention, date=earlier), last


def _says_year(text: str, mention: DateMention) -> bool:
    return "年" in text[slice(*mention.span)] or re.search(r"\d{4}", text[slice(*mention.span)]) is not None


_FROM_CLOCK = re.compile(rf"(?:{CLOCK})\s?(?:到|至|-|~|—{{1,2}}|–)\s?$")


def since_today(text: str, mention: DateMention, ref: Reference) -> DateMention:
    """Let 2点-明天4点 begin today: a bare time of day stands before the range's dash."""
    found = _FROM_CLOCK.search(text[: mention.span.start])
    if found is None or mention.date <= ref.day or mention.date != add_days(ref.day, 1):
        return mention
    return replace(
        mention, date=ref.day, end=mention.end or mention.date, kind="range", span=Span(found.start(), mention.span.end)
    )
