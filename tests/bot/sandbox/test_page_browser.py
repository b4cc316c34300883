"""The page in a real Chromium: the newcomer's first minute."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Locator, Page, async_playwright, expect

from bot.sandbox import SandboxClock
from tests.bot.sandbox.page_fixtures import Demo, running_demo
from tests.browser.chromium import LAUNCH_ARGS, find_chromium

pytestmark = pytest.mark.browser

ARGS = [*LAUNCH_ARGS, "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}


@asynccontextmanager
async def opened(demo: Demo, viewport: dict[str, int]) -> AsyncIterator[Page]:
    """Open the page; any error in its console fails the test."""
    errors: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=find_chromium(), args=ARGS)
        page = await browser.new_page(viewport={"width": viewport["width"], "height": viewport["height"]})
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        await page.goto(demo.url)
        yield page
        await browser.close()
    assert errors == []


@pytest.fixture
async def demo() -> AsyncIterator[Demo]:
    async with running_demo(SandboxClock()) as running:
        yield running


async def overflow_px(page: Page) -> int:
    return int(await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


async def boxes_inside(page: Page, *parts: Locator) -> bool:
    size = page.viewport_size
    boxes = [await part.bounding_box() for part in parts]
    return size is not None and all(b and b["x"] >= 0 and b["x"] + b["width"] <= size["width"] for b in boxes)


async def test_whole_story_from_clip_to_red_flag(demo: Demo) -> None:
    async with opened(demo, DESKTOP) as page:
        rep, boss = page.get_by_test_id("phone-rep"), page.get_by_test_id("phone-boss")
        await rep.get_by_test_id("sample-clip").first.click()
        await rep.get_by_test_id("card-select").select_option("price")
        await rep.get_by_test_id("card-button").filter(has_text="确认").click()
        await expect(rep.get_by_test_id("card")).to_contain_text("已确认 ✓ 华锐")
        await rep.get_by_test_id("more").click()
        await rep.locator("button[data-testid=sample-photo]").first.click()
        await rep.get_by_test_id("more").click()
        await rep.get_by_test_id("open-map").click()
        await rep.get_by_test_id("at-customer").select_option(label="苏州华锐精密机械有限公司")
        await expect(rep.get_by_test_id("map-words")).to_contain_text("米")
        await rep.get_by_test_id("send-location").click()
        await page.get_by_test_id("clock-plus-8d").click()
        await expect(boss.get_by_test_id("card")).to_contain_text("华锐 8 天没有跟进")
        await expect(page.locator(".story li.done")).to_have_count(4)
        await expect(page.get_by_test_id("clock-now")).to_contain_text("10:0")
        assert [h["MsgType"] for h in demo.echo.heard if h["MsgType"] != "event"] == ["voice", "image", "location"]


async def test_typing_and_link_button(demo: Demo) -> None:
    async with opened(demo, DESKTOP) as page:
        rep = page.get_by_test_id("phone-rep")
        await rep.get_by_test_id("input-text").fill("华锐谈价格")
        await rep.get_by_test_id("send").click()
        await rep.get_by_test_id("card-button").filter(has_text="修改").click()
        sheet = rep.get_by_test_id("web-sheet")
        await expect(sheet.frame_locator("iframe").get_by_role("heading")).to_have_text("修改")
        await rep.get_by_test_id("sheet-close").click()
        await expect(sheet).to_have_count(0)


async def test_holding_the_button_records_and_sliding_up_cancels(demo: Demo) -> None:
    async with opened(demo, DESKTOP) as page:
        rep = page.get_by_test_id("phone-rep")
        talk = rep.get_by_test_id("hold-to-talk")
        await talk.hover()
        await page.mouse.down()
        await expect(rep.get_by_test_id("recording")).to_contain_text("1″")
        await page.mouse.move(640, 300)
        await expect(rep.get_by_test_id("recording")).to_contain_text("松开取消")
        await page.mouse.up()
        await expect(rep.get_by_test_id("recording")).to_have_count(0)
        assert not any(i.kind == "voice" for i in demo.standin.phone("zhangwei").screen())
        await talk.hover()
        await page.mouse.down()
        await expect(rep.get_by_test_id("recording")).to_contain_text("1″")
        await page.mouse.up()
        await expect(rep.get_by_test_id("message-mine")).to_have_attribute("data-kind", "voice")


async def test_drawer_shows_what_went_over_the_wire(demo: Demo) -> None:
    async with opened(demo, DESKTOP) as page:
        await page.get_by_test_id("phone-rep").get_by_test_id("sample-clip").first.click()
        await page.get_by_test_id("drawer-toggle").click()
        drawer = page.get_by_test_id("drawer")
        await expect(drawer).to_contain_text("message/send")
        await expect(drawer.locator("tr").filter(has_text="语音")).to_contain_text("HTTP 200")


@pytest.mark.parametrize("viewport", [DESKTOP, {"width": 1440, "height": 900}], ids=["1280", "1440"])
async def test_two_phones_fit_side_by_side(demo: Demo, viewport: dict[str, int]) -> None:
    async with opened(demo, viewport) as page:
        rep, boss = page.get_by_test_id("phone-rep"), page.get_by_test_id("phone-boss")
        await expect(rep.get_by_test_id("hold-to-talk")).to_be_in_viewport(ratio=1)
        await expect(boss.get_by_test_id("hold-to-talk")).to_be_in_viewport(ratio=1)
        await expect(page.get_by_test_id("clock-plus-8d")).to_be_in_viewport(ratio=1)
        assert await boxes_inside(page, rep, boss)
        assert await overflow_px(page) == 0


async def test_narrow_screen_shows_one_phone_with_tabs(demo: Demo) -> None:
    async with opened(demo, PHONE) as page:
        rep, boss = page.get_by_test_id("phone-rep"), page.get_by_test_id("phone-boss")
        await expect(rep.get_by_test_id("hold-to-talk")).to_be_in_viewport(ratio=1)
        await expect(boss).to_be_hidden()
        await page.get_by_role("button", name="时钟").click()
        await page.get_by_test_id("clock-plus-8d").click()
        badge = page.locator("[data-tab=boss] b")
        await expect(badge).to_have_text("1")
        await page.locator("[data-tab=boss]").click()
        await expect(boss.get_by_test_id("card")).to_contain_text("8 天没有跟进")
        await expect(badge).to_be_hidden()
        assert await overflow_px(page) == 0
