"""Days told from the draft's own day: “再晚两天”, “往后推一周”, “提前到周四”.

The day that a draft holds is where such words count from; where it holds none they name no day.
"""

from __future__ import annotations

import re
from datetime import date, timedelta

from nlp.types import Context, Draft

_SUBJECT = (
    r"(?:(?:把|将)?(?:下一?[次回])?(?:跟进|跟近|拜访|回访|联系|见面|日期|时间|日子|下[次回]|ddl)(?:日期?|时间|的?日子|那?天)?"
    r"(?:那一?[栏项块])?|(?:(?<=^)|(?<=[\s，,。；;、]))(?:[^\s，,。；;、]{0,8}那[天个])?)"
)
_FILLER = r"(?:我|那|就|还是|嗯|呃|干脆|再|又|都|也|给我|帮我|得|要|需要|可以|应该|统一|先|改成?|请|麻烦|[\s，,])*"
_EARLIER = r"(?:提前|提早|(?:往|向)前[头面]?(?:[\u4e00-\u9fff]{1,2}?)?|早|前移)"
_LATER = (
    r"(?:(?:往|向|再)后[头面]?(?:[\u4e00-\u9fff]{1,2}?)?|推迟|推后|推|延后|延迟|延期|延|顺延|后延|挪后|晚"
    r"|拖后?|缓|迟|宽限|顺|[+＋])"
)
_AMOUNT = (
    r"(?:个|上|它|他)?(?P<n>\d{1,2}|一两|两三|三四|四五|三五|十[一二三四五]?|[一二两俩三四五六七八九半])?(?P<some>个把|来)?个?"
    r"(?P<unit>天|日|周|星期|礼拜|月)"
)
_SHIFT = re.compile(
    rf"{_SUBJECT}{_FILLER}(?:(?P<earlier>{_EARLIER})|(?P<later>{_LATER})){_FILLER}{_AMOUNT}"
    r"(?:左右|的样子|再(?:说|去|联系|跟进|约|聊|看)|去|跟进|吧|了|呢|哈|啊|好了)*"
    r"(?=[\s，,。；;！!、]|$|然后|还有|另外|阶段|联系人|客户|障碍|卡点)"
)
_ANYWHERE = re.compile(rf"(?:(?P<earlier>{_EARLIER})|(?P<later>{_LATER})){_FILLER}{_AMOUNT}")
_NUMBERS = {**{char: k + 1 for k, char in enumerate("一二三四五六七八九")}, "两": 2, "俩": 2, "一两": 1, "两三": 2}
_NUMBERS |= {"三四": 3, "三五": 3, "四五": 4, **{"十" + char: k + 11 for k, char in enumerate("一二三四五")}, "十": 10}
_DAYS = {"天": 1, "日": 1, "周": 7, "星期": 7, "礼拜": 7}
_TO_LATER = re.compile(r"(?:推迟|推后|推|延后|延迟|延|顺延|挪后|往后[^\s，,]{0,2}|向后[^\s，,]{0,2}|拖|晚)[到至]$")
_TO_EARLIER = re.compile(r"(?:提前|提早|往前[^\s，,]{0,2}|向前[^\s，,]{0,2}|早)[到至]$")
_BARE_WEEKDAY = re.compile(r"\s*(?:周|星期|礼拜)[一二三四五六日天]")


def find_shift(
    text: str, context: Context, draft: Draft | None, *, anywhere: bool = False
) -> tuple[date, int, int] | None:
    """Return the day that the words move the draft's day to, and where they stand; None where they move none.

    With `anywhere` they may stand within a sentence. A day before the message's own is none that anybody means.
    """
    match = _SHIFT.search(text) or (_ANYWHERE.search(text) if anywhere else None)
    base = draft.next_followup if draft is not None else None
    if match is None or base is None:
        return None
    moved = _moved(base, match)
    if moved is None or moved < context.at.date():
        return None
    return moved, match.start(), match.end()


def _moved(base: date, match: re.Match[str]) -> date | None:
    said = match["n"]
    if said is None and not match["some"]:
        return None
    sign = -1 if match["earlier"] else 1
    if said == "半":
        return base + timedelta(days=15 * sign) if match["unit"] == "月" else None
    count = int(said) if said and said.isdigit() else _NUMBERS.get(said or "一", 1)
    if match["unit"] == "月":
        return _months_on(base, count * sign)
    return base + timedelta(days=_DAYS[match["unit"]] * count * sign)


def _months_on(base: date, months: int) -> date:
    year, month = divmod(base.year * 12 + base.month - 1 + months, 12)
    for day in range(base.day, 0, -1):
        try:
            return date(year, month + 1, day)
        except ValueError:
            continue
    raise AssertionError("a month has a first day")


def on_the_meant_side(day: date, before: str, words: str, context: Context, draft: Draft | None) -> date:
    """Return `day` moved by whole weeks so that a bare weekday lies after 推到, before 提前到 (of the draft's day)."""
    base = draft.next_followup if draft is not None else None
    if base is None or not _BARE_WEEKDAY.match(words):
        return day
    if _TO_LATER.search(before):
        while day <= base:
            day += timedelta(days=7)
    elif _TO_EARLIER.search(before) and day >= base:
        earlier = base - timedelta(days=(base - day).days % 7 or 7)
        return earlier if earlier >= context.at.date() else day
    return day
