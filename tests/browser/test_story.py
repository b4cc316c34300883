"""The main story, in a real Chromium with the real recogniser: a voice note becomes a confirmed visit, and silence
becomes a red flag.

`pytest tests/browser/test_story.py --pictures docs/images` keeps the screenshots.
"""

from __future__ import annotations

import json
import wave
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.async_api import Locator, Page, async_playwright, expect

from bot.demo import SAMPLES, Demo, running
from nlp.speech.decode import decode
from tests.browser.chromium import LAUNCH_ARGS, find_chromium

pytestmark = [pytest.mark.browser, pytest.mark.speech, pytest.mark.timeout(300)]

CORPUS = Path(__file__).parent.parent / "corpus"
LISTENING_MS = 60_000
Shoot = Callable[[str], Awaitable[None]]


def clip(clip_id: str) -> dict[str, Any]:
    lines = (CORPUS / "voice-dev" / "index.jsonl").read_text(encoding="utf-8").splitlines()
    return next(line for line in map(json.loads, lines) if line["id"] == clip_id)


def as_wav(amr: Path, wav: Path) -> Path:
    """Write a clip as the sound file that Chromium plays into its microphone, with silence around it."""
    samples = decode(amr.read_bytes())
    silence = np.zeros(16_000 // 2, dtype=np.float32)
    pcm = (np.concatenate([silence, samples, np.tile(silence, 60)]) * 32767).astype("<i2")
    with wave.open(str(wav), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(pcm.tobytes())
    return wav


@asynccontextmanager
async def chromium_page(demo: Demo, microphone: Path) -> AsyncIterator[Page]:
    """Open the demo's page in a browser whose microphone hears a file; any error in its console fails the test."""
    errors: list[str] = []
    sound = [
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-audio-capture={microphone}%noloop",
    ]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=find_chromium(), args=[*LAUNCH_ARGS, *sound])
        page = await browser.new_page(viewport={"width": 1440, "height": 900})
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        await page.goto(demo.url)
        yield page
        await browser.close()
    assert errors == []


async def speak(phone: Locator, page: Page, seconds: float) -> None:
    """Hold the microphone button for as long as the clip lasts."""
    button = phone.get_by_test_id("hold-to-talk")
    box = await button.bounding_box()
    assert box is not None
    await page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    await page.mouse.down()
    await page.wait_for_timeout((seconds + 1.2) * 1000)
    await page.mouse.up()


async def type_words(phone: Locator, words: str) -> None:
    await phone.get_by_test_id("input-text").fill(words)
    await phone.get_by_test_id("send").click()


def newest_card(phone: Locator) -> Locator:
    return phone.get_by_test_id("card").last


async def confirm(phone: Locator) -> None:
    """Tap what confirms: the first button of the newest card, as often as it still asks something."""
    for _ in range(3):
        card = newest_card(phone)
        if "已确认" in (await card.inner_text()):
            return
        await card.get_by_test_id("card-button").first.click()
        await expect(card.get_by_test_id("card-button").first).to_be_enabled()
        await phone.page.wait_for_timeout(1500)
    await expect(newest_card(phone)).to_contain_text("已确认")


@pytest.fixture
def shoot_to(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    folder = request.config.getoption("--pictures")
    return Path(folder) if folder else tmp_path


async def test_a_spoken_note_is_confirmed_and_silence_becomes_a_red_flag(tmp_path: Path, shoot_to: Path) -> None:
    spoken = clip("d005")
    microphone = as_wav(CORPUS / "voice-dev" / spoken["file"], tmp_path / "microphone.wav")
    corpus = {"customers_file": CORPUS / "customers.csv", "reps_file": CORPUS / "reps.csv"}
    start = datetime.fromisoformat(spoken["sent_at"])
    async with running(tmp_path / "data", start=start, **corpus) as demo, chromium_page(demo, microphone) as page:
        rep, boss = page.get_by_test_id("phone-rep"), page.get_by_test_id("phone-boss")
        await rep.get_by_test_id("person").select_option(spoken["rep"])
        await boss.get_by_test_id("person").select_option("zhoujianming")

        await speak(rep, page, spoken["seconds"])
        await expect(rep.get_by_test_id("chat")).to_contain_text("语音收到了")
        await expect(newest_card(rep)).to_contain_text("力凯", timeout=LISTENING_MS)
        for row in ("客户", "联系人", "阶段", "下次跟进", "卡点"):
            await expect(newest_card(rep)).to_contain_text(row)
        await page.screenshot(path=shoot_to / "story-1-card.png")

        before = await rep.get_by_test_id("card").count()
        await type_words(rep, "跟进改周五")
        await expect(rep.get_by_test_id("card")).to_have_count(before + 1)
        await expect(newest_card(rep)).to_contain_text("1月30日 周五")
        await confirm(rep)
        await expect(newest_card(rep)).to_contain_text("撤销")
        await page.screenshot(path=shoot_to / "story-2-confirmed.png")

        await rep.get_by_test_id("more").click()
        await rep.get_by_test_id("sample-photo").first.click()
        await expect(rep.get_by_test_id("chat")).to_contain_text("照片已记到 力凯")
        await rep.get_by_test_id("more").click()
        await rep.get_by_test_id("open-map").click()
        await rep.get_by_test_id("at-customer").select_option(label=await first_place(rep, "力凯"))
        await rep.get_by_test_id("send-location").click()
        await expect(rep.get_by_test_id("chat")).to_contain_text("已签到：力凯")
        await page.screenshot(path=shoot_to / "story-3-evidence.png")

        await page.get_by_test_id("clock-plus-8d").click()
        await expect(newest_card(rep)).to_contain_text("力凯 停住了", timeout=LISTENING_MS)
        await expect(newest_card(boss)).to_contain_text("红旗：力凯 停住了", timeout=LISTENING_MS)
        await expect(newest_card(boss)).to_contain_text("徐嘉豪")
        await page.wait_for_timeout(800)
        await page.screenshot(path=shoot_to / "story-4-red-flag.png")

        await newest_card(boss).get_by_test_id("card-button").filter(has_text="知道了").click()
        await expect(newest_card(boss)).to_contain_text("周建明 已知道")


async def first_place(phone: Locator, words: str) -> str:
    """Return the label of the first offered place that contains these words."""
    labels = await phone.get_by_test_id("at-customer").locator("option").all_inner_texts()
    return next(label for label in labels if words in label)


async def test_the_newcomers_first_minute(tmp_path: Path, shoot_to: Path) -> None:
    """As `make demo` shows it: the sample clip, one correction, one tap, the details page, eight days."""
    silent = as_wav(SAMPLES / "payment_terms.amr", tmp_path / "microphone.wav")
    async with running(tmp_path / "data") as demo, chromium_page(demo, silent) as page:
        rep, boss = page.get_by_test_id("phone-rep"), page.get_by_test_id("phone-boss")
        await page.screenshot(path=shoot_to / "demo-start.png")
        await rep.get_by_test_id("sample-clip").first.click()
        await expect(newest_card(rep)).to_contain_text("力凯", timeout=LISTENING_MS)
        await type_words(rep, "卡点是要月结90天")
        await expect(newest_card(rep)).to_contain_text("要月结90天 · 说的")
        await confirm(rep)
        await newest_card(rep).get_by_text("看详情").click()
        sheet = rep.get_by_test_id("web-sheet")
        await expect(sheet.frame_locator("iframe").locator("body")).to_contain_text("力凯")
        await page.wait_for_timeout(500)
        await page.screenshot(path=shoot_to / "demo-details.png")
        await rep.get_by_test_id("sheet-close").click()
        await page.get_by_test_id("clock-plus-8d").click()
        await expect(boss.get_by_test_id("card").filter(has_text="红旗：力凯 停住了")).to_be_visible(
            timeout=LISTENING_MS
        )
        await expect(boss.get_by_test_id("card").filter(has_text="红旗：力凯 停住了")).to_contain_text("要月结90天")
        await boss.get_by_test_id("card").filter(has_text="红旗：力凯 停住了").scroll_into_view_if_needed()
        await page.wait_for_timeout(800)
        await page.screenshot(path=shoot_to / "demo.png")
