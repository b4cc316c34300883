"""Which customer a note means."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from nlp.names import resolve, resolve_customer
from nlp.types import Channel, Context, Draft, NewCustomer, Playbook
from tests.nlp.names.given import customer, directory, said

RUI = customer(
    1, "苏州华锐精密机械有限公司", "华锐", "王建国:采购经理", "李敏:技术总监", city="苏州", lat=31.3, lon=120.6
)
OTHER_RUI = customer(2, "常州华瑞包装材料有限公司", "华瑞", "孙明辉:工艺工程师", city="常州", lat=31.8, lon=119.9)
HAI_A = customer(3, "青岛海拓化工有限公司", "海拓", "马少华:总经理", city="青岛")
HAI_B = customer(4, "济南海拓机床有限公司", "海拓", "马国平:设备部经理", city="济南")
FAR = customer(5, "广州远航物流有限公司", "远航", "何亮:总经理", city="广州", owner="zhao")
KNOWN = directory(RUI, OTHER_RUI, HAI_A, HAI_B, FAR)


def value(text: str, channel: Channel = "voice", rep: str = "li") -> object:
    """Return the customer of a note on the directory of this file."""
    return resolve_customer(said(text, rep, channel), KNOWN).value


def context(**known: object) -> Context:
    """Return a context of rep li with what is given."""
    return Context("li", KNOWN, Playbook("x", (), ()), datetime(2026, 3, 12, tzinfo=UTC), **known)  # type: ignore[arg-type]


def test_a_misheard_name_is_settled_by_the_contact() -> None:
    assert value("刚从华瑞出来跟李敏聊了图纸") == "K1"
    assert value("刚从华锐出来跟孙工聊了图纸") == "K2"


def test_a_shared_name_is_settled_by_the_city() -> None:
    assert value("今天去了济南海拓那边") == "K4"
    assert value("海拓今天催得急我人在青岛") == "K3"


def test_a_shared_name_is_settled_by_the_product() -> None:
    assert value("从海拓出来他们那台机床主轴有点响") == "K4"


def test_a_shared_name_that_nothing_settles_is_asked() -> None:
    guess = resolve_customer(said("下周四再去海拓老马说流程卡住"), KNOWN)
    assert guess.value is None
    assert set(guess.alternatives[:2]) == {"K3", "K4"}
    assert guess.span is not None


def test_the_owner_settles_what_nothing_else_does() -> None:
    both = directory(HAI_A, customer(6, "大连海拓食品有限公司", "海拓", city="大连", owner="zhao"))
    assert resolve_customer(said("今天去了海拓聊得一般", "zhao"), both).value == "K6"


def test_the_plan_settles_between_own_customers() -> None:
    assert resolve_customer(said("从海拓出来了"), KNOWN, context=context(plan=("K4",))).value == "K4"


def test_the_position_settles_between_own_customers() -> None:
    here = context(position=(31.8, 119.9))
    assert resolve_customer(said("从华瑞出来了"), KNOWN, context=here).value == "K2"
    assert resolve_customer(said("从华瑞出来了"), KNOWN, context=context(position=(31.3, 120.6))).value == "K1"


def test_an_open_draft_alone_is_no_customer() -> None:
    drafted = context(drafts=(Draft("v1", datetime(2026, 3, 12, tzinfo=UTC), "K1"),))
    assert resolve_customer(said("今天聊得还行"), KNOWN, context=drafted).value is None


def test_a_wrong_loose_ending_does_not_matter() -> None:
    assert value("华锐集团王经理说交期太长", "text") == "K1"


def test_a_colleague_s_customer_resolves_for_who_stands_in() -> None:
    assert value("替赵四海跑了趟远航何总在") == "K5"


def test_a_place_not_reached_is_not_the_customer() -> None:
    assert value("本来要去华锐半路说不让进掉头去了远航何总在", "text") == "K5"


def test_a_customer_only_compared_with_is_not_the_customer() -> None:
    assert value("华锐，王经理说远航那家已经给了8折", "text") == "K1"


def test_a_person_alone_tells_an_own_customer_but_never_surely() -> None:
    guess = resolve_customer(said("跟孙明辉通了个电话"), KNOWN)
    assert guess.value == "K2"
    assert guess.confidence < 0.9


@pytest.mark.parametrize(
    "text", ["早啊", "机器人怎么用", "路过一家小厂老板娘嫌贵", "提醒我下周三带伞哈哈", "采购经理松口了", ""]
)
def test_no_name_is_no_customer(text: str) -> None:
    assert value(text) is None
    assert value(text, "text") is None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("拜访天津海特微电机（新客户），采购刘强接待", "天津海特微电机"),
        ("今天头一回去庆海泵阀关师傅带我转的车间", "庆海泵阀"),
        ("新客户：唐山盛丰铸造。杜工报了参数", "唐山盛丰铸造"),
        ("惠州新开的那个佳满园生鲜今天进去认了认", "佳满园生鲜"),
        ("新客户华锐锋刀具，吴经理，要样品", "华锐锋刀具"),
    ],
)
def test_a_company_not_in_the_directory_is_new_as_said(text: str, name: str) -> None:
    assert value(text) == NewCustomer(name)


def test_the_reason_names_the_evidence_in_one_chinese_line() -> None:
    reason = resolve_customer(said("刚从华瑞出来跟李敏聊了图纸"), KNOWN).reason
    assert "李敏" in reason
    assert "\n" not in reason


def test_a_supervisor_s_team_is_known() -> None:
    assert resolve(said("我陪小李去的华锐王经理接待", "boss"), KNOWN)[0].value == "K1"


def test_a_piece_of_an_everyday_word_is_no_name() -> None:
    both = directory(customer(7, "佛山市禅惠超市有限公司", "禅惠", "许文娟:采购总监", city="佛山"))
    text = "今天去了新开的万禾优品超市许总监见了就是嫌进场费谁出没定"
    assert resolve_customer(said(text), both).value == NewCustomer("万禾优品超市")


def test_a_reminder_that_speaks_of_customers_names_none() -> None:
    assert value("提醒：各位客户拜访记录周五前补齐", "text") is None


def test_a_factory_not_called_on_before_is_new() -> None:
    assert value("刚从个叫锦川数控的厂子出来以前没跑过的见到个小陈") == NewCustomer("锦川数控")
