"""Instructions to the bot, said as a whole message: 确认, 撤销, 不是拜访, 恢复, 修改, 草稿, 帮助, 客户 X, 文字版 …"""

from __future__ import annotations

import re
from typing import cast

from nlp.names.sound import normal
from nlp.types import Command, CommandName, Context, Draft

_POLITE = r"(?:请|麻烦|您|帮我|帮忙|给我|我要|我想|我来|我先|我|那个|那|嗯|好的?|哦|啊|呃|你|就)*"
_END = r"(?:一下|下|吧|啊|呀|哈|呗|嘛|了|谢谢|哦|噢|哟)*"

#: What confirms on its own, and what confirms only while a draft is open.
_CONFIRM = re.compile(rf"{_POLITE}(?:确认(?:无误|提交)?|确定|提交|保存)(?:这条)?{_END}")
#: No alternative of the repeated part can be split into others: a long run of them is read in one pass.
_AGREE = re.compile(
    r"(?:嗯|对|是|好|行|中|成|要得|得|冇问题|可以|没错|没问题|无误|ok(?:ay)?|yes|就是?这样|就这么[着记办定来]|就按这[个样]"
    r"|没毛病|都对|全对|正确|收到|👌|👍|1|妥|准|安排|欧克|系|得咗|同意|通过|过)"
    r"(?:[\s，,、。.!！]*(?:嗯|对|是|好|行|可以|没错|没问题|无误|ok|就是?这样|就这么[着记办定来]|就按这[个样]|都对|全对|收到|知道了|明白"
    r"|确认|确定|提交|来|妥|头|嘅|啊|呀|吧|哈|嘞|了|呢|的|滴|哒|👌|👍))*",
    re.IGNORECASE,
)
_WHOLE: tuple[tuple[CommandName, re.Pattern[str]], ...] = (
    (
        "void",
        re.compile(
            rf"{_POLITE}(?:(?:(?:这|那)(?:个|条)?(?:是|只是)?[^，,。不]{{0,6}}[，,]?)?(?:不是|不算"
            rf"|不属于)(?:客户)?(?:拜访|跟进|记录)|(?:把|将)?(?:刚才|刚刚|刚|上一?|这|最后|前面)(?:发)?的?(?:那"
            rf"|这)?一?(?:条|个)(?:记录|消息|拜访)?(?:给我)?(?:删|作废|去|撤|不要|不算|别记)\S{{0,4}}"
            rf"|(?:删掉|删除|删了|删|作废|取消|去掉|不要|别记)(?:刚才|刚刚|上|这|最后|前面)?的?(?:那"
            rf"|这)?一?(?:条|个)?(?:记录|消息|拜访|草稿)?|作废|删除|删掉|不用记了?|别记了?|这条不算数?"
            rf"|当我没说|发错了?|按错了?|误发|说着玩的?){_END}"
        ),
    ),
    (
        "restore",
        re.compile(
            rf"{_POLITE}(?:把|将)?(?:刚才|刚刚|上一?条|那条)?(?:被)?(?:删|作废|撤)(?:掉|除)?了?的?(?:那条"
            rf"|记录)?(?:给我|再)?(?:恢复|还原|找回来?){_END}|{_POLITE}(?:恢复|还原|找回)(?!卡片)(?:刚才"
            rf"|上|那|这|被删|删掉|作废)*的?(?:那|这)?一?(?:条|个)?(?:记录|拜访)?{_END}|还是算(?:拜访"
            rf"|数)吧?|(?:那条|刚才那条)(?:还是)?(?:要|留着|留下|恢复){_END}"
        ),
    ),
    (
        "undo",
        re.compile(
            rf"{_POLITE}(?:撤销|撤回|撤消|反悔|取消确认|撤了|undo)(?:刚才|上|那|这)*的?(?:确认|操作)?(?:那"
            rf"|这)?一?(?:条|个|步)?(?:确认|操作)?{_END}|(?:我)?(?:刚才)?(?:确认错|点错|确认早|手滑)了?(?:撤回"
            rf"|撤销)?{_END}",
            re.IGNORECASE,
        ),
    ),
    (
        "text_mode",
        re.compile(
            rf"{_POLITE}(?:换成?|切换?到?|改成?|改?用|发|要|看)?(?:纯)?文字(?:版|模式|的|就行|格式)?{_END}"
            rf"|(?:不要|别发|看不到|看不了|打不开|不想要|显示不了)卡片{_END}"
        ),
    ),
    (
        "card_mode",
        re.compile(
            rf"{_POLITE}(?:换成?|换回|切换?回?到?|恢复|改回?成?|改?用|发|要|看)?卡片(?:版|模式|的"
            rf"|格式)?{_END}"
        ),
    ),
    (
        "drafts",
        re.compile(
            rf"{_POLITE}(?:查?看看?|打开|列出|显示)?(?:一下|下)?(?:我的|所有|全部)?(?:草稿箱?|待确认(?:的"
            rf"|列表)?|没确认的|未确认的?)(?:列表|有哪些|有几条|还有几条|呢)?{_END}|(?:我)?(?:还有"
            rf"|有)?(?:哪些|几条|多少条?)(?:拜访|记录)?(?:还)?(?:没|未|待)确认的?{_END}|还有(?:什么"
            rf"|哪些|啥|几条)?(?:没|未|待)确认的?(?:吗|么)?"
        ),
    ),
    (
        "receipts",
        re.compile(
            rf"{_POLITE}(?:查?看?看?|打开|要|发)?(?:一下|下)?(?:我的|今天的?|最近的?)?(?:收据|回执)(?:呢|列表)?{_END}"
            rf"|(?:我)?(?:今天)?发的(?:东西)?(?:都|全)?(?:收到|存好|存上|存住|安全)了?(?:吗|没有?|么)"
        ),
    ),
    (
        "help",
        re.compile(
            rf"{_POLITE}(?:教(?:教|一下|下)?我?(?:怎么)?(?:用|操作)|(?:使用)?帮助(?:中心|文档|信息)?|help|使用说明|说明书?|菜单|功能|指令|命令"
            rf"|教程|怎么(?:用|玩|弄|操作|使用)|咋用|咋整|点样用)(?:啊|呀|呢|这个|列表|你)?[?？]?"
            rf"|(?:这个?)?(?:东西|机器人|助手|你)?(?:怎么|咋|如何)(?:用|使用|操作)(?:啊|呀|呢)?[?？]?"
            rf"|你(?:能|会)(?:做|干|帮我做)?(?:什么|啥|些什么|点啥)(?:呀|啊|呢)?[?？]?|有(?:什么|哪些"
            rf"|啥)(?:功能|指令|命令)[?？]?",
            re.IGNORECASE,
        ),
    ),
    (
        "edit",
        re.compile(
            rf"{_POLITE}(?:修改|编辑|改一?改|改|更正|重新填|重填|打开修改|改错|不对|错了|不太对|有误"
            rf"|有问题|都不是|都不对|两个都不是|不是这(?:个|家)|记错了?|听错了?|搞错了?|弄错了?|全错了?)(?:这条"
            rf"|刚才那条|一条)?{_END}"
        ),
    ),
)
#: A draft's number; 一条 without 第 is an amount.
_NTH = r"\d+|[一二三四五六七八九](?!下|条)|(?<=第)[一二三四五六七八九](?!下)"
_ARGUED: tuple[tuple[CommandName, re.Pattern[str]], ...] = (
    ("receipts", re.compile(r"(?:收据|回执|查收据)[\s:：#]*(?P<arg>\d{1,9}-[0-9A-Za-z]{8})")),
    (
        "customer",
        re.compile(
            rf"{_POLITE}(?:查(?:一下|下|询)?(?:客户)?|看(?:一下|下|看)?(?:客户)?"
            rf"|打开(?:客户)?)[\s:：]*(?P<arg>[^，,。？?\n]{{2,24}}?)(?:的)?(?:档案"
            rf"|资料|情况|记录|信息|跟进记录|历史){_END}"
        ),
    ),
    ("customer", re.compile(r"(?:客户|查客户|查询客户|看客户)(?P<colon>[\s:：]+)(?P<arg>[^，,。？?\n]{2,24})")),
    ("customer", re.compile(r"(?:查|查一下|查询|看看)客户(?P<arg>[^，,。？?\n]{2,24})")),
    (
        "edit",
        re.compile(rf"{_POLITE}(?:修改|编辑|改)(?:一下|下)?(?:草稿|第)?\s*(?P<arg>{_NTH})(?:号|条|个)?(?:草稿)?{_END}"),
    ),
    (
        "drafts",
        re.compile(
            rf"{_POLITE}(?:查?看|打开)?(?:一下|下)?草稿\s*(?P<arg>{_NTH})(?:号"
            rf"|条)?{_END}"
        ),
    ),
    (
        "confirm",
        re.compile(
            rf"{_POLITE}(?:确认|提交)\s*(?:草稿|第)?\s*(?P<arg>{_NTH})(?:号"
            rf"|条|个)?{_END}"
        ),
    ),
    (
        "confirm",
        re.compile(
            rf"{_POLITE}(?:把)?(?:草稿|第)\s*(?P<arg>{_NTH})\s*(?:号|条|个)?(?:草稿)?(?:可以|没问题|直接|给我|帮我|也|对)*[，,\s]*"
            rf"(?:确认|提交){_END}"
        ),
    ),
    (
        "void",
        re.compile(
            rf"{_POLITE}(?:把)?(?:草稿|第)\s*(?P<arg>{_NTH})\s*(?:号|条|个)?(?:草稿)?(?:直接|给我|帮我|也)*[，,\s]*"
            rf"(?:删掉|删除|删了|作废|不要|去掉){_END}"
        ),
    ),
    ("confirm", re.compile(rf"{_POLITE}确认\s*#?(?P<arg>[0-9A-Z]{{4}})")),
    (
        "void",
        re.compile(rf"{_POLITE}(?:删除|删掉|删|作废)\s*(?:草稿|第)?\s*(?P<arg>{_NTH})(?:号|条|个)?{_END}"),
    ),
    (
        "restore",
        re.compile(rf"{_POLITE}恢复\s*(?:草稿|第)?\s*(?P<arg>{_NTH})(?:号|条|个)?{_END}"),
    ),
)
_ASKING = re.compile(r"[?？]|怎么|怎样|如何|咋|能不能|可不可以|[吗么]$")
#: A draft's number within a longer instruction.
_DRAFT_NUMBER = re.compile(r"第\s*(?P<arg>\d+|[一二三四五六七八九])\s*(?:[条个张号份挑调家])")
_BARE_NUMBER = re.compile(r"(?:删|改|确认|看|撤|恢复)掉?\s*(?P<arg>\d)$")
#: What is said around the name of a customer that is asked for.
_ASKING_FOR = re.compile(
    r"把|帮我|给我|麻烦|我想|我要|查[询看]?|看[看下]?|调出来|翻出来|打开|找|一下|一眼|下|瞅瞅|[的得]?(?:客户)?(?:档案|资料|情况|记录|信息|历史|底)"
    r"|客户|的|了|呗|吧|来"
)
_DIGITS = str.maketrans("一二三四五六七八九", "123456789")
#: Longest instruction, characters.
_LONGEST = 40
_TRIM = " \t\r\n。.!！~～，,、；;…"


def trimmed(text: str) -> str:
    """Return the message without blanks and closing marks around it."""
    return text.strip(_TRIM)


def read_command(text: str, *, draft_open: bool) -> Command | None:
    """Return the instruction that the whole message is, or None.

    Mere agreement (好, OK, 嗯 可以) confirms only with `draft_open`: an unconfirmed draft waits for it.
    """
    said = trimmed(text)
    if not said or len(said) > _LONGEST:
        return None
    for name, pattern in _ARGUED:
        match = pattern.fullmatch(said)
        if match and not (draft_open and _is_field(match)):
            return Command(name, _argument(name, match["arg"]), 0.97)
    if _CONFIRM.fullmatch(said):
        return Command("confirm")
    if draft_open and _AGREE.fullmatch(said):
        return Command("confirm", confidence=0.95)
    for name, pattern in _WHOLE:
        if pattern.fullmatch(said):
            return Command(name, confidence=0.97)
    return None


def asks(text: str) -> bool:
    """Tell whether the words ask about an instruction (怎么撤销？) rather than give it."""
    return bool(_ASKING.search(trimmed(text)))


def command_of(name: str, text: str, context: Context, draft: Draft | None) -> Command | None:
    """Return the instruction `name` with the argument that its words give it; None where it needs one and has none."""
    if name == "customer":
        called = _customer_called(text, context)
        return Command("customer", called) if called else None
    if name in ("confirm", "void", "edit", "drafts", "restore"):
        match = _DRAFT_NUMBER.search(text) or _BARE_NUMBER.search(trimmed(text))
        return Command(cast(CommandName, name), match["arg"].translate(_DIGITS) if match else "")
    return Command(cast(CommandName, name))


def _customer_called(text: str, context: Context) -> str:
    """Return the longest form of a customer's name in the text, else what is left without the words of asking."""
    said = normal(text)
    forms = context.directory.forms_in(said)
    spans = [span for span, _ in forms]
    if spans and len(said) == len(text):
        first, last = max(spans, key=lambda span: (span.end - span.start, -span.start))
        rows = {row for span, called in forms for row in called if span == (first, last)}
        known = [
            name for row in rows for name in (context.directory.rows[row].name, *context.directory.rows[row].aliases)
        ]
        return max((name for name in known if name in text), key=len, default=text[first:last])
    left = _ASKING_FOR.sub("", trimmed(text)).strip(_TRIM)
    return left if 2 <= len(left) <= 16 else ""


def _is_field(match: re.Match[str]) -> bool:
    """Tell whether “客户：X” fills a field of the open draft rather than asking for X (“客户 X”)."""
    return any(mark in (match.groupdict().get("colon") or "") for mark in ":：")


def is_agreement(text: str) -> bool:
    """Tell whether the whole message only agrees (好的, OK, 嗯 可以)."""
    said = trimmed(text)
    return len(said) <= _LONGEST and bool(_AGREE.fullmatch(said))


def _argument(name: CommandName, words: str) -> str:
    return words.strip() if name == "customer" else words.strip().translate(_DIGITS)
