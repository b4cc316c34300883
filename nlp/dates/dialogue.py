"""Who speaks where: in a pasted chat or a quotation, 我 can be the customer."""

from __future__ import annotations

import re
from typing import NamedTuple

_HEADER = re.compile(
    r"^[ \t]*(?:【[^】\n]{1,8}】[ \t]*)?(?P<who>[^\s:：，,。；;]{1,16}(?:[ \t][^\s:：，,。；;\d]{1,6})?)[ \t]*"
    r"(?:(?:\d{1,2}[:：]\d{2})[ \t]*(?:[:：]|$|(?=\n))|[:：])",
    re.M,
)
_TITLED = re.compile(
    r"总|经理|主任|主管|部长|厂长|科长|处长|店长|老板|工$|姐|哥|老师|院长|采购|客户|[-－（()）/@]|公司|先生|女士|小姐"
)
_QUOTE = re.compile(r"(?:说|讲|问|回复?|表示|原话|话)[:：]?\s?[“\"「『](?P<said>[^”\"」』]{2,200})[”\"」』]")
_POLITE = re.compile(r"您|申请|给你|发你|回你|覆你|好的|收到|没问题|我这边|[总姐哥工]，|理，")


class Turn(NamedTuple):
    """A stretch of the note spoken by the customer's side."""

    start: int
    end: int


#: A quotation signed with its speaker: “…”——何工.
_SIGNED = re.compile(r"[“\"「『](?P<said>[^”\"」』]{2,200})[”\"」』]\s?(?:——|—|--)")


def spoken_by_customer(text: str, ours: str = "") -> bytearray:
    """Return a mark for each character: 1 where the customer speaks. `ours` is the sender's name."""
    marks = bytearray(len(text))
    for turn in customer_turns(text, ours):
        marks[turn.start : turn.end] = b"\x01" * (turn.end - turn.start)
    return marks


def customer_turns(text: str, sender: str = "") -> tuple[Turn, ...]:
    """Return the stretches in which the customer speaks: chat lines that are not ours, and quotations."""
    turns = [Turn(*match.span("said")) for match in _QUOTE.finditer(text)]
    turns += [Turn(*match.span("said")) for match in _SIGNED.finditer(text)]
    headers = [match for match in _HEADER.finditer(text) if _is_speaker(match["who"])]
    if len(headers) < 2:
        return tuple(turns)
    ours = _our_names(text, headers, sender)
    for index, header in enumerate(headers):
        end = headers[index + 1].start() if index + 1 < len(headers) else len(text)
        if header["who"].strip() not in ours:
            turns.append(Turn(header.end(), min(end, _message_end(text, header))))
    return tuple(turns)


def _message_end(text: str, header: re.Match[str]) -> int:
    """Return where a message ends: one behind a plain colon is a single line, one behind a time may go on."""
    if re.search(r"\d[:：]\d{2}", header[0]):
        return len(text)
    newline = text.find("\n", header.end())
    return len(text) if newline < 0 else newline


def not_the_customers(text: str, sender: str = "") -> tuple[Turn, ...]:
    """Return what the customer did not say of a pasted chat: our messages, and the speakers' names."""
    headers = [match for match in _HEADER.finditer(text) if _is_speaker(match["who"])]
    if len(headers) < 2:
        return ()
    ours = _our_names(text, headers, sender)
    ends = [header.start() for header in headers[1:]] + [len(text)]
    return tuple(
        Turn(header.start(), end if header["who"].strip() in ours else header.end())
        for header, end in zip(headers, ends, strict=True)
    )


#: Labels of a form, not speakers of a chat.
_LABEL = re.compile(
    r"^(?:客户|联系人|情况|障碍|进展|进度|下一步|下次|阶段|时间|日期|备注|地点|卡点|问题|需求|计划|跟进|方案|价格|交期|结果|原因|结论|主题|事项|今日|明日|另外?|附|注|电话|"
    r"地址|公司|产品|行动|待办|总结|小结|反馈|诉求|异议|顾虑|难点|内容|对接人|拜访|下周|目前|现状|报价|付款|ps|PS|P\.S)"
)


def _is_speaker(name: str) -> bool:
    return not name.strip().isdigit() and not _LABEL.match(name.strip())


def _our_names(text: str, headers: list[re.Match[str]], sender: str) -> set[str]:
    """Return the labels of our side: 我 and the sender's name, else the plain name that speaks politely."""
    names = list(dict.fromkeys(header["who"].strip() for header in headers))
    known = {"我", sender}.intersection(names)
    if known:
        return known
    plain = [name for name in names if not _TITLED.search(name) and len(name) <= 3]
    if len(plain) == 1:
        return set(plain)
    politeness: dict[str, int] = dict.fromkeys(names, 0)
    for index, header in enumerate(headers):
        end = headers[index + 1].start() if index + 1 < len(headers) else len(text)
        politeness[header["who"].strip()] += len(_POLITE.findall(text[header.end() : end]))
    candidates = plain or names
    return {max(candidates, key=lambda name: (politeness[name], -len(name)))}
