"""Days of the week: 周三, 下礼拜二, 下下周一, 这周末, 本周内, 周三到周五, 9月第一个周六."""

from __future__ import annotations

import re
from datetime import date, timedelta

from nlp.dates.festivals import nth_weekday
from nlp.dates.grammar.rules import MONTH, NOT_AFTER_NUMBER, NUMERAL_STARTS, REL_YEAR, YEAR4, rule
from nlp.dates.grammar.rules import read_year as _read_year
from nlp.dates.mention import Reading, Reference
from nlp.dates.numerals import read_int

_WEEK = r"(?:周|星期|礼拜)"
_DAYS = {name: index for names in ("一二三四五六日", "1234567") for index, name in enumerate(names)} | {"天": 6}
#: 上, 下下, 这, 本, 上一个, 下个 …
_PREFIX = r"(?P<pre>再下个?|(?:上一?个?|下一?个?){1,4}|这一?个?|本|今个?|当|那个?)"
_DAY = r"(?P<d>[一二三四五六日天1-7])(?!\d{2,}[元块万]|[个号月年万千百块条位家台]|\.\d|福|鸣)"
#: 一周一次, 两周三趟: a count and no day.
_NOT_COUNTED = r"(?<![每逢\d一两几半隔])(?!周[一二三四五六](?:次|趟|遍|篇|[回单](?=[，。,.\s]|$)))"


def _weeks(prefix: str) -> int:
    return prefix.count("下") - prefix.count("上") + ("再" in prefix)


def _in_week(ref: Reference, weeks: int, weekday: int) -> date:
    return ref.monday + timedelta(days=7 * weeks + weekday)


def bare_weekday(ref: Reference, weekday: int) -> Reading:
    """Resolve a bare weekday: the next one to come, in seven days when said on that same weekday."""
    ahead = (weekday - ref.day.weekday()) % 7 or 7
    alternatives = (ref.day,) if ahead == 7 else ()
    return Reading(ref.day + timedelta(days=ahead), kind="weekday", alternatives=alternatives)


def _prefixed(ref: Reference, prefix: str, weekday: int) -> Reading:
    weeks = _weeks(prefix)
    found = _in_week(ref, weeks, weekday)
    if weeks == 0:
        later = found + timedelta(days=7)
        return Reading(
            found, kind="weekday_said", past=found < ref.day, alternatives=(later,) if found < ref.day else ()
        )
    coming = _in_week(ref, 0, weekday)
    second = (coming,) if weeks == 1 and coming > ref.day else ()
    return Reading(found, kind="weekday_said", past=weeks < 0, alternatives=second)


@rule("weekday", "再上下这本今当那", rf"{_PREFIX}的?{_WEEK}(?:的?{_WEEK})?{_DAY}")
def _said_weekday(match: re.Match[str], ref: Reference) -> Reading:
    return _prefixed(ref, match["pre"], _DAYS[match["d"]])


@rule(
    "weeks_later_weekday",
    NUMERAL_STARTS + "过再",
    rf"(?:再?过)?(?P<n>[一两二三四五六\d])个?{_WEEK}(?:之|以)?(?P<way>后|前)的?{_WEEK}{_DAY}",
)
def _weeks_later(match: re.Match[str], ref: Reference) -> Reading:
    """Resolve 两周后的周五, 三周前周五: that weekday of the week so many weeks on or back."""
    weeks = (read_int(match["n"]) or 1) * (1 if match["way"] == "后" else -1)
    return Reading(_in_week(ref, weeks, _DAYS[match["d"]]), kind="weekday_said", past=weeks < 0)


@rule("bare_weekday", "周星礼", rf"{_NOT_COUNTED}{_WEEK}{_DAY}")
def _bare(match: re.Match[str], ref: Reference) -> Reading:
    return bare_weekday(ref, _DAYS[match["d"]])


@rule("counted_bare_weekday", "周星礼", rf"(?<=[\d号日])(?<!每)周{_DAY}")
def _bare_behind_digits(match: re.Match[str], ref: Reference) -> Reading:
    """Read the weekday behind a written date (12/8周二)."""
    return bare_weekday(ref, _DAYS[match["d"]])


@rule(
    "weekdays",
    "再上下这本今周星礼",
    rf"(?:{_PREFIX})?{_NOT_COUNTED}{_WEEK}(?P<d>[一二三四五六1-6])(?:\s?[到至\-~—–]{{1,2}}\s?{_WEEK}?|、?|"
    rf"{_WEEK})(?P<e>[二三四五六日天2-7])"
    r"(?![个号月年点十百千万次趟回遍条\d])",
)
def _weekday_list(match: re.Match[str], ref: Reference) -> Reading | None:
    """Read 周三到周五, 下周三、四, 周三四: a stretch of days in one week."""
    first, last = _DAYS[match["d"]], _DAYS[match["e"]]
    if last <= first:
        return None
    prefix = match["pre"]
    start = _prefixed(ref, prefix, first) if prefix else bare_weekday(ref, first)
    return Reading(start.date, start.date + timedelta(days=last - first), "range", (), start.past)


@rule("weekend", "再上下这本今那周双", rf"(?:{_PREFIX})?(?:{_NOT_COUNTED}|(?<=上))(?:周末|星期末|礼拜末|双休日)")
def _weekend(match: re.Match[str], ref: Reference) -> Reading:
    prefix = match["pre"]
    if prefix is None:
        saturday = bare_weekday(ref, 5).date
        return Reading(saturday, saturday + timedelta(days=1), "weekend")
    saturday = _in_week(ref, _weeks(prefix), 5)
    return Reading(saturday, saturday + timedelta(days=1), "weekend", past=saturday + timedelta(days=1) < ref.day)


@rule(
    "week",
    "再上下这本今",
    r"(?P<pre>再下个?|(?:上一?个?|下一?个?){1,4}|这一?个?|今个?|本)(?:周|星期|礼拜)(?P<part>以?内|之内|里|中|初|头|"
    r"前半周|前半段|下半周|后半周|后半段|尾|底)?(?![一二三四五六日天末期])",
)
def _week(match: re.Match[str], ref: Reference) -> Reading:
    """Resolve a week: 下周 is its Monday, 本周 runs from today to its Friday (本周内)."""
    weeks, part = _weeks(match["pre"]), match["part"] or ""
    monday = _in_week(ref, weeks, 0)
    sunday, friday = monday + timedelta(days=6), monday + timedelta(days=4)
    if part in {"中"}:
        return Reading(monday + timedelta(days=2), sunday, "week", past=sunday < ref.day)
    if part in {"下半周", "后半周", "后半段"}:
        return Reading(monday + timedelta(days=3), friday, "week", past=friday < ref.day)
    if part in {"尾", "底"}:
        return Reading(friday, friday, "deadline", past=friday < ref.day)
    if part in {"内", "以内", "之内", "里"}:
        return _within_week(ref, weeks, friday, sunday)
    return Reading(monday, sunday, "week" if weeks else "this_week", past=sunday < ref.day)


def _within_week(ref: Reference, weeks: int, friday: date, sunday: date) -> Reading:
    last = friday if friday >= ref.day or weeks else sunday
    return Reading(last, last, "deadline", past=last < ref.day)


@rule("midweek", "周", r"周(?:中|内)(?![\w]?(?:国|心))(?=[再去来给发送约我咱前\s，。,]|$)")
def _midweek(match: re.Match[str], ref: Reference) -> Reading | None:
    """Resolve 周中 as Wednesday; 周内 as this Friday."""
    if match[0] == "周中":
        return bare_weekday(ref, 2)
    friday = _in_week(ref, 0, 4)
    return Reading(friday, friday, "deadline") if friday >= ref.day else None


@rule(
    "nth_weekday",
    NUMERAL_STARTS + "上下本这今明去后前大",
    rf"(?:{NOT_AFTER_NUMBER}(?:(?P<y>{YEAR4})年|(?P<ry>{REL_YEAR}))?的?(?P<m>{MONTH})月份?|(?P<rel>(?:上个?|"
    rf"下个?){{1,4}}月|这个?月|本月))"
    rf"的?(?:第(?P<n>[一二三四五1-5])|(?P<last>最后[一1]?))个?{_WEEK}(?P<d>[一二三四五六日天末1-7])",
)
def _nth(match: re.Match[str], ref: Reference) -> Reading | None:
    """Resolve 9月第一个周六, 下个月最后一个周五, 十月的第三个星期天."""
    count = -1 if match["last"] else read_int(match["n"]) or 1
    weekday = 5 if match["d"] == "末" else _DAYS[match["d"]]
    if match["rel"]:
        index = ref.day.year * 12 + ref.day.month - 1 + _weeks(match["rel"])
        found = nth_weekday(index // 12, index % 12 + 1, weekday, count)
        return None if found is None else Reading(found, kind="nth_weekday", past=found < ref.day)
    month = read_int(match["m"]) or 1
    written = match["y"] or match["ry"]
    year = _read_year(written, ref) if written else ref.day.year
    found = nth_weekday(year, month, weekday, count) if year else None
    if found is not None and found < ref.day and not written:
        found = nth_weekday(ref.day.year + 1, month, weekday, count)
    return None if found is None else Reading(found, kind="nth_weekday", past=found < ref.day)


@rule(
    "week_of_month",
    NUMERAL_STARTS + "下本这",
    rf"(?:{NOT_AFTER_NUMBER}(?P<m>{MONTH})月份?|(?P<rel>(?:下个?){{1,4}}月|这个?月|"
    rf"本月))的?第(?P<n>[一二三四五1-5])个?(?:周|星期|礼拜)(?![一二三四五六日天末])",
)
def _week_of_month(match: re.Match[str], ref: Reference) -> Reading | None:
    """Resolve 12月第一周: the n-th week that begins with a Monday in that month."""
    if match["rel"]:
        index = ref.day.year * 12 + ref.day.month - 1 + _weeks(match["rel"])
        year, month = index // 12, index % 12 + 1
    else:
        month = read_int(match["m"]) or 1
        year = ref.day.year + (1 if month < ref.day.month else 0)
    monday = nth_weekday(year, month, 0, read_int(match["n"]) or 1)
    return (
        None
        if monday is None
        else Reading(monday, monday + timedelta(days=6), "week", past=monday + timedelta(days=6) < ref.day)
    )
