"""Fetching media: whole, in parts, resumed after cuts, and gone."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator

import aiohttp
import pytest
from pytest_aiohttp.plugin import AiohttpServer

from bot.wecom import ClientLimits, WeComMessenger
from handlers.errors import MediaGone, PermanentError, RetryableError
from handlers.ports import Fetched
from tests.bot.wecom.fakes import AGENT_ID, CORP_ID, FakeClock, Platform

VOICE = b"#!AMR\n" + bytes(range(256)) * 40


@pytest.fixture
def platform() -> Platform:
    return Platform(medium=VOICE)


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
async def messenger(
    platform: Platform, pauses: list[float], aiohttp_server: AiohttpServer
) -> AsyncIterator[WeComMessenger]:
    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    server = await aiohttp_server(platform.app())
    async with aiohttp.ClientSession() as session:
        yield WeComMessenger(
            session,
            corp_id=CORP_ID,
            secret=platform.secret,
            agent_id=AGENT_ID,
            clock=FakeClock(),
            base_url=str(server.make_url("/")),
            limits=ClientLimits(media_bytes=20_000, part_bytes=4096),
            pause=pause,
        )


async def test_voice_note_comes_in_one_piece(platform: Platform, messenger: WeComMessenger) -> None:
    platform.media_headers["Content-Disposition"] = 'attachment; filename="../../n%E5%9B%BE.amr"'
    assert await messenger.fetch_media("m1") == Fetched(VOICE, "voice/amr", "n图.amr")
    assert platform.ranges == [""]


async def test_cut_download_goes_on_where_it_stopped(platform: Platform, messenger: WeComMessenger) -> None:
    platform.cuts = deque([5000])
    assert (await messenger.fetch_media("m1")).data == VOICE
    assert platform.ranges == ["", "bytes=4992-9087", "bytes=9088-10245"]


async def test_many_cuts_with_progress_do_not_give_up(
    platform: Platform, messenger: WeComMessenger, pauses: list[float]
) -> None:
    platform.cuts = deque([1000] * 9)
    assert (await messenger.fetch_media("m1")).data == VOICE
    assert len(pauses) == 9


async def test_several_attempts_without_a_byte_are_left_to_a_later_retry(
    platform: Platform, messenger: WeComMessenger, pauses: list[float]
) -> None:
    platform.cuts = deque([0] * 10)
    with pytest.raises(RetryableError):
        await messenger.fetch_media("m1")
    assert pauses == [1.0, 2.0]


async def test_too_big_for_one_read_is_fetched_in_parts(platform: Platform, messenger: WeComMessenger) -> None:
    platform.most_unranged = 5000
    assert (await messenger.fetch_media("m1")).data == VOICE
    assert platform.ranges == ["", "bytes=0-4095", "bytes=4096-8191", "bytes=8192-10245"]


async def test_refused_range_starts_over_whole(platform: Platform, messenger: WeComMessenger) -> None:
    platform.cuts, platform.takes_ranges = deque([5000]), False
    assert (await messenger.fetch_media("m1")).data == VOICE
    assert platform.ranges == ["", "bytes=4992-9087", ""]


async def test_neither_whole_nor_parts_is_final(platform: Platform, messenger: WeComMessenger) -> None:
    platform.most_unranged, platform.takes_ranges = 5000, False
    with pytest.raises(PermanentError):
        await messenger.fetch_media("m1")


@pytest.mark.parametrize("code", [40007, 41006])
async def test_medium_older_than_three_days_is_gone(platform: Platform, messenger: WeComMessenger, code: int) -> None:
    platform.media_error = code
    with pytest.raises(MediaGone) as error:
        await messenger.fetch_media("m1")
    assert error.value.code == code


async def test_stale_token_is_refreshed_during_a_download(platform: Platform, messenger: WeComMessenger) -> None:
    platform.refused = {"token-1"}
    assert (await messenger.fetch_media("m1")).data == VOICE


@pytest.mark.parametrize("in_parts", [False, True])
async def test_medium_over_the_limit_is_not_read(platform: Platform, messenger: WeComMessenger, in_parts: bool) -> None:
    platform.medium = b"x" * 20_001
    platform.most_unranged = 5000 if in_parts else 1 << 40
    with pytest.raises(PermanentError) as error:
        await messenger.fetch_media("m1")
    assert error.value.code == "media_too_large"


async def test_text_file_with_a_name_is_not_taken_for_an_error(platform: Platform, messenger: WeComMessenger) -> None:
    platform.medium = b'{"errcode": 40007}'
    platform.media_headers = {"Content-Type": "application/json", "Content-Disposition": "attachment; filename=a.json"}
    assert (await messenger.fetch_media("m1")).filename == "a.json"


def test_part_that_the_platform_would_refuse_is_refused_here() -> None:
    with pytest.raises(ValueError, match="multiple of 16"):
        ClientLimits(part_bytes=1000)
