"""The messenger against a platform on loopback: sending, updating, errors, check and menu."""

from __future__ import annotations

import json
import pickle
from collections.abc import AsyncIterator

import aiohttp
import pytest
from pytest_aiohttp.plugin import AiohttpServer

from bot.wecom import WeComMessenger
from bot.wecom.errors import MEANINGS, IllegalMessage, Rejected, error_of
from handlers.errors import CardCodeSpent, MediaGone, PermanentError, RetryableError
from handlers.messages import Card, CardButton, OutboundCard, OutboundText
from handlers.ports import Messenger, Sent
from tests.bot.wecom.fakes import AGENT_ID, CORP_ID, FakeClock, Platform

SEND = "/cgi-bin/message/send"
UPDATE = "/cgi-bin/message/update_template_card"
HELLO = OutboundText("10:32 那条已记下")
CARD = OutboundCard(
    Card("v-8f2c-1", "外勤助手", "确认拜访 · 华锐", buttons=(CardButton("确认", "1|confirm|8f2c|1||"),))
)


@pytest.fixture
def platform() -> Platform:
    return Platform()


@pytest.fixture
async def messenger(platform: Platform, aiohttp_server: AiohttpServer) -> AsyncIterator[WeComMessenger]:
    server = await aiohttp_server(platform.app())
    async with aiohttp.ClientSession() as session:
        yield make_messenger(session, str(server.make_url("/")))


def make_messenger(session: aiohttp.ClientSession, base_url: str, secret: str = "the-secret") -> WeComMessenger:
    return WeComMessenger(
        session, corp_id=CORP_ID, secret=secret, agent_id=AGENT_ID, clock=FakeClock(), base_url=base_url
    )


async def test_text_is_sent_with_the_duplicate_check(platform: Platform, messenger: WeComMessenger) -> None:
    port: Messenger = messenger
    platform.answer(SEND, errcode=0, msgid="m1")
    assert await port.send(port.render("lin.wei", HELLO)) == Sent(message_id="m1")
    [(path, query, data)] = platform.calls
    body = json.loads(data)
    assert (path, query) == (SEND, {"access_token": "token-1"})
    assert (body["touser"], body["agentid"], body["text"]) == ("lin.wei", AGENT_ID, {"content": HELLO.text})
    assert (body["enable_duplicate_check"], body["duplicate_check_interval"]) == (1, 600)
    assert "那条已记下".encode() in data


async def test_retry_sends_the_same_bytes_even_if_storage_reordered_them(
    platform: Platform, messenger: WeComMessenger
) -> None:
    body = messenger.render("lin.wei", CARD)
    stored = dict(sorted(json.loads(json.dumps(body)).items(), reverse=True))
    await messenger.send(body)
    await messenger.send(stored)
    assert platform.calls[0][2] == platform.calls[1][2]


async def test_card_is_sent_and_its_update_code_returned(platform: Platform, messenger: WeComMessenger) -> None:
    platform.answer(SEND, errcode=0, msgid="m1", response_code="code-1")
    assert await messenger.send(messenger.render("lin.wei", CARD)) == Sent("m1", "code-1")


async def test_used_task_id_counts_as_sent(platform: Platform, messenger: WeComMessenger) -> None:
    platform.answer(SEND, errcode=42014)
    assert await messenger.send(messenger.render("lin.wei", CARD)) == Sent(duplicate=True)


@pytest.mark.parametrize("field", ["invaliduser", "unlicenseduser"])
async def test_receiver_not_reached_is_seen_behind_errcode_0(
    platform: Platform, messenger: WeComMessenger, field: str
) -> None:
    platform.answer(SEND, errcode=0, msgid="m1", **{field: "lin.wei|x"})
    with pytest.raises(PermanentError) as error:
        await messenger.send(messenger.render("Lin.Wei", HELLO))
    assert error.value.code == "invaliduser"


async def test_card_is_replaced(platform: Platform, messenger: WeComMessenger) -> None:
    platform.answer(UPDATE, errcode=0, invaliduser=[])
    await messenger.update_card(messenger.render_update("lin.wei", CARD, "code-1"))
    body = json.loads(platform.calls[0][2])
    assert (body["userids"], body["response_code"]) == (["lin.wei"], "code-1")
    assert body["template_card"]["main_title"]["title"] == "确认拜访 · 华锐"


async def test_update_that_reaches_nobody_is_an_error(platform: Platform, messenger: WeComMessenger) -> None:
    platform.answer(UPDATE, errcode=0, invaliduser=["LIN.WEI"])
    with pytest.raises(PermanentError):
        await messenger.update_card(messenger.render_update("lin.wei", CARD, "code-1"))


async def test_spent_update_code_is_told_apart(platform: Platform, messenger: WeComMessenger) -> None:
    platform.answer(UPDATE, errcode=60140)
    with pytest.raises(CardCodeSpent):
        await messenger.update_card(messenger.render_update("lin.wei", CARD, "code-1"))


async def test_token_gone_stale_early_is_refreshed_once(platform: Platform, messenger: WeComMessenger) -> None:
    platform.refused = {"token-1"}
    await messenger.send(messenger.render("lin.wei", HELLO))
    assert [query["access_token"] for _, query, _ in platform.calls] == ["token-1", "token-2"]
    assert platform.calls[0][2] == platform.calls[1][2]


@pytest.mark.parametrize(
    ("code", "error", "retry_after_s"),
    [
        (-1, RetryableError, 2.0),
        (45009, RetryableError, 60.0),
        (45033, RetryableError, 5.0),
        (60020, RetryableError, 300.0),
        (42001, RetryableError, 60.0),
        (40001, PermanentError, None),
        (40003, PermanentError, None),
        (40007, MediaGone, None),
        (41006, MediaGone, None),
        (43012, PermanentError, None),
        (60140, CardCodeSpent, None),
        (81013, PermanentError, None),
        (999999, PermanentError, None),
    ],
)
def test_error_code_means_what_the_table_says(code: int, error: type[Exception], retry_after_s: float | None) -> None:
    raised = error_of(code, SEND)
    assert isinstance(raised, error)
    if isinstance(raised, RetryableError):
        assert raised.retry_after_s == retry_after_s
    else:
        assert raised.code == code


@pytest.mark.parametrize(
    "error",
    [
        error_of(42001, SEND),
        error_of(60020, SEND),
        error_of(60140, SEND),
        Rejected("padding_invalid"),
        IllegalMessage([(44004, "empty content")]),
    ],
    ids=lambda error: type(error).__name__,
)
def test_error_survives_being_stored_by_a_durable_step(error: Exception) -> None:
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), str(copy), vars(copy)) == (type(error), str(error), vars(error))


def test_every_error_code_has_words_and_operators_know_where_to_go() -> None:
    for code, meaning in MEANINGS.items():
        assert meaning.text, code
        assert meaning.fix or meaning.reaction not in ("stop",), code


@pytest.mark.parametrize(
    ("status", "error"), [(500, RetryableError), (502, RetryableError), (429, RetryableError), (404, PermanentError)]
)
async def test_page_of_a_gateway_is_not_taken_for_an_answer(
    platform: Platform, messenger: WeComMessenger, status: int, error: type[Exception]
) -> None:
    platform.answer(SEND, status=status, html="<h1>Bad Gateway</h1>")
    with pytest.raises(error):
        await messenger.send(messenger.render("lin.wei", HELLO))


async def test_platform_out_of_reach_is_retried_and_named_without_its_address(unused_tcp_port: int) -> None:
    async with aiohttp.ClientSession() as session:
        messenger = make_messenger(session, f"http://127.0.0.1:{unused_tcp_port}")
        with pytest.raises(RetryableError) as error:
            await messenger.send(messenger.render("lin.wei", HELLO))
    assert "the-secret" not in str(error.value) + repr(messenger)
    assert CORP_ID not in str(error.value) + repr(messenger)


async def test_check_of_a_working_app_finds_everything_well(platform: Platform, messenger: WeComMessenger) -> None:
    platform.answer("/cgi-bin/agent/get", errcode=0, name="外勤", allow_partys={"partyid": [1]}, close=0)
    platform.answer("/cgi-bin/getcallbackip", errcode=0, ip_list=["101.226.103.*"])
    findings = await messenger.check()
    assert [(finding.name, finding.ok) for finding in findings] == [
        ("access_token", True),
        ("应用", True),
        ("回调地址", True),
    ]


async def test_check_names_the_wrong_secret_and_asks_no_more(platform: Platform, aiohttp_server: AiohttpServer) -> None:
    server = await aiohttp_server(platform.app())
    async with aiohttp.ClientSession() as session:
        messenger = make_messenger(session, str(server.make_url("/")), secret="wrong")
        [finding] = await messenger.check()
    assert (finding.ok, finding.code) == (False, 40001)
    assert "Secret" in finding.text
    assert "管理后台" in finding.fix
    assert platform.calls == []


async def test_check_names_each_failure_by_itself(platform: Platform, messenger: WeComMessenger) -> None:
    platform.answer("/cgi-bin/agent/get", errcode=301002)
    platform.answer("/cgi-bin/getcallbackip", errcode=60020)
    _, agent, callback = await messenger.check()
    assert [(found.ok, found.code) for found in (agent, callback)] == [(False, 301002), (False, 60020)]
    assert "企业可信IP" in callback.fix


async def test_check_finds_an_empty_range(platform: Platform, messenger: WeComMessenger) -> None:
    platform.answer("/cgi-bin/agent/get", errcode=0, name="外勤", close=0)
    findings = await messenger.check()
    assert "可见范围为空" in findings[1].text


async def test_menu_is_created_for_the_app(platform: Platform, messenger: WeComMessenger) -> None:
    menu = [{"name": "签到", "type": "location_select", "key": "checkin"}]
    await messenger.menu_create(menu)
    path, query, data = platform.calls[0]
    assert (path, query["agentid"], json.loads(data)) == ("/cgi-bin/menu/create", str(AGENT_ID), {"button": menu})


async def test_menu_name_over_sixteen_bytes_is_not_sent(platform: Platform, messenger: WeComMessenger) -> None:
    with pytest.raises(IllegalMessage, match="16 bytes"):
        await messenger.menu_create(
            [{"name": "今天的拜访", "type": "click", "key": "today"}] * 1 + [{"name": "拜访的草稿箱"}]
        )
    assert platform.calls == []
