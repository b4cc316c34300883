"""Longer stretches: centuries and decades, seasons, bare years and stretches of years."""

from __future__ import annotations

import re
from datetime import date, timedelta

from nlp.dates.festivals import festival_day
from nlp.dates.grammar.rules import CN, NUMERAL_STARTS, REL_YEAR, YEAR2, YEAR4, last_day, make_date, read_year, rule
from nlp.dates.mention import Reading, Reference
from nlp.dates.numerals import read_int

_YEAR_STARTS = "大前去旧上今本这当明来次翌下后"
_PART = r"(?P<part>初期?|前期|早期|中期|中叶|末期?|后期|晚期|末叶)?"
_DECADE = rf"(?P<dec>\d0|[{CN}]十)年代"


@rule(
    "century",
    NUMERAL_STARTS + "上本这下",
    rf"(?<![\d{CN}十])(?:(?P<rel>上个?|本|这个?|下个?)|(?P<c>[{CN}]?十[{CN}]?|[{CN}]|[12]?\d))世纪的?(?:{_DECADE})?{_PART}",
)
def _century(match: re.Match[str], ref: Reference) -> Reading | None:
    """Resolve 18世纪, 上世纪80年代, 本世纪初, 二十世纪九十年代末."""
    if match["rel"]:
        base = ref.day.year // 100 * 100 + {"上": -100, "下": 100}.get(match["rel"][0], 0)
    else:
        base = ((read_int(match["c"]) or 1) - 1) * 100
    if match["dec"]:
        return _years(base + (read_int(match["dec"]) or 0), 10, match["part"], ref)
    return _years(base, 100, match["part"], ref)


@rule("decade", NUMERAL_STARTS, rf"(?<![\d{CN}十])(?P<full>(?:1[5-9]|20)(?=\d0))?{_DECADE}{_PART}")
def _decade(match: re.Match[str], ref: Reference) -> Reading | None:
    """Resolve 90年代, 2020年代: a bare decade is the last one that has begun, or begins within ten years."""
    within = read_int(match["dec"]) or 0
    if match["full"]:
        return _years(int(match["full"]) * 100 + within, 10, match["part"], ref)
    base = ref.day.year // 100 * 100 + within
    return _years(base if base <= ref.day.year + 10 else base - 100, 10, match["part"], ref)


def _years(first: int, count: int, part: str | None, ref: Reference) -> Reading | None:
    """Return `count` years from `first`, or their beginning, middle or end (about a fifth to a third)."""
    piece = 3 if count == 10 else 20
    begin, length = first, count
    if part and part[0] in "初前早":
        length = piece
    elif part and part[0] == "中":
        begin, length = first + (count - piece) // 2, piece
    elif part:
        begin, length = first + count - piece, piece
    start, end = make_date(max(begin, 1), 1, 1), make_date(begin + length - 1, 12, 31)
    return None if start is None or end is None else Reading(start, end, "era", past=end < ref.day)


#: A season begins on the day of its solar term and ends before the next one's.
_SEASONS = {"春": ("立春", "立夏"), "夏": ("立夏", "立秋"), "秋": ("立秋", "立冬"), "冬": ("立冬", "立春")}


@rule(
    "season",
    NUMERAL_STARTS + _YEAR_STARTS + "春夏秋冬暑",
    rf"(?:(?:(?P<y>{YEAR4}) ?年|(?P<y2>{YEAR2})年|(?P<ry>{REL_YEAR}))的?)?(?:(?P<s>[春夏秋冬])(?:[天季](?!装|款|节)|"
    r"(?<=年.)(?![\u4e00-\u9fff]))|(?P<summer>暑假))",
)
def _season(match: re.Match[str], ref: Reference) -> Reading | None:
    """Resolve 今年夏天, 冬季, 去年暑假: one that goes on counts as this one."""
    written = match["y"] or match["y2"] or match["ry"]
    said = read_year(written, ref) if written else None
    for year in (said,) if said is not None else (ref.day.year - 1, ref.day.year, ref.day.year + 1):
        bounds = (date(year, 7, 1), date(year, 8, 31)) if match["summer"] else _season_of(match["s"], year)
        if bounds is not None and (said is not None or bounds[1] >= ref.day):
            return Reading(bounds[0], bounds[1], "season", past=bounds[1] < ref.day)
    return None


def _season_of(name: str, year: int) -> tuple[date, date] | None:
    first, following = _SEASONS[name]
    start, after = festival_day(first, year), festival_day(following, year + (name == "冬"))
    return None if start is None or after is None else (start, after - timedelta(days=1))


@rule(
    "years",
    "12从",
    r"(?<![\d.\-/A-Za-z])(?P<from>从)?(?P<a>(?:1[5-9]|20|21)\d\d)\s?(?:年度?)?\s?(?:[-~到至和与—–]{1,2}|直到)\s?"
    r"(?P<b>(?:1[5-9]|20|21)\d\d|\d\d(?=年))(?![\d.\-/])(?P<unit> ?年度?(?!\d{1,2}月))?(?:之?间)?",
)
def _years_between(match: re.Match[str], ref: Reference) -> Reading | None:
    """Resolve 1995-1997年, 从2016到2018, 2007年与2009年间; two bare numbers are no years."""
    if not (match["from"] or match["unit"] or "年" in match[0] or _alone(match)):
        return None
    first, last = int(match["a"]), int(match["b"])
    last += first // 100 * 100 if last < 100 else 0
    if last <= first:
        return None
    return Reading(date(first, 1, 1), date(last, 12, 31), "year", past=last < ref.day.year)


@rule(
    "short_year",
    NUMERAL_STARTS,
    rf"(?<![\d.\-/A-Za-z{CN}十百两近满第用了干做开这有约整])(?P<y>\d\d|[零〇{CN}][零〇{CN}]) ?年"
    rf"(?![\d{CN}初底末中头尾代级份了老来多半内龄])",
)
def _short_year(match: re.Match[str], ref: Reference) -> Reading | None:
    """Resolve 08年, 零八年, 24年, 九八年; 三五年 and 二三年 are counts, so are numbers far from today."""
    said = match["y"]
    year = read_year(said, ref)
    if year is None or not (said[0] in "0零〇" or _is_likely_year(match, year, ref)):
        return None
    return Reading(date(year, 1, 1), date(year, 12, 31), "year", past=year < ref.day.year)


#: Behind 24年 where it is a year; otherwise it is a count (20年交情).
_YEAR_ENDS = re.compile(r"$|[\s，。,.、]|[的时那就建买签投开返财]")


def _is_likely_year(match: re.Match[str], year: int, ref: Reference) -> bool:
    said = match["y"]
    if said.isdigit():
        near = year < 2000 or ref.day.year - 12 <= year <= ref.day.year + 3
        return near and said[1] != "0" and _YEAR_ENDS.match(match.string, match.end()) is not None
    first, second = read_int(said[0]) or 0, read_int(said[1]) or 0
    return second not in {first + 1, first + 2}


@rule("year_alone", "12", r"(?:1[5-9]|20|21)\d\d(?!\d)")
def _year_alone(match: re.Match[str], ref: Reference) -> Reading | None:
    """Read 2018 as a year where it is all that is said."""
    if not _alone(match):
        return None
    year = int(match[0])
    return Reading(date(year, 1, 1), last_day(year, 12), "year", past=year < ref.day.year)


@rule("early_year", "公" + NUMERAL_STARTS, r"(?:公元|(?<=在)|(?<=于))(?P<y>\d{3})年(?![\d前后内以之])")
def _early_year(match: re.Match[str], ref: Reference) -> Reading | None:
    year = int(match["y"])
    start, end = make_date(year, 1, 1), make_date(year, 12, 31)
    return None if start is None or end is None else Reading(start, end, "year", past=end < ref.day)


def _alone(match: re.Match[str]) -> bool:
    return match.string.strip() == match[0]
