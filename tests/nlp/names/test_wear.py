"""Worn names: written apart, said short, half heard, ordinary words; and what they must not be taken for."""

from __future__ import annotations

import random

import pytest

from benchmarks import invented, names_stress
from nlp.fields import shown
from nlp.names import Directory, resolve
from nlp.types import Customer, Guess, NewCustomer, Note
from tests.nlp.names.given import customer, directory, said

KNOWN = directory(
    customer(1, "苏州华锐精密机械有限公司", "华锐", "王建国:采购经理", "李敏:技术总监", city="苏州"),
    customer(2, "惠州TCL显示科技有限公司", "TCL", "陈涛:采购经理", city="惠州"),
    customer(3, "株洲中车时代电气有限公司", "中车时代", "刘刚:总经理", city="株洲"),
    customer(4, "长沙平安数控设备有限公司", "平安", "何苗:厂长", city="长沙"),
    customer(5, "无锡AB电子有限公司", "AB", "汤薇:经理", city="无锡"),
    customer(6, "常州盛格阀门有限公司", "盛格", "侯立新:总经理", city="常州", owner="zhao"),
    customer(7, "丽江汇向油脂有限公司", "", "郑鹏:老板", city="丽江"),
)


def found(text: str, channel: str = "text") -> Guess:
    """Return the customer as the card would show it."""
    note = said(text, channel="voice") if channel == "voice" else said(text, channel="text")
    return shown.customer(resolve(note, KNOWN)[0])


@pytest.mark.parametrize(
    ("text", "channel", "right"),
    [
        ("拜访华 锐，价格还要再磨", "text", "K1"),
        ("今天去了T C L，陈经理说等等", "text", "K2"),
        ("刚从中车出来，刘总说样品可以", "voice", "K3"),
        ("刚从中时代出来，刘总说样品可以", "voice", "K3"),
        ("跟平安的何厂长通了个电话", "voice", "K4"),
        ("今天去了华锐跟王经理聊了一下", "voice", "K1"),
        ("汇向：郑老板反馈漏油，下周二带工程师去", "text", "K7"),
    ],
)
def test_a_worn_name_is_known(text: str, channel: str, right: str) -> None:
    guess = found(text, channel)
    assert (guess.value, guess.shown) == (right, "value")


@pytest.mark.parametrize(
    "text",
    [
        "丰收节放假，下周再联系，平安到家了",
        "路上平安就好，今天没跑客户",
        "CABLE的价格要重新算，先报个总数",
        "今天谈 锐角加工的事",
        "这是最后一批盛格式的报表",
    ],
)
def test_characters_that_only_happen_to_stand_there_are_claimed_as_no_customer(text: str) -> None:
    assert found(text).shown != "value"


def test_a_name_of_which_one_syllable_was_heard_is_offered_and_not_claimed() -> None:
    guess = found("今天去了华平，门卫没让进", "voice")
    assert guess.shown == "question"
    assert "K1" in (guess.value, *guess.alternatives)


@pytest.mark.parametrize(
    ("text", "sign"), [("新开的先天下声线,老板娘许姐", "question"), ("新开的老巷子火锅,老板娘许姐", "value")]
)
def test_a_new_name_that_was_heard_is_claimed_only_with_a_trade(text: str, sign: str) -> None:
    guess = found(text, "voice")
    assert isinstance(guess.value, NewCustomer)
    assert guess.shown == sign


def test_a_strange_surname_in_speech_asks_whether_the_contact_with_that_title_was_meant() -> None:
    contact = shown.contact(resolve(said("今天去了华锐跟汪经理聊了一下报价"), KNOWN)[1])
    stranger = shown.contact(resolve(said("今天去了华锐跟秦经理聊了一下报价"), KNOWN)[1])
    typed = shown.contact(resolve(said("今天去了华锐跟秦经理聊了一下报价", channel="text"), KNOWN)[1])
    assert (stranger.value, stranger.shown, stranger.alternatives) == ("秦经理", "question", ("王建国",))
    assert (contact.value, typed.shown) == ("王建国", "value")


def test_a_contact_that_nearly_sounds_so_is_claimed_only_at_ones_own_customer() -> None:
    note = "常州盛格阀门,厚总,报价看过了,说贵了一点"
    mine, others = (shown.contact(resolve(said(note, rep), KNOWN)[1]) for rep in ("zhao", "li"))
    assert (mine.value, mine.shown) == ("侯立新", "value")
    assert (others.value, others.shown) == ("侯立新", "question")


def unrelated(number: int, note: Note) -> Customer | None:
    """Return an invented customer that shares no syllable and no character with a note, None where that failed."""
    dice = random.Random(number)
    for company in invented.directory_of(dice, 60):
        row = company.customer
        words = company.called + row.city + "".join(person.name for person in row.contacts) + "".join(row.aliases)
        if not set(invented.sounds(words)) & set(invented.sounds(note.text)) and not set(words) & set(note.text):
            return Customer("X1", row.name, row.aliases, city=row.city, owner="nobody", contacts=row.contacts)
    return None


def test_an_unrelated_customer_changes_no_answer_to_any_of_many_notes() -> None:
    dice = random.Random(11)
    companies = invented.directory_of(dice, 60)
    rows = [company.customer for company in companies]
    known, checked = Directory(rows, invented.reps()), 0
    for number, case in enumerate(names_stress.cases(dice, companies, 200)):
        stranger = unrelated(number, case.note)
        if stranger is not None:
            more = Directory([*rows, stranger], invented.reps())
            assert resolve(case.note, more) == resolve(case.note, known), case.note.text
            checked += 1
    assert checked >= 40


def test_under_wear_most_names_are_found_and_few_are_claimed_wrongly() -> None:
    tally = names_stress.measure(seed=5, notes=600)["all"]
    assert tally.share("top 1") >= 90
    assert tally.share("top 3") >= 92
    assert tally.share("wrong") <= 3
    assert tally.share("false") <= 6
    assert tally.share("wrong contact") <= 4
