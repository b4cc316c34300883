"""SIGTERM under load: the real process ends soon and cleanly, and after the next start nothing has been lost."""

from __future__ import annotations

import asyncio
import contextlib
import io
import signal
import sys
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from PIL import Image

from bot.sandbox import Delivery, Phone, PlatformRules, SandboxClock, WeComStandIn, invent_company
from tests.bot.restoring import ROOT, Place, waiqin
from tests.company import CORPUS, cast, members, note
from tests.faults.server import environment, free_port

STOPS_WITHIN_S = 12.0


class Deployment:
    """`waiqin serve` as an operator runs it, started and stopped again on one database."""

    def __init__(self, folder: Path, standin: WeComStandIn, api_url: str) -> None:
        self.port = free_port()
        self.place = Place(f"sqlite:///{folder / 'waiqin.db'}", folder)
        scaled = environment(folder, standin.company, api_url, self.port)
        self._environment = {**self.place.environment(), **scaled, "WAIQIN_TIME_SCALE": "1", "WAIQIN_ADMIN_PORT": "0"}
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start, and return when it takes callbacks."""
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot.cli", "serve", cwd=ROOT, env=self._environment, stderr=asyncio.subprocess.DEVNULL
        )
        async with aiohttp.ClientSession() as session, asyncio.timeout(60):
            while True:
                with contextlib.suppress(aiohttp.ClientError):
                    async with session.get(f"http://127.0.0.1:{self.port}/healthz") as answer:
                        if answer.status == 200:
                            return
                await asyncio.sleep(0.05)

    async def stop(self) -> tuple[int, float]:
        """Ask it to end; return its exit code and the seconds it took."""
        assert self._process is not None
        begun = time.monotonic()
        self._process.send_signal(signal.SIGTERM)
        code = await asyncio.wait_for(self._process.wait(), 30)
        self._process = None
        return code, time.monotonic() - begun

    async def settle(self) -> None:
        """Return when no work is left."""
        async with asyncio.timeout(90):
            while self._left():  # noqa: ASYNC110
                await asyncio.sleep(0.2)

    def _left(self) -> bool:
        work = "select count(*) from workflow_status where status in ('ENQUEUED', 'PENDING')"
        told = "select count(*) from delivery where state = 'queued' and not push"
        return any(self.place.rows(query) != [(0,)] for query in (work, told))


@pytest.fixture
async def platform(tmp_path: Path) -> AsyncIterator[tuple[WeComStandIn, Deployment]]:
    standin = WeComStandIn(
        invent_company(members()),
        clock=SandboxClock(datetime.now(UTC)),
        rules=PlatformRules(callback_tries=12),  # on a busy machine a start takes longer than three tries
    )
    runner = web.AppRunner(standin.build_app())
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    deployment = Deployment(tmp_path, standin, f"http://127.0.0.1:{runner.addresses[0][1]}")
    code, said = await waiqin(deployment.place, "import", str(CORPUS / "reps.csv"), str(CORPUS / "customers.csv"))
    assert code == 0, said
    yield standin, deployment
    await runner.cleanup()


def picture(shade: int) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), (shade, shade, shade)).save(out, "JPEG")
    return out.getvalue()


async def talk(phone: Phone, words: list[str], accepted: list[tuple[str, str]], until: asyncio.Event) -> list[Delivery]:
    """Type and take photos without a pause until told to stop; note what the platform saw accepted."""
    sent = []
    for number, text in enumerate(words):
        if until.is_set():
            break
        sent.append(await phone.say(text))
        if sent[-1].delivered:
            accepted.append((phone.userid, text))
        if number % 4 == 0:
            sent.append(await phone.photo(picture(number)))
        await asyncio.sleep(0.3)
    return sent


async def test_a_stop_under_load_is_quick_and_loses_nothing(platform: tuple[WeComStandIn, Deployment]) -> None:
    standin, deployment = platform
    await deployment.start()
    await standin.configure(f"http://127.0.0.1:{deployment.port}/wecom/callback")
    accepted: list[tuple[str, str]] = []
    enough = asyncio.Event()
    talking = [
        asyncio.create_task(
            talk(
                standin.phone(role.userid), [f"{note(role.customers[0])}，第{n}条" for n in range(20)], accepted, enough
            )
        )
        for role in cast()[:5]
    ]
    await asyncio.sleep(2)
    away_since = time.monotonic()
    stops = [await deployment.stop()]
    await deployment.start()
    away_s = time.monotonic() - away_since
    await asyncio.sleep(1)
    enough.set()
    sent = [delivery for one in await asyncio.gather(*talking) for delivery in one]
    await deployment.settle()
    stops.append(await deployment.stop())
    print("stops:", stops, "away for", round(away_s, 1), "s")
    assert [code for code, _ in stops] == [0, 0]
    assert max(seconds for _, seconds in stops) < STOPS_WITHIN_S, stops
    assert len(accepted) > 15
    assert [delivery.what for delivery in sent if not delivery.delivered] == []
    rows = deployment.place.rows("select person_id, text from capture where kind = 'text'")
    assert [one for one in accepted if rows.count(one) != 1] == []
    photos = deployment.place.rows("select state from capture where kind = 'photo'")
    assert photos == [("read",)] * sum("<MsgType><![CDATA[image" in delivery.xml for delivery in sent)
