"""People whose names a recogniser broke: heard in speech only, and only where one contact fits."""

from __future__ import annotations

import pytest

from nlp.names import resolve_contact
from nlp.names.heard import one_off
from tests.nlp.names.given import customer, directory, said

HERE = customer(
    1,
    "宁波欣荣注塑有限公司",
    "欣荣",
    "牛玉兰:老板",
    "林涛:生产主管",
    "侯立新:总经理",
    "尹红:采购经理",
    "沈桂芳:仓库主管",
)
KNOWN = directory(HERE)


def met(text: str, channel: str = "voice", at: str | None = "K1") -> object:
    """Return who was met."""
    note = said(text, channel="voice") if channel == "voice" else said(text, channel="text")
    return resolve_contact(note, KNOWN, at).value


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("厚总,报价看过了,说贵了一点", "侯立新"),
        ("见了红总,报价看过了", None),
        ("审街,仓库那边都对过了", "沈桂芳"),
        ("找生产主管连涛,图纸看过了", "林涛"),
        ("主要是吼总,嫌交期长", "侯立新"),
    ],
)
def test_a_misheard_person_is_the_one_contact_that_sounds_so(text: str, name: str | None) -> None:
    assert met(text) == name


@pytest.mark.parametrize(
    "text",
    [
        "以后总部会定,下周再说",
        "因公出去了,没见到人",
        "意见很大,报价太高",
        "客户总量不够",
        "零件时间太久",
        "区域经理在开会",
        "成功了一半",
    ],
)
def test_everyday_words_are_no_person(text: str) -> None:
    assert met(text) is None


def test_typed_notes_are_not_heard() -> None:
    assert met("厚总,报价看过了,说贵了一点", "text") is None


def test_of_two_that_sound_alike_none_is_taken() -> None:
    here = customer(2, "宁波欣荣模具有限公司", "欣荣", "侯立新:总经理", "侯建国:副总")
    assert resolve_contact(said("厚总,报价看过了"), directory(here), "K2").value is None


@pytest.mark.parametrize(
    ("text", "name"), [("新开的馆子,店长承歌,递了名片", "程哥"), ("新开的馆子,店长唱歌给我们听", None)]
)
def test_a_new_person_behind_a_role_is_spelled_as_usual(text: str, name: str | None) -> None:
    assert met(text, at=None) == name


@pytest.mark.parametrize("text", ["扑空,侯立新请家了,下周再去", "侯立新休甲了,下周再去"])
def test_leave_that_only_sounds_so_is_absence(text: str) -> None:
    assert met(text) is None


@pytest.mark.parametrize(("said_char", "meant", "near"), [("遭", "邹", True), ("联", "林", True), ("马", "何", False)])
def test_one_sound_may_be_off(said_char: str, meant: str, near: bool) -> None:
    assert one_off(said_char, meant) is near
