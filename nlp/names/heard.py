"""People as a recogniser wrote them down: names and titles that only sound right (遭总 for 邹总, 宫剪 for 龚姐).

Only for speech, and only where nobody is named otherwise. A stretch is taken for a contact of the customer where
exactly one contact sounds so and the stretch is no everyday word; a new person is taken where a role stands before.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from pypinyin.constants import PHRASES_DICT

from nlp.names.acquaintance import By, Known, title_fits
from nlp.names.everyday import COMMON, FUNCTION
from nlp.names.people import Person, is_usual, people_called
from nlp.names.reading import Reading
from nlp.names.sound import fold, likeness, plain, readings
from nlp.names.surnames import COMPOUND, TITLE_FITS
from nlp.names.words import words
from nlp.types import Contact, Customer, Span

#: Characters written for a spoken title: the same syllable, or one that recognisers confuse with it.
_TITLE_SOUNDS = {
    "哥": "哥歌戈鸽",
    "姐": "姐解街杰洁捷皆揭剪",
    "工": "工公宫弓功攻恭",
    "总": "总宗综踪纵",
}
_LONG_TITLES = tuple(title for title, fits in TITLE_FITS.items() if len(title) > 1 and fits)
#: From which on two characters sound alike (`sound.likeness`): a confusion of regional Mandarin.
_ALIKE = 0.8
#: Written titles of new people: nothing else is said with these right after a role.
_NEW_TITLES = {char: title for title, chars in (("哥", "歌戈鸽"), ("姐", "街皆揭剪")) for char in chars}
#: Surnames by how many bear them in this spelling; of several that sound alike the first is written.
_USUAL = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾萧田董袁潘蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆"
    "汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤常温康施文牛樊葛邢安齐易乔"
    "伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛骆"
)
#: Words that hold a title's sound, or end before a title (区域经理).
_EVERYDAY = COMMON | frozenset(
    words(
        """
        讲解 理解 和解 化解 分解 缓解 调解 整洁 简洁 清洁 快捷 敏捷 便捷 修剪 裁剪 加工 施工 成功 完工 开工 手工 办公
        竣工 用工 人工 动工 停工 复工 返工 分工 电工 焊工 技工 民工 汇总 综合 行踪 操纵 商业街 区域 大区 片区 城市
        省区 大堂 楼面 值班 客服 执行 常务 分管 业务 商务 服务
        """
    )
)
#: Words of one character that stand before a title (就差董事长签字).
_BEFORE_TITLE = frozenset("差叫请问待和陪等找见约催前现副正代级")
#: Characters of a surname with a title of one character.
_WITH_SHORT_TITLE = 2
_ROLE_BEFORE = re.compile("(?:店长|老板娘?|采购|经理|总监|主管|厂长|师傅|厨师长|负责人|联系人)(?:是|叫|姓)?[，,、 ]?$")
_CLAUSE_ENDS = re.compile("[，,。.！!？?；;、 ]|$")
#: Why somebody was not there, as it sounds (产价 for 产假), within so many characters behind the name.
_AWAY = tuple(plain(word) for word in ("产假", "休假", "请假", "离职", "辞职"))
_AWAY_WITHIN = 5


def heard_contacts(reading: Reading, customer: Customer, beside: Span | None) -> list[Known]:
    """Return the one contact of a customer whose name or surname and title can be heard in the note, or nothing."""
    blocked = [person.span for person in reading.people if person.kind != "role"]
    blocked += [beside] if beside else []
    for finder in (_full_name, _before_title, _long_title, _spoken_title):
        found = {
            contact.name: Known(contact, span, by)
            for contact in customer.contacts
            for span, by in finder(reading, contact)
            if not any(_overlaps(span, other) for other in blocked)
        }
        if found:
            return list(found.values()) if len(found) == 1 else []
    return []


def heard_strangers(reading: Reading) -> Iterator[Person]:
    """New people right after a role, by surname and 哥 or 姐 (店长副歌 for 店长付哥), in the usual spelling."""
    text = reading.text
    for at in range(1, len(text) - 1):
        title = _NEW_TITLES.get(text[at + 1])
        surname = _surname_of_sound(plain(text[at])) if title else ""
        if not (surname and title and _ROLE_BEFORE.search(text, 0, at) and _CLAUSE_ENDS.match(text, at + 2)):
            continue
        if text[at : at + 2] not in _EVERYDAY:
            yield Person(surname + title, Span(at, at + 2), "nick", surname, title)


def heard_away(reading: Reading, span: Span) -> bool:
    """Return whether it sounds as if the person were on leave or gone, in the clause right behind the name."""
    clause = _CLAUSE_ENDS.search(reading.text, span.end)
    end = min(span.end + _AWAY_WITHIN, clause.start() if clause else len(reading.text))
    return any(word in reading.plain[span.end : end] for word in _AWAY)


@lru_cache(maxsize=8192)
def one_off(said: str, meant: str) -> bool:
    """Return whether two characters sound alike or differ in one sound (遭 and 邹, 联 and 林)."""
    if likeness(said, meant) >= 0.8:
        return True
    return any(_one_sound_off(fold(a), fold(b)) for a in readings(said)[:1] for b in readings(meant)[:2])


def _one_sound_off(ours: str, theirs: str) -> bool:
    (start, end), (other_start, other_end) = _spoken(ours), _spoken(theirs)
    if start != other_start or not start or not set(end) & set(other_end):
        return False
    short, long = sorted((end, other_end), key=len)
    if len(short) == len(long):
        return sum(a != b for a, b in zip(short, long, strict=True)) == 1
    return any(short == long[:at] + long[at + 1 :] for at in range(len(long)))


def _spoken(syllable: str) -> tuple[str, str]:
    """Return a syllable's two parts as spoken: -ian is said -ien, -ong as -ung, -ao as -au."""
    cut = 1 if syllable[:1] not in "aeo" else 0
    rest = syllable[cut:].replace("ian", "ien") if not syllable.endswith("iang") else syllable[cut:]
    return syllable[:cut], rest.replace("ong", "ung").replace("ao", "au")


def _full_name(reading: Reading, contact: Contact) -> Iterator[tuple[Span, By]]:
    """A name with at most one character that is one sound off; a name of two only behind the contact's title."""
    size = len(contact.name)
    for at in range(len(reading.text) - size + 1) if size in (2, 3) else ():
        said = reading.text[at : at + size]
        if size == 2 and not (contact.title and reading.text[:at].endswith(contact.title[-2:])):
            continue
        exact = sum(likeness(ours, theirs) >= 0.8 for ours, theirs in zip(said, contact.name, strict=True))
        if (
            exact == size - 1
            and all(map(one_off, said, contact.name))
            and not _everyday(reading.text, Span(at, at + size))
        ):
            yield Span(at, at + size), "near"


def _before_title(reading: Reading, contact: Contact) -> Iterator[tuple[Span, By]]:
    """A character before a title that sounds nearly like the contact's surname and is no surname itself."""
    surname = contact.name[:1]
    if contact.name[:2] in COMPOUND:
        return
    for said in dict.fromkeys(reading.text):
        if is_usual(said) or said in FUNCTION or said in _BEFORE_TITLE or not one_off(said, surname):
            continue
        for person in people_called(reading.text, said):
            fits = person.kind == "title" and title_fits(person.title, contact)
            if fits and not _everyday(reading.text, _beginning(person.span)) and not _in_a_role(reading, person.span):
                yield person.span, "near"


def _long_title(reading: Reading, contact: Contact) -> Iterator[tuple[Span, By]]:
    """The surname, or its sound, before what sounds like a title of two characters or more (许敬篱 for 许经理)."""
    surname = contact.name[:1]
    if contact.name[:2] in COMPOUND:
        return
    titles = [title for title in _LONG_TITLES if title_fits(title, contact)]
    for at in range(len(reading.text) - 2):
        if reading.plain[at] != plain(surname):
            continue
        for title in titles:
            span = Span(at, at + 1 + len(title))
            said = reading.text[at + 1 : span.end]
            if _is_title(said, title, sure=reading.text[at] == surname) and not _everyday(
                reading.text, _beginning(span)
            ):
                yield span, "near"


def _is_title(said: str, title: str, *, sure: bool) -> bool:
    """Return whether a stretch sounds like a title; behind the `sure` surname one of its characters may be one off."""
    if len(said) != len(title):
        return False
    wrong = [(ours, theirs) for ours, theirs in zip(said, title, strict=True) if likeness(ours, theirs) < _ALIKE]
    return not wrong or (sure and len(wrong) == 1 and one_off(*wrong[0]))


def _spoken_title(reading: Reading, contact: Contact) -> Iterator[tuple[Span, By]]:
    """The surname's sound before what sounds like 哥, 姐, 工 or 总."""
    surname = plain(contact.name[:1])
    for at in range(len(reading.text) - 1):
        if reading.plain[at] != surname or contact.name[:2] in COMPOUND:
            continue
        for title, chars in _TITLE_SOUNDS.items():
            fits = title in "哥姐" or title_fits(title, contact)
            if fits and reading.text[at + 1] in chars and not _everyday(reading.text, Span(at, at + 2)):
                yield Span(at, at + 2), "near"


def _everyday(text: str, span: Span) -> bool:
    """Return whether two characters at the stretch, or across its ends, are a word."""
    pairs = (text[at : at + 2] for at in range(max(0, span.start - 1), min(span.end, span.start + 2)))
    return any(pair in _EVERYDAY or pair in PHRASES_DICT for pair in pairs)


def _beginning(span: Span) -> Span:
    """Return a name without what follows the first character of a long title, for 经理 is a word by itself."""
    return span if span.end - span.start <= _WITH_SHORT_TITLE else Span(span.start, span.start + 1)


def _in_a_role(reading: Reading, span: Span) -> bool:
    return any(person.kind == "role" and person.span.start < span.start < person.span.end for person in reading.people)


@lru_cache(maxsize=512)
def _surname_of_sound(sound: str) -> str:
    return next((surname for surname in _USUAL if plain(surname) == sound), "")


def _overlaps(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end
