"""Who was met: annotation decision 2, case by case."""

from __future__ import annotations

import pytest

from nlp.names import resolve_contact
from nlp.types import NewCustomer
from tests.nlp.names.given import customer, directory, said

HERE = customer(
    1,
    "苏州华锐精密机械有限公司",
    "华锐",
    "王建国:采购经理",
    "李敏:技术总监",
    "廖学文:质量经理",
    "何强:研发总监",
    "何丽:总经理",
    "欧阳明:研发总监",
    "应国平:厂长",
)
KNOWN = directory(HERE)


def met(text: str) -> object:
    """Return who was met at the one customer of this file."""
    return resolve_contact(said(text), KNOWN, "K1").value


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("跟王经理聊了价格", "王建国"),
        ("王建国说交期太长", "王建国"),
        ("老王说再等等", "王建国"),
        ("王哥说再等等", "王建国"),
        ("李总监看了图纸", "李敏"),
        ("敏姐看了图纸", "李敏"),
        ("廖雪文说重复性不稳定", "廖学文"),
        ("欧阳总监开的评审会", "欧阳明"),
        ("应厂长带我看的车间", "应国平"),
        ("老应带我看的车间", "应国平"),
        ("质量经理陪着看板测", "廖学文"),
        ("厂长亲自下来聊", "应国平"),
    ],
)
def test_a_person_resolves_to_the_directory_s_name(text: str, name: str) -> None:
    assert met(text) == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("老何说再等等", "老何"),
        ("小刘接待的", "小刘"),
        ("新来的采购孙丽接待的", "孙丽"),
        ("前台阿珍说老板不在", "阿珍"),
        ("姜老板说可以", "姜老板"),
    ],
)
def test_a_person_that_does_not_resolve_stays_as_said(text: str, name: str) -> None:
    assert met(text) == name


@pytest.mark.parametrize("text", ["研发总监说不行", "仓库师傅说要搬厂", "今天没人", "李敏出差了没见着", ""])
def test_nobody_named_or_met_is_nobody(text: str) -> None:
    assert met(text) is None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("见了王经理下周三再过去跟李总监碰一下技术细节", "王建国"),
        ("王经理说合同就差应厂长签字", "王建国"),
        ("王经理不在李敏接待的", "李敏"),
        ("王经理坐了五分钟就走了主要是李敏在讲", "李敏"),
        ("上午先碰王经理，下午才见到李总监，最后她拍的板", "李敏"),
        ("原来小丁走了现在是小高", "小高"),
        ("约了王经理结果助理小陈接待的", "小陈"),
        ("王建国和李敏都在聊了图纸", "王建国"),
    ],
)
def test_of_several_the_one_dealt_with_is_met(text: str, name: str) -> None:
    assert met(text) == name


def test_the_speaker_of_a_pasted_chat_is_met_and_the_rep_is_not() -> None:
    chat = "李敏 10:12\n小李，我们应厂长觉得价格高\n李平 10:15\n我申请下\n李敏 10:16\n行"
    assert met(chat) == "李敏"


def test_a_colleague_is_never_the_contact() -> None:
    assert met("替赵四海跑的，赵四海请假，王经理在") == "王建国"


def test_without_a_customer_people_stay_as_said() -> None:
    assert resolve_contact(said("跟周总喝了个茶"), KNOWN, None).value == "周总"
    assert resolve_contact(said("杜工把参数报给我了"), KNOWN, NewCustomer("盛丰铸造")).value == "杜工"
    assert resolve_contact(said("采购经理松口了"), KNOWN, None).value is None


def test_the_span_is_the_mention() -> None:
    note = said("嗯跟王经理聊了价格")
    span = resolve_contact(note, KNOWN, "K1").span
    assert span is not None
    assert note.text[span.start : span.end] == "王经理"
