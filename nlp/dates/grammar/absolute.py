"""Written dates: 2026-03-12, 3/12, 8.20, 2026年3月12日, 3月12, 十二月三号, 20号, 3号到5号."""

from __future__ import annotations

import re
from datetime import date

from nlp.dates.grammar.rules import (
    CN,
    DAY,
    MONTH,
    NOT_AFTER_NUMBER,
    NUMERAL_STARTS,
    REL_YEAR,
    YEAR2,
    YEAR4,
    last_day,
    make_date,
    past_if,
    read_year,
    rule,
)
from nlp.dates.lunar import next_lunar
from nlp.dates.mention import Reading, Reference
from nlp.dates.numerals import read_int

_DIGITS = "0123456789"
_DASH = r"[-~到至—–]{1,2}"
#: Things that carry a number with 号 or 日 and are no days.
_THINGS = (
    "线|楼|厂|车间|配方|机|仓|门|库|店|桥|院|馆|炉|位|模|柜|台|窗|泵|冲床|区|厅|桌|座|井|站|铺|段|地块|罐|釜|"
    "梁|桩|塔|弄|巷|路|街|室|房|"
    "员|选手|标段|令|码|主(?![动要持任])|人物|生产线|产线|设备|料|钢|油|粮|公馆|工位|轴|阀|槽|缸|辊|屏|章|公告|文|矿|坑|堆|"
    "架|箱|链|平台|字|胶|水|球|包|袋|网|针|之计|游|三餐|千里"
)
_TERMS = "账期|帐期|月结|结款|的?账|游|均|产|系|结|薪"
_UNITS = (
    r"万|[wWkK](?![A-Za-z])|%|％|元|块|折|米|吨|公斤|斤|克|毫|厘|倍|度|版|寸|升|平|件|套|台|个|家|周|月|年|天|"
    r"次|人|成|点|小时|分|号线|层|亿|箱|mm|cm|kg"
)
#: Behind an ambiguous 8.20 or 6-3: words that only a day can have there.
_DAY_FOLLOWS = (
    r"(?=-\d{1,2}:|\s*(?:之?前|以前|上午|下午|中午|早|晚|再|我|咱|他|她|客户|号|日|过去|过来|去|来|周|星期|礼拜|交|送|发|"
    r"寄|拜|约|带|回|开|评|签|装|试|复[测检验查核]|现场|驻场|到场|进场|量|左右|当天|那天|后|跟|给|见|到|"
    r"[(（]?(?:周|星期)[一二三四五六日天]))"
)
_DAY_LEADS = (
    r"(?:(?<=约)|(?<=约的)|(?<=约在)|(?<=约了)|(?<=定在)|(?<=定了)|(?<=改到)|(?<=改成)|(?<=改在)|(?<=推到)|"
    r"(?<=等到)|(?<=截止)|(?<=日期)|(?<=时间)|(?<=日期[ :：])|(?<=时间[ :：])|(?<=跟进[ :：])|(?<=就))"
)
_NOT_IN_NUMBER = r"(?<![\d./\-A-Za-z¥$≤≥<>=~])"


def _month_day(ref: Reference, month: int, day: int) -> Reading | None:
    """Resolve a day without a year towards the future; a 29 February looks on to the next leap year."""
    for year in range(ref.day.year, min(ref.day.year + 9, 9999)):
        found = make_date(year, month, day)
        if found is not None and found >= ref.day:
            earlier = make_date(year - 1, month, day)
            close = earlier is not None and (ref.day - earlier).days <= 31
            return Reading(found, kind="month_day", alternatives=(earlier,) if close and earlier else ())
    return None


def _day_of_month(ref: Reference, day: int) -> date | None:
    year, month = ref.day.year, ref.day.month
    for _ in range(4):
        found = make_date(year, month, day)
        if found is not None and found >= ref.day:
            return found
        year, month = year + month // 12, month % 12 + 1
    return None


def _full(year: int | None, month: int | None, day: int | None, ref: Reference) -> Reading | None:
    if year is None or month is None or day is None:
        return None
    found = make_date(year, month, day)
    return None if found is None else Reading(found, kind="date", past=past_if(found, ref))


@rule(
    "iso",
    _DIGITS,
    r"(?<![\d.])([12]\d{3})\s?([-/. ])\s?(1[0-2]|0?[1-9])\s?[-/. ]\s?(3[01]|[12]\d|0?[1-9])(?:(?!\d)|"
    r"(?=\d\d:\d\d))[日号]?",
)
def _iso(match: re.Match[str], ref: Reference) -> Reading | None:
    return _full(int(match[1]), int(match[3]), int(match[4]), ref)


@rule(
    "short_iso",
    _DIGITS,
    r"(?<![\d./\-A-Za-z])([1-4]\d)([/\-])(1[0-2]|0?[1-9])\2(3[01]|[12]\d|0?[1-9])(?![\d./\-A-Za-z%型号寸])",
)
def _short_iso(match: re.Match[str], ref: Reference) -> Reading | None:
    """Read 26/3/5 as year, month, day where the first number is a year near today."""
    year = read_year(match[1], ref)
    if year is None or int(match[1]) <= 12 or abs(year - ref.day.year) > 10:
        return None
    return _full(year, int(match[3]), int(match[4]), ref)


@rule(
    "year_month",
    _DIGITS,
    r"(?<![\d./])((?:19|20)\d\d)[./\-](0[1-9]|1[0-2]|[1-9]$)(?![\d%万元]|[./]\d)(?!-\d{1,2}(?!\d))",
)
def _year_month(match: re.Match[str], ref: Reference) -> Reading | None:
    """Read 2026.05 or 2026-05: a month."""
    year, month = int(match[1]), int(match[2])
    end = last_day(year, month)
    return Reading(date(year, month, 1), end, "month", past=end < ref.day)


@rule("compact", _DIGITS, r"(?<![\d.A-Za-z\-])(20\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?![\d.A-Za-z%])")
def _compact(match: re.Match[str], ref: Reference) -> Reading | None:
    return _full(int(match[1]), int(match[2]), int(match[3]), ref)


@rule(
    "year_last",
    _DIGITS,
    r"(?<![\d./\-])([0-3]?\d)([/.\-])([0-3]?\d)\2((?:19|20)\d\d|\d\d)(?![\d./%]|-(?!\d{1,2}[/.]\d))",
)
def _year_last(match: re.Match[str], ref: Reference) -> Reading | None:
    """Read 10/31/2015 month first, 13.5.2015 day first (as the numbers allow; dots are day first)."""
    first, second = int(match[1]), int(match[3])
    if len(match[4]) == 2 and (match[2] != "/" or int(match[4]) == 0 or first > 12):
        return None
    month, day = (second, first) if first > 12 or (match[2] == "." and second <= 12) else (first, second)
    return _full(read_year(match[4], ref), month, day, ref)


@rule(
    "month_slash_day",
    _DIGITS,
    rf"{_NOT_IN_NUMBER}(1[0-2]|0?[1-9])[/](3[01]|[12]\d|0?[1-9])[日号]?(?!\s?(?:{_UNITS})|[\d/.%A-Za-z]|"
    rf"的(?!时候)|左右付|货|款|预付|首付|尾款|期)",
)
def _month_slash_day(match: re.Match[str], ref: Reference) -> Reading | None:
    month, day = int(match[1]), int(match[2])
    before = match.string[max(0, match.start() - 1) : match.start()]
    if month < day <= 10 and before and before in "付占剩降减退少收了过扣用砍":
        return None
    return _month_day(ref, month, day)


@rule(
    "month_dot_day",
    _DIGITS,
    rf"{_NOT_IN_NUMBER}(1[0-2]|0?[1-9])([.·\-])(3[01]|[12]\d|0?[1-9])(?!\s?(?:{_UNITS})|[\d/.%·A-Za-z]|-(?!\d{{1,2}}:\d\d))",
)
def _month_dot_day(match: re.Match[str], ref: Reference) -> Reading | None:
    """Read 8.20 or 6-3 as a day only where the words around it need one, or where it stands alone."""
    text = match.string
    alone = len(text) <= 16 and text.strip(" \t，,。.、") == match[0] and (match[2] != "." or len(match[3]) == 2)
    line_start = match.start() == 0 or text[match.start() - 1] == "\n"
    fits = (
        alone
        or _FOLLOWED.match(text, match.end())
        or _LED.match(text, match.start())
        or (line_start and re.match(r"\s+[^\d\sA-Za-z]", text[match.end() : match.end() + 8]))
        or (line_start and len(match[3]) == 2 and "\u4e00" <= text[match.end() : match.end() + 1] <= "\u9fff")
    )
    return _month_day(ref, int(match[1]), int(match[3])) if fits else None


_FOLLOWED = re.compile(_DAY_FOLLOWS)
_LED = re.compile(_DAY_LEADS)

#: Years of three digits count only with a month behind them.
_YEAR = (
    rf"(?:(?P<y>{YEAR4}|(?:\d{{3}}|[{CN}]{{3}})(?=年)) ?年|(?P<y2>{YEAR2}) ?年(?= ?{MONTH}月)|"
    rf"(?P<ry>{REL_YEAR})(?:的)?)[ ,，]{{0,2}}"
)


def _year_of(match: re.Match[str], ref: Reference) -> int | None:
    written = match["y"] or match["y2"] or match["ry"]
    return read_year(written, ref) if written else None


@rule(
    "month_day",
    NUMERAL_STARTS + "大前去旧上今本这当明来次翌下后",
    rf"{NOT_AFTER_NUMBER}(?:{_YEAR})?(?P<m>{MONTH})月(?:份)?(?:的)?\s?(?P<d>{DAY})(?P<unit>[日号]|"
    rf"(?!\s?(?:个|天|周|万|块|年|%|月|件|台|家|点|人|[.:：]\d)))"
    rf"(?!{_THINGS}|(?<=[{'一二三四五六七八九十'}])[到至]底)",
)
def _written_month_day(match: re.Match[str], ref: Reference) -> Reading | None:
    month, day = read_int(match["m"]), read_int(match["d"])
    if month is None or day is None or (match["d"].startswith("廿") and not match["unit"]):
        return None
    if match["y"] or match["y2"] or match["ry"]:
        return _full(_year_of(match, ref), month, day, ref)
    reading = _month_day(ref, month, day)
    if reading is None or match["unit"] or match["m"].isdigit() or match["d"].isdigit():
        return reading
    lunar = next_lunar(ref.day, month, day)
    if lunar is None:
        return reading
    return Reading(reading.date, kind=reading.kind, alternatives=(lunar, *reading.alternatives))


@rule(
    "month_days",
    NUMERAL_STARTS + "大前去旧上今本这当明来次翌下后",
    rf"{NOT_AFTER_NUMBER}(?:{_YEAR})?(?P<m>{MONTH})月(?P<d>{DAY})[日号]?\s?{_DASH}\s?(?P<e>{DAY})(?:[日号]|"
    rf"(?![\d.月个天周万块年点人件台家]))",
)
def _month_days(match: re.Match[str], ref: Reference) -> Reading | None:
    first = _written_month_day_of(match, ref)
    last = read_int(match["e"])
    if first is None or last is None:
        return None
    end = make_date(first.date.year, first.date.month, last)
    if end is None or end <= first.date:
        return None
    return Reading(first.date, end, kind="range", past=first.past)


def _written_month_day_of(match: re.Match[str], ref: Reference) -> Reading | None:
    month, day = read_int(match["m"]), read_int(match["d"])
    if month is None or day is None:
        return None
    if match["y"] or match["y2"] or match["ry"]:
        return _full(_year_of(match, ref), month, day, ref)
    return _month_day(ref, month, day)


@rule(
    "day",
    NUMERAL_STARTS,
    rf"{NOT_AFTER_NUMBER}(?<!地铁)(?<!编号)(?P<d>{DAY})(?P<unit>[日号])(?!{_THINGS}|{_TERMS}|[-/]\d|半|以?内|"
    rf"之内|[A-Za-z#])",
)
def _bare_day(match: re.Match[str], ref: Reference) -> Reading | None:
    day = read_int(match["d"])
    found = None if day is None else _day_of_month(ref, day)
    if found is None or _is_object(match):
        return None
    earlier = make_date(ref.day.year, ref.day.month, day or 1)
    return Reading(found, kind="day", alternatives=(earlier,) if earlier and earlier < ref.day else ())


def _is_object(match: re.Match[str]) -> bool:
    """Return whether 一号, 二号… names a thing (一号样, 二号方案) rather than a day."""
    following = match.string[match.end() : match.end() + 2]
    return match["d"] in {"一", "二", "三", "1", "2", "3"} and following[:1] in {"样", "方", "项", "工"}


@rule(
    "days",
    NUMERAL_STARTS,
    rf"{NOT_AFTER_NUMBER}(?P<d>{DAY})[日号]?\s?{_DASH}\s?(?P<e>{DAY})[日号](?!{_THINGS}|{_TERMS}|以?内|之内|后|之后)",
)
def _bare_days(match: re.Match[str], ref: Reference) -> Reading | None:
    day, last = read_int(match["d"]), read_int(match["e"])
    if day is None or last is None:
        return None
    within = day <= ref.day.day <= last
    first = make_date(ref.day.year, ref.day.month, day) if within else _day_of_month(ref, day)
    end = None if first is None else _day_of_month(Reference(first), last)
    return None if first is None or end is None else Reading(first, end, kind="range")
