"""Trade words that a recogniser broke (和同 for 合同, 阅结 for 月结), mended for reading.

Only the reading is mended: the text keeps its length, so that spans found in the reading are spans of the note as
received, and values are cut from the note itself. A stretch is taken for a trade word where it sounds exactly like one
(tones aside) and is no everyday word. Words with common doubles (质检 and 之间) are left out.
"""

from __future__ import annotations

import re
from functools import lru_cache

from pypinyin.constants import PHRASES_DICT

from nlp.names.everyday import COMMON
from nlp.names.sound import plain, readings

_WORDS = [
    "合同",
    "法务",
    "盖章",
    "用印",
    "账期",
    "月结",
    "预付款",
    "预付",
    "定金",
    "尾款",
    "首付",
    "付款",
    "货款",
    "质保金",
    "违约金",
    "报价",
    "降价",
    "压价",
    "折扣",
    "运费",
    "预算",
    "成本",
    "图纸",
    "参数",
    "公差",
    "精度",
    "节拍",
    "选型",
    "需求",
    "方案",
    "评审",
    "样件",
    "样品",
    "样机",
    "打样",
    "试吃",
    "试饮",
    "良率",
    "良品率",
    "划痕",
    "毛刺",
    "飞边",
    "色差",
    "缩水",
    "排产",
    "交期",
    "提货",
    "交付",
    "验收",
    "进场费",
    "条码费",
    "陈列费",
    "陈列",
    "堆头",
    "动销",
    "临期",
    "铺货",
    "首单",
    "名片",
    "促销",
    "起订量",
    "采购",
    "拍板",
    "审批",
    "流程",
    "董事会",
    "驻厂",
    "噪音",
    "毛利",
    "库存",
    "断货",
    "技术",
    "财务",
    "售后",
    "调试",
    "联调",
    "表面",
    "出厂价",
    "供货价",
    "进货价",
    "报价单",
    "陈列图",
    "布局图",
    "返点",
    "冰柜",
    "冷柜",
]
#: Stretches that sound like a trade word and are good words themselves.
_REAL = COMMON | {"幅宽", "定进", "式样", "打烊", "经度", "精读", "计数", "教父", "平身", "收付", "成本", "饭店"}
_LENGTHS = (4, 3, 2)
#: Two syllables in y- and j- before a usual term of payment are 月结 (邀纪90天).
_TERM = re.compile("(?P<said>[\u4e00-\u9fff]{2})(?=(?:30|45|60|90|120|三十|四十五|六十|九十|一百二十?)天)")


@lru_cache(maxsize=1)
def _by_sound() -> dict[str, str]:
    return {plain(word): word for word in reversed(_WORDS)}


def mended(text: str) -> str:
    """Return `text` with broken trade words replaced by the words they sound like; the length stays."""
    known, sound = _by_sound(), plain(text)
    parts, at = list(text), 0
    while at < len(text) - 1:
        length = _length_at(text, sound, at, known)
        if length:
            parts[at : at + length] = known[sound[at : at + length]]
        at += length or 1
    return _TERM.sub(_term, "".join(parts))


def _term(match: re.Match[str]) -> str:
    """Return 月结 for what begins like it, else what was said."""
    said = match["said"]
    alike = said not in PHRASES_DICT and all(
        any(reading.startswith(first) for reading in readings(char)[:1]) for char, first in zip(said, "yj", strict=True)
    )
    return "月结" if alike else said


def _length_at(text: str, sound: str, at: int, known: dict[str, str]) -> int:
    """Return the length of the trade word that sounds at `at`, 0 for none."""
    for length in _LENGTHS:
        heard = text[at : at + length]
        if sound[at : at + length] in known and (heard not in _REAL or heard == known[sound[at : at + length]]):
            return length
    return 0
