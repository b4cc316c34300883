"""What `benchmarks.callback` drives: the service as a process of its own, and a platform that costs next to nothing.

The platform answers every call at once with what WeCom answers on success, and notes when which message came.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import secrets
import signal
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from bot.sandbox.company import Company, invent_company
from bot.sandbox.envelopes import Sealed, event_xml, message_xml, seal
from tests.nlp.corpus import CORPUS, load_reps

ROOT = Path(__file__).resolve().parents[1]
LOOPBACK = "127.0.0.1"
#: A service that is not ready after this many seconds is broken.
READY_WITHIN_S = 60.0


@dataclass(frozen=True, slots=True)
class Shown:
    """A message that reached the platform: when (monotonic seconds), for whom, and its body."""

    at: float
    userid: str
    body: dict[str, Any]
    response_code: str

    @property
    def button_key(self) -> str:
        """The key of the card's first pressable button, empty for a text or a card without one."""
        buttons = self.body.get("template_card", {}).get("button_list", [])
        return next((b["key"] for b in buttons if b.get("key")), "")


@dataclass
class Platform:
    """`/cgi-bin/…` for one app: a token, messages, card updates, media. Nothing is checked, nothing is slow."""

    shown: list[Shown] = field(default_factory=list)
    #: recordings that can be fetched, by media id
    media: dict[str, bytes] = field(default_factory=dict)
    _came: asyncio.Condition = field(default_factory=asyncio.Condition)

    def web_app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/cgi-bin/gettoken", self._token)
        app.router.add_post("/cgi-bin/message/send", self._take)
        app.router.add_post("/cgi-bin/message/update_template_card", self._take)
        app.router.add_get("/cgi-bin/media/get", self._medium)
        return app

    async def wait_for(self, count: int, within_s: float) -> bool:
        """Wait until `count` messages have come; False when they have not in time."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s), self._came:
                await self._came.wait_for(lambda: len(self.shown) >= count)
        return len(self.shown) >= count

    async def _token(self, _request: web.Request) -> web.Response:
        return web.json_response({"errcode": 0, "access_token": "t" * 64, "expires_in": 7200})

    async def _medium(self, request: web.Request) -> web.Response:
        headers = {"Content-Disposition": 'attachment; filename="voice.amr"'}
        return web.Response(body=self.media[request.query["media_id"]], content_type="audio/amr", headers=headers)

    async def _take(self, request: web.Request) -> web.Response:
        body = await request.json()
        code = secrets.token_urlsafe(24)
        userid = body.get("touser") or body.get("userids", [""])[0]
        async with self._came:
            self.shown.append(Shown(time.perf_counter(), userid, body, code))
            self._came.notify_all()
        return web.json_response({"errcode": 0, "errmsg": "ok", "msgid": code, "response_code": code})


@dataclass
class Service:
    """A running `waiqin serve` with the corpus directory imported, and the platform it talks to."""

    url: str
    pid: int
    company: Company
    platform: Platform
    session: aiohttp.ClientSession
    start_s: float
    #: message ids, others than those of an earlier service on the same data
    _ids: itertools.count[int] = field(
        default_factory=lambda: itertools.count(7_000_000_000_000_000_000 + time.time_ns() // 1_000_000)
    )

    def note(self, userid: str, text: str) -> Sealed:
        """Return a signed, encrypted text message, as the platform posts it."""
        now = datetime.now(UTC)
        return seal(
            self.company, message_xml(self.company, userid, now, "text", {"Content": text}, next(self._ids)), now
        )

    def tap(self, card: Shown) -> Sealed:
        """Return the callback of a press on a card's first button."""
        now, template = datetime.now(UTC), card.body["template_card"]
        facts = {
            "EventKey": card.button_key,
            "TaskId": template["task_id"],
            "CardType": "button_interaction",
            "ResponseCode": card.response_code,
        }
        return seal(self.company, event_xml(self.company, card.userid, now, "template_card_event", facts), now)

    async def post(self, sealed: Sealed) -> float:
        """Deliver a callback; return the seconds until it was accepted. Raises `RuntimeError` if it was not."""
        return await post(self.session, self.url + "/wecom/callback", sealed)

    def rss_mb(self) -> float:
        """Return the resident memory of the service in megabytes."""
        return rss_mb(self.pid)

    def cpu_s(self) -> float:
        """Return the processor seconds the service has used."""
        return cpu_s(self.pid)


async def post(session: aiohttp.ClientSession, url: str, sealed: Sealed) -> float:
    """Post a callback; return the seconds until the answer, which must be 200."""
    begun = time.perf_counter()
    async with session.post(url, params=sealed.query, data=sealed.body) as response:
        await response.read()
        if response.status != 200:
            raise RuntimeError(f"callback answered {response.status}")
    return time.perf_counter() - begun


def rss_mb(pid: int) -> float:
    """Return a process's resident memory in megabytes, NaN where the system has no `/proc`."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return float("nan")
    return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmRSS:"))


def cpu_s(pid: int) -> float:
    """Return the processor seconds a process has used, NaN where the system has no `/proc`."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except OSError:
        return float("nan")
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextlib.asynccontextmanager
async def serving(app: web.Application, port: int = 0) -> AsyncIterator[str]:
    """Serve an application on the loopback; yield its URL."""
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, LOOPBACK, port).start()
        yield f"http://{LOOPBACK}:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@contextlib.asynccontextmanager
async def running(data: Path) -> AsyncIterator[Service]:
    """Import the corpus directory into a fresh SQLite file in `data` and run `waiqin serve` on it."""
    company, platform = invent_company(tuple(load_reps())), Platform()
    async with serving(platform.web_app()) as platform_url, aiohttp.ClientSession() as session:
        port = free_port()
        environment = environment_of(data, company, platform_url, f"http://{LOOPBACK}:{port}")
        await import_corpus(environment)
        begun = time.perf_counter()
        process = await spawn(environment, "serve", "--host", LOOPBACK, "--port", str(port))
        try:
            url = f"http://{LOOPBACK}:{port}"
            await until_ready(session, url, process)
            yield Service(url, process.pid, company, platform, session, time.perf_counter() - begun)
        finally:
            await end(process)


def free_port() -> int:
    """Return a port of the loopback that nobody uses now."""
    import socket

    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def environment_of(
    data: Path, company: Company, platform_url: str, public_url: str, database_url: str = ""
) -> dict[str, str]:
    """Return a deployment's settings; without a `database_url`, on a SQLite file in `data`."""
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("WAIQIN_")},
        "WAIQIN_DATABASE_URL": database_url or f"sqlite:///{data / 'waiqin.db'}",
        "WAIQIN_MEDIA_URL": str(data / "media"),
        "WAIQIN_SPOOL_DIR": str(data / "spool"),
        "WAIQIN_PUBLIC_URL": public_url,
        "WAIQIN_ADMIN_PORT": "0",
        "WAIQIN_LINK_SECRET": secrets.token_urlsafe(32),
        "WAIQIN_WECOM_CORP_ID": company.corpid,
        "WAIQIN_WECOM_AGENT_ID": str(company.agentid),
        "WAIQIN_WECOM_SECRET": company.secret,
        "WAIQIN_WECOM_TOKEN": company.token,
        "WAIQIN_WECOM_AES_KEY": company.encoding_aes_key,
        "WAIQIN_WECOM_API_URL": platform_url,
    }


async def spawn(environment: dict[str, str], *arguments: str, module: str = "bot.cli") -> asyncio.subprocess.Process:
    """Start the product's command line (or another module) as a process of its own."""
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        module,
        *arguments,
        cwd=ROOT,
        env=environment,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )


async def import_corpus(environment: dict[str, str]) -> None:
    """Make the tables and import the corpus directory."""
    process = await spawn(environment, "import", str(CORPUS / "reps.csv"), str(CORPUS / "customers.csv"))
    if await process.wait() != 0:
        raise RuntimeError("the corpus directory could not be imported")


async def until_ready(session: aiohttp.ClientSession, url: str, process: asyncio.subprocess.Process) -> None:
    """Wait until the service says that it is well."""
    async with asyncio.timeout(READY_WITHIN_S):
        while process.returncode is None:
            with contextlib.suppress(aiohttp.ClientError):
                async with session.get(url + "/healthz") as response:
                    if response.status == 200:
                        return
            await asyncio.sleep(0.02)
    raise RuntimeError("the service ended before it was ready")


async def end(process: asyncio.subprocess.Process) -> None:
    """End a process as an operator does."""
    if process.returncode is None:
        process.send_signal(signal.SIGTERM)
    try:
        await asyncio.wait_for(process.wait(), 20)
    except TimeoutError:
        process.kill()
        await process.wait()
