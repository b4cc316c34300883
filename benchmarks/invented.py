"""Invented companies, people and notes for the names stress test: seeded, and written apart from the matching rules.

Nothing here is taken from the corpus. The lists are what companies and notes are made of, not what the matcher knows:
trades that it has no word for, everyday words as names, letters and numbers, groups, twins and nested names.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from pypinyin.constants import PINYIN_DICT

from nlp.names.places import CITIES
from nlp.names.sound import fold, readings
from nlp.names.words import words
from nlp.types import Contact, Customer, Rep

REPS = 12
_CORE = (
    "安百邦宝北博昌超辰诚驰创聪达德迪鼎东恩凡飞丰峰福富港高格冠光广贵国海汉昊浩恒弘虹鸿华辉汇惠吉嘉佳坚建江杰金晶景久巨"
    "军君骏凯康科克坤蓝乐雷力利立联良亮林凌领隆鲁路铭明纳南能宁诺欧鹏品普奇启千强钦青庆泉仁荣融瑞润森山尚申晟盛狮时思斯"
    "松泰腾天田通同万维伟文西希先祥翔向新鑫信兴雄旭轩雅亚研阳一易逸益银英永友宇裕元源远岳跃云运泽展兆振正志智中众洲卓紫"
)
#: Ordinary words that are companies' names as well.
_WORDS = words(
    """
    蜂鸟 蓝天 远方 小镇 早晨 方向 力量 春风 山泉 河马 大象 麦田 橙子 目标 空间 专业 标杆 高度 领先 起点 满意 放心 新鲜
    速度 经典 优势 传奇 家园 童年 阳光 星期八 好朋友 第一站 大家庭 快乐 精彩 团圆 丰收 平安 大地 天空 老街 邻居
    彩虹 桥梁 纽带 钥匙 雪花 里程 先锋 风帆 港湾 灯塔 火炬 清风 明月 贝壳 稻草 笑脸 步步高 蜜糖 摇篮 竹林 雄鹰 拾光
    """
)
#: Trades; the matching rules have words for about half of them.
_TRADES = words(
    """
    粉末冶金 滤清器 管业 食材 母婴用品 农牧 生物科技 智控 精密机械 电子 包装 汽车配件 商贸 医疗器械 新材料 数控设备 食品
    光伏科技 餐饮管理 塑胶 五金制品 便利店 超市 钢结构 密封件 油脂 电子商务 乳业 检测 轴承 模具 线缆 化工 家具 制冷设备
    """
)
_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆"
)
_GIVEN = "伟芳娜敏静磊军洋艳勇杰涛超秀兰霞平刚桂英华建国玉梅红鹏飞婷雪宇浩欣怡子涵俊峰志强海燕晓东春梅文博立新"
_TITLES = {
    "采购经理": "经理",
    "总经理": "总",
    "生产经理": "经理",
    "技术总监": "总监",
    "质量经理": "经理",
    "项目经理": "经理",
    "老板": "老板",
    "厂长": "厂长",
    "店长": "店长",
    "工程师": "工",
}
_LETTERS = "ABCDEFGHJKLMNPQRSTVWXYZ"


@dataclass(frozen=True, slots=True)
class Company:
    """An invented customer, what it is an example of, and what people call it."""

    customer: Customer
    kind: str
    called: str


def directory_of(dice: random.Random, count: int) -> list[Company]:
    """Return about `count` companies of all kinds, dealt out to the reps."""
    makers: tuple[Callable[[random.Random], list[Company]], ...] = (_plain, _plain, _plain, _bare, _long, _letters)
    makers += (_everyday, _nested, _group, _twins)
    companies: list[Company] = []
    while len(companies) < count:
        companies += dice.choice(makers)(dice)
    dice.shuffle(companies)
    return [
        replace(
            company,
            customer=replace(company.customer, customer_id=f"S{number:05d}", owner=f"rep{dice.randrange(REPS)}"),
        )
        for number, company in enumerate(companies)
    ]


def reps() -> list[Rep]:
    """Return the reps that own the companies; their names are nobody else's."""
    return [
        Rep(f"rep{number}", f"{'穆郝毕纪祝阮'[number % 6]}{'一二三四五六七八九十百千'[number]}")
        for number in range(REPS)
    ]


def homophone(dice: random.Random, char: str) -> str:
    """Return another common character of the same syllable, or the character where there is none."""
    return _other(dice, char, _BY_SYLLABLE.get(_syllable(char), ()))


def confusion(dice: random.Random, char: str) -> str:
    """Return a common character of a syllable that regional Mandarin confuses with this one (zh/z, n/l, ang/an)."""
    return _other(dice, char, _BY_CONFUSION.get(fold(_syllable(char)) if _syllable(char) else "", ()))


def neighbour(dice: random.Random, char: str) -> str:
    """Return a common character whose syllable keeps the initial or the final only: a half-heard one."""
    mine = _syllable(char)
    if not mine:
        return char
    near = [one for one in _BY_SYLLABLE if one != mine and (one[0] == mine[0] or one[-2:] == mine[-2:])]
    return dice.choice(_BY_SYLLABLE[dice.choice(near)]) if near else char


def sounds(text: str) -> list[str]:
    """Return the syllables of a text with the Mandarin confusions forgotten, all readings, one list."""
    return [fold(reading) for char in text for reading in readings(char)]


def _other(dice: random.Random, char: str, known: Iterable[str]) -> str:
    others = [one for one in known if one != char]
    return dice.choice(others) if others else char


def _syllable(char: str) -> str:
    return readings(char)[0] if readings(char) else ""


def _is_common(char: str) -> bool:
    """Return whether a character is of the first, common level of GB 2312."""
    try:
        code = char.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return len(code) == 2 and 0xB0 <= code[0] < 0xD8


def _by(key: Callable[[str], str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for char in sorted(map(chr, PINYIN_DICT)):
        if _is_common(char):
            found.setdefault(key(_syllable(char)), []).append(char)
    return found


_BY_SYLLABLE = _by(lambda syllable: syllable)
_BY_CONFUSION = _by(fold)


def _core(dice: random.Random, size: int = 2) -> str:
    return "".join(dice.sample(_CORE, size))


def _people(dice: random.Random) -> tuple[Contact, ...]:
    surnames = dice.sample(_SURNAMES, dice.randint(1, 3))
    return tuple(
        Contact(surname + "".join(dice.sample(_GIVEN, dice.choice((1, 2)))), dice.choice(list(_TITLES)))
        for surname in surnames
    )


def called(contact: Contact) -> str:
    """Return how people call a contact by surname: 王建国, 采购经理 → 王经理."""
    return contact.name[0] + _TITLES[contact.title]


def _company(dice: random.Random, kind: str, core: str, *aliases: str, city: str = "", group: str = "") -> Company:
    city, trade = city or dice.choice(_BIG_CITIES), dice.choice(_TRADES)
    names = aliases or (core, core + trade[:2])
    row = Customer(
        "", f"{city}{core}{trade}有限公司", names, city=city, industry=trade, contacts=_people(dice), group=group
    )
    return Company(row, kind, min(names, key=len))


_BIG_CITIES = sorted(CITIES)[::3]


def _plain(dice: random.Random) -> list[Company]:
    return [_company(dice, "plain", _core(dice, dice.choice((2, 2, 2, 3))))]


def _bare(dice: random.Random) -> list[Company]:
    """Imported without aliases: only the registered name is known."""
    company = _company(dice, "no alias", _core(dice))
    return [replace(company, customer=replace(company.customer, aliases=()))]


def _long(dice: random.Random) -> list[Company]:
    """Four characters, half of them a word (中车时代)."""
    core = _core(dice) + dice.choice([word for word in _WORDS if len(word) == 2])
    return [_company(dice, "long", core, core)]


def _letters(dice: random.Random) -> list[Company]:
    """TCL, 3M, K9, 华星TCL."""
    letters = "".join(dice.sample(_LETTERS, dice.choice((2, 3))))
    core = dice.choice((letters, letters, f"{dice.randint(2, 9)}{letters[0]}", _core(dice) + letters))
    return [_company(dice, "letters", core, core)]


def _everyday(dice: random.Random) -> list[Company]:
    word = dice.choice(_WORDS)
    return [_company(dice, "everyday", word, word)]


def _nested(dice: random.Random) -> list[Company]:
    """One name inside another one's."""
    short = _core(dice)
    longer = short + dice.choice(_CORE)
    return [_company(dice, "nested", short), _company(dice, "nested", longer, longer)]


def _group(dice: random.Random) -> list[Company]:
    """A group's companies in several cities share its name."""
    core = _core(dice)
    cities = dice.sample(_BIG_CITIES, 3)
    return [_company(dice, "group", core, core, city=city, group=f"{core}集团") for city in cities]


def _twins(dice: random.Random) -> list[Company]:
    """Two strangers of the same short name in different cities."""
    core = _core(dice)
    return [_company(dice, "twins", core, city=city) for city in dice.sample(_BIG_CITIES, 2)]
