"""How names stand wear: `python -m benchmarks.names_stress [--seed N] [--misses KIND]`.

An invented directory (`benchmarks.invented`) and invented notes over it, damaged as recognisers and typists damage
names. Printed per kind of damage and of company: the right customer first and among the first three, values shown that
are wrong (of those shown), right values shown as values, questions that hold the right answer; for notes that name
nobody we know: how often a customer is shown all the same. Figures of one seed are a sample: compare seeds.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from benchmarks import invented
from benchmarks.extraction import Tally
from nlp.fields import shown
from nlp.names import Directory, resolve
from nlp.types import Channel, Contact, Guess, Note

_CHANNELS: tuple[Channel, ...] = ("text", "voice")
CUSTOMERS, NOTES = 500, 2_000
_AT = datetime(2026, 3, 12, 18, tzinfo=ZoneInfo("Asia/Shanghai"))
_SPOKEN = (
    "今天去了{c}跟{p}聊了一下，报价他们嫌高，下周三再去",
    "刚从{c}出来，{p}说样品可以，月底前给答复",
    "{c}那边{p}今天松口了，合同在走流程",
    "嗯上午在{c}，见了{p}，他说设备先等等",
    "跟{c}的{p}通了个电话，交期的事情还没定",
    "下午{p}带我看了{c}的车间，问题不大",
    "今天跑了三家，主要是{c}，{p}对方案挺满意",
    "{c}的单子有眉目了，{p}让我们周五前报价",
    "早上开会，下午去{c}送样，{p}收的",
    "那个{c}啊，{p}还是嫌贵，僵着呢",
    "汇报一下，{c}这边是{p}对接的，参数都对过了",
    "今儿个在{c}待了一上午，{p}嘛就是不肯签",
)
_TYPED = (
    "{c} {p} 方案已发 等回复",
    "{c}{p}，谈到账期，要60天",
    "拜访{c}，{p}，合同法务在审",
    "{c}：{p}反馈漏油，下周二带工程师去",
    "3/12 {c} 见{p} 报价偏高5个点",
    "电话{c}{p}，预算没批",
    "今天和{c}{p}碰了方案，价格还要再磨",
    "{p}（{c}）说样机周五到",
)
_NOBODY_MET = (
    "今天去了{c}，门卫没让进，周四再来",
    "路过{c}，放了份资料",
    "{c}今天没什么进展，还在等总部批",
    "{c} 报价已发，等消息",
    "刚从{c}出来，样品先留下了",
)
#: What is said where no company is named.
_UNNAMED = ("一家工厂", "这家", "客户那边", "隔壁那家厂", "他们公司", "那个老客户", "开发区那家")
_EVERYDAY = (
    "对方觉得我们挺专业，方向也对，价格再谈",
    "今天没跑客户，在公司整理资料，目标是月底前发完方案",
    "老街那边堵车，迟到了，改到明天",
    "他们对速度不满意，要我们领先同行一个高度才行",
    "客户说放心，空间还有，就是力量不够",
    "阳光太大，路上晒得不行，下午回公司写报告",
    "起点低了点，优势也不明显，领导不太满意",
    "从早晨等到中午，人没见着，远方来的领导在开会",
    "今天办公室开会，经典案例讲了一遍，大家很快乐",
    "丰收节放假，下周再联系，平安到家了",
    "天空下着雨，车在小镇上坏了，今天一家没跑成",
    "领导要求做标杆，传奇一点，邻居公司都来看",
    "路上看见彩虹了，今天没跑客户，写了一天总结",
    "他们说就是起个桥梁作用，纽带嘛，价格先不谈",
    "钥匙忘在公司了，回去拿了一趟，下午没跑成",
    "下着雪花，改天再去，今天在家整理报价",
    "里程都报上去了，油费还没批，财务在催",
    "培训会上讲先锋和风帆，口号喊完就散会了",
    "清风明月的，晚上陪领导吃饭，没谈正事",
    "最后一根稻草，领导笑脸都没有，今天开会被批了",
)


@dataclass(frozen=True, slots=True)
class Case:
    """A note with what is right. `customer` is an id or None; `fair` ids may all be meant, so a question is right."""

    kind: str
    note: Note
    customer: str | None
    contact: str | None
    #: How the note names the contact: right as well while the customer is not known.
    said: str = ""
    fair: frozenset[str] = frozenset()


Damage = Callable[[random.Random, str], str]


def _one(change: Damage) -> Damage:
    def damage(dice: random.Random, name: str) -> str:
        at = dice.randrange(len(name))
        return name[:at] + change(dice, name[at]) + name[at + 1 :]

    return damage


def _all(change: Damage) -> Damage:
    return lambda dice, name: "".join(change(dice, char) for char in name)


def _dropped(dice: random.Random, name: str) -> str:
    at = dice.randrange(len(name))
    return name[:at] + name[at + 1 :] if len(name) > 2 else name


def _stuttered(dice: random.Random, name: str) -> str:
    return name[0] + name


def _spaced(dice: random.Random, name: str) -> str:
    return dice.choice((" ", "，", "-")).join(name) if name.isascii() else f"{name[:1]} {name[1:]}"


def _lower(dice: random.Random, name: str) -> str:
    return "".join("零一二三四五六七八九"[int(char)] if char.isdigit() else char.lower() for char in name)


#: Damage by name, and the channel in which it happens.
DAMAGES: dict[str, tuple[Channel, Damage]] = {
    "clean, typed": ("text", lambda dice, name: name),
    "clean, spoken": ("voice", lambda dice, name: name),
    "typed homophone": ("text", _one(invented.homophone)),
    "one homophone": ("voice", _one(invented.homophone)),
    "all homophones": ("voice", _all(invented.homophone)),
    "confused": ("voice", _all(invented.confusion)),
    "half heard": ("voice", _one(invented.neighbour)),
    "dropped": ("voice", _dropped),
    "clipped": ("voice", lambda dice, name: name[:2]),
    "stuttered": ("voice", _stuttered),
    "spaced": ("text", _spaced),
    "lower case": ("text", _lower),
}


def cases(dice: random.Random, companies: Sequence[invented.Company], count: int) -> list[Case]:
    """Return the notes, about one in five naming nobody that the directory has."""
    makers = (_naming, _naming, _naming, _naming, _naming, _naming, _naming, _nobody)
    return [dice.choice(makers)(dice, companies) for _ in range(count)]


def _naming(dice: random.Random, companies: Sequence[invented.Company]) -> Case:
    company = dice.choice(companies)
    damage = dice.choice(list(DAMAGES))
    channel, spoil = DAMAGES[damage]
    said, rep = spoil(dice, company.called), company.customer.owner
    city = dice.random() < (0.6 if company.kind in ("twins", "group") else 0.15)
    if dice.random() < 0.2:
        rep = f"rep{dice.randrange(invented.REPS)}"
    person, text = _person(dice, company.customer.contacts, channel)
    template = dice.choice((_SPOKEN if channel == "voice" else _TYPED) if text else _NOBODY_MET)
    words = template.format(c=(company.customer.city if city else "") + said, p=text)
    fair = frozenset(other.customer.customer_id for other in companies if other.called == company.called)
    fair = fair if not city and not text else frozenset()
    note = Note(words, _AT, rep, channel)
    return Case(f"{damage}|{company.kind}", note, company.customer.customer_id, person, text, fair)


def _person(dice: random.Random, contacts: Sequence[Contact], channel: Channel) -> tuple[str | None, str]:
    """Return the contact met, and how the note names them."""
    who, how = dice.choice(contacts), dice.random()
    if how < 0.25:
        return None, ""
    if how < 0.6:
        return who.name, invented.called(who)
    if channel == "voice" and how < 0.75 and len(who.name) == 3:
        return who.name, who.name[0] + _one(invented.homophone)(dice, who.name[1:])
    return who.name, who.name


def _nobody(dice: random.Random, companies: Sequence[invented.Company]) -> Case:
    """No company, everyday words that are also names, or a company that the directory has not."""
    rep, channel = f"rep{dice.randrange(invented.REPS)}", dice.choice(_CHANNELS)
    kind = dice.choice(("unnamed", "everyday words", "unknown"))
    if kind == "everyday words":
        return Case(kind + "|none", Note(dice.choice(_EVERYDAY), _AT, rep, channel), None, None)
    person = dice.choice(invented.directory_of(dice, 1))
    if kind == "unnamed":
        name = dice.choice(_UNNAMED)
    else:
        known = {company.called for company in companies}
        name = person.called
        if name in known or person.kind == "everyday":
            return _nobody(dice, companies)
    contact = dice.choice(person.customer.contacts)
    words = dice.choice(_SPOKEN if channel == "voice" else _TYPED).format(c=name, p=invented.called(contact))
    return Case(kind + "|none", Note(words, _AT, rep, channel), None, invented.called(contact))


def count(case: Case, customer: Guess, contact: Guess, tally: Tally) -> None:
    """Count one answer."""
    offered = (*((customer.value,) if customer.value else ()), *customer.alternatives)
    right = customer.value == case.customer if case.customer else not isinstance(customer.value, str)
    asked = customer.shown == "question" and (case.customer in offered)
    if case.customer:
        tally.count("top 1", right or (bool(case.fair) and len(case.fair) > 1 and asked))
        tally.count("top 3", case.customer in offered[:3])
        if right:
            tally.count("asvalue", customer.shown == "value")
        if customer.shown == "question":
            tally.count("holds", asked)
    if customer.shown == "value" and isinstance(customer.value, str):
        tally.count("wrong", not right)
    if case.customer is None:
        tally.count("false", customer.shown == "value" and isinstance(customer.value, str))
    met = contact.value == case.contact or (customer.shown != "value" and contact.value == case.said != "")
    tally.count("contact", met)
    if contact.shown == "value":
        tally.count("wrong contact", not met)
    elif contact.shown == "question" and case.contact:
        tally.count("holds contact", met or case.contact in contact.alternatives)


COLUMNS = ("top 1", "top 3", "wrong", "asvalue", "holds", "false", "contact", "wrong contact", "holds contact")


def report(tallies: dict[str, Tally]) -> Iterator[str]:
    """Yield one line a kind; an empty column has no case."""
    yield f"{'':18}" + "".join(f"{name:>14}" for name in COLUMNS)
    for kind, tally in tallies.items():
        shares = (
            f"{tally.share(name):7.1f}/{tally.seen[name]:<6}" if tally.seen[name] else " " * 14 for name in COLUMNS
        )
        yield f"{kind:18}" + "".join(shares)


def measure(seed: int, notes: int, misses: str = "") -> dict[str, Tally]:
    """Return tallies: all, by damage and by kind of company."""
    dice = random.Random(seed)
    companies = invented.directory_of(dice, CUSTOMERS)
    directory = Directory([company.customer for company in companies], invented.reps())
    tallies: dict[str, Tally] = {"all": Tally()}
    for case in cases(dice, companies, notes):
        customer, contact = resolve(case.note, directory)
        customer, contact = shown.customer(customer), shown.contact(contact)
        damage, company = case.kind.split("|")
        for kind in ("all", damage, f"· {company}"):
            count(case, customer, contact, tallies.setdefault(kind, Tally()))
        if misses and misses in case.kind and (customer.value, contact.value) != (case.customer, case.contact):
            right = directory.customers.get(case.customer or "")
            print(
                case.kind,
                case.note.channel,
                "own" if right and right.owner == case.note.rep else "-",
                case.note.text,
                "| gold",
                right.name if right else None,
                case.contact,
            )
            print("     ", customer.shown, customer.confidence, customer.value, customer.reason, end=" | ")
            print(contact.shown, contact.confidence, contact.value, contact.reason)
    return dict(sorted(tallies.items(), key=lambda item: (item[0] != "all", item[0].startswith("·"), item[0])))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="names under wear: damaged, doubled, everyday and unknown")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--notes", type=int, default=NOTES)
    parser.add_argument("--misses", default="", metavar="KIND", help="print the wrong answers of a kind")
    options = parser.parse_args()
    print(*report(measure(options.seed, options.notes, options.misses)), sep="\n")


if __name__ == "__main__":
    main()
