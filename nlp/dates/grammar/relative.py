"""Days counted from today: 明天, 听日, 大后天, 三天后, 5天内, 过两周, 半个月后, 三个工作日后, 这两天."""

from __future__ import annotations

import re
from datetime import date, timedelta

from nlp.dates.grammar.rules import CN, COUNT, NUMERAL_STARTS, add_days, add_months, rule
from nlp.dates.mention import Reading, Reference
from nlp.dates.numerals import read_int
from nlp.dates.workdays import default_calendar

_DAY_WORDS: dict[str, int] = {
    "大大前天": -4, "大前天": -3, "大前日": -3, "前天": -2, "前日": -2, "前儿": -2, "前晚": -2, "前夜": -2,
    "昨天": -1, "昨日": -1, "昨儿": -1, "昨晚": -1, "昨夜": -1, "昨早": -1, "昨个": -1, "琴日": -1, "寻日": -1,
    "寻晚": -1, "今天": 0, "今日": 0, "今儿": 0, "今个": 0, "今朝": 0, "今晚": 0, "今早": 0, "今晨": 0,
    "今夜": 0, "今午": 0, "当晚": 0, "明天": 1, "明日": 1, "明儿": 1, "明个": 1, "明早": 1, "明晚": 1,
    "明晨": 1, "明夜": 1, "明午": 1, "明朝": 1, "听日": 1, "听晚": 1, "听朝": 1, "次日": 1, "翌日": 1,
    "后天": 2, "后日": 2, "后儿": 2, "后个": 2, "后晚": 2, "后早": 2, "大后天": 3, "大后日": 3, "大后儿": 3,
    "大后个": 3, "外后天": 3, "大大后天": 4, "大大后日": 4,
}  # fmt: skip
_DAY_WORD = "|".join(sorted(_DAY_WORDS, key=len, reverse=True))


@rule("day_word", "大前昨今当明后听琴寻次翌外", rf"(?<![然以之最日先今])(?<!从(?=前))(?:{_DAY_WORD})(?!头条)(?:个)?")
def _day_word(match: re.Match[str], ref: Reference) -> Reading | None:
    count = _DAY_WORDS[match[0]] if match[0] in _DAY_WORDS else _DAY_WORDS[match[0][:-1]]
    found = add_days(ref.day, count)
    kind = "today" if count == 0 else "next_day" if match[0] in {"次日", "翌日"} else "day_word"
    return None if found is None else Reading(found, kind=kind, past=count < 0)


@rule(
    "by_tonight", "今下天收当", r"(?:今天|今日|今儿)?(?:下班(?:之|以)?前|收工前|天黑前|之内|以内|内)|(?:当|今)[天日]内"
)
def _by_tonight(match: re.Match[str], ref: Reference) -> Reading | None:
    """Resolve 下班前, 今天之内 as today's deadline."""
    if match[0][0] in "之以内":
        return None
    return Reading(ref.day, ref.day, "deadline")


@rule("two_days", "今明昨", r"(?:今明|明后|昨今)(?:两|二)?(?:天|日)|明天?或者?后天|明儿后儿")
def _two_days(match: re.Match[str], ref: Reference) -> Reading:
    """Resolve 明后天 as tomorrow, 今明两天 as today: the first of two days offered."""
    first = ref.day + timedelta(days={"今": 0, "明": 1, "昨": -1}[match[0][0]])
    second = first + timedelta(days=1)
    return Reading(first, second, "day_word", (second,))


@rule(
    "vague",
    "过这几有回改哪近最晚迟等抽找隔不一哪择近",
    r"过(?:几|些|一些)(?:天|日|周)|过(?:一?阵|一?段)(?:子|时间)?|过[会久]儿?|这(?:几|两|些|一两|两三)(?:天|日)|"
    r"这一?阵子?|(?<!\d)几(?:天|周)(?:后|之后|以后)|有空|有时间|"
    r"回头|改天|改日|哪天|哪日|最近|近期|近日|近几天|晚点|晚些|迟点|抽空|抽时间|找个?时间|隔(?:几|两)天|不日|"
    r"择日|过(?:一)?会",
)
def _vague(match: re.Match[str], ref: Reference) -> Reading:
    return Reading(ref.day, kind="vague", vague=True)


_UNIT = r"(?P<unit>工作日|交易日|天|日|周|星期|礼拜|月|季度|年|小时|钟头|钟|分钟|刻钟|秒钟?)"
COUNTED = (
    rf" ?(?P<n>{COUNT}|半)(?P<m>[{CN}两二三三四五])?(?:多|来|余)? ?(?P<ge>个)?(?:多|来)?(?P<half>半)?"
    rf"{_UNIT}(?P<tail>半)?"
)
#: How many minutes a unit has.
_MINUTES = {"小时": 60, "钟头": 60, "钟": 60, "刻钟": 15, "分钟": 1}
#: Units in which a stretch of time begins now, not tomorrow.
WITHIN_A_DAY = {*_MINUTES, "秒", "秒钟"}
_AFTER = r"(?:过后|之后|以后|后|过了)(?!面|续|来|台|期|勤|生|悔|果|天|日|儿)"
_WITHIN = r"(?:之内|以内|内|里头|之里)"
_BEFORE = r"(?:之前|以前|前)(?!面|台|期|往|后|提|沿|天|方)"
_NO_NUMBER = rf"(?<![\d.{CN}十百千两几第~\-/每])"


@rule("after", NUMERAL_STARTS + "过再等隔半几俩", rf"{_NO_NUMBER}(?:再?(?:过|等|隔)(?:个)?)?{COUNTED}(?:左右)?{_AFTER}")
def _after(match: re.Match[str], ref: Reference) -> Reading | None:
    return offset(match, ref, 1, "relative")


_PIECE = rf"(?:{COUNT})(?:年|个月|个?星期|个?礼拜|周|天|个?小时|个?钟头|分钟?)"


@rule(
    "compound",
    NUMERAL_STARTS,
    rf"{_NO_NUMBER}(?P<pieces>{_PIECE}(?:(?:零|又|外加)?{_PIECE})+)(?:(?P<ago>{_BEFORE})|{_AFTER}|(?P<within>{_WITHIN}))",
)
def _compound(match: re.Match[str], ref: Reference) -> Reading | None:
    """Resolve 两年零三个月后, 1年11个月前, 3小时20分钟后."""
    sign, day, minutes = -1 if match["ago"] else 1, ref.day, ref.minutes
    for piece in re.finditer(rf"({COUNT})个?(年|月|星期|礼拜|周|天|小时|钟头|分)", match["pieces"]):
        count = sign * (read_int(piece[1]) or 0)
        if piece[2] in {"小时", "钟头", "分"}:
            minutes += count * (1 if piece[2] == "分" else 60)
            continue
        moved = _shift(Reference(day), piece[2], count, half=False, sign=sign)
        if moved is None:
            return None
        day = moved
    found = add_days(day, minutes // (24 * 60))
    if found is None:
        return None
    return Reading(
        found, found if match["within"] else None, "deadline" if match["within"] else "relative", past=sign < 0
    )


@rule("now", "现此当宜而依从", r"(?P<from>从)?(?:现在|此时|此刻|当前|宜家|而家|依家)")
def _now(match: re.Match[str], ref: Reference) -> Reading | None:
    """Resolve 现在 as today where it is all that is said, or where something begins with it."""
    return Reading(ref.day, kind="today") if match["from"] or match.string.strip() == match[0] else None


@rule("next_working_day", "下", r"下一?个?(?:工作日|上班日)")
def _next_working_day(match: re.Match[str], ref: Reference) -> Reading | None:
    return _working_days(ref, 1, "relative")


@rule("passing", "过再等隔", rf"(?:再)?(?:过|等|隔)(?:上)?(?:个)?{COUNTED}(?!的?(?:期|账|帐)|前|以前|之前)")
def _passing(match: re.Match[str], ref: Reference) -> Reading | None:
    """Resolve 过两天, 再过一周, 等三天."""
    before = match.string[max(0, match.start() - 1) : match.start()]
    if before and before in "超通经难不":
        return None
    return offset(match, ref, 1, "relative")


@rule("about", "过再等隔", r"再?(?:过|等|隔)个把(?P<unit>星期|礼拜|周|月)")
def _about(match: re.Match[str], ref: Reference) -> Reading | None:
    found = add_months(ref.day, 1) if match["unit"] == "月" else add_days(ref.day, 7)
    return None if found is None else Reading(found, kind="relative")


@rule(
    "limit",
    "限",
    rf"(?<![上下期权有不无年局极界时])限(?:定|期)?(?:我们?|咱们?|他们?|你们?)?在?{COUNTED}(?:之?内|时间)?",
)
@rule("within", NUMERAL_STARTS + "半几", rf"{_NO_NUMBER}{COUNTED}{_WITHIN}")
def _within(match: re.Match[str], ref: Reference) -> Reading | None:
    """Resolve 5天内, 两周内, 48小时内, 3个工作日内: `date` and `end` are the deadline."""
    reading = offset(match, ref, 1, "deadline", last=True)
    if reading is None or reading.vague:
        return reading
    return Reading(reading.date, reading.date, "deadline", reading.alternatives, certain=reading.certain)


@rule("ago", NUMERAL_STARTS + "半几", rf"{_NO_NUMBER}{COUNTED}{_BEFORE}")
def _ago(match: re.Match[str], ref: Reference) -> Reading | None:
    reading = offset(match, ref, -1, "relative")
    return None if reading is None else Reading(reading.date, None, "relative", past=True, vague=reading.vague)


@rule("coming_days", "未接今后", rf"(?:未来|接下来|今后|往后)的?(?:这)?{COUNTED}")
def _coming_days(match: re.Match[str], ref: Reference) -> Reading | None:
    return from_now_on(match, ref)


def from_now_on(match: re.Match[str], ref: Reference) -> Reading | None:
    """Read the N units that begin tomorrow; hours and less begin today."""
    reading = offset(match, ref, 1, "range", last=True)
    if reading is None or reading.vague:
        return None
    start = ref.day + timedelta(days=0 if match["unit"] in WITHIN_A_DAY else 1)
    return Reading(start, max(start, reading.date), "range")


@rule("since", NUMERAL_STARTS + "半", rf"{_NO_NUMBER}{COUNTED}以来")
@rule("last_days", "过最近", rf"(?:过去|最近|近)的?(?:这)?{COUNTED}(?!期|后|前)")
def _last_days(match: re.Match[str], ref: Reference) -> Reading | None:
    reading = offset(match, ref, -1, "range", last=True)
    return None if reading is None else Reading(reading.date, ref.day, "range", past=True)


def offset(match: re.Match[str], ref: Reference, sign: int, kind: str, *, last: bool = False) -> Reading | None:
    """Count N units from the reference day; a loose count (两三天) takes its first number, `last` its last."""
    said, second, unit = match["n"], match["m"], match["unit"]
    if unit == "日" and kind != "deadline" and ((sign < 0 and said.isdigit()) or (read_int(said) or 0) > 10):
        return None
    if said == "几":
        return Reading(ref.day, kind="vague", vague=True)
    if unit == "月" and said.isdigit() and not match["ge"]:
        return None
    if unit == "年" and names_a_year(match):
        return None
    number = 0 if said == "半" else read_int(second if second and last else said)
    if number is None:
        return None
    half = said == "半" or bool(match["half"] or match["tail"])
    if unit in {"工作日", "交易日"}:
        return _working_days(ref, sign * number, kind)
    found = _shift(ref, unit, sign * number, half, sign)
    return None if found is None else Reading(found, kind=kind)


def _working_days(ref: Reference, count: int, kind: str) -> Reading | None:
    if abs(count) > 400:
        return None
    calendar = default_calendar()
    found = calendar.add_working_days(ref.day, count)
    certain = calendar.covered(found.year) and calendar.covered(ref.day.year)
    return Reading(found, kind=kind, certain=certain)


def names_a_year(match: re.Match[str]) -> bool:
    """Return whether the number before 年 is a year (2018年后, 07年以前), not a count."""
    said = match["n"]
    return said.isdigit() and not match["half"] and (len(said) == 4 or said.startswith("0"))


def _shift(ref: Reference, unit: str, number: int, half: bool, sign: int) -> date | None:
    day = ref.day
    if unit in {"天", "日"}:
        return add_days(day, number)
    if unit in {"周", "星期", "礼拜"}:
        return add_days(day, 7 * number + (4 * sign if half else 0))
    if unit in _MINUTES:
        minutes = number * _MINUTES[unit] + (sign * _MINUTES[unit] // 2 if half else 0)
        return add_days(day, (ref.minutes + minutes) // (24 * 60))
    if unit in WITHIN_A_DAY:
        return day
    months = number * {"月": 1, "季度": 3, "年": 12}[unit] + (6 * sign if half and unit == "年" else 0)
    found = add_months(day, months)
    if found is not None and half and unit == "月":
        return add_days(found, 15 * sign)
    return found
