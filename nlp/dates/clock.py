"""Times of day: they name no day, but stand between a day and the day it lasts until."""

from __future__ import annotations

_PART = (
    r"(?:凌晨|清晨|清早|大早|一早|早晨|早上|早间|晨间|上午|中午|正午|午后|晏昼|下午|傍晚|晚上|晚间|夜晚|夜里|夜间|半夜|午夜|"
    r"深夜|早|晚)"
)
_NUMBER = r"(?:\d{1,2}|[零一二三四五六七八九十两]{1,3})"
_MINUTES = rf"(?:半|整|正|多|[一三1-3]刻|{_NUMBER}分?(?:{_NUMBER}秒?)?)?"
#: 下午三点半, 15:37, 9点20, 零时, 晚上.
CLOCK = (
    rf"\s?(?:(?:大约|大概)?{_PART}?\s?(?:\d{{1,2}}[:：]\d{{2}}(?:[:：]\d{{2}})?|"
    rf"{_NUMBER}\s?[点时](?!间|候){_MINUTES}钟?)|{_PART})"
)
