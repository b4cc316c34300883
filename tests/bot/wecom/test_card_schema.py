"""The rules of what WeCom accepts: the documented examples pass, each broken one gets its documented code."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from bot.wecom.card_schema import check_message, check_template_card, check_update
from bot.wecom.menu import check_menu

BUTTONS: dict[str, Any] = {
    "card_type": "button_interaction",
    "source": {"desc": "外勤助手", "desc_color": 0},
    "main_title": {"title": "确认拜访记录", "desc": "城南华联超市 10:32"},
    "sub_title_text": "补货2箱，收款1280元",
    "horizontal_content_list": [
        {"keyname": "定位", "value": "偏差 38 米"},
        {"keyname": "照片", "value": "2 张", "type": 1, "url": "https://visit.example.com/h5/v/8f2c"},
        {"keyname": "主管", "value": "王芳", "type": 3, "userid": "wang.fang"},
    ],
    "task_id": "visit-20261003-8f2c_1",
    "button_selection": {
        "question_key": "outcome",
        "title": "结果",
        "option_list": [{"id": "deal", "text": "成交"}, {"id": "follow", "text": "跟进"}],
        "selected_id": "follow",
    },
    "button_list": [
        {"text": "确认", "style": 1, "key": "visit:confirm:8f2c"},
        {"text": "修改", "style": 2, "type": 1, "url": "https://visit.example.com/h5/v/8f2c/edit"},
    ],
}
TEXT_NOTICE: dict[str, Any] = {
    "card_type": "text_notice",
    "main_title": {"title": "超时未签到预警", "desc": "林伟 · 城南片区"},
    "emphasis_content": {"title": "95 分钟", "desc": "距上次签到"},
    "sub_title_text": "计划 5 家，已完成 2 家",
    "jump_list": [{"type": 1, "title": "查看轨迹", "url": "https://visit.example.com/h5/w/33"}],
    "card_action": {"type": 1, "url": "https://visit.example.com/h5/w/33"},
    "action_menu": {
        "desc": "处理",
        "action_list": [{"text": "今天不再提醒", "key": "mute_today"}, {"text": "转交他人", "key": "reassign"}],
    },
    "task_id": "warn-20261003-33",
}
NEWS_NOTICE: dict[str, Any] = {
    "card_type": "news_notice",
    "main_title": {"title": "门头照已入库"},
    "card_image": {"url": "https://visit.example.com/p/8f2c.jpg", "aspect_ratio": 1.5},
    "vertical_content_list": [{"title": "识别结果", "desc": "陈列合格"}],
    "card_action": {"type": 1, "url": "https://visit.example.com/h5/v/8f2c"},
}
VOTE: dict[str, Any] = {
    "card_type": "vote_interaction",
    "main_title": {"title": "本次完成事项"},
    "task_id": "vote@20261003-01",
    "checkbox": {
        "question_key": "q1",
        "mode": 1,
        "option_list": [{"id": "o1", "text": "陈列检查", "is_checked": True}, {"id": "o2", "text": "补货"}],
    },
    "submit_button": {"text": "提交", "key": "submit"},
}
MULTIPLE: dict[str, Any] = {
    "card_type": "multiple_interaction",
    "main_title": {"title": "补充信息"},
    "task_id": "multi-20261003-01",
    "select_list": [
        {"question_key": "stage", "title": "阶段", "option_list": [{"id": "s1", "text": "初访"}]},
        {"question_key": "mood", "title": "意向", "option_list": [{"id": "h", "text": "高"}]},
    ],
    "submit_button": {"text": "提交", "key": "submit"},
}
DOCUMENTED = [BUTTONS, TEXT_NOTICE, NEWS_NOTICE, VOTE, MULTIPLE]


@pytest.mark.parametrize("card", DOCUMENTED, ids=lambda card: card["card_type"])
def test_documented_example_is_legal(card: dict[str, Any]) -> None:
    assert check_template_card(card) == []


def broken(card: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """Return a copy with `value` at the dotted path; None takes the field out."""
    card = copy.deepcopy(card)
    *parents, last = path.split(".")
    part: Any = card
    for step in parents:
        part = part[int(step)] if step.isdigit() else part[step]
    if value is None:
        del part[last]
    else:
        part[last] = value
    return card


OPTION = {"id": "x", "text": "甲"}


@pytest.mark.parametrize(
    ("card", "path", "value", "code"),
    [
        (BUTTONS, "task_id", None, 42014),
        (BUTTONS, "task_id", "visit:1", 42014),
        (BUTTONS, "task_id", "a" * 129, 42014),
        (TEXT_NOTICE, "task_id", None, 42014),
        (BUTTONS, "button_list", [], 40058),
        (BUTTONS, "button_list.0.key", "k" * 1025, 42018),
        (BUTTONS, "horizontal_content_list.0.keyname", None, 42027),
        (BUTTONS, "horizontal_content_list.1.url", None, 42028),
        (BUTTONS, "button_list.1.url", "visit.example.com", 42028),
        (BUTTONS, "horizontal_content_list.0.type", 2, 42029),
        (TEXT_NOTICE, "card_action", {"type": 2}, 42030),
        (BUTTONS, "card_type", "balloon", 42031),
        (BUTTONS, "main_title", {}, 42033),
        (BUTTONS, "horizontal_content_list", [{"keyname": "键"}] * 7, 42035),
        (NEWS_NOTICE, "vertical_content_list", [{"title": "行"}] * 5, 42036),
        (BUTTONS, "button_selection.option_list", [], 42037),
        (VOTE, "checkbox.option_list", [{"id": str(n), "text": "甲"} for n in range(21)], 42037),
        (BUTTONS, "button_list.0.text", None, 42038),
        (BUTTONS, "button_list.0.key", None, 42039),
        (BUTTONS, "button_selection.option_list", [OPTION, OPTION], 42040),
        (BUTTONS, "button_selection.option_list.0.text", "", 42041),
        (TEXT_NOTICE, "jump_list", [{"title": "跳", "type": 0}] * 4, 42042),
        (BUTTONS, "button_selection.question_key", None, 42043),
        (NEWS_NOTICE, "card_image", None, 42044),
        (TEXT_NOTICE, "card_action", {"type": 0}, 42045),
        (TEXT_NOTICE, "card_action", None, 42045),
        (VOTE, "submit_button.key", None, 42046),
        (MULTIPLE, "select_list", [], 42047),
        (VOTE, "submit_button.text", None, 42049),
        (BUTTONS, "horizontal_content_list.2.userid", None, 42050),
        (TEXT_NOTICE, "action_menu.action_list.1.key", "mute_today", 42051),
        (BUTTONS, "replace_text", "已确认", 40058),
        (BUTTONS, "source.desc", "字" * 21, 40058),
        (BUTTONS, "source.desc_color", 4, 40058),
    ],
)
def test_broken_card_gets_its_documented_code(card: dict[str, Any], path: str, value: Any, code: int) -> None:
    assert code in [fault for fault, _ in check_template_card(broken(card, path, value))]


@pytest.mark.parametrize("junk", [{}, {"card_type": 5}, {"card_type": "button_interaction", "button_list": [3, None]}])
def test_junk_is_a_fault_not_a_crash(junk: dict[str, Any]) -> None:
    assert check_template_card(junk)


MESSAGE = {"touser": "lin.wei", "agentid": 1000017, "msgtype": "text", "text": {"content": "你好"}}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"touser": ""}, 82001),
        ({"touser": "|".join("u" * 1001)}, 40032),
        ({"agentid": None}, 40056),
        ({"msgtype": "hologram"}, 40008),
        ({"text": {}}, 44004),
        ({"text": {"content": "外" * 683}}, 45002),
        ({"duplicate_check_interval": 14401}, 40058),
        ({"text": {"content": "\ud800"}}, 40033),
        ({"msgtype": "template_card", "template_card": {}}, 42031),
    ],
)
def test_broken_message_gets_its_documented_code(change: dict[str, Any], code: int) -> None:
    assert check_message(MESSAGE) == []
    assert [fault for fault, _ in check_message({**MESSAGE, **change})] == [code]


UPDATE = {"userids": ["lin.wei"], "agentid": 1, "response_code": "c", "button": {"replace_name": "已确认"}}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"response_code": ""}, 60140),
        ({"userids": []}, 82101),
        ({"agentid": "1"}, 40056),
        ({"button": {}}, 42020),
        ({"template_card": {"card_type": "balloon"}}, 42031),
    ],
)
def test_broken_update_gets_its_documented_code(change: dict[str, Any], code: int) -> None:
    assert check_update(UPDATE) == []
    assert [fault for fault, _ in check_update({**UPDATE, **change})] == [code]


def test_update_needs_neither_task_id_nor_submit_button() -> None:
    card = {key: value for key, value in VOTE.items() if key not in ("task_id", "submit_button")}
    assert check_template_card(card, update=True) == []


LEAF = {"name": "签到", "type": "location_select", "key": "checkin"}


def test_menu_with_sub_buttons_is_legal() -> None:
    page = {"name": "我的拜访记录与草稿", "type": "view", "url": "https://visit.example.com/h5"}
    assert check_menu([LEAF, {"name": "更多", "sub_button": [page, LEAF]}]) == []


@pytest.mark.parametrize(
    ("menu", "code"),
    [
        ([], 40016),
        ([LEAF] * 4, 40016),
        ([{**LEAF, "type": "hologram"}], 40017),
        ([{**LEAF, "name": "今天的拜访" * 2}], 40018),
        ([{**LEAF, "key": ""}], 40019),
        ([{"name": "页面", "type": "view", "url": "ftp://a"}], 40020),
        ([{"name": "小程序", "type": "view_miniprogram"}], 40020),
        ([{"name": "更多", "sub_button": [LEAF] * 6}], 40023),
    ],
)
def test_broken_menu_gets_its_code(menu: list[dict[str, Any]], code: int) -> None:
    assert [fault for fault, _ in check_menu(menu)] == [code]
