"""Words that empty a field: by its name (“跟进先空着”, “不写联系人”) or by the value that it holds (“李敏去掉”)."""

from __future__ import annotations

import re

from nlp import dates
from nlp.replies import values
from nlp.types import Context, Draft, FieldName

#: What is said behind a field's name to empty it.
BEHIND_NAME = (
    r"(?:(?:[，,]|那一?[栏项块]|一栏)?(?:就|先|都|也|暂时|还|目前|现在|给我|帮我)*"
    r"(?:清空|清掉|清了|去掉|去了|删掉|删了|删|取消|拿掉|抹掉|划掉|不填了?|不写了?|别写了?|别填了?|不记了?|别记了?|不管了?|别管了?|(?:别|不要|不用)(?:定|设|写|填|记|安排)了?"
    r"|空着|空起|空白|空出来|待补|不用填?了?|不用写了?|不要了?|没有了?|没了|无|不知道|未知|不定|没定|定不了|再说|留空|留白|放空|为空|算了)"
    r"|没有|没了?)"
)
_NAME = (
    r"(?:(?P<next_followup>(?:下一?次)?(?:跟进|回访|拜访)(?:日期?|时间)?|日期|时间|日子|下次)"
    r"|(?P<contact>跟谁[聊谈见碰]的|[见找]的谁|联系人|对接人|人名|名字)|(?P<stage>阶段|进度)"
    r"|(?P<obstacle>(?:关键|主要)?(?:障碍|卡点|阻碍|难点|顾虑|困难|堵点|阻力))|(?P<customer>客户(?:名称?)?))"
)
#: What is said in front of a field's name to empty it.
IN_FRONT = re.compile(
    r"(?:不用|不需要|没必要|别|先不|暂时不|不)(?:再)?(?P<going>跟进|回访|再去|联系(?!人)|跟(?=了))了?(?=[，,。；;\s!！吧啊呢]|$)"
    r"|(?:没[有得]?|莫得|无|不存在|木有|冇得?)(?:什么|啥子?|任何|太大的?|别的|其他)?(?:大|明显)?(?:的)?(?P<none>障碍|卡点|阻碍|顾虑|难点|困难|阻力)(?:的)?"
    rf"|(?:清空|去掉|删掉|删除|取消|拿掉)(?:一下)?{_NAME}(?!人)"
)
_REFUSED_NAME = re.compile(
    r"(?:没有?|无)(?:什么|具体的?|固定的?)?(?P<person>联系人|对接人)(?=[，,。；;\s]|[吧啊呢了]|$)|"
    r"(?:先别|先不要|先不|就别|别|不要|不用|不必|暂时不|就不|不)(?:再)?(?:写|填|记|留|定|设|加|要)(?:上|了|什么|啥)?"
    + _NAME
)
_GONE = (
    r"(?:去掉|去了|删掉|删了|删除|拿掉|抹掉|划掉|清掉|取消|不要(?:写|填|记)?了?|不用写了?|不写了?|别写了?|不用记了?|别记了?"
    r"|不用提了?|不算了?)"
)
_VALUE_GONE = re.compile(
    rf"(?:把|将)?(?:[那这]个)?(?P<value>[^\s，,。；;\n]{{2,20}}?)(?:[那这一][个句条块点]|这些?|那些?)?(?:就|先|都|也|给我|帮我)*{_GONE}[吧了啊呀]*"
    r"(?=[，,。；;\s!！]|$)"
)
_GONE_VALUE = re.compile(
    r"(?:去掉|删掉|删了|删除|拿掉|划掉|取消|先?别写|先?不要写?|不用写|先?不写)(?P<value>[^\s，,。；;\n]{2,20}?)"
    r"(?:[那这一][个句条块点])?[吧了啊呀]*(?=[，,。；;\s!！]|$)"
)
_MATTER = re.compile(r"(?:的|这个|那个)?(?:事儿?|事情|问题|原因|缘故|毛病)$")


def by_name(text: str) -> list[tuple[FieldName, int, int]]:
    """Return the fields that are emptied by a word in front of their name, and where that stands."""
    found: list[tuple[FieldName, int, int]] = []
    for pattern in (IN_FRONT, _REFUSED_NAME):
        for match in pattern.finditer(text):
            name = _field(match)
            if all(name != other for other, _, _ in found):
                found.append((name, match.start(), match.end()))
    return found


def _field(match: re.Match[str]) -> FieldName:
    said = match.groupdict()
    if said.get("going"):
        return "next_followup"
    if said.get("none"):
        return "obstacle"
    if said.get("person"):
        return "contact"
    names: tuple[FieldName, ...] = ("customer", "contact", "stage", "next_followup", "obstacle")
    return next(name for name in names if said.get(name))


def by_value(text: str, context: Context, draft: Draft | None) -> list[tuple[FieldName, int, int]]:
    """Return the fields whose present value the text takes away (“李敏去掉”, “交期太长那句不要了”), and where."""
    if draft is None:
        return []
    found = []
    for pattern in (_VALUE_GONE, _GONE_VALUE):
        for match in pattern.finditer(text):
            name = held(match["value"], context, draft)
            if name is not None:
                found.append((name, match.start(), match.end()))
        if found:
            break
    return found


def about(words: str) -> str:
    """Return what the words are about: 交期 of 交期的事, 交期的问题."""
    return _MATTER.sub("", values.bare(words))


def held(words: str, context: Context, draft: Draft) -> FieldName | None:
    """Return the field of the draft whose present value these words are; never the customer, which is replaced."""
    said = values.bare(words)
    if len(said) < 2:
        return None
    if draft.obstacle and (said in draft.obstacle or draft.obstacle in said):
        return "obstacle"
    if draft.contact and values.looks_like_person(said, context, draft.customer):
        person = values.contact(said, context, draft.customer)
        return "contact" if person is not None and person.value == draft.contact else None
    if draft.stage and said == draft.stage:
        return "stage"
    mention = dates.resolve_first(said, context.at) if values.is_mostly_day(said, context) else None
    return "next_followup" if mention is not None and mention.date == draft.next_followup else None
