"""Holidays and lunar days: 中秋, 春节前, 国庆后, 五一过了上班头一天, 节后, 年后, 正月十五, 大年初三, 腊月二十."""

from __future__ import annotations

import re
from datetime import date, timedelta

from nlp.dates.festivals import ALIASES, PUBLIC_HOLIDAYS, TERMS_ALONE, TERMS_MARKED, festival_day, next_festival
from nlp.dates.grammar.rules import CN, NUMERAL_STARTS, REL_YEAR, YEAR2, YEAR4, add_days, read_year, rule
from nlp.dates.lunar import last_leap, lunar_to_civil, new_years_eve, next_lunar, next_lunar_day_of_month
from nlp.dates.mention import Reading, Reference
from nlp.dates.numerals import read_int
from nlp.dates.workdays import WorkCalendar, default_calendar

_BEFORE = r"(?:之前|以前|前夕|前头|前)(?!台|期|面|后)"
_AFTER = r"(?:过后|之后|以后|过完|过了|完了|后头|后|回来|收假|结束|放完假|假放完)(?!勤|台|来)"
#: 上班第一天, 头一天, 第一个工作日, 第三天 behind 节后.
_NTH_DAY = (
    r"(?:的?(?:一?上班|开工|复工|开班)?的?(?:第(?P<nth>[一二三四五六七1-7两])|(?P<first>头一?|首))(?:个)?(?:天|日|"
    r"工作日|上班日)(?:上班|开工)?|(?:一?上班|开工|复工)(?:就|后)?)"
)
_AMOUNT = rf"(?P<amount>[{CN}十两\d]{{1,2}})(?P<aunit>天|个?工作日|周|个?星期|个?礼拜)(?!假)"
_RISKY = ("过年", "大年", "新年", "十一", "元宵", "新春")
_NAMES = "|".join(sorted((name for name in ALIASES if name not in _RISKY), key=len, reverse=True))
_RISKY_NAMES = "|".join(sorted(_RISKY, key=len, reverse=True))
_SUFFIX = (
    rf"(?P<fest>节|假期|长假|小长假|黄金周|放假|假)?(?:(?P<before>{_BEFORE})|(?P<after>{_AFTER})|"
    rf"(?P<during>期间|假期|长假|放假|那几天)|那天|当天|当日|这天)?"
)
_STARTS = "".join({name[0] for name in ALIASES} | {name[0] for name in (*TERMS_ALONE, *TERMS_MARKED)})
_YEAR_STARTS = "今本明来去后前大上下当" + "12两二一"


@rule(
    "festival",
    _STARTS + _YEAR_STARTS + NUMERAL_STARTS + "过农阴",
    rf"(?<![第初十{CN}\d.])(?:(?:(?P<y>{YEAR4}|{YEAR2}) ?年|(?P<ry>{REL_YEAR}))的?)?(?:过完?了?|(?:农历|阴历)(?!新年))?"
    rf"(?:(?P<name>{_NAMES})|"
    rf"(?P<risky>{_RISKY_NAMES})(?=节|第一天|前|之前|以前|后|之后|以后|过后|过了|期间|假期|长假|放假|黄金周|"
    rf"回来|当天|那天|那几天|收假|$))(?!(?<=[一])[\d个万号月点班路小中层楼块元])(?!路|广场|村|街|镇|大道|牌|品牌|"
    rf"小区|集团|公司|大厦){_SUFFIX}(?:(?<=[后完了来假束前头]){_AMOUNT}|{_NTH_DAY})?",
)
def _festival(match: re.Match[str], ref: Reference) -> Reading | None:
    if _is_given_name(match):
        return None
    if match["risky"] and match.end("risky") == len(match.string) and match.start() > 0:
        return None
    name = ALIASES[match["name"] or match["risky"]]
    written = match["y"] or match["ry"]
    year = read_year(written, ref) if written else None
    if year is not None:
        anchor = festival_day(name, year)
        return None if anchor is None else _around(name, anchor, match, ref, said_year=True)
    anchor = next_festival(name, ref.day)
    return None if anchor is None else _around(name, anchor, match, ref, said_year=False)


#: Surnames that end no common word before a festival (对方国庆, 这周国庆 and 最高 are left out).
_SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴徐孙马朱胡郭林罗郑梁谢宋唐许韩冯邓曹彭曾肖董袁潘蔡蒋杜叶程苏魏吕丁沈姚卢姜崔钟谭陆汪范廖贾韦邹孟熊秦"
    "邱尹薛闫侯史陶黎贺顾毛郝龚邵钱严覃戴莫孔汤"
)


def _is_given_name(match: re.Match[str]) -> bool:
    """Return whether a bare 国庆 or 立春 behind a surname is a person (李国庆说), not a day (老李国庆来)."""
    start, text = match.start(), match.string
    if start == 0 or text[start - 1] not in _SURNAMES or len(match[0]) != 2:
        return False
    return start == 1 or text[start - 2] not in "老小阿"


def _around(name: str, anchor: date, match: re.Match[str], ref: Reference, *, said_year: bool) -> Reading | None:
    """Resolve a festival with 前, 后, 期间 or nothing behind it."""
    if name in PUBLIC_HOLIDAYS:
        seen_from = date(anchor.year, 1, 1) if said_year else ref.day
        return _public_holiday(name, anchor, match, seen_from, ref)
    if match["before"]:
        shifted = add_days(anchor, -_amount_in_days(match)) or anchor
        return Reading(shifted, shifted, "deadline", past=shifted < ref.day)
    if match["after"]:
        shifted = add_days(anchor, _amount_in_days(match) or 1) or anchor
        return Reading(shifted, None, "holiday", past=shifted < ref.day)
    return Reading(anchor, None, "holiday", past=anchor < ref.day)


def _amount_in_days(match: re.Match[str]) -> int:
    number = read_int(match["amount"]) if match["amount"] else 0
    return (number or 0) * (7 if match["aunit"] and match["aunit"][-1] in "周期拜" else 1)


def _public_holiday(name: str, anchor: date, match: re.Match[str], seen_from: date, ref: Reference) -> Reading | None:
    calendar = default_calendar()
    run = calendar.next_holiday(name, seen_from)
    if not run:
        return None
    if (match["nth"] or match["first"]) and not match["after"] and not re.search("上班|开工|复工|工作日", match[0]):
        nth = read_int(match["nth"] or "1") or 1
        day = add_days(anchor, nth - 1) or anchor
        return Reading(day, None, "holiday", past=day < ref.day)
    if match["after"] or match["nth"] or match["first"]:
        return after_holiday(calendar, run, match, ref)
    if match["before"]:
        return _before_holiday(calendar, run, anchor, match, ref)
    certain = calendar.covered(run[-1].year)
    if match["during"] or match["fest"] in {"假期", "长假", "小长假", "黄金周", "放假"}:
        return Reading(run[0], run[-1], "holiday", past=run[-1] < ref.day, certain=certain)
    return Reading(anchor, None, "holiday", past=anchor < ref.day)


def after_holiday(calendar: WorkCalendar, run: tuple[date, ...], match: re.Match[str], ref: Reference) -> Reading:
    """Resolve X后: the first working day after, 第N天 the N-th, 一周 that much later."""
    certain = calendar.covered(run[-1].year)
    if match["amount"] and match["aunit"] not in {"工作日", "个工作日"}:
        shifted = add_days(run[-1], _amount_in_days(match)) or run[-1]
        return Reading(shifted, None, "holiday_after", past=shifted < ref.day, certain=certain)
    count = read_int(match["nth"] or match["amount"] or "1") or 1
    found = calendar.add_working_days(run[-1], count)
    return Reading(found, None, "holiday_after", past=found < ref.day, certain=certain)


def _before_holiday(
    calendar: WorkCalendar, run: tuple[date, ...], anchor: date, match: re.Match[str], ref: Reference
) -> Reading | None:
    certain = calendar.covered(run[0].year)
    if run[0] <= ref.day and run[-1] >= ref.day:
        later = calendar.next_holiday(ALIASES[match["name"] or match["risky"]], run[-1] + timedelta(days=1))
        run = later or run
    if match["amount"]:
        shifted = add_days(anchor, -_amount_in_days(match)) or anchor
        return Reading(shifted, shifted, "holiday_before", past=shifted < ref.day)
    found = calendar.add_working_days(run[0], -1)
    alternatives = (anchor,) if anchor != found else ()
    return Reading(found, found, "holiday_before", alternatives, past=found < ref.day, certain=certain)


@rule(
    "holiday_unnamed",
    "节假放收长小双上开复",
    rf"(?<![{CN}\d春国庆秋午明旦宵夕阳老季环中双情女儿童子动年章细礼过关女])(?:(?P<before>节前|长假前|假期前|"
    rf"放假(?:之|以)?前|节假日前)|(?P<after>节后|过完节|过了节|节过后|节过了|长假(?:过)?后|小长假后|长假回来|"
    rf"假期(?:之|以|过)?后|放完假|放假(?:回来|后)|收假(?:后|回来)?|收了假|假后|节假日后))(?!来|勤|台|"
    rf"面)(?:(?<=[后完节来假了]){_AMOUNT}|{_NTH_DAY})?",
)
def _unnamed(match: re.Match[str], ref: Reference) -> Reading | None:
    """Resolve 节前, 节后, 放假前: the public holiday that comes next (or is on)."""
    return _nearest(match, ref, default_calendar().nearest_holiday(ref.day))


@rule(
    "new_year",
    "年过开",
    rf"(?<![{CN}\d十两几半多去今明后前来每全周当同本每两百千])(?:(?P<before>年前(?!后))|(?P<after>年后|"
    rf"过完年(?:后|以后|之后)?|过了年(?:后|以后|之后)?|过年后|过年回来|开年后?|开工后|年过完))(?!来|勤|台|面|"
    rf"龄)(?:(?<=[后完年来]){_AMOUNT}|{_NTH_DAY})?",
)
def _new_year(match: re.Match[str], ref: Reference) -> Reading | None:
    """Resolve 年前, 年后, 开年: they mean the Spring Festival."""
    return _nearest(match, ref, "春节")


def _nearest(match: re.Match[str], ref: Reference, name: str | None) -> Reading | None:
    calendar = default_calendar()
    run = calendar.next_holiday(name, ref.day) if name else ()
    if not run:
        return None
    if match["after"]:
        return after_holiday(calendar, run, match, ref)
    if run[0] <= ref.day and name:
        run = calendar.next_holiday(name, run[-1] + timedelta(days=1)) or run
    found = calendar.add_working_days(run[0], -1)
    return Reading(found, found, "holiday_before", past=found < ref.day, certain=calendar.covered(run[0].year))


_ANY_TERM = "|".join((*TERMS_ALONE, *TERMS_MARKED))
_TERM = (
    rf"(?P<name>{'|'.join(TERMS_ALONE)})|(?P<marked>{'|'.join(TERMS_MARKED)})(?:(?=节气|那天|当天|时节|前后|之前|以前|前(?![面台])|以后|过后)|"
    r"(?:(?<=年..)|(?<=年的..))(?![\u4e00-\u9fff]))"
)


@rule(
    "solar_term",
    "".join({name[0] for name in TERMS_ALONE + TERMS_MARKED}) + _YEAR_STARTS + NUMERAL_STARTS,
    rf"(?:(?:(?P<y>{YEAR4}|{YEAR2}) ?年|(?P<ry>{REL_YEAR}))的?(?={_ANY_TERM}))?(?:{_TERM})",
)
def _solar_term(match: re.Match[str], ref: Reference) -> Reading | None:
    if _is_given_name(match):
        return None
    name = match["name"] or match["marked"]
    written = match["y"] or match["ry"]
    year = read_year(written, ref) if written else None
    found = festival_day(name, year) if year else next_festival(name, ref.day)
    return None if found is None else Reading(found, None, "term", past=found < ref.day)


_LUNAR_MONTHS = {"正": 1, "冬": 11, "腊": 12, "元": 1}
_LUNAR_DAY = rf"(?:初[{CN}十1-9]|二十[{CN}]?|廿[{CN}]?|三十|卅|十[{CN}]?|(?:[12]\d|30|\d)(?!\d))"
_LUNAR_YEAR = rf"(?:(?:(?P<y>{YEAR4})年|(?P<ry>{REL_YEAR}))的?)?"


@rule(
    "lunar",
    "农阴旧正腊冬闰" + NUMERAL_STARTS + _YEAR_STARTS,
    rf"(?<![{CN}十\d])(?:(?P<era>农历|阴历|旧历)的?)?{_LUNAR_YEAR}(?P<era2>农历|阴历|"
    rf"旧历)?的?(?P<leap>闰)?(?P<m>正|腊|冬|十[一二]?|[{CN}]|1[0-2]|"
    rf"[1-9])月的?份?(?P<d>{_LUNAR_DAY})?(?P<suffix>[日号])?(?![{CN}十个])",
)
def _lunar(match: re.Match[str], ref: Reference) -> Reading | None:
    """Resolve 正月十五, 腊月二十, 农历八月十五, 五月初五, 五月廿二; a plain 八月十五 is left to the civil rules."""
    named = match["m"] in _LUNAR_MONTHS or bool(match["era"] or match["era2"] or match["leap"])
    said = match["d"] or ""
    if not named and not (said.startswith(("初", "廿")) and not match["suffix"]):
        return None
    month = _LUNAR_MONTHS.get(match["m"]) or read_int(match["m"]) or 0
    day = read_int(said.removeprefix("初")) if said else 1
    written = match["y"] or match["ry"]
    year = read_year(written, ref) if written else None
    found = _lunar_day(ref, year, month, day or 0, leap=bool(match["leap"]))
    if found is None:
        return None
    end = None if said else _lunar_month_end(found)
    return Reading(found, end, "lunar", past=(end or found) < ref.day)


def _lunar_day(ref: Reference, year: int | None, month: int, day: int, *, leap: bool) -> date | None:
    if year is not None:
        return lunar_to_civil(year, month, day, leap)
    found = next_lunar(ref.day, month, day, leap) or (last_leap(ref.day, month, day) if leap else None)
    return found or (next_lunar(ref.day, month, day - 1, leap) if day == 30 else None)


def _lunar_month_end(first: date) -> date:
    """Return the last day of the lunar month that begins on `first` (29 or 30 days)."""
    following = next_lunar_day_of_month(first + timedelta(days=1), 1)
    return first + timedelta(days=29) if following is None else following - timedelta(days=1)


@rule(
    "new_years_day",
    "大年初",
    rf"(?:大年|年|春节|过年)?初(?P<d>[{CN}十])(?![中级恋步等学期次高创试夏秋冬春心衷一二三四五六七八九])|"
    rf"大年(?P<eve>三十|夜)|年(?P<late>二十[五六七八九]|廿[五六七八九])|大年(?P<d2>[一二三四五六七八九])",
)
def _new_years_day(match: re.Match[str], ref: Reference) -> Reading | None:
    """Resolve 大年初三, 初八 (of the coming first month when it is near) and 大年三十."""
    if match["late"]:
        late = next_lunar(ref.day, 12, read_int(match["late"]) or 0)
        return None if late is None else Reading(late, None, "lunar")
    if match["eve"]:
        days = (new_years_eve(ref.day.year), new_years_eve(ref.day.year + 1))
        found = next((day for day in days if day is not None and day >= ref.day), None)
        return None if found is None else Reading(found, None, "lunar")
    day = read_int(match["d"] or match["d2"]) or 1
    first = next_lunar(ref.day, 1, day)
    if first is None:
        return None
    if match[0][0] == "初" and (first - ref.day).days > 60:
        if match.string[match.end() : match.end() + 1] in {"三", "的", "年"} or day <= 3:
            return None
        first = next_lunar_day_of_month(ref.day, day) or first
    return Reading(first, None, "lunar")


@rule("late_lunar_day", "廿", rf"(?<![月年{CN}\d])廿[{CN}](?![{CN}十百年月个])")
def _late_lunar_day(match: re.Match[str], ref: Reference) -> Reading | None:
    """Resolve 廿三 where it is all that is said: the next such day of a lunar month."""
    if match.string.strip() != match[0]:
        return None
    found = next_lunar_day_of_month(ref.day, read_int(match[0]) or 0)
    return None if found is None else Reading(found, None, "lunar")
