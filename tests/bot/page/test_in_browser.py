"""The page in a real browser of a phone's size: what only a script does, and what must work without one."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, async_playwright

from tests.bot.page.browsing import Client, stored
from tests.bot.page.company import Company
from tests.browser.chromium import LAUNCH_ARGS, find_chromium

pytestmark = [pytest.mark.browser, pytest.mark.skipif(find_chromium() is None, reason="no Chromium on this machine")]

PHONE = {"width": 360, "height": 740}


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as play:
        browser = await play.chromium.launch(executable_path=find_chromium(), args=[*LAUNCH_ARGS])
        yield browser
        await browser.close()


async def is_too_wide(page: Page) -> bool:
    return bool(await page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))


async def test_check_in_takes_the_position_and_says_the_distance_first(
    browser: Browser, client: Client, company: Company
) -> None:
    here = {"latitude": 31.3625, "longitude": 120.6499, "accuracy": 12}
    context = await browser.new_context(viewport=PHONE, geolocation=here, permissions=["geolocation"])
    page = await context.new_page()
    await page.goto(str(client.make_url(company.link() + "/checkin")))
    await page.click("text=获取位置")
    await page.wait_for_selector("text=距客户 28 米")
    await page.click("#submit")
    await page.wait_for_selector("text=已签到")
    assert (await company.visit()).distance_m == pytest.approx(28, abs=3)


async def test_refused_position_says_what_to_do(browser: Browser, client: Client, company: Company) -> None:
    page = await (await browser.new_context(viewport=PHONE)).new_page()
    await page.goto(str(client.make_url(company.link() + "/checkin")))
    await page.click("text=获取位置")
    await page.wait_for_selector("text=没有定位权限")
    assert await page.is_hidden("#submit") and await page.is_visible("text=再试一次")


async def test_saving_works_without_script(browser: Browser, client: Client, company: Company) -> None:
    page = await (await browser.new_context(viewport=PHONE, java_script_enabled=False)).new_page()
    await page.goto(str(client.make_url(company.link())))
    await page.click("text=修改")
    await page.fill("#contact", "李敏")
    await page.click("text=保存")
    await page.wait_for_selector("text=已保存，回聊天里点确认")
    assert await stored(company, "contact") == "李敏"


async def test_weekday_follows_the_date(browser: Browser, client: Client, company: Company) -> None:
    page = await (await browser.new_context(viewport=PHONE)).new_page()
    await page.goto(str(client.make_url(company.link() + "/edit")))
    await page.fill("#next_followup", "2026-03-20")
    assert await page.inner_text("#weekday") == "3月20日 周五"


async def test_nothing_is_wider_than_a_small_phone(browser: Browser, client: Client, company: Company) -> None:
    page = await (await browser.new_context(viewport=PHONE)).new_page()
    for path in ("", "/edit", "/checkin"):
        await page.goto(str(client.make_url(company.link() + path)))
        assert not await is_too_wide(page), path
