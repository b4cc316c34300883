"""What arrives at the application, in which form, how often."""

from __future__ import annotations

from datetime import timedelta

import pytest
from aiohttp.test_utils import unused_port

from bot.sandbox import Faults, PlatformRules, VerificationFailed, WeComStandIn
from bot.sandbox.envelopes import Sealed, seal
from bot.sandbox.media import AMR_MAGIC
from tests.bot.sandbox.echo_app import COMPANY, Api, EchoApp, confirm_card

RETRY_ONLY_FAILURES = PlatformRules(callback_timeout_s=0.2, callback_spacing_s=0.02, retry_bad_status=False)
FRESH = PlatformRules(callback_timeout_s=0.2, callback_spacing_s=0.02, fresh_nonce=True)


async def test_text_arrives_encrypted_with_its_own_message_id(standin: WeComStandIn, echo: EchoApp) -> None:
    phone = standin.phone("zhangwei")
    await phone.say("今天去了华锐 ]]> <b>&")
    await phone.say("好的")
    first, second = echo.heard
    assert first["Content"] == "今天去了华锐 ]]> <b>&"
    assert (first["FromUserName"], first["MsgType"], first["AgentID"]) == ("ZhangWei", "text", "1000017")
    assert int(first["MsgId"]) < int(second["MsgId"])
    assert int(first["CreateTime"]) == int(standin.clock.now().timestamp())


async def test_voice_and_photo_arrive_as_media_to_be_fetched(standin: WeComStandIn, echo: EchoApp, api: Api) -> None:
    amr = AMR_MAGIC + (b"\x3c" + bytes(31)) * 50
    await standin.phone("zhangwei").voice(amr)
    await standin.phone("zhangwei").photo(b"\xff\xd8 a picture")
    voice, photo = echo.heard
    assert (voice["MsgType"], voice["Format"], photo["MsgType"]) == ("voice", "amr", "image")
    assert await api.media(voice["MediaId"]) == (200, amr)
    assert standin.phone("zhangwei").screen()[0].seconds == pytest.approx(1.0)


async def test_location_has_latitude_as_x(standin: WeComStandIn, echo: EchoApp) -> None:
    await standin.phone("zhangwei").location(31.362273, 120.649767, "苏州市相城区澄阳路49号")
    assert (echo.heard[0]["Location_X"], echo.heard[0]["Location_Y"]) == ("31.362273", "120.649767")
    assert echo.heard[0]["Label"] == "苏州市相城区澄阳路49号"


async def test_tap_carries_task_code_and_selection_but_no_message_id(
    standin: WeComStandIn, echo: EchoApp, api: Api
) -> None:
    await api.post("message/send", echo.message("zhangwei", "template_card", confirm_card("t-1")))
    await standin.phone("zhangwei").tap(None, "确认", "价格讨论")
    event = echo.heard[0]
    assert (event["Event"], event["EventKey"], event["TaskId"]) == ("template_card_event", "1|confirm|v1|1||", "t-1")
    assert event["ResponseCode"]
    assert "MsgId" not in event
    assert echo.elements[0].findtext(".//QuestionKey") == "tags"
    assert [e.text for e in echo.elements[0].iter("OptionId")] == ["price"]


async def test_menu_of_a_card_is_another_event_without_selection(
    standin: WeComStandIn, echo: EchoApp, api: Api
) -> None:
    await api.post("message/send", echo.message("zhangwei", "template_card", confirm_card("t-1")))
    await standin.phone("zhangwei").tap(None, "文字版")
    assert echo.heard[0]["Event"] == "template_card_menu_event"
    assert "SelectedItems" not in echo.heard[0]


async def test_entering_is_reported_only_while_switched_on(standin: WeComStandIn, echo: EchoApp, api: Api) -> None:
    await standin.phone("zhangwei").open()
    await api.post("agent/set", {"agentid": 1000017, "isreportenter": 0})
    assert await standin.phone("zhangwei").open() is None
    assert [h["Event"] for h in echo.heard] == ["enter_agent"]


async def test_slow_answer_is_cut_and_tried_three_times(standin: WeComStandIn, echo: EchoApp) -> None:
    echo.sleep_s = 0.5
    delivery = await standin.phone("zhangwei").say("在吗")
    assert [a.reason for a in delivery.attempts] == ["超时"] * 3
    assert not delivery.delivered
    assert len({h["MsgId"] for h in echo.heard}) == 1
    assert [e.attempt for e in standin.traffic.exchanges if e.what == "文字"] == [1, 2, 3]


async def test_retry_repeats_timestamp_nonce_and_ciphertext(standin: WeComStandIn, echo: EchoApp) -> None:
    echo.statuses = [503, 500, 200]
    delivery = await standin.phone("zhangwei").say("在吗")
    assert [a.status for a in delivery.attempts] == [503, 500, 200]
    assert echo.queries[0] == echo.queries[1] == echo.queries[2]


@pytest.mark.parametrize("rules", [FRESH])
async def test_retry_may_have_a_fresh_nonce(standin: WeComStandIn, echo: EchoApp) -> None:
    echo.statuses = [503]
    await standin.phone("zhangwei").say("在吗")
    assert echo.queries[0]["nonce"] != echo.queries[1]["nonce"]
    assert echo.heard[0]["MsgId"] == echo.heard[1]["MsgId"]


@pytest.mark.parametrize("rules", [RETRY_ONLY_FAILURES])
async def test_bad_status_may_be_final(standin: WeComStandIn, echo: EchoApp) -> None:
    echo.statuses = [500]
    assert len((await standin.phone("zhangwei").say("在吗")).attempts) == 1


async def test_connection_failure_is_tried_three_times(standin: WeComStandIn) -> None:
    standin.callbacks.url = f"http://127.0.0.1:{unused_port()}/callback"
    delivery = await standin.phone("zhangwei").say("在吗")
    assert [a.status for a in delivery.attempts] == [0, 0, 0]


async def test_url_that_does_not_decrypt_is_not_saved(standin: WeComStandIn) -> None:
    before = standin.callbacks.url
    with pytest.raises(VerificationFailed):
        await standin.configure(before.replace("/callback", "/edit"))
    assert standin.callbacks.url == before


async def test_redelivery_and_reordering_can_be_switched_on(standin: WeComStandIn, echo: EchoApp) -> None:
    phone = standin.phone("zhangwei")
    standin.faults.once("reorder")
    early = phone.start_say("第一句")
    standin.faults.once("redeliver")
    await phone.say("第二句")
    await early
    assert sorted(h["Content"] for h in echo.heard) == ["第一句", "第二句", "第二句"]
    assert echo.heard[0]["Content"] == "第二句"


async def test_first_tries_of_a_person_keep_their_order(standin: WeComStandIn, echo: EchoApp) -> None:
    phone = standin.phone("zhangwei")
    under_way = [phone.start_say(str(n)) for n in range(20)]
    for task in under_way:
        await task
    assert [h["Content"] for h in echo.heard] == [str(n) for n in range(20)]


async def test_stale_or_forged_requests_can_be_posted_as_they_are(standin: WeComStandIn, echo: EchoApp) -> None:
    genuine = seal(COMPANY, "<xml><MsgType>text</MsgType></xml>", standin.clock.now() - timedelta(days=1))
    assert (await standin.callbacks.send(genuine)).status == 200
    assert echo.heard[0]["MsgType"] == "text"
    forged = Sealed(genuine.query, genuine.body.replace(b"<Encrypt><![CDATA[", b"<Encrypt><![CDATA[AAAA"))
    assert (await standin.callbacks.send(forged)).status == 403


def test_time_scale_divides_every_real_second() -> None:
    scaled = PlatformRules().at_scale(50)
    assert (scaled.callback_timeout_s, scaled.callback_spacing_s, scaled.verify_timeout_s) == (0.1, 0.1, 0.02)


def test_faults_come_back_the_same_with_the_same_seed() -> None:
    def run(seed: int) -> list[bool]:
        faults = Faults(seed)
        faults.rate("redeliver", 0.5)
        return [faults.strikes("redeliver") for _ in range(40)]

    assert run(3) == run(3) != run(4)
