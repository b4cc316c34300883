"""Months and their parts, quarters, half years and years: 月底, 下个月初, 3月中旬, 季末, 下半年, 明年3月, 年底."""

from __future__ import annotations

import re
from datetime import date

from nlp.dates.grammar.rules import (
    DAY,
    MONTH,
    NOT_AFTER_NUMBER,
    NUMERAL_STARTS,
    REL_YEAR,
    YEAR2,
    YEAR4,
    add_months,
    last_day,
    make_date,
    read_year,
    rule,
)
from nlp.dates.mention import Reading, Reference
from nlp.dates.numerals import read_int

#: A part of a month; never the beginning of 初步, 中标, 底价, 尾款.
_PART = (
    r"(?P<part>月初(?![步版稿])|月头|月中(?![标秋国])|月底(?![价薪稿])|月末|月尾|初期|初(?![步版稿次审评验])|"
    r"头|上旬|中旬|下旬|"
    r"上中旬|中下旬|上半月|下半月|中(?![标秋国心午间小])|底(?![价薪层盘稿部])|末尾|末(?!端)|尾(?!款))"
)
_PARTS = {
    "初": (1, 10), "头": (1, 10), "上": (1, 10), "中": (15, 15), "旬": (11, 20), "下": (21, 31), "底": (31, 31),
    "末": (31, 31), "尾": (31, 31),
}  # fmt: skip
_REL_MONTH = r"(?P<rel>(?:上[一1]?个?|下[一1]?个?){1,4}月|这个?月|本月|当月|同月|次月|今个?月)"


def _bounds(part: str) -> tuple[int, int]:
    """Return the first and last day of a part of a month; 31 stands for the last day."""
    if part == "中旬":
        return 11, 20
    if part in {"上中旬", "中下旬"}:
        return (1, 20) if part[0] == "上" else (11, 31)
    if part == "上半月":
        return 1, 15
    if part == "下半月":
        return 16, 31
    return _PARTS[part.removeprefix("月")[0]]


def _part_of(year: int, month: int, part: str) -> tuple[date, date, str]:
    first, last = _bounds(part)
    final = last_day(year, month)
    start = final if first == 31 else final.replace(day=first)
    end = final if last == 31 else final.replace(day=last)
    return start, end, "deadline" if first == 31 else "month_part"


def _reading(start: date, end: date, kind: str, ref: Reference) -> Reading:
    single = kind == "month_part" and start == end
    return Reading(start, None if single else end, kind, past=end < ref.day)


def _relative_month(words: str, ref: Reference) -> tuple[int, int]:
    shift = 1 if words == "次月" else words.count("下") - words.count("上")
    index = ref.day.year * 12 + ref.day.month - 1 + shift
    return index // 12, index % 12 + 1


@rule(
    "part_of_month",
    "月上中下",
    r"(?<![个\d一二三四五六七八九十几每正腊冬本上下这次当同])(?:月初(?![步版稿])|月头|月中(?![旬标])|"
    r"月底(?![价薪稿])|月末|月尾|"
    r"(?:月)?(?:上|中|下)旬|(?:月)?[上下]半月)",
)
def _bare_part(match: re.Match[str], ref: Reference) -> Reading:
    """Resolve 月初, 中旬, 月底 towards the future: this month's, else next month's."""
    part = match[0].removeprefix("月") if len(match[0]) > 2 else match[0]
    start, end, kind = _part_of(ref.day.year, ref.day.month, part)
    if start < ref.day or (start == ref.day and kind != "deadline"):
        following = add_months(ref.day.replace(day=1), 1)
        if following is None:
            return _reading(start, end, kind, ref)
        start, end, kind = _part_of(following.year, following.month, part)
    return _reading(start, end, kind, ref)


@rule(
    "relative_month",
    "上下这本当同次今去明前后大旧来",
    rf"(?:(?P<ry>{REL_YEAR})的?(?=本月|这个?月|当月|同月))?{_REL_MONTH}(?:份)?(?:的)?(?:(?P<d>{DAY})(?:[日号]|(?![\d个月天%万]))|{_PART})?(?!线)",
)
def _said_month(match: re.Match[str], ref: Reference) -> Reading | None:
    """Resolve 下个月5号, 上个月15号, 本月底, 下月."""
    year, month = _relative_month(match["rel"], ref)
    if match["ry"]:
        year = read_year(match["ry"], ref) or year
    if match["d"]:
        day = read_int(match["d"])
        found = make_date(year, month, day or 0) or last_day(year, month)
        return Reading(found, kind="date", past=found < ref.day)
    if match["part"]:
        return _reading(*_part_of(year, month, match["part"]), ref)
    kind = "this_month" if (year, month) == (ref.day.year, ref.day.month) else "month"
    return _reading(date(year, month, 1), last_day(year, month), kind, ref)


_YEAR = (
    rf"(?:(?P<y>{YEAR4}) ?年|(?P<y2>{YEAR2}) ?年(?= ?{MONTH}月|底|末|初|第|[上下]半|前|首|后|[一二三四1-4]季|Q)|"
    rf"(?P<ry>{REL_YEAR})的?)"
)


def _year_of(match: re.Match[str], ref: Reference) -> int | None:
    written = match["y"] or match["y2"] or match["ry"]
    return read_year(written, ref) if written else None


@rule(
    "month",
    NUMERAL_STARTS + "大前去旧上今本这当明来次翌下后",
    rf"{NOT_AFTER_NUMBER}(?:{_YEAR}[ ,，]{{0,2}})?(?P<m>{MONTH})月(?:份)?(?:(?:的)?{_PART}|(?![\d线饼亮球]))",
)
def _month(match: re.Match[str], ref: Reference) -> Reading | None:
    """Resolve 3月, 明年3月, 5月底, 九月上旬, 2026年1月."""
    month = read_int(match["m"])
    if month is None or not 1 <= month <= 12:
        return None
    year = _year_of(match, ref)
    said = year is not None
    part = match["part"]
    for candidate in (year,) if year is not None else (ref.day.year, ref.day.year + 1):
        start, end, kind = (
            _part_of(candidate, month, part)
            if part
            else (date(candidate, month, 1), last_day(candidate, month), "month")
        )
        if said or end >= ref.day:
            return _reading(start, end, kind, ref)
    return None


@rule(
    "months",
    NUMERAL_STARTS + "大前去旧上今本这当明来次翌下后",
    rf"{NOT_AFTER_NUMBER}(?:{_YEAR}[ ,，]{{0,2}})?(?P<m>{MONTH})(?:月?份?\s?(?:[-~到至、—–]{{1,2}}|"
    rf"[和与](?=(?:{MONTH})月份?之?间))\s?|"
    rf"(?=[二三四五六七八九]月))(?P<e>{MONTH})月(?:份)?"
    r"(?:之?间)?(?![\d线个日号一二三四五六七八九十])",
)
def _months(match: re.Match[str], ref: Reference) -> Reading | None:
    """Resolve 1-5月, 十二至一月, 四五月份."""
    first, last = read_int(match["m"]), read_int(match["e"])
    if first is None or last is None or first == last:
        return None
    year = _year_of(match, ref)
    for candidate in (year,) if year is not None else range(ref.day.year - 1, ref.day.year + 2):
        start = date(candidate, first, 1)
        end = last_day(candidate + (last < first), last)
        if year is not None or end >= ref.day:
            return Reading(start, end, "range", past=end < ref.day)
    return None


@rule(
    "months_of_year",
    NUMERAL_STARTS + "大前去旧上今本这当明来次翌下后",
    rf"(?:{_YEAR})的?(?:(?P<first>前|头)(?P<n>{MONTH}|两)个?月|(?P<last>后|最后)(?P<k>{MONTH}|两)个?月|"
    rf"(?P<edge>首|第一个)月|第(?P<nth>{MONTH})个月)(?![\d份])",
)
def _months_of_year(match: re.Match[str], ref: Reference) -> Reading | None:
    """Resolve 今年前五个月, 2026年首月, 明年第二个月."""
    year = _year_of(match, ref)
    if year is None:
        return None
    start, end = 1, 1
    if match["first"]:
        end = read_int(match["n"]) or 1
    elif match["last"]:
        start, end = 13 - (read_int(match["k"]) or 1), 12
    elif match["nth"]:
        start = end = read_int(match["nth"]) or 1
    final = last_day(year, end)
    return Reading(date(year, start, 1), final, "range", past=final < ref.day)


@rule(
    "year_part",
    NUMERAL_STARTS + "大前去旧上今本这当明来次翌下后年",
    rf"(?:{_YEAR}|"
    rf"(?<![\d{'一二三四五六七八九十两几半多'}去今明后前来每全周当同本大月])(?=年[初中底末尾头终]))(?:年)?(?P<part>"
    r"初(?![步版稿次审评验])|伊始|中(?![国央秋旬心会标]|大会)|底(?![价薪层盘稿部])|末|尾(?!款)|终(?!端)|头(?!部))",
)
def _year_part(match: re.Match[str], ref: Reference) -> Reading | None:
    """Resolve 年底, 明年初, 2026年底, 年中."""
    year, said = _year_of(match, ref), bool(match["y"] or match["y2"] or match["ry"])
    if said and year is None:
        return None
    part = match["part"]
    for candidate in (year,) if year is not None else (ref.day.year, ref.day.year + 1):
        if part in {"底", "末", "尾", "终"}:
            start, end, kind = date(candidate, 12, 31), date(candidate, 12, 31), "deadline"
        elif part == "中":
            start, end, kind = date(candidate, 6, 30), date(candidate, 6, 30), "month_part"
        else:
            start, end, kind = date(candidate, 1, 1), date(candidate, 1, 31), "month_part"
        if said or start >= ref.day:
            return _reading(start, end, kind, ref)
    return None


@rule(
    "half_year",
    NUMERAL_STARTS + "大前去旧上今本这当明来次翌下后",
    rf"(?:{_YEAR})?(?P<half>[上下])半年(?P<part>初|底|末)?",
)
def _half_year(match: re.Match[str], ref: Reference) -> Reading | None:
    year = _year_of(match, ref)
    first = 1 if match["half"] == "上" else 7
    for candidate in (year,) if year is not None else (ref.day.year, ref.day.year + 1):
        start, end = date(candidate, first, 1), last_day(candidate, first + 5)
        if match["part"] in {"底", "末"}:
            start = end
        if year is not None or end >= ref.day:
            return Reading(start, end, "half_year", past=end < ref.day)
    return None


@rule(
    "quarter",
    NUMERAL_STARTS + "大前去旧上今本这当明来次翌下后季第首头末Qq",
    rf"(?:{_YEAR})?的?(?:(?P<rel>(?:上一?个?|下一?个?){{1,4}}|这个?|本|当)季度?|第?(?P<q>[一二三四1-4])季度|"
    rf"(?P<span>前)(?P<sq>[两二三23])个?季度|(?P<edge>首|头|末)(?:一?个)?季度|[Qq](?P<qq>[1-4])(?![\dA-Za-z])|"
    rf"季度?(?=[初底末尾]))(?:的)?(?P<part>初|底|末|尾)?(?!节)",
)
def _quarter(match: re.Match[str], ref: Reference) -> Reading | None:
    """Resolve 季末, 下季度, Q3, 明年一季度, 前三季度."""
    year = _year_of(match, ref)
    index, count = _quarter_index(match, ref, year)
    start = date(index // 4, index % 4 * 3 + 1, 1)
    final = index + count - 1
    end = last_day(final // 4, final % 4 * 3 + 3)
    if year is None and not match["rel"] and end < ref.day:
        start, end = start.replace(year=start.year + 1), last_day(end.year + 1, end.month)
    if match["part"] in {"底", "末", "尾"}:
        return Reading(end, end, "deadline", past=end < ref.day)
    return Reading(start, end, "quarter", past=end < ref.day)


def _quarter_index(match: re.Match[str], ref: Reference, year: int | None) -> tuple[int, int]:
    """Return year·4 + quarter (0–3) of the first quarter, and how many there are."""
    current = ref.day.year * 4 + (ref.day.month - 1) // 3
    base = (year or ref.day.year) * 4
    if match["rel"]:
        return current + match["rel"].count("下") - match["rel"].count("上"), 1
    if match["span"]:
        return base, read_int(match["sq"]) or 1
    if match["edge"]:
        return base + (3 if match["edge"] == "末" else 0), 1
    said = match["q"] or match["qq"]
    return (base + (read_int(said) or 1) - 1, 1) if said else (current, 1)


@rule(
    "year",
    NUMERAL_STARTS + "大前去旧今本这当明来次翌后上下",
    rf"(?<![\d.])(?:(?P<y>{YEAR4}) ?年(?:度)?|(?P<ry>{REL_YEAR})(?:度|全年)?)(?![初底末中尾代级份纪])",
)
def _year(match: re.Match[str], ref: Reference) -> Reading | None:
    year = read_year(match["y"] or match["ry"], ref)
    if year is None or not 1000 <= year <= 9998:
        return None
    return Reading(date(year, 1, 1), date(year, 12, 31), "year", past=year < ref.day.year)
