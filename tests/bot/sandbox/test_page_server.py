"""The page's interface: acts of a person arrive as callbacks, changes come back as events."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from bot.sandbox import DEMO_START, SandboxClock
from handlers.rules.geo import Point, distance_m, to_wgs84
from tests.bot.sandbox.demo_bot import short_wav
from tests.bot.sandbox.page_fixtures import Demo, running_demo


@pytest.fixture
async def demo() -> AsyncIterator[Demo]:
    async with running_demo(SandboxClock(rate=0.0)) as running:
        yield running


async def post(demo: Demo, path: str, body: dict[str, Any] | bytes, origin: str = "") -> tuple[int, dict[str, Any]]:
    kind: dict[str, Any] = {"data": body} if isinstance(body, bytes) else {"json": body}
    headers = {"Origin": origin} if origin else {}
    async with demo.session.post(f"{demo.url}/sandbox/api/{path}", headers=headers, **kind) as response:
        is_json = response.content_type == "application/json"
        return response.status, await response.json() if is_json else {}


async def get(demo: Demo, path: str) -> tuple[int, str, bytes]:
    async with demo.session.get(f"{demo.url}{path}") as response:
        return response.status, response.content_type, await response.read()


async def test_text_brings_a_card_and_a_tap_confirms_it(demo: Demo) -> None:
    phone = demo.standin.phone("zhangwei")
    await post(demo, "phones/zhangwei/text", {"text": "华锐谈价格"})
    screen = await phone.wait_until(lambda items: bool(items and items[-1].card))
    key = "1|confirm|v1|1||"
    tap = {"item": screen[-1].item_id, "key": key, "selected": {"tags": "price"}}
    assert await post(demo, "phones/zhangwei/tap", tap) == (200, {})
    await phone.wait_until(lambda items: bool(items[-1].card and items[-1].card.title == "已确认 ✓ 华锐"))


async def test_url_button_answers_with_the_page_to_open(demo: Demo) -> None:
    await post(demo, "phones/zhangwei/text", {"text": "华锐谈价格"})
    screen = await demo.standin.phone("zhangwei").wait_until(lambda items: bool(items and items[-1].card))
    _, answer = await post(demo, "phones/zhangwei/tap", {"item": screen[-1].item_id, "key": "修改"})
    assert answer["url"].endswith("/edit")


async def test_browser_recording_arrives_as_amr(demo: Demo) -> None:
    assert (await post(demo, "phones/zhangwei/voice", b"\x1aE\xdf\xa3 webm"))[0] == 200
    voice = demo.standin.phone("zhangwei").screen()[0]
    medium = demo.standin.shelf.get(voice.media_id)
    assert medium.data.startswith(b"#!AMR\n")
    await demo.standin.callbacks.drain()
    assert demo.echo.heard[0]["Format"] == "amr"


async def test_sent_voice_can_be_listened_to_as_wav(demo: Demo) -> None:
    await post(demo, "phones/zhangwei/sample", {"index": 0})
    item = demo.standin.phone("zhangwei").screen()[0]
    status, content_type, data = await get(demo, f"/sandbox/api/phones/zhangwei/media/{item.item_id}")
    assert (status, content_type, data[:4]) == (200, "audio/wav", b"RIFF")
    assert len(data) / 32000 == pytest.approx(item.seconds, abs=0.2)


async def test_sample_photo_is_a_jpeg_with_time_and_position(demo: Demo) -> None:
    from io import BytesIO

    from PIL import Image

    await post(demo, "phones/zhangwei/sample", {"index": 3})
    item = demo.standin.phone("zhangwei").screen()[0]
    exif = Image.open(BytesIO(demo.standin.shelf.get(item.media_id).data)).getexif()
    assert exif.get_ifd(0x8769)[0x9003] == "2026:03:10 10:00:00"
    degrees, minutes, _ = exif.get_ifd(0x8825)[2]
    assert (degrees, minutes) == (31, 15)


async def test_pin_leaves_as_gcj02(demo: Demo) -> None:
    at = {"lat": 31.362273, "lon": 120.649767, "label": "门口"}
    await post(demo, "phones/zhangwei/location", at)
    await demo.standin.callbacks.drain()
    heard = demo.echo.heard[0]
    sent = Point(float(heard["Location_X"]), float(heard["Location_Y"]))
    true = Point(31.362273, 120.649767)
    assert distance_m(sent, true) > 200
    assert distance_m(to_wgs84(sent), true) < 2


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("phones/zhangwei/text", {"text": "  "}),
        ("phones/zhangwei/photo", b"not a picture"),
        ("phones/zhangwei/location", {"lat": "north"}),
        ("phones/zhangwei/tap", {"item": "i999", "key": "确认"}),
        ("phones/zhangwei/sample", {"index": 99}),
        ("clock", {"seconds": -5}),
        ("clock", {"to": "someday"}),
        ("fault", {"fault": "meteor"}),
        ("phones/zhangwei/text", b"{broken"),
    ],
)
async def test_refusals_are_sentences(demo: Demo, path: str, body: dict[str, Any] | bytes) -> None:
    status, answer = await post(demo, path, body)
    assert status == 400
    assert answer["error"].endswith(("。", "？"))


async def test_other_sites_cannot_press_buttons(demo: Demo) -> None:
    status, _ = await post(demo, "phones/zhangwei/text", {"text": "hi"}, origin="http://evil.example")
    assert status == 403
    assert demo.standin.phone("zhangwei").screen() == []


async def test_strangers_have_no_phone(demo: Demo) -> None:
    assert (await post(demo, "phones/nobody/text", {"text": "hi"}))[0] == 404


async def test_eight_days_forward_bring_the_red_flag_to_the_supervisor(demo: Demo) -> None:
    assert (await post(demo, "clock", {"seconds": 8 * 86400}))[0] == 200
    screen = await demo.standin.phone("zhoumin").wait_until(lambda items: bool(items))
    assert screen[0].card is not None
    assert screen[0].card.title == "华锐 8 天没有跟进"
    assert demo.standin.clock.now() >= DEMO_START + timedelta(days=8)


async def test_live_events_show_steps_of_the_clock_and_new_items(demo: Demo) -> None:
    async with demo.session.get(f"{demo.url}/sandbox/api/live") as live:
        assert await live.content.readline() == b": hello\n"
        await post(demo, "clock", {"seconds": 8 * 86400})
        seen: list[dict[str, Any]] = []
        while not any(e["type"] == "item" for e in seen):
            line = await live.content.readline()
            if line.startswith(b"data: "):
                seen.append(json.loads(line[6:]))
    days = [e["clock"]["now"][:10] for e in seen if e["type"] == "clock" and "to" in e["clock"]]
    assert days == ["2026-03-10", *(f"2026-03-{n}" for n in range(11, 19))]


async def test_state_draws_everything_from_nothing(demo: Demo) -> None:
    await demo.standin.phone("zhangwei").say("你好")
    status, _, raw = await get(demo, "/sandbox/api/state")
    state = json.loads(raw)
    assert status == 200
    assert state["screens"]["ZhangWei"][0]["text"] == "你好"
    assert [s["title"] for s in state["samples"]][:1] == ["华锐谈价格"]
    assert state["traffic"][-1]["direction"] in ("callback", "call")


async def test_broken_recording_is_refused_in_words() -> None:
    from bot.sandbox.sounds import RecordingRefused, as_amr, as_wav
    from nlp.speech.decode import SpeechUnreadable

    def refuse(_data: bytes) -> bytes:
        raise SpeechUnreadable("too_short", "0.1 s")

    with pytest.raises(RecordingRefused, match="太短"):
        as_amr(short_wav(0.1), refuse)
    with pytest.raises(RecordingRefused, match="打不开"):
        as_wav(b"not a recording")
