"""Date words that a recogniser broke (8月下行 for 8月下旬, 夜中 for 月中, 名后监 for 明后天), mended for reading.

As with trade words (`nlp.fields.mending`) only the reading is mended and its length stays, so that spans found in it
are spans of the note as received. A word is mended where it sounds right and what stands around completes a date.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from pypinyin.constants import PHRASES_DICT

from nlp.dates.numerals import read_int
from nlp.names.everyday import COMMON, FUNCTION
from nlp.names.sound import readings

_NUMBER = "[0-9〇零一二两三四五六七八九十]"
#: Before a part of a month: 8月, 下个月, 本月, and where a note or clause begins.
_MONTH = re.compile("(?:[0-9一二三四五六七八九十]|[本这下上]个?|当|每)月$")
_OPENS_MONTH = re.compile("(?:^|[，。,.！!？?；;、 ]|[本这下上个到在等])$")
_WEEK = re.compile("(?:[下上本这]|下下)个?$")
_AFTER_WEEK = re.compile("[下上本这]个?(?:周|礼拜|星期)$")
_OPENS_DAY = re.compile("(?:^|[，。,.！!？?；;、 ]|周|礼拜|星期)$")
_ANY = re.compile("")
#: What follows a day on which something will be done, or the end of the clause.
_ACTS = re.compile("[我咱再在去来前带给过回要把他她它约和跟送发拿上下早晚之以，。,.！!？?；; ]|$")
_ACTS_NOW = re.compile("[我咱再去来带给过回要把约送发拿]")
_FRACTION = re.compile("([一二三四五六七八九十]{1,3})分[之至]([一二三四五六七八九十]{1,2})(?![一二三四五六七八九十])")
_GRAMMAR = FUNCTION | frozenset("以是而无有事")
#: Words that sound like parts of a month.
_WORDS = frozenset(
    ("中心", "中型", "中性", "中兴", "重心", "重新", "重型", "上新", "上行", "上心", "上线", "业主", "夜市")
)
#: A day spoken as a fraction (6/26) lies within so many days after the note; 三分之一 and its like are shares.
_WITHIN_DAYS = 60
_SHARES = frozenset((2, 3, 4, 5, 10))


@dataclass(frozen=True, slots=True)
class _Rule:
    """`word`, heard as any characters of these syllables between `before` and `after`.

    `firm` surroundings decide alone; otherwise what was heard must be no everyday word.
    """

    word: str
    syllables: tuple[frozenset[str], ...]
    before: re.Pattern[str] = _ANY
    after: re.Pattern[str] = _ANY
    firm: bool = False


def _rule(
    word: str, sounds: str, before: re.Pattern[str] = _ANY, after: re.Pattern[str] = _ANY, *, firm: bool = False
) -> _Rule:
    return _Rule(word, tuple(frozenset(sound.split("/")) for sound in sounds.split()), before, after, firm)


_XUN = "xun/xin/xing/xiong"
_RULES = (
    _rule("再去一趟", "zai qu yi tang", firm=True),
    _rule("再跑一趟", "zai pao yi tang", firm=True),
    _rule("再来一趟", "zai lai yi tang", firm=True),
    _rule("去一趟", "qu yi tang", firm=True),
    _rule("带", "zai/dai", re.compile("我$"), re.compile("[^，。,]{1,6}[再在][去区曲来跑过]"), firm=True),
    _rule("再过去", "zai guo qu"),
    _rule("打电话", "da dian hua"),
    _rule("大后天", "da hou tian"),
    _rule("明后天", "ming/min hou tian/jian/dian/qian"),
    _rule("工作日", "gong zuo ri"),
    _rule("劳动节", "lao dong jie"),
    _rule("国庆节", "guo qing jie"),
    _rule("明天", "ming tian"),
    _rule("后天", "hou tian"),
    _rule("月底前", "yue di qian", after=_ACTS),
    _rule("上旬", f"shang {_XUN}", _MONTH),
    _rule("中旬", f"zhong/zong {_XUN}", _MONTH),
    _rule("下旬", f"xia {_XUN}", _MONTH, firm=True),
    _rule("月初", "yue/ye chu/cu", _OPENS_MONTH, _ACTS),
    _rule("月中", "yue/ye zhong/zong", _OPENS_MONTH, _ACTS),
    _rule("月底", "yue/ye di", _OPENS_MONTH, _ACTS),
    _rule("礼拜", "li bai", _WEEK, re.compile("[一二三四五六日天]"), firm=True),
    _rule("星期", "xing/xin qi", _WEEK, re.compile("[一二三四五六日天]"), firm=True),
    _rule("周", "zhou/zou", re.compile("下$"), re.compile("[二三四五六日]|一(?![趟次圈遍下个家])"), firm=True),
    *(
        _rule(word, sound, _AFTER_WEEK, _ACTS)
        for word, sound in (("一", "yi"), ("二", "er"), ("三", "san/shan"), ("四", "si"), ("五", "wu"), ("六", "liu"))
    ),
    *(
        _rule(f"周{word}", f"zhou {sound}", _OPENS_DAY, _ACTS_NOW)
        for word, sound in (("一", "yi"), ("二", "er"), ("三", "san"), ("四", "si"), ("五", "wu"), ("六", "liu"))
    ),
    _rule("五一", "wu yi", _ANY, re.compile("前|后|节|之[前后]|以[前后]"), firm=True),
    _rule("号", "hao", re.compile(f"(?<!{_NUMBER}){_NUMBER}{{1,3}}$"), re.compile("[我前去再给之以带上下]")),
    _rule("前", "qian", re.compile(f"(?:{_NUMBER}[号日]|月底|周[一二三四五六日])$"), re.compile("[我把给要发送，,]")),
)
_FIRST: dict[str, list[_Rule]] = {}
for _entry in _RULES:
    for _sound in _entry.syllables[0]:
        _FIRST.setdefault(_sound, []).append(_entry)


def mended(text: str, sent_at: datetime) -> str:
    """Return `text` with broken date words replaced by those they sound like; the length stays."""
    text = _FRACTION.sub(lambda match: _as_day(match, sent_at.date()), text)
    at = 0
    while at < len(text):
        word = _word_at(text, at)
        text = text[:at] + word + text[at + len(word) :]
        at += len(word) or 1
    return text


def _word_at(text: str, at: int) -> str:
    """Return the date word heard at `at`, or nothing."""
    for sound in readings(text[at])[:2]:
        for rule in _FIRST.get(sound, ()):
            if _heard(text, at, rule):
                return rule.word
    return ""


def _heard(text: str, at: int, rule: _Rule) -> bool:
    end = at + len(rule.word)
    said = text[at:end]
    if len(said) < len(rule.word) or said == rule.word:
        return False
    if not all(
        char == meant or sounds.intersection(readings(char)[:2])
        for char, meant, sounds in zip(said, rule.word, rule.syllables, strict=True)
    ):
        return False
    if not rule.before.search(text[:at]) or not rule.after.match(text, end):
        return False
    return not _goes_on(text, end) and (rule.firm or not _everyday(said, rule.word))


def _everyday(said: str, word: str) -> bool:
    """Return whether what was heard is a word of its own, or grammar stands in it where the date word has none."""
    grammar = any(char in _GRAMMAR and char != meant for char, meant in zip(said, word, strict=True))
    return said in COMMON or said in _WORDS or said in PHRASES_DICT or (grammar and not word.startswith("周"))


def _goes_on(text: str, end: int) -> bool:
    """Return whether the last character begins a word with what follows (下周已|经, 8月下行|情)."""
    pair = text[end - 1 : end + 1]
    return len(pair) == 2 and pair[1] not in "我咱他她" and (pair in COMMON or pair in PHRASES_DICT)


def _as_day(match: re.Match[str], today: date) -> str:
    """Return the day that a fraction means (二十六分之六: 6月26日), filled up in front, or the fraction itself."""
    day, month = read_int(match[1]), read_int(match[2])
    if day is None or month is None or day in _SHARES or not _lies_ahead(month, day, today):
        return match[0]
    written = f"{month}月{day}日"
    return written.rjust(len(match[0])) if len(written) <= len(match[0]) else match[0]


def _lies_ahead(month: int, day: int, today: date) -> bool:
    for year in (today.year, today.year + 1):
        try:
            meant = date(year, month, day)
        except ValueError:
            continue
        if today <= meant <= today + timedelta(days=_WITHIN_DAYS):
            return True
    return False
