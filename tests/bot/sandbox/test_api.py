"""The server API: tokens, sending, cards, windows, error codes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from bot.sandbox import Item, PlatformRules, WeComStandIn
from tests.bot.sandbox.echo_app import Api, EchoApp, confirm_card

SAME = PlatformRules(suppressed_answers="same")
SHORT_DAY = PlatformRules(per_day=3)


def hours(count: float) -> timedelta:
    return timedelta(hours=count)


def shown(standin: WeComStandIn, userid: str = "zhangwei") -> list[str]:
    return standin.phone(userid).texts()


def card_of(standin: WeComStandIn, userid: str = "zhangwei") -> Item:
    item = standin.phone(userid).newest_card()
    assert item is not None
    assert item.card is not None
    return item


async def send_text(api: Api, echo: EchoApp, text: str, touser: str = "zhangwei", **more: Any) -> dict[str, Any]:
    return await api.post("message/send", echo.message(touser, "text", {"content": text}, **more))


async def send_card(api: Api, echo: EchoApp, task_id: str, touser: str = "zhangwei", **more: Any) -> dict[str, Any]:
    return await api.post("message/send", echo.message(touser, "template_card", confirm_card(task_id), **more))


async def update(api: Api, code: str, userids: list[str] | None = None, **change: Any) -> dict[str, Any]:
    head = {"userids": userids or ["zhangwei"], "agentid": 1000017, "response_code": code}
    return await api.post("message/update_template_card", head | (change or {"button": {"replace_name": "已确认"}}))


# --- tokens ------------------------------------------------------------------------------------------------------


async def test_token_expires_after_two_hours(standin: WeComStandIn, api: Api, echo: EchoApp) -> None:
    await standin.clock.advance(hours(2) - timedelta(seconds=1))
    assert (await send_text(api, echo, "还行"))["errcode"] == 0
    await standin.clock.advance(timedelta(seconds=1))
    assert (await send_text(api, echo, "过期"))["errcode"] == 42001
    await api.login()
    assert (await send_text(api, echo, "又行"))["errcode"] == 0


async def test_missing_unknown_and_revoked_tokens(standin: WeComStandIn, api: Api, echo: EchoApp) -> None:
    good, api.token = api.token, ""
    assert (await send_text(api, echo, "无"))["errcode"] == 41001
    api.token = "made-up"
    assert (await send_text(api, echo, "假"))["errcode"] == 40014
    api.token = good
    standin.faults.once("revoke_token", where="message/send")
    assert (await send_text(api, echo, "吊销"))["errcode"] == 40014


async def test_wrong_secret_is_refused_then_blocks_the_address_for_an_hour(standin: WeComStandIn, api: Api) -> None:
    codes = [(await api.login("wrong"))["errcode"] for _ in range(6)]
    assert codes == [40001] * 5 + [45009]
    assert (await api.login())["errcode"] == 45009
    await standin.clock.advance(hours(1))
    assert (await api.login())["errcode"] == 0


# --- sending -----------------------------------------------------------------------------------------------------


async def test_unknown_receivers_come_back_in_lower_case(standin: WeComStandIn, api: Api, echo: EchoApp) -> None:
    answer = await send_text(api, echo, "你好", "ZHANGWEI|NoBody|Stranger")
    assert (answer["errcode"], answer["invaliduser"]) == (0, "nobody|stranger")
    assert shown(standin) == ["你好"]
    assert (await send_text(api, echo, "你好", "nobody"))["errcode"] == 81013


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"agentid": 1000018}, 301002),
        ({"agentid": "1000017"}, 40056),
        ({"touser": ""}, 82001),
        ({"touser": "|".join(f"u{n}" for n in range(1001))}, 40032),
        ({"msgtype": "voice", "voice": {"media_id": "gone"}}, 40007),
        ({"msgtype": "poem"}, 40008),
        ({"text": {"content": ""}}, 44004),
    ],
)
async def test_bad_envelopes_have_their_codes(api: Api, echo: EchoApp, change: dict[str, Any], code: int) -> None:
    body = echo.message("zhangwei", "text", {"content": "好"}) | change
    assert (await api.post("message/send", body))["errcode"] == code


async def test_text_is_cut_at_2048_bytes_between_characters(standin: WeComStandIn, api: Api, echo: EchoApp) -> None:
    await send_text(api, echo, "a" + "访" * 1000)
    assert shown(standin) == ["a" + "访" * 682]


async def test_escaped_characters_and_broken_json_are_refused(api: Api) -> None:
    assert (await api.post("message/send", b'{"touser": "\\u5f20"}'))["errcode"] == 40033
    broken = await api.post("message/send", b'{"touser": ')
    assert "wrong json format" in broken["errmsg"]
    assert (await api.get("message/send"))["errcode"] == 40035


async def test_31st_message_of_a_minute_is_discarded_without_a_word(
    standin: WeComStandIn, api: Api, echo: EchoApp
) -> None:
    codes = [(await send_text(api, echo, str(n), "zhangwei|chenlei"))["errcode"] for n in range(31)]
    assert codes == [0] * 31
    assert shown(standin) == [str(n) for n in range(30)]
    await standin.clock.advance(timedelta(minutes=1))
    await send_text(api, echo, "下一分钟")
    assert shown(standin)[-1] == "下一分钟"


async def test_1001st_message_of_an_hour_is_discarded(standin: WeComStandIn, api: Api, echo: EchoApp) -> None:
    for n in range(1002):
        standin.postbox.send(echo.message("zhangwei", "text", {"content": str(n)}), callback_known=True)
        await standin.clock.advance(timedelta(seconds=3))
    assert standin.postbox.quota.discarded == 2


@pytest.mark.parametrize("rules", [SHORT_DAY])
async def test_day_has_a_contingent_of_deliveries(standin: WeComStandIn, api: Api, echo: EchoApp) -> None:
    await send_text(api, echo, "一", "zhangwei|chenlei")
    assert (await send_text(api, echo, "二", "zhangwei|chenlei"))["errcode"] == 45009
    await standin.clock.advance(hours(14))
    await api.login()
    assert (await send_text(api, echo, "三", "zhangwei|chenlei"))["errcode"] == 0


# --- duplicate check and task ids --------------------------------------------------------------------------------


async def test_identical_request_within_the_interval_is_shown_once(
    standin: WeComStandIn, api: Api, echo: EchoApp
) -> None:
    check: dict[str, Any] = {"enable_duplicate_check": 1, "duplicate_check_interval": 600}
    first = await send_card(api, echo, "t-1", **check)
    again = await send_card(api, echo, "t-1", **check)
    assert (first["errcode"], again["errcode"]) == (0, 0)
    assert "response_code" not in again
    assert len(standin.phone("zhangwei").cards()) == 1
    await standin.clock.advance(timedelta(seconds=600))
    assert (await send_card(api, echo, "t-1", **check))["errcode"] == 42014


@pytest.mark.parametrize("rules", [SAME])
async def test_suppressed_send_may_repeat_the_first_answer(api: Api, echo: EchoApp) -> None:
    first = await send_card(api, echo, "t-1", enable_duplicate_check=1)
    assert await send_card(api, echo, "t-1", enable_duplicate_check=1) == first


async def test_used_task_id_is_refused(standin: WeComStandIn, api: Api, echo: EchoApp) -> None:
    await send_card(api, echo, "t-1")
    assert (await send_card(api, echo, "t-1"))["errcode"] == 42014
    assert len(standin.phone("zhangwei").cards()) == 1


async def test_same_text_twice_without_the_check_is_shown_twice(standin: WeComStandIn, api: Api, echo: EchoApp) -> None:
    await send_text(api, echo, "好的")
    await send_text(api, echo, "好的")
    assert shown(standin) == ["好的", "好的"]


async def test_card_with_seven_buttons_is_refused(api: Api, echo: EchoApp) -> None:
    buttons = [{"text": str(n), "key": str(n)} for n in range(7)]
    card = confirm_card("t-7", button_list=buttons)
    answer = await api.post("message/send", echo.message("zhangwei", "template_card", card))
    assert answer["errcode"] != 0


async def test_interactive_card_needs_a_callback_url(standin: WeComStandIn, api: Api, echo: EchoApp) -> None:
    standin.callbacks.url = ""
    assert (await send_card(api, echo, "t-1"))["errcode"] == 43012


# --- updating cards ----------------------------------------------------------------------------------------------


async def test_response_code_greys_the_card_once(standin: WeComStandIn, api: Api, echo: EchoApp) -> None:
    code = (await send_card(api, echo, "t-1"))["response_code"]
    assert (await update(api, code))["errcode"] == 0
    card = card_of(standin).card
    assert card is not None
    assert (card.greyed, card.buttons()) == ("已确认", [])
    assert (await update(api, code))["errcode"] == 60140


async def test_response_code_dies_after_72_hours(standin: WeComStandIn, api: Api, echo: EchoApp) -> None:
    in_time = (await send_card(api, echo, "t-1"))["response_code"]
    late = (await send_card(api, echo, "t-2"))["response_code"]
    await standin.clock.advance(hours(72))
    await api.login()
    assert (await update(api, in_time))["errcode"] == 0
    await standin.clock.advance(timedelta(seconds=1))
    assert (await update(api, late))["errcode"] == 60140


async def test_every_click_gives_one_more_update(standin: WeComStandIn, api: Api, echo: EchoApp) -> None:
    await send_card(api, echo, "t-1")
    await standin.phone("zhangwei").tap(None, "确认")
    await standin.phone("zhangwei").tap(None, "确认")
    codes = [h["ResponseCode"] for h in echo.heard]
    new_card = {k: v for k, v in confirm_card("t-1").items() if k not in ("task_id", "button_selection")}
    done = new_card | {"main_title": {"title": "已确认 ✓"}}
    assert [(await update(api, c, template_card=done))["errcode"] for c in [*codes, codes[0]]] == [0, 0, 60140]
    item = card_of(standin)
    assert item.card is not None
    assert (item.card.title, item.card.updates, item.card.task_id) == ("已确认 ✓", 2, "t-1")


async def test_update_reaches_only_original_receivers(standin: WeComStandIn, api: Api, echo: EchoApp) -> None:
    code = (await send_card(api, echo, "t-1", "zhangwei|zhoumin"))["response_code"]
    assert (await update(api, code, ["chenlei"]))["errcode"] == 82102
    answer = await update(api, code, ["ZHOUMIN", "Chenlei"])
    assert (answer["errcode"], answer["invaliduser"]) == (0, ["chenlei"])
    greyed = [card.greyed for u in ("zhangwei", "zhoumin") if (card := card_of(standin, u).card)]
    assert greyed == ["", "已确认"]


async def test_recalled_message_disappears_within_a_day_only(standin: WeComStandIn, api: Api, echo: EchoApp) -> None:
    first, second = await send_text(api, echo, "错了"), await send_text(api, echo, "也错了")
    assert (await api.post("message/recall", {"msgid": first["msgid"]}))["errcode"] == 0
    assert shown(standin) == ["也错了"]
    await standin.clock.advance(hours(25))
    await api.login()
    assert (await api.post("message/recall", {"msgid": second["msgid"]}))["errcode"] == 42052


# --- small calls and faults --------------------------------------------------------------------------------------


async def test_supervisor_is_named_only_while_visible(api: Api) -> None:
    profile = await api.get("user/get", userid="zhangwei")
    assert (profile["name"], profile["direct_leader"]) == ("张伟", ["zhoumin"])
    assert (await api.get("user/get", userid="stranger"))["errcode"] == 60011
    assert (await api.get("user/get", userid="nobody"))["errcode"] == 60111


async def test_oauth_code_works_once_and_five_minutes(standin: WeComStandIn, api: Api) -> None:
    code, late = standin.oauth_codes.issue("zhangwei"), standin.oauth_codes.issue("zhangwei")
    assert (await api.get("auth/getuserinfo", code=code))["userid"] == "zhangwei"
    assert (await api.get("auth/getuserinfo", code=code))["errcode"] == 42022
    await standin.clock.advance(timedelta(minutes=5))
    assert (await api.get("auth/getuserinfo", code=late))["errcode"] == 42003
    assert (await api.get("auth/getuserinfo", code="made-up"))["errcode"] == 40029


async def test_menu_is_checked_and_given_back(api: Api) -> None:
    menu = [{"name": "今日", "type": "click", "key": "today"}]
    assert (await api.post("menu/create", {"button": menu}))["errcode"] == 0
    assert (await api.get("menu/get"))["button"] == menu
    assert (await api.post("menu/create", {"button": menu * 4}))["errcode"] == 40016
    long_name = [{"name": "今日的待办", "type": "click", "key": "k"}]
    assert (await api.post("menu/create", {"button": long_name}))["errcode"] == 0
    assert (await api.post("menu/create", {"button": [{"name": "今日的待办事", "key": "k"}]}))["errcode"] == 40018


async def test_lost_response_was_carried_out_and_cut_connection_was_not(
    standin: WeComStandIn, api: Api, echo: EchoApp
) -> None:
    standin.faults.once("drop_response", where="message/send")
    with pytest.raises(aiohttp.ClientError):
        await send_text(api, echo, "到了")
    standin.faults.once("platform_down", where="message/send")
    with pytest.raises(aiohttp.ClientError):
        await send_text(api, echo, "没到")
    assert shown(standin) == ["到了"]


async def test_busy_and_throttled_answers_can_be_switched_on(standin: WeComStandIn, api: Api, echo: EchoApp) -> None:
    standin.faults.once("system_busy")
    standin.faults.once("throttle")
    codes = [(await send_text(api, echo, "好"))["errcode"] for _ in range(3)]
    assert codes == [-1, 45009, 0]
