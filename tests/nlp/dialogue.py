"""The contexts that the own dialogue lines are said in, and what their readings look like as plain data."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from handlers.playbooks import load as load_playbook
from nlp import Directory
from nlp.types import (
    Answer,
    Channel,
    Chatter,
    Choice,
    Command,
    Context,
    Correction,
    Draft,
    NewCustomer,
    Question,
    Reading,
    Unsure,
    VisitNote,
)  # fmt: skip
from tests.nlp.corpus import CORPUS, load_customers, load_reps

#: Thursday, five minutes after the newest draft was said.
NOW = datetime.fromisoformat("2026-03-12T16:45:00+08:00")
_SAID = NOW - timedelta(minutes=5)
_HUARUI = Draft("v1", _SAID, "C0001", "华锐", "王建国", "方案提交", date(2026, 3, 18), "交期太长")
_ZHONGCHENG = Draft("v2", _SAID - timedelta(hours=1), "C0039", "众诚", "郑秀兰", "技术评审", date(2026, 3, 17), None)
_XINDA = Draft("v1", _SAID, "C0024", "新达", "王经理", "需求确认", date(2026, 3, 18), None)
_SUHUI = Draft("v1", _SAID, "C0045", "苏惠", "赖向阳", "方案演示", date(2026, 3, 16), "堆头费太贵")


def _asking(draft: Draft, *questions: Question) -> Draft:
    known: dict[str, Any] = {name: getattr(draft, name) for name in ("customer", "contact", "stage", "obstacle")}
    return Draft(draft.visit_id, draft.said_at, customer_label=draft.customer_label, questions=questions, **known)


_WHICH_CITY = Question(
    "customer", (Choice("C0024", "昆山新达"), Choice("C0056", "宁波鑫达"), Choice("C0368", "苏州鑫达"))
)
_WHICH_TRADE = Question("customer", (Choice("C0021", "卓励数控"), Choice("C0113", "卓励机床")))
_WHICH_DAY = Question(
    "next_followup", (Choice(date(2026, 3, 18), "3月18日周三"), Choice(date(2026, 3, 25), "3月25日周三"))
)
_WHICH_STAGE = Question("stage", (Choice("方案提交", "方案提交"), Choice("技术评审", "技术评审")))
_FOLLOW = Question("next_followup", (Choice(date(2026, 3, 13), "3月13日周五"),))
_WHO = Question("contact", (Choice("王建国", "王建国"), Choice("李敏", "李敏")))
_NOBODY = Draft("v1", _SAID)

#: Drafts by the name of the situation that a line is said in.
SITUATIONS: dict[str, tuple[Draft, ...]] = {
    "none": (),
    "open": (_HUARUI,),
    "xin": (_XINDA,),
    "two": (_HUARUI, _ZHONGCHENG),
    "done": (Draft("v1", _SAID, "C0001", "华锐", "王建国", "方案提交", date(2026, 3, 18), "交期太长", (), True),),
    "fmcg": (_SUHUI,),
    "city": (_asking(_NOBODY, _WHICH_CITY),),
    "which": (_asking(_NOBODY, _WHICH_TRADE),),
    "day": (_asking(_HUARUI, _WHICH_DAY),),
    "stageq": (_asking(_HUARUI, _WHICH_STAGE),),
    "contactq": (_asking(_HUARUI, _WHO),),
    "chat": (_asking(_HUARUI, _FOLLOW),),
    "vague": (_asking(_HUARUI, Question("obstacle")),),
}


@lru_cache(maxsize=1)
def directory() -> Directory:
    """Return the corpus directory."""
    return Directory(load_customers(), load_reps())


@lru_cache(maxsize=32)
def situation(name: str, channel: Channel = "text") -> Context:
    """Return the context of the named situation, the words typed or from a transcript."""
    fmcg = name == "fmcg"
    playbook = load_playbook("fmcg" if fmcg else "manufacturing").for_nlp()
    return Context("panting" if fmcg else "zhangwei", directory(), playbook, NOW, SITUATIONS[name], channel=channel)


def load_replies() -> list[dict[str, Any]]:
    """Return the own dialogue lines: id, context, text, expected, aside; `channel` where it was spoken."""
    path = CORPUS / "own" / "replies.jsonl"
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]


def plain(value: Any) -> Any:
    """Return a value as the dialogue file writes it."""
    if isinstance(value, NewCustomer):
        return {"new": value.name}
    return value.isoformat() if isinstance(value, date) else value


def summary(reading: Reading) -> dict[str, Any]:
    """Return a reading in the form of the dialogue file's `expected`."""
    match reading:
        case Command():
            return {"kind": "command", "name": reading.name, "argument": reading.argument}
        case Correction():
            changes = {change.field: plain(change.value) for change in reading.changes}
            return {"kind": "correction", "changes": changes, "visit": reading.visit_id}
        case Answer():
            return {"kind": "answer", "field": reading.field, "value": plain(reading.value)}
        case VisitNote():
            return {"kind": "note", "joins": reading.joins}
        case Chatter():
            return {"kind": "chatter", "chatter": reading.kind}
        case Unsure():
            return {"kind": "unsure"}


def agrees(reading: Reading, expected: dict[str, Any]) -> bool:
    """Tell whether a reading has all that is expected of it."""
    found = summary(reading)
    return all(found.get(key) == value for key, value in expected.items())
