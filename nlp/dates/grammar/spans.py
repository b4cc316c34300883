"""Stretches counted from now and years counted back: 上两周, 下三个月, 前两天, 今明两年, 30年前8月14, 去年今天."""

from __future__ import annotations

import re
from datetime import date, timedelta

from nlp.dates.grammar.relative import COUNTED, WITHIN_A_DAY, from_now_on, names_a_year, offset
from nlp.dates.grammar.rules import (
    COUNT,
    DAY,
    MONTH,
    NOT_AFTER_NUMBER,
    NUMERAL_STARTS,
    REL_YEAR,
    add_days,
    add_months,
    last_day,
    make_date,
    read_year,
    rule,
)
from nlp.dates.mention import Reading, Reference
from nlp.dates.numerals import read_int

#: 提前两天, 国庆前三天, 以后两天, 楼上两周: what stands before makes it another word or another rule's.
_OTHER_WORD = r"(?<![以之此提日号年月节周天目空从会饭班庆旦午秋明然最往随身落先背楼线桌晚早面手乡一])"
_NO_MORE = r"(?!期|以|之|前|后|内|[一二三四五六七八九十\d])"


@rule("counted_span", "上下前后", rf"{_OTHER_WORD}(?P<way>[上下前后])的?{COUNTED}{_NO_MORE}")
def _counted_span(match: re.Match[str], ref: Reference) -> Reading | None:
    """Resolve 上两周, 下三个月 as whole weeks, months or years; 前两天, 后三天, 前一周 count days."""
    ahead = match["way"] in "下后"
    unit, count = match["unit"], read_int(match["n"])
    if match["n"] == "半" or (unit == "年" and names_a_year(match)):
        return None
    if unit in {"月", "年", "季度"} and not (match["half"] or match["tail"]) and count:
        if unit == "月" and match["n"].isdigit() and not match["ge"]:
            return None
        return _whole_months(ref, count * {"月": 1, "季度": 3, "年": 12}[unit], unit, ahead=ahead)
    if unit in {"周", "星期", "礼拜"} and match["way"] in "上下" and count:
        return _whole_weeks(ref, count, ahead=ahead) if count > 1 else None
    if ahead:
        return from_now_on(match, ref)
    reading = offset(match, ref, -1, "range", last=True)
    if reading is None:
        return None
    return Reading(reading.date, ref.day, "range", past=True, vague=reading.vague)


@rule("counted_minutes", "之此", rf"[之此](?P<way>[前后])的?{COUNTED}{_NO_MORE}")
def _counted_minutes(match: re.Match[str], ref: Reference) -> Reading | None:
    """Resolve 之后5分钟, 此前3小时; longer stretches hang on the day named before them."""
    if match["unit"] not in WITHIN_A_DAY:
        return None
    sign = 1 if match["way"] == "后" else -1
    reading = offset(match, ref, sign, "range", last=True)
    if reading is None or reading.vague:
        return None
    start, end = sorted((ref.day, reading.date))
    return Reading(start, end, "range", past=sign < 0)


@rule("this_hour", "上下", r"(?P<way>上|下)一?个?(?:小时|钟头)(?![一二三四五六七八九十\d])")
def _this_hour(match: re.Match[str], ref: Reference) -> Reading | None:
    found = add_days(ref.day, (ref.minutes + (60 if match["way"] == "下" else -60)) // (24 * 60))
    return None if found is None else Reading(found, kind="relative", past=match["way"] == "上")


def _whole_weeks(ref: Reference, count: int, *, ahead: bool) -> Reading | None:
    start = add_days(ref.monday, 7 if ahead else -7 * count)
    end = None if start is None else add_days(start, 7 * count - 1)
    return None if start is None or end is None else Reading(start, end, "range", past=not ahead)


def _whole_months(ref: Reference, count: int, unit: str, *, ahead: bool) -> Reading | None:
    """Return `count` whole months before or behind the month (the quarter, the year) of the reference."""
    first = ref.day.replace(day=1)
    if unit == "年":
        first = first.replace(month=1)
    elif unit == "季度":
        first = first.replace(month=first.month - (first.month - 1) % 3)
    step = {"月": 1, "季度": 3, "年": 12}[unit]
    start = add_months(first, step if ahead else -count)
    final = None if start is None else add_months(start, count - 1)
    if start is None or final is None:
        return None
    return Reading(start, last_day(final.year, final.month), "range", past=not ahead)


@rule("two_years", "今明去", r"(?P<words>今明|去今|明后)(?:两|二|这两)年")
def _two_years(match: re.Match[str], ref: Reference) -> Reading | None:
    first = ref.day.year + {"今": 0, "去": -1, "明": 1}[match[0][0]]
    start, end = make_date(first, 1, 1), make_date(first + 1, 12, 31)
    return None if start is None or end is None else Reading(start, end, "year")


@rule(
    "month_of_year_ago",
    NUMERAL_STARTS,
    rf"{NOT_AFTER_NUMBER}(?P<n>{COUNT})年(?:之|以)?(?P<way>前|后)[的,，]?(?P<m>{MONTH})月(?:份|(?P<d>{DAY})[日号]?)?",
)
def _month_of_year_ago(match: re.Match[str], ref: Reference) -> Reading | None:
    """Resolve 30年前8月14, 两年后的3月: the month counts in that year."""
    count, month = read_int(match["n"]), read_int(match["m"])
    if count is None or month is None or count > 200:
        return None
    year = ref.day.year + (count if match["way"] == "后" else -count)
    if match["d"]:
        found = make_date(year, month, read_int(match["d"]) or 0)
        return None if found is None else Reading(found, kind="date", past=found < ref.day)
    start = make_date(year, month, 1)
    return None if start is None else Reading(start, last_day(year, month), "month", past=start < ref.day)


@rule(
    "day_of_month_later",
    NUMERAL_STARTS + "半",
    rf"{NOT_AFTER_NUMBER}(?:(?P<n>{COUNT})个月|(?P<half>半)年)(?:之|以)?(?P<way>前|后)的?(?P<d>{DAY})[日号]",
)
def _day_of_month_later(match: re.Match[str], ref: Reference) -> Reading | None:
    """Resolve 三个月后10号, 半年后的21号: that day of the month so many months on."""
    months = 6 if match["half"] else read_int(match["n"]) or 0
    then = add_months(ref.day, months if match["way"] == "后" else -months)
    found = None if then is None else make_date(then.year, then.month, read_int(match["d"]) or 0)
    return None if found is None else Reading(found, kind="date", past=found < ref.day)


@rule("anniversary", "大前去旧上今本这当明来次翌下后", rf"(?P<ry>{REL_YEAR})的?(?:今天|今日|这[一个]?天)")
def _anniversary(match: re.Match[str], ref: Reference) -> Reading | None:
    """Resolve 去年今天, 明年的今天."""
    year = read_year(match["ry"], ref)
    found = None if year is None else make_date(year, ref.day.month, ref.day.day)
    return None if found is None else Reading(found, kind="date", past=found < ref.day)


@rule("same_day_of_month", "上下", r"(?P<way>[上下]{1,3})个?月的?(?:今天|今日|这[一个]?天)")
def _same_day_of_month(match: re.Match[str], ref: Reference) -> Reading | None:
    """Resolve 上个月今天, 下个月的今天."""
    shift = match["way"].count("下") - match["way"].count("上")
    found: date | None = add_months(ref.day, shift)
    return None if found is None else Reading(found, kind="date", past=found < ref.day)


@rule(
    "days_ahead",
    "提前会业标动收展货约审训节",
    r"(?:提[前早]|(?<![下机社])(?:会|业|标|动|收|展|货|约|审|训|节)(?:之|的)?前)(?P<n>[一二两三四五六七1-7])(?P<unit>天|周|个?星期|个?礼拜)",
)
def _days_ahead(match: re.Match[str], ref: Reference) -> Reading | None:
    """Resolve 提前三天, 会前一天: so many days before the day named last (see `scan`), which is needed."""
    count = (read_int(match["n"]) or 1) * (1 if match["unit"] == "天" else 7)
    found = add_days(ref.day, -count)
    return None if found is None else Reading(found, kind="days_ahead")


@rule("nth_day", "第隔转", r"(?:第(?P<n>[二三四五2-5])[天日]|[隔转]天)(?!的?(?:时候|晚|夜))")
def _nth_day(match: re.Match[str], ref: Reference) -> Reading | None:
    """Resolve 第二天, 隔天: counted from the day named before it (see `scan`), else from today."""
    count = (read_int(match["n"]) or 2) - 1 if match["n"] else 1
    return Reading(ref.day + timedelta(days=count), kind="nth_day")
