"""Media: three days, ranges in multiples of 16, upload checks."""

from __future__ import annotations

import json
from datetime import timedelta

import aiohttp
import pytest

from bot.sandbox import PlatformRules, WeComStandIn
from bot.sandbox.media import AMR_MAGIC, amr_seconds
from tests.bot.sandbox.echo_app import Api, EchoApp

DATA = bytes(range(250)) * 4
SMALL_READS = PlatformRules(whole_read_bytes=999)


def errcode(answer: tuple[int, bytes]) -> int:
    return int(json.loads(answer[1])["errcode"])


async def test_medium_is_gone_after_three_days(standin: WeComStandIn, api: Api) -> None:
    media_id = standin.shelf.put(DATA, "image/jpeg", "a.jpg")
    await standin.clock.advance(timedelta(days=3) - timedelta(seconds=1))
    await api.login()
    assert await api.media(media_id) == (200, DATA)
    await standin.clock.advance(timedelta(seconds=1))
    assert errcode(await api.media(media_id)) == 40007
    assert errcode(await api.media("")) == 41006


async def test_ranges_in_multiples_of_16_make_up_the_whole(standin: WeComStandIn, api: Api) -> None:
    media_id = standin.shelf.put(DATA, "image/jpeg", "a.jpg")
    parts = [await api.media(media_id, f"bytes={n}-{n + 255}") for n in range(0, 1000, 256)]
    assert [status for status, _ in parts] == [206] * 4
    assert b"".join(data for _, data in parts) == DATA


@pytest.mark.parametrize("byte_range", ["bytes=0-99", "bytes=2000-2015", "bytes=9-1", "chapters=1-2"])
async def test_odd_or_impossible_ranges_are_refused(standin: WeComStandIn, api: Api, byte_range: str) -> None:
    media_id = standin.shelf.put(DATA, "image/jpeg", "a.jpg")
    assert errcode(await api.media(media_id, byte_range)) == 40146


@pytest.mark.parametrize("rules", [SMALL_READS])
async def test_large_medium_must_be_read_in_parts(standin: WeComStandIn, api: Api) -> None:
    media_id = standin.shelf.put(DATA, "image/jpeg", "a.jpg")
    assert errcode(await api.media(media_id)) == 830002
    assert (await api.media(media_id, "bytes=0-511"))[0] == 206


async def test_media_can_be_gone_early(standin: WeComStandIn, api: Api) -> None:
    media_id = standin.shelf.put(DATA, "image/jpeg", "a.jpg")
    standin.faults.once("media_gone")
    assert errcode(await api.media(media_id)) == 40007


@pytest.mark.parametrize(
    ("kind", "data", "code"),
    [("voice", AMR_MAGIC + bytes(64), 0), ("voice", b"RIFF" + bytes(64), 301017), ("song", DATA, 40004)],
)
async def test_uploads_are_checked(standin: WeComStandIn, api: Api, kind: str, data: bytes, code: int) -> None:
    form = aiohttp.FormData()
    form.add_field("media", data, filename="a.amr", content_type="voice/amr")
    answer = await api.upload(kind, form)
    assert answer["errcode"] == code
    assert code or standin.shelf.get(answer["media_id"]).data == data


async def test_uploaded_picture_can_be_sent(standin: WeComStandIn, api: Api, echo: EchoApp) -> None:
    media_id = standin.shelf.put(DATA, "image/jpeg", "a.jpg")
    body = echo.message("zhangwei", "image", {"media_id": media_id})
    assert (await api.post("message/send", body))["errcode"] == 0
    assert [i.kind for i in standin.phone("zhangwei").screen()] == ["photo"]


def test_duration_follows_the_frames_also_of_silence() -> None:
    speech, silence = b"\x3c" + bytes(31), b"\x44" + bytes(5)
    assert amr_seconds(AMR_MAGIC + speech * 100 + silence * 50) == pytest.approx(3.0)
    assert amr_seconds(b"RIFF") == 0.0
