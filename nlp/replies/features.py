"""What a message shows of its kind: its groups of characters, and what is true of it in the dialogue.

These are the features of `nlp.replies.kind_model`; none decides anything alone.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise

import numpy as np

from nlp.fields import lexicon, notelike
from nlp.fields.acts import acts
from nlp.fields.grams import Coded, Ints
from nlp.names.sound import normal
from nlp.types import Context, Draft, FieldName

#: Words that name a field of the card or speak of it.
_FIELD_WORDS: dict[FieldName, str] = {
    "customer": r"客户|公司名|店名|单位|厂名|[这那]家",
    "contact": r"联系人|对接人|人名|名字|人[不搞弄记]|见的|聊的|谈的|接待",
    "stage": r"阶段|进度|[哪到]步|评审|谈判|提交|演示|需求",
    "next_followup": r"跟进|回访|下[次回趟]|日期|时间|日子",
    "obstacle": r"障碍|卡点|顾虑|难点|阻力|困难",
}
_CLASSES = {
    "change": r"改|换成|换[个到]|调成|写成|更正|纠正|挪|推迟|推到|提前|往[前后]",
    "wrong": r"错|不对|不是|反了|岔了|弄混|搞混|有误|别写|不该",
    "right": r"应该|应当|其实|我说的是|而是|明明",
    "gone": r"去掉|删|清空|空着|拿掉|取消|不要|别[写记填]|没得?有?(?:障碍|联系人)|扔|作废|不算|算了",
    "back": r"撤|反悔|退回|回滚|恢复|找回|还原|捡回|弄回",
    "good": r"没问题|没毛病|可以|行|好的?|对|确认|提交|存|就这[样么]|ok|👌|👍|✅",
    "ask": r"[?？吗么没不]$|怎么|咋|什么|啥|多少|几|哪|能不能|能否|是不是|有没",
    "bot": r"你|机器人|助手|系统|软件|卡片|文字|语音|识别",
    "me": r"我",
    "more": r"还有|另外|补充|补一|再加|再补|加一|对了|忘了?[说讲]|顺便|漏了|也",
    "said": r"[说讲嫌问提]",
    "went": r"去了|跑|见了|从.{1,8}出来|拜访|聊了|谈了|又|刚|下一家|接着|顺路|上午|下午|晚上",
    "title": r"[\u4e00-\u9fff](?:总|工|姐|哥|经理|主任|[厂店科处部]长|总监|老板|会计)"
    r"|老[\u4e00-\u9fff]|小[\u4e00-\u9fff]",
    "nth": r"第[一二三四五六七八九\d]|[前后上下][面头边]?那?个|^\d[\s.。]*$",
    "explicit": r"(?:客户|公司|联系人|对接人|名字|阶段|进度|"
    r"跟进|时间|日期|日子|下次|障碍|卡点)(?:[那这]?一?[栏块项条里]|名称?|日期?|时间)?(?:给我|帮我|麻烦|请|都|也)*"
    r"(?:改|换|写|填|应该|不对|错|记|听|搞|弄|不是|先|删|去|空)",
    "adds": r"^(?:哎|噢|哦|啊|那个|\S{1,4})?(?:对了|还有|另外|补充|补一?[句条个]"
    r"|再[补加]|忘了?[说讲记]|刚忘|漏了?|顺便|加一?[句条])",
    "money": r"价|预算|账期|付款|款|折|点",
}
_SHOWN = tuple((name, re.compile(pattern, re.IGNORECASE)) for name, pattern in _CLASSES.items()) + tuple(
    (f"field:{name}", re.compile(pattern)) for name, pattern in _FIELD_WORDS.items()
)
#: Bounds of the classes of length, in letters.
_LENGTHS = (2, 4, 6, 9, 13, 18, 25, 40)
_MARK = re.compile(r"[，,。；;、！!\s]+")
_DIGITS = re.compile(r"\d+")
#: Only so much of a long message is looked at, characters.
MAX_TEXT = 160


def place(context: Context, asked: Draft | None) -> str:
    """Return where in the dialogue a message stands: the field asked for, else open, done or none."""
    if asked is not None:
        return f"asked:{asked.questions[0].field}"
    if any(not draft.confirmed for draft in context.drafts):
        return "open"
    return "done" if context.drafts else "none"


def groups(text: str) -> Ints:
    """Return the numbers of the groups of one to three characters, the message's ends among them; a figure is one."""
    coded = Coded("^" + _DIGITS.sub("0", text[:MAX_TEXT].lower()) + "$")
    return np.unique(np.concatenate((coded.ones, coded.twos, coded.threes)))


def signs(text: str, context: Context, asked: Draft | None) -> list[str]:
    """Return the names of what is true of the message beside its characters, each alone and with its situation."""
    text = text[:MAX_TEXT]
    where = place(context, asked)
    letters = sum(map(str.isalnum, text))
    names = [name for name, pattern in _SHOWN if pattern.search(text)]
    names += _named(text, context)
    names += [f"like:{notelike.kind_of(text)}", f"parts:{min(len(_MARK.split(text.strip())), 5)}"]
    names.append(f"size:{sum(letters > bound for bound in _LENGTHS)}")
    told = (
        ("day", lexicon.DAY.search(text)),
        ("opens", notelike.opens_note(text)),
        ("business", notelike.speaks_of_business(text)),
        ("acts", acts(text)),
    )
    names += [name for name, found in told if found]
    situation = where.partition(":")[0]
    return ["bias", f"at:{where}", *names, *(f"{situation}&{name}" for name in names)]


def _named(text: str, context: Context) -> list[str]:
    """Return whom the message names: the draft's customer, its contact or an offered choice, or others."""
    rows, said = context.directory.rows, normal(text)
    drafts = {draft.customer for draft in context.drafts}
    found = set()
    for _, called in context.directory.forms_in(said):
        found.add("names:own" if any(rows[row].customer_id in drafts for row in called) else "names:other")
    for _, called in context.directory.people_in(said):
        found.add("person:theirs" if any(rows[row].customer_id in drafts for row in called) else "person:other")
    if any(draft.contact and draft.contact in text for draft in context.drafts):
        found.add("person:own")
    if _offered_in(text, context):
        found.add("offered")
    return sorted(found)


def _offered_in(text: str, context: Context) -> bool:
    """Tell whether the text has two characters running that a choice's words have."""
    return any(
        not _pairs(choice.label).isdisjoint(_pairs(text))
        for draft in context.drafts
        for question in draft.questions
        for choice in question.choices
    )


@lru_cache(maxsize=64)
def _pairs(text: str) -> frozenset[str]:
    return frozenset(pair for pair in map("".join, pairwise(text)) if pair.isalnum())
