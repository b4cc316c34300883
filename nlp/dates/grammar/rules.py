"""What a rule is, and the fragments of patterns that several families share.

Patterns are matched against the *folded* text (`nlp.dates.scan.fold`): simplified characters, ASCII digits.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from nlp.dates.mention import Reading, Reference
from nlp.dates.numerals import read_int

Resolver = Callable[["re.Match[str]", Reference], Reading | None]

CN = "一二三四五六七八九"
#: Day of a month, month, count, year: digits or Chinese numerals.
DAY = rf"(?:(?:3[01]|[12]\d|0?[1-9])(?!\d)|三十一?|卅一?|二十[{CN}]?|廿[{CN}]?|十[{CN}]?|[{CN}](?![{CN}十百千万零〇]))"
MONTH = r"(?:(?:1[0-2]|0?[1-9])(?!\d)|十[一二]?|[一二三四五六七八九])"
COUNT = rf"(?:\d{{1,4}}|(?:[{CN}两]百零?)?(?:[{CN}]?十[{CN}]?|[{CN}两俩仨])|几)"
YEAR4 = rf"(?:[12]\d{{3}}|[{CN}][零〇{CN}]{{3}}|两千(?:零?[{CN}十]{{1,3}})?)"
YEAR2 = rf"(?:\d\d|[零〇{CN}][零〇{CN}])"
REL_YEARS = {
    "大前年": -3, "前年": -2, "去年": -1, "旧年": -1, "上一年": -1, "上年": -1, "今年": 0, "本年度": 0,
    "本年": 0, "这一年": 0, "当年": 0, "明年": 1, "来年": 1, "次年": 1, "翌年": 1, "下一年": 1, "下年": 1,
    "后年": 2, "大后年": 3,
}  # fmt: skip
REL_YEAR = "(?:" + "|".join(sorted(REL_YEARS, key=len, reverse=True)) + ")"
#: No numeral, letter or sign that would make the digits behind it part of something else.
NOT_AFTER_NUMBER = rf"(?<!\d[:：])(?<![\d./\-A-Za-z第#№¥$零〇{CN}十百千])"


@dataclass(frozen=True, slots=True)
class Rule:
    """A named pattern and the function that resolves its match; `starts` are all characters it can begin with."""

    name: str
    starts: frozenset[str]
    pattern: re.Pattern[str]
    resolve: Resolver


RULES: list[Rule] = []


def rule(name: str, starts: str, pattern: str) -> Callable[[Resolver], Resolver]:
    """Register the decorated resolver under `name`."""

    def register(resolve: Resolver) -> Resolver:
        RULES.append(Rule(name, frozenset(starts), re.compile(pattern), resolve))
        return resolve

    return register


def rules_by_first_character() -> dict[str, tuple[Rule, ...]]:
    """Return the rules that can begin with each character."""
    table: dict[str, tuple[Rule, ...]] = {}
    for entry in RULES:
        for char in entry.starts:
            table[char] = (*table.get(char, ()), entry)
    return table


def make_date(year: int, month: int, day: int) -> date | None:
    """Return the day, or None where it does not exist."""
    try:
        return date(year, month, day)
    except ValueError:
        return None


def add_days(day: date, count: int) -> date | None:
    """Return `day` plus `count` days, or None beyond the calendar."""
    try:
        return day + timedelta(days=count)
    except OverflowError:
        return None


def add_months(day: date, count: int) -> date | None:
    """Return the same day `count` months later; the last of the month where it has no such day."""
    index = day.year * 12 + day.month - 1 + count
    year, month = divmod(index, 12)
    if not 1 <= year <= 9998:
        return None
    return date(year, month + 1, min(day.day, last_day(year, month + 1).day))


def last_day(year: int, month: int) -> date:
    """Return the last day of a month."""
    following = date(year + month // 12, month % 12 + 1, 1)
    return following - timedelta(days=1)


def read_year(text: str, ref: Reference) -> int | None:
    """Return the year of 今年, 2026, 二零二六, 26 or 九八 (without 年); two digits up to 50 are 20xx."""
    if text in REL_YEARS:
        return ref.day.year + REL_YEARS[text]
    value = read_int(text)
    if value is None:
        return None
    if len(text) == 2 and value < 100:
        value += 2000 if value <= 50 else 1900
    return value if 1 <= value <= 9998 else None


def past_if(day: date, ref: Reference) -> bool:
    """Return whether `day` lies before the reference day."""
    return day < ref.day


#: Characters that can begin a numeral.
NUMERAL_STARTS = "0123456789零〇一二三四五六七八九十廿卅两"
