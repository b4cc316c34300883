"""Named days: public holidays, folk and trade festivals, solar terms."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta
from functools import lru_cache

from nlp.dates.lunar import lunar_to_civil, new_years_eve

#: Festivals on a fixed civil day: (month, day).
_CIVIL: dict[str, tuple[int, int]] = {
    "元旦": (1, 1), "情人节": (2, 14), "妇女节": (3, 8), "植树节": (3, 12), "消费者权益日": (3, 15), "女生节": (3, 7),
    "愚人节": (4, 1), "劳动节": (5, 1), "青年节": (5, 4), "儿童节": (6, 1), "建党节": (7, 1),
    "香港回归纪念日": (7, 1), "建军节": (8, 1), "澳门回归纪念日": (12, 20), "年中大促": (6, 18), "教师节": (9, 10),
    "国庆": (10, 1), "万圣节": (10, 31), "双十一": (11, 11), "双十二": (12, 12), "平安夜": (12, 24), "圣诞": (12, 25),
}  # fmt: skip
#: Festivals on a lunar day: (month, day).
_LUNAR: dict[str, tuple[int, int]] = {
    "春节": (1, 1), "元宵": (1, 15), "端午": (5, 5), "七夕": (7, 7), "中元": (7, 15), "中秋": (8, 15), "重阳": (9, 9),
    "腊八": (12, 8), "小年": (12, 23),
}  # fmt: skip
#: Festivals on the n-th weekday of a month: (month, weekday with Monday 0, n).
_NTH: dict[str, tuple[int, int, int]] = {"母亲节": (5, 6, 2), "父亲节": (6, 6, 3), "感恩节": (11, 3, 4)}

#: Festivals of customers abroad, in days from Easter Sunday.
_FROM_EASTER: dict[str, int] = {"复活节": 0, "耶稣受难日": -2}

#: Constants of the 21st century for the solar terms: month and C of floor(0.2422·Y + C) − floor(Y/4).
_TERMS: dict[str, tuple[int, float]] = {
    "小寒": (1, 5.4055), "大寒": (1, 20.12), "立春": (2, 3.87), "雨水": (2, 18.73), "惊蛰": (3, 5.63),
    "春分": (3, 20.646), "清明": (4, 4.81), "谷雨": (4, 20.1), "立夏": (5, 5.52), "小满": (5, 21.04),
    "芒种": (6, 5.678), "夏至": (6, 21.37), "小暑": (7, 7.108), "大暑": (7, 22.83), "立秋": (8, 7.5),
    "处暑": (8, 23.13), "白露": (9, 7.646), "秋分": (9, 23.042), "寒露": (10, 8.318), "霜降": (10, 23.438),
    "立冬": (11, 7.438), "小雪": (11, 22.36), "大雪": (12, 7.18), "冬至": (12, 21.94),
}  # fmt: skip
#: Years in which the formula misses by a day.
_TERM_CORRECTIONS = {("雨水", 2026): -1, ("小满", 2008): 1, ("大暑", 2016): 1, ("冬至", 2021): -1, ("小寒", 2019): -1,
                     ("立秋", 2002): 1}  # fmt: skip

#: Holidays with official days off, by the name used here.
PUBLIC_HOLIDAYS = ("元旦", "春节", "清明", "劳动节", "端午", "中秋", "国庆")

#: What people call them. Longest first when matched.
ALIASES: dict[str, str] = {
    "元旦节": "元旦", "阳历新年": "元旦", "元旦": "元旦", "新年": "元旦", "春节": "春节", "过年": "春节",
    "大年": "春节", "农历新年": "春节", "中国新年": "春节", "新春": "春节", "清明节": "清明", "清明": "清明",
    "扫墓节": "清明", "五一劳动节": "劳动节", "五一国际劳动节": "劳动节", "国际劳动节": "劳动节", "劳动节": "劳动节",
    "五一节": "劳动节", "五一": "劳动节", "51节": "劳动节", "端午节": "端午", "端午": "端午", "端阳": "端午",
    "中秋节": "中秋", "中秋": "中秋", "八月节": "中秋", "十一国庆节": "国庆", "十一国庆": "国庆", "国庆节": "国庆",
    "国庆": "国庆", "十一黄金周": "国庆", "十一": "国庆", "双节": "国庆", "元宵节": "元宵", "元宵": "元宵",
    "上元节": "元宵", "灯节": "元宵", "情人节": "情人节", "三八妇女节": "妇女节", "妇女节": "妇女节",
    "38节": "妇女节", "3.8节": "妇女节", "3.8妇女节": "妇女节", "国际妇女节": "妇女节", "国际劳动妇女节": "妇女节",
    "女生节": "女生节", "三八节": "妇女节", "女神节": "妇女节", "植树节": "植树节", "消费者权益日": "消费者权益日",
    "国际消费者权益日": "消费者权益日", "三一五": "消费者权益日", "香港回归纪念日": "香港回归纪念日",
    "澳门回归纪念日": "澳门回归纪念日", "618大促": "年中大促", "六一八": "年中大促", "圣瓦伦丁节": "情人节",
    "315晚会": "消费者权益日", "愚人节": "愚人节", "五四青年节": "青年节", "青年节": "青年节", "六一儿童节": "儿童节",
    "国际儿童节": "儿童节", "儿童节": "儿童节", "六一": "儿童节", "建党节": "建党节", "七一建党节": "建党节",
    "建军节": "建军节", "八一建军节": "建军节", "教师节": "教师节", "万圣节": "万圣节", "万圣夜": "万圣节",
    "双十一": "双十一", "双11": "双十一", "光棍节": "双十一", "双十二": "双十二", "双12": "双十二",
    "平安夜": "平安夜", "圣诞节": "圣诞", "圣诞": "圣诞", "七夕节": "七夕", "七夕": "七夕", "中元节": "中元",
    "鬼节": "中元", "重阳节": "重阳", "重阳": "重阳", "腊八节": "腊八", "腊八": "腊八", "小年夜": "小年",
    "小年": "小年", "除夕夜": "除夕", "除夕": "除夕", "大年夜": "除夕", "年三十": "除夕", "大年三十": "除夕",
    "年夜饭": "除夕", "复活节": "复活节", "耶稣受难日": "耶稣受难日", "耶稣受难节": "耶稣受难日", "母亲节": "母亲节",
    "父亲节": "父亲节", "感恩节": "感恩节",
}  # fmt: skip
#: Solar terms that are also weather or people's names count only with 节气 or 那天 behind them.
TERMS_ALONE = tuple(
    t for t in _TERMS if t not in {"小雪", "大雪", "白露", "清明", "雨水", "小满", "谷雨", "大寒", "小寒"}
)
TERMS_MARKED = ("小雪", "大雪", "白露", "雨水", "小满", "谷雨", "大寒", "小寒")


def nth_weekday(year: int, month: int, weekday: int, count: int) -> date | None:
    """Return the `count`-th `weekday` (Monday 0) of a month; -1 is the last; None where there is none."""
    last = monthrange(year, month)[1]
    if count < 0:
        final = date(year, month, last)
        return final - timedelta(days=(final.weekday() - weekday) % 7)
    day = 1 + (weekday - date(year, month, 1).weekday()) % 7 + 7 * (count - 1)
    return date(year, month, day) if 1 <= day <= last else None


@lru_cache(maxsize=1024)
def festival_day(name: str, year: int) -> date | None:
    """Return the day of the festival or solar term `name` in civil `year`, or None where it is not known."""
    if not 1900 <= year <= 2099:
        return None
    if name in _CIVIL:
        return date(year, *_CIVIL[name])
    if name == "除夕":
        return new_years_eve(year)
    if name in _LUNAR:
        return lunar_to_civil(year - (1 if name in {"腊八", "小年"} else 0), *_LUNAR[name])
    if name in _FROM_EASTER:
        return _easter(year) + timedelta(days=_FROM_EASTER[name])
    if name in _NTH:
        return nth_weekday(year, *_NTH[name])
    return _solar_term(name, year)


def _easter(year: int) -> date:
    """Return Easter Sunday (the anonymous Gregorian computus)."""
    golden, century = year % 19, year // 100
    epact = (century - century // 4 - (8 * century + 13) // 25 + 19 * golden + 15) % 30
    moon = epact - (epact // 28) * (1 - (29 // (epact + 1)) * ((21 - golden) // 11))
    weekday = (year + year // 4 + moon + 2 - century + century // 4) % 7
    return date(year, 3, 28) + timedelta(days=moon - weekday)


def _solar_term(name: str, year: int) -> date | None:
    if name not in _TERMS:
        return None
    month, constant = _TERMS[name]
    two = year % 100
    leaps = (two - 1) // 4 if month <= 2 else two // 4
    day = int(two * 0.2422 + constant) - leaps + _TERM_CORRECTIONS.get((name, year), 0)
    return date(year, month, day)


def next_festival(name: str, today: date) -> date | None:
    """Return the next such day that is not before `today`."""
    for year in range(today.year, today.year + 4):
        day = festival_day(name, year)
        if day is not None and day >= today:
            return day
    return None
