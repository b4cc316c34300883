"""A chat that was pasted to us: who said what when, and how it came (DECISIONS 14).

A WeCom app receives forwarded chats only as text that somebody copied, as screenshots, or as the bare title of a
forwarded record. `read_forwarded` tells the first and the last from an ordinary note. In doubt it is a note: a note
taken for a chat would lose its own words, a chat taken for a note is still extracted in full.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from nlp.chat_times import DAY, TIME, ChatTime, place_in_time, read_day, read_time
from nlp.types import Span

Kind = Literal["messages", "summary_only"]


@dataclass(frozen=True, slots=True)
class ForwardedMessage:
    """One message: `text` is the stretch `span` of the pasted text as it stands; `said_at` is aware, or None."""

    speaker: str
    said_at: datetime | None
    text: str
    span: Span
    is_rep: bool = False


@dataclass(frozen=True, slots=True)
class Forwarded:
    """A pasted chat. `title` is what stood above it (empty for none); a bare summary has a title and no messages."""

    kind: Kind
    messages: tuple[ForwardedMessage, ...] = ()
    title: str = ""


@dataclass(frozen=True, slots=True)
class _Line:
    """A line `[start, end)`. A header has a speaker; what is said on the header's own line starts at `said`."""

    start: int
    end: int
    kind: Literal["blank", "title", "day", "timed", "plain", "label", "words"]
    who: str = ""
    said: int = 0
    time: ChatTime | None = None
    #: written by a machine: in brackets, or with seconds
    machine: bool = False
    marked: bool = False


_NAME = r"(?P<who>[^\s:：，,。；;！？!?\[\]【】|]{1,20}(?:[ \t][^\s:：，,。；;！？!?\d\[\]【】|]{1,10}){0,2}?)"
_MARK = r"(?P<mark>(?:【(?:转发|微信|企业微信|企微|聊天记录|群聊)[^】\n]{0,8}】|转发[:：])[ \t]*)?"
_WHEN = rf"(?P<when>(?:{DAY}[ \t]*)?{TIME})"
_TIMED = re.compile(rf"[ \t]*{_MARK}{_NAME}[ \t]+{_WHEN}[ \t]*(?:[:：](?P<said>.*))?$")
_BRACKETED = re.compile(rf"[ \t]*{_MARK}[\[［(（]{_WHEN}[\]］)）][ \t]*{_NAME}[ \t]*(?:[:：](?P<said>.*))?$")
_PLAIN = re.compile(rf"[ \t]*{_MARK}{_NAME}[ \t]*[:：](?P<said>.*)$")
_DAY_LINE = re.compile(rf"(?P<rule>[ \t]*[—–─\-=_]{{2,}})?[ \t]*(?P<day>{DAY})[ \t]*(?:{TIME})?[ \t]*[—–─\-=_]*[ \t]*$")
_TITLE = re.compile(
    r"[ \t]*(?:【(?:转发|微信|企业微信|企微|聊天记录|群聊)[^】\n]{0,8}】.{0,30}"
    r"|[—–─\-=…\s]*(?:以下(?:是|为)?)?(?:.{1,24}的|微信|企业微信|群)?聊天(?:记录)?(?:如下)?[：:—–─\-=…\s]*)$"
)
#: What the messenger itself writes into a chat.
_SYSTEM = re.compile(r".{0,24}(?:通过了你的朋友验证|撤回了一条消息|以上是打招呼的|加入了群聊|你已添加了).{0,20}$")
_SUMMARY = re.compile(
    r"(?:[\[［【](?:聊天记录|转发)[\]］】][ \t]*)?"
    r"(?:群聊|[^\s:：，,。；;！？了看发把这那查翻问有]{1,16}(?:[和与、&][^\s:：，,。；;！？了看发把这那查翻问有]{1,16})?)的聊天记录"
    r"|[\[［【]聊天记录[\]］】]"
)
#: Labels of a form and turns of phrase, not speakers of a chat.
_LABEL = re.compile(
    r"(?:客户|联系人|情况|障碍|进展|进度|下一步|下次|阶段|时间|日期|备注|地点|卡点|问题|需求|计划|跟进|方案|价格|交期|结果|原因|结论|主题|事项|"
    r"今[日天]|明[日天]|昨[日天]|另外?|附|注|电话|地址|公司|产品|行动|待办|总结|小结|反馈|诉求|异议|顾虑|难点|内容|对接人|拜访|[本下这上]周|周[一二三四五六日末天]|目前|现状|"
    r"报价|付款|对方|新客户|关键|合同|样[品机件]|p\.?s|https?|\d+$)|.*(?:说|问|表示|回电|反馈|要求|口径|纪要|透露|名称|日)$",
    re.I,
)
_OWN = frozenset({"我", "本人"})
#: A messenger writes names: who retells a talk writes these before what was said.
_PRONOUNS = frozenset({"他", "她", "他们", "她们", "佢", "佢哋", "伊", "对方", "人家", "你"})
_LONGEST_PREFACE = 2


def read_forwarded(text: str, sent_at: datetime, rep_name: str = "") -> Forwarded | None:
    """Return the chat that a text is a copy of, None for an ordinary note. Takes any text and never raises.

    `sent_at` (aware) is when it was pasted: a bare time of day is the last such time before. `rep_name` tells our own
    side's messages, as 我 does.
    """
    if len(text) <= 60 and _SUMMARY.fullmatch(text.strip()):
        return Forwarded("summary_only", title=text.strip())
    lines = _lines(text)
    for wanted in ("timed", "plain"):
        heads = [n for n, line in enumerate(lines) if line.kind == wanted]
        if heads and _is_chat(lines, heads, rep_name):
            messages = _messages(text, lines, heads, sent_at, rep_name)
            if messages:
                return Forwarded("messages", messages, _title(text, lines[: heads[0]]))
    return None


def _lines(text: str) -> list[_Line]:
    """Cut at line ends, and at the bars by which some put a whole chat on one line."""
    return [_read_line(text, found.start(), found.end()) for found in re.finditer(r"[^\n｜]+", text)]


def _read_line(text: str, start: int, end: int) -> _Line:
    line = text[start:end].rstrip("\r")
    if not line.strip():
        return _Line(start, end, "blank")
    day = _DAY_LINE.match(line)
    if day is not None:
        return _Line(start, end, "day", time=ChatTime(read_day(day["day"]), None), marked=bool(day["rule"]))
    for pattern in (_BRACKETED, _TIMED):
        found = pattern.match(line)
        if found is not None and not _LABEL.match(found["who"]):
            return _timed(found, start, end, bracketed=pattern is _BRACKETED)
    found = _PLAIN.match(line)
    if _TITLE.match(line) and not (found is not None and found["mark"]):
        return _Line(start, end, "title", marked=True)
    if found is not None and _could_speak(found["who"]):
        return _Line(start, end, "plain", found["who"], start + found.start("said"), marked=bool(found["mark"]))
    return _Line(start, end, "label" if found is not None else "title" if _SYSTEM.match(line) else "words")


def _timed(found: re.Match[str], start: int, end: int, *, bracketed: bool) -> _Line:
    time = read_time(found["when"])
    said = start + (found.start("said") if found["said"] is not None else found.end())
    machine = (bracketed and time.day is not None) or time.has_seconds
    return _Line(start, end, "timed", found["who"], said, time, machine, bool(found["mark"]))


def _could_speak(who: str) -> bool:
    return not _LABEL.match(who) and who not in _PRONOUNS and any(char.isalpha() for char in who)


def _is_chat(lines: Sequence[_Line], heads: Sequence[int], rep_name: str) -> bool:
    """Whether these headers make a chat and not a form, a day's round of visits or a retelling.

    A chat has a mark, or a machine's times, or the rep speaks in it; else somebody must speak again after another.
    """
    used = [lines[n] for n in heads]
    before = [line for line in lines[: heads[0]] if line.kind not in ("blank", "title", "day")]
    if len(before) > _LONGEST_PREFACE:
        return False
    if any(line.marked for line in (*lines[: heads[0]], *used)) or any(line.machine for line in used):
        return True
    speakers = [line.who for line in used]
    ours = any(_is_rep(who, rep_name) for who in speakers)
    if used[0].kind == "plain" and (before or (any(line.kind == "label" for line in lines) and not ours)):
        return False
    if len(set(speakers)) < 2:
        return False
    return ours or any(who in speakers[: max(n - 1, 0)] for n, who in enumerate(speakers))


def _is_rep(who: str, rep_name: str) -> bool:
    return who in _OWN or (len(rep_name) > 1 and rep_name in who)


def _messages(
    text: str, lines: Sequence[_Line], heads: Sequence[int], sent_at: datetime, rep_name: str
) -> tuple[ForwardedMessage, ...]:
    found: list[ForwardedMessage] = []
    times: list[ChatTime] = []
    day = None
    for n, line in enumerate(lines):
        if line.kind == "day" and line.time is not None:
            day = line.time.day
        if n not in heads:
            continue
        named = line.time.day if line.time is not None else None
        day = None if named is not None else day
        span = _said(text, lines, n, set(heads))
        if span is not None:
            found.append(ForwardedMessage(line.who, None, text[slice(*span)], span, _is_rep(line.who, rep_name)))
            times.append(replace(line.time, day=named or day) if line.time is not None else ChatTime(None, None))
    moments = place_in_time(times, sent_at)
    return tuple(replace(message, said_at=at) for message, at in zip(found, moments, strict=True))


def _said(text: str, lines: Sequence[_Line], head: int, heads: set[int]) -> Span | None:
    """Return the stretch that a header's speaker said, without blanks around it; None for nothing."""
    end = lines[head].end
    for n in range(head + 1, len(lines)):
        if n in heads or lines[n].kind == "day":
            break
        end = lines[n].end
    words = text[lines[head].said : end]
    if not words.strip(" \t\r\n｜"):
        return None
    start = lines[head].said + len(words) - len(words.lstrip(" \t\r\n｜"))
    return Span(start, start + len(words.strip(" \t\r\n｜")))


def _title(text: str, before: Sequence[_Line]) -> str:
    """Return the first line above the chat, without the rules drawn around it."""
    lines = (text[line.start : line.end] for line in before if line.kind not in ("blank", "day"))
    return next((line.strip(" \t\r—–─-=…：:")[:60] for line in lines), "")
