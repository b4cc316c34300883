"""Finds the persons a note mentions: 王经理, 老马, 小孟, 采购邱玲, 质量经理. Whether they were met, `cues` judges."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from nlp.names.everyday import FUNCTION
from nlp.names.places import CITIES
from nlp.names.surnames import COMPOUND, ROLE, SINGLE, TITLE_FITS
from nlp.names.words import one_of
from nlp.types import Span

Kind = Literal["full", "title", "nick", "role"]

_HAN = "[\u4e00-\u9fff]"
#: Surnames that are also everyday words before a title (跟经理说, 和老板谈, 从总部).
_NEVER_BEFORE_TITLE = frozenset("和跟对从有是在把被给让请找叫那位南原时全向应成连车路农司商官位满")
_SURNAME = "(?:" + "|".join(COMPOUND) + "|[" + "".join(sorted(SINGLE - _NEVER_BEFORE_TITLE)) + "])"
_TITLES = sorted(TITLE_FITS, key=len, reverse=True)
_TITLE = "(?:" + "|".join(_TITLES) + ")"
#: A title that begins a longer everyday word: 总 of 总部, 工 of 工厂.
_NOT_A_TITLE = (
    "(?!(?<=总)"
    + one_of("部 价 共 额 数 量 公司 体 成本 和 计")
    + "|(?<=工)"
    + one_of("厂 艺 程 序 况 作 业 地 人 资 时 期 具 装 位 钱 费 车间")
    + ")"
)
_TITLED = re.compile(f"小?(?P<surname>{_SURNAME})(?P<title>{_TITLE}){_NOT_A_TITLE}")
#: Short titles that are parts of words: 邝生 (Cantonese), 李处, 赵科, 刘局, 张队. What follows must show a person.
_TITLED_SHORT = re.compile(
    f"(?<![\u4e00-\u9fff])(?P<surname>{_SURNAME})(?P<title>[生处科局队院校伯叔嫂姨兄爷])(?=[，。,、：: ]|话|讲|说|倾|$)"
)
#: 姓王的经理, 姓李的.
_SURNAMED = re.compile(f"姓(?P<surname>{_SURNAME})的?(?P<title>{_TITLE})?")
#: Known by a given name: 强哥, 燕姐, 晓红姐.
_FAMILIAR = re.compile("(?P<given>[\u4e00-\u9fff])(?P<title>[哥姐])(?![弟妹们夫])")
_NOT_GIVEN = FUNCTION | frozenset("大小表老帅空他她我你二三四的了和跟是见找叫个位这那靓美学师堂亲姑富")
#: 孙丽经理: a full name before a title, where something shows its beginning.
_FULL_TITLED = re.compile(
    "(?:^|(?<=[\\s，。、,：:；（(跟和与找见了到叫是约陪]))"
    f"(?P<name>{_SURNAME}[\u4e00-\u9fff]{{1,2}})(?P<title>{'|'.join(t for t in _TITLES if len(t) > 1)})"
)
#: Kevin, Lisa: after a word of meeting, or before one of speaking or a title.
_FOREIGN = re.compile(
    "(?:(?<=[跟和与找见叫])|(?<=采购|经理|总监|老板|店长)|(?<=负责人|联系人))(?P<a>[A-Z][a-z]{2,9})(?![a-zA-Z])"
    "|(?<![A-Za-z])(?P<b>[A-Z][a-z]{2,9})(?=总|经理|总监|工|说|讲|觉得|反馈|接待|在|回)"
)
_NOT_FOREIGN = frozenset(
    ("Met", "Demo", "Email", "Call", "Please", "Update", "Today", "Excel", "Word", "Wifi", "Offer")
)
_TITLE_PATTERN = re.compile(f"(?P<title>{_TITLE}){_NOT_A_TITLE}")
_TITLED_LONG = re.compile(f"(?P<surname>{_SURNAME})(?P<title>{'|'.join(t for t in _TITLES if len(t) > 1)})")
#: Surnames that are everyday words after 老 or 小 (小单, 小时, 老白).
_NEVER_NICK = frozenset("单时米南成路车原农连官沙古全向门店")
_NICK = re.compile(
    f"(?P<mark>[老小])(?P<surname>[{''.join(sorted(SINGLE - _NEVER_NICK))}])"
    "(?!陈醋|醋|板|方案|程序|区|时|机|样|钱|化|镇|型|号|家|店|厂|贵|装|额)"
)
_CALLED = re.compile(f"阿(?![拉他她它我你们的了]){_HAN}(?=[讲说话聊谈在碰，。,、 ]|$)")
_ROLE = re.compile(ROLE)
_NO_PERSON = re.compile("施工|开工|员工|手工|加工|汇总|老总的|高工艺|安全总|任务|高总价|石板|文员|钱总额")
#: A character of a given name, and what follows an unknown full name in running speech.
_GIVEN = "[\u4e00-\u9fff]"
_NAME_BEFORE = (
    "(?:"
    + one_of(
        """
    接待 聊 谈 说 讲 碰 对接 见面 在 带 陪 那边 反馈 反映 确认 沟通 交流 回复 答应 表示 觉得 要 电话 微信 嫌 也
    都 一起 当面 给 问 提 做 定 拍
    """
    )
    + "|[，。：:、,;；）)\\s/！!？?]|$|\\d)"
)
_NAME = f"(?P<name>{_SURNAME}{_GIVEN}{{1,2}}?)(?={_NAME_BEFORE})"
_UNKNOWN_FULL = re.compile(f"(?<=采购|经理|老板|总监|主管|店长|厂长|系人|部长|厨师){_NAME}")
_AFTER_WORD = re.compile(one_of("跟 和 与 找 见了 见到 见 碰到 遇到 叫 新来的 对接的 联系人是? 采购 拜访") + _NAME)
#: A name that heads a line or a message: 周欣怡 10:12; 高佳伟（顺昌）：; 迈凌，汤浩，…
_SPEAKER = re.compile(
    f"(?:^|[\n\\s，。—\\-（(】])(?P<name>{_SURNAME}{_GIVEN}{{1,2}})"
    "(?=[ （(][^\n]{0,12}|\\s*[:：]|\\s+\\d{1,2}[:：]\\d\\d|[，。,\n]|$)"
)
_ADDRESSED_LEFT = re.compile("(?:(?<!客户)(?<!联系人)(?<!对接人)[：:]|\n)\\s*(?:好的|收到|您好|你好)?$")
_ROLE_TAIL = re.compile(
    one_of(
        """
    采购 技术 研发 生产 设备 质量 品质 工艺 项目 财务 营运 运营 渠道 业务 品类 品牌 行政 产品 商务 门店 仓库
    车间 部 区
    """
    )
    + "$"
)
#: Characters that show that what follows a surname is no given name.
_STOP_GIVEN = re.compile(
    "[的了说讲聊谈在和跟要给是不就也都还很把被让去来到上下这那个我你他她它们今明后天周月年总工姐哥价单货款合同案方经理老"
    "板店厂长监客户产品目前后里面问题时候公司部门报跑走吃等看做听打开收送发查找聚约回签谢忙路费用量快慢高低好坏大小多少]"
)


@dataclass(frozen=True, slots=True)
class Person:
    """A person as a note names one. `text` is what stands in the note at `span`.

    `speaker` heads a message of a pasted chat; `addressed` is spoken to in one (陈经理，领导说…).
    """

    text: str
    span: Span
    kind: Kind
    surname: str = ""
    title: str = ""
    given: str = ""
    speaker: bool = False
    addressed: bool = False


@lru_cache(maxsize=8)
def find_people(text: str) -> tuple[Person, ...]:
    """Return the persons named in a note in order, without those that only a directory can tell.

    A role right before a name (采购小孟) describes that person and is none of its own. The last texts are remembered.
    """
    found: list[Person] = []
    for finder in (_full_titled, _titled, _nicknamed, _full_names, _foreign, _roles):
        for person in finder(text):
            if not any(_overlap(person.span, other.span) for other in found):
                found.append(person)
    starts = {person.span.start for person in found if person.kind != "role"}
    whole = [person for person in found if person.kind != "role" or person.span.end not in starts]
    return tuple(sorted(whole, key=lambda person: person.span))


def is_usual(surname: str) -> bool:
    """Return whether `find_people` knows a surname without a directory."""
    return surname in COMPOUND or (surname in SINGLE and surname not in _NEVER_BEFORE_TITLE)


def people_called(text: str, surname: str) -> list[Person]:
    """Return the persons with a surname that is no surname to `find_people`: 应总, 老应."""
    found = []
    start = text.find(surname)
    while start >= 0:
        title = _TITLE_PATTERN.match(text, start + len(surname))
        if title:
            found.append(Person(text[start : title.end()], Span(start, title.end()), "title", surname, title["title"]))
        elif start and text[start - 1] in "老小":
            found.append(Person(text[start - 1 : start + 1], Span(start - 1, start + 1), "nick", surname))
        start = text.find(surname, start + 1)
    return found


def _titled(text: str) -> list[Person]:
    found = []
    for pattern in (_SURNAMED, _TITLED_LONG, _TITLED, _TITLED_SHORT):
        for match in pattern.finditer(text):
            if not _NO_PERSON.match(text, match.start()):
                found.append(_person(match, "title", match["surname"], match["title"] or ""))
    return found


def _full_titled(text: str) -> list[Person]:
    """孙丽经理; not 产品经理, nor 华瑞马经理, where the last character is rather the surname."""
    found = []
    for match in _FULL_TITLED.finditer(text):
        name, title = match["name"], match["title"]
        plausible = not _STOP_GIVEN.search(name[1:]) and not _ROLE_TAIL.search(name)
        if plausible and name[-1] not in SINGLE and not _TITLED.match(text, match.start()):
            found.append(Person(name, Span(*match.span("name")), "full", _surname_of(name), title))
    return found


def _foreign(text: str) -> list[Person]:
    found = []
    for match in _FOREIGN.finditer(text):
        group = "a" if match["a"] else "b"
        if match[group] not in _NOT_FOREIGN:
            found.append(Person(match[group], Span(*match.span(group)), "nick"))
    return found


def _nicknamed(text: str) -> list[Person]:
    named = [_person(match, "nick", match["surname"]) for match in _NICK.finditer(text)]
    named += [
        Person(match.group(), Span(*match.span()), "nick", given=match["given"])
        for match in _FAMILIAR.finditer(text)
        if match["given"] not in _NOT_GIVEN and match["given"] not in SINGLE
    ]
    return named + [_person(match, "nick") for match in _CALLED.finditer(text)]


def _full_names(text: str) -> list[Person]:
    found = []
    for pattern in (_SPEAKER, _AFTER_WORD, _UNKNOWN_FULL):
        for match in pattern.finditer(text):
            name = match["name"]
            if not _STOP_GIVEN.search(name[1:]) and name not in CITIES:
                person = Person(name, Span(*match.span("name")), "full", _surname_of(name))
                found.append(replace(person, speaker=pattern is _SPEAKER))
    return found


def _roles(text: str) -> list[Person]:
    return [_person(match, "role", title=match.group()) for match in _ROLE.finditer(text)]


def _person(match: re.Match[str], kind: Kind, surname: str = "", title: str = "") -> Person:
    addressed = bool(
        _ADDRESSED_LEFT.search(match.string, 0, match.start()) and match.string[match.end() :][:1] in "，,、 "
    )
    return Person(match.group(), Span(*match.span()), kind, surname, title, addressed=addressed)


def _surname_of(name: str) -> str:
    return name[:2] if name[:2] in COMPOUND else name[:1]


def _overlap(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end
