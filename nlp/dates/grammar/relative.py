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


@rule("day_word", "大前昨今当明后听琴寻次翌外", rf"(?<![然以之最日先从今])(?:{_DAY_WORD})(?!头条)(?:个)?")
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


_UNIT = r"(?P<unit>工作日|交易日|天|日|周|星期|礼拜|月|季度|年|小时|钟头|钟|分钟)"
_N = rf"(?P<n>{COUNT}|半)(?P<m>[{CN}两二三三四五])?(?P<ge>个)?(?:多|来)?(?P<half>半)?{_UNIT}(?P<tail>半)?"
_AFTER = r"(?:过后|之后|以后|后|过了)(?!面|续|来|台|期|勤|生|悔|果|天|日|儿)"
_WITHIN = r"(?:之内|以内|内|里头|之里)"
_BEFORE = r"(?:之前|以前|前)(?!面|台|期|往|后|提|沿|天|方)"
_NO_NUMBER = rf"(?<![\d.{CN}十百千两几第~\-/每])"


@rule("after", NUMERAL_STARTS + "过再等隔半几俩", rf"{_NO_NUMBER}(?:再?(?:过|等|隔)(?:个)?)?{_N}(?:左右)?{_AFTER}")
def _after(match: re.Match[str], ref: Reference) -> Reading | None:
    return _offset(match, ref, 1, "relative")


@rule(
    "years_and_months",
    NUMERAL_STARTS,
    rf"{_NO_NUMBER}(?P<y>{COUNT})年(?:零|又|外加)?(?P<k>{COUNT})个月(?:(?P<ago>{_BEFORE})|{_AFTER})",
)
def _years_and_months(match: re.Match[str], ref: Reference) -> Reading | None:
    """Resolve 两年零三个月后."""
    months = (read_int(match["y"]) or 0) * 12 + (read_int(match["k"]) or 0)
    found = add_months(ref.day, -months if match["ago"] else months)
    return None if found is None else Reading(found, kind="relative", past=bool(match["ago"]))


@rule("next_working_day", "下", r"下一?个?(?:工作日|上班日)")
def _next_working_day(match: re.Match[str], ref: Reference) -> Reading | None:
    return _working_days(ref, 1, "relative")


@rule("passing", "过再等隔", rf"(?:再)?(?:过|等|隔)(?:上)?(?:个)?{_N}(?!的?(?:期|账|帐)|前|以前|之前)")
def _passing(match: re.Match[str], ref: Reference) -> Reading | None:
    """Resolve 过两天, 再过一周, 等三天."""
    before = match.string[max(0, match.start() - 1) : match.start()]
    if before and before in "超通经难不":
        return None
    return _offset(match, ref, 1, "relative")


@rule("about", "过再等隔", r"再?(?:过|等|隔)个把(?P<unit>星期|礼拜|周|月)")
def _about(match: re.Match[str], ref: Reference) -> Reading | None:
    found = add_months(ref.day, 1) if match["unit"] == "月" else add_days(ref.day, 7)
    return None if found is None else Reading(found, kind="relative")


@rule("within", NUMERAL_STARTS + "半几", rf"{_NO_NUMBER}{_N}{_WITHIN}")
def _within(match: re.Match[str], ref: Reference) -> Reading | None:
    """Resolve 5天内, 两周内, 48小时内, 3个工作日内: `date` and `end` are the deadline."""
    reading = _offset(match, ref, 1, "deadline", last=True)
    if reading is None or reading.vague:
        return reading
    return Reading(reading.date, reading.date, "deadline", reading.alternatives, certain=reading.certain)


@rule("ago", NUMERAL_STARTS + "半几", rf"{_NO_NUMBER}{_N}{_BEFORE}")
def _ago(match: re.Match[str], ref: Reference) -> Reading | None:
    reading = _offset(match, ref, -1, "relative")
    return None if reading is None else Reading(reading.date, None, "relative", past=True, vague=reading.vague)


@rule("coming_days", "未接今后", rf"(?:未来|接下来|今后|往后)的?(?:这)?{_N}")
def _coming_days(match: re.Match[str], ref: Reference) -> Reading | None:
    reading = _offset(match, ref, 1, "range", last=True)
    return None if reading is None or reading.vague else Reading(ref.day + timedelta(days=1), reading.date, "range")


@rule("last_days", "过最近前", rf"(?:过去|最近|近|前)的?(?:这)?{_N}(?!期|后|前)")
def _last_days(match: re.Match[str], ref: Reference) -> Reading | None:
    reading = _offset(match, ref, -1, "range", last=True)
    return None if reading is None else Reading(reading.date, ref.day, "range", past=True)


def _offset(match: re.Match[str], ref: Reference, sign: int, kind: str, *, last: bool = False) -> Reading | None:
    """Count N units from the reference day; a loose count (两三天) takes its first number, `last` its last."""
    said, second, unit = match["n"], match["m"], match["unit"]
    if unit == "日" and kind != "deadline" and ((sign < 0 and said.isdigit()) or (read_int(said) or 0) > 10):
        return None
    if said == "几":
        return Reading(ref.day, kind="vague", vague=True)
    if unit in {"月", "工作日", "季度"} and said.isdigit() and not match["ge"] and unit == "月":
        return None
    number = 0 if said == "半" else read_int(second if second and last else said)
    if number is None:
        return None
    half = said == "半" or bool(match["half"] or match["tail"])
    if unit in {"工作日", "交易日"}:
        return _working_days(ref, sign * number, kind)
    found = _shift(ref.day, unit, sign * number, half, sign)
    return None if found is None else Reading(found, kind=kind)


def _working_days(ref: Reference, count: int, kind: str) -> Reading | None:
    if abs(count) > 400:
        return None
    calendar = default_calendar()
    found = calendar.add_working_days(ref.day, count)
    certain = calendar.covered(found.year) and calendar.covered(ref.day.year)
    return Reading(found, kind=kind, certain=certain)


def _shift(day: date, unit: str, number: int, half: bool, sign: int) -> date | None:
    if unit in {"天", "日"}:
        return add_days(day, number)
    if unit in {"周", "星期", "礼拜"}:
        return add_days(day, 7 * number + (4 * sign if half else 0))
    if unit in {"小时", "钟头", "钟"}:
        return add_days(day, int(number / 24))
    if unit == "分钟":
        return day
    months = number * {"月": 1, "季度": 3, "年": 12}[unit] + (6 * sign if half and unit == "年" else 0)
    found = add_months(day, months)
    if found is not None and half and unit == "月":
        return add_days(found, 15 * sign)
    return found
