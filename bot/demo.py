"""`waiqin demo`: the real application against the stand-in for WeCom, with two phones and a movable clock.

One process, two ports on this machine: the application, and the sandbox with its page. No account, no network.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import secrets
import signal
import sys
import tempfile
import webbrowser
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp
import sqlalchemy as sa
from aiohttp import web
from pydantic import SecretStr

from bot import logs
from bot.bootstrap import Application, build, prepare_database
from bot.engine import DatabaseInUse
from bot.sandbox.clock import DEMO_START, SandboxClock
from bot.sandbox.company import Company, invent_company
from bot.sandbox.faults import Faults
from bot.sandbox.page_data import Offers, Place, Sample
from bot.sandbox.page_server import SandboxPage
from bot.sandbox.wecom import WeComStandIn
from bot.settings import Settings
from handlers.commands import MENU_BUTTONS
from handlers.import_directory import all_stages, import_customers, import_people
from handlers.ports import Transcriber
from nlp.speech.encode import to_amr
from nlp.types import Rep
from storage import tables as t
from storage.directory_files import CustomerRow, RepRow, read_customers, read_reps

HERE = Path(__file__).parent / "sandbox"
COMPANY_FILES = HERE / "company_files"
SAMPLES = HERE / "samples"
LOOPBACK = "127.0.0.1"

#: What the page offers to newcomers: (title, file, kind, what is said or seen).
OFFERED: tuple[tuple[str, str, str, str], ...] = (
    (
        "力凯：账期谈僵了",
        "payment_terms.amr",
        "voice",
        "力凯科技黄佳伟电话，要月结90天，我们最多60，僵住了，下周一再磨",
    ),
    ("龙城：需求对了一遍", "needs.amr", "voice", "柳州龙城，见彭部长。尺寸、节拍、电压都对了一遍……两周后再去"),
    ("仁泽：样机精度飘", "prototype.amr", "voice", "南京仁泽，程总监。样机试了一周，精度飘……25号前送到江宁"),
    ("厂门口", "gate.jpg", "photo", ""),
    ("设备铭牌", "machine.jpg", "photo", ""),
    ("清单", "sheet.jpg", "photo", ""),
)


@dataclass(frozen=True, slots=True)
class Demo:
    """A running demo: where its page is, the stand-in behind it, and the application in front of it."""

    url: str
    app_url: str
    standin: WeComStandIn
    application: Application


def demo_samples() -> tuple[Sample, ...]:
    """Return the clips and pictures that the page offers."""
    return tuple(Sample(title, SAMPLES / name, kind, hint) for title, name, kind, hint in OFFERED)  # type: ignore[arg-type]


def _places(customers: tuple[CustomerRow, ...]) -> tuple[Place, ...]:
    points = [
        Place(c.aliases[0] if c.aliases else c.name, c.lat, c.lon, "customer", c.address, c.owner)
        for c in customers
        if c.lat is not None and c.lon is not None
    ]
    cities = {c.city: Place(c.city, c.lat, c.lon, "city") for c in customers if c.lat is not None and c.lon is not None}
    return (*points, *cities.values())


@contextlib.asynccontextmanager
async def running(
    data: Path,
    *,
    port: int = 0,
    customers_file: Path = COMPANY_FILES / "customers.csv",
    reps_file: Path = COMPANY_FILES / "reps.csv",
    start: datetime = DEMO_START,
    transcriber: Transcriber | None = None,
    faults: Faults | None = None,
    clock_rate: float = 1.0,
    database_url: str = "",
) -> AsyncIterator[Demo]:
    """Run demo application and sandbox; tests use the same with another company. `port` 0 takes a free one.

    Without a `database_url` everything is kept in a file in `data`.
    """
    people = read_reps(reps_file).rows
    customers = read_customers(customers_file, people=people).rows
    company = invent_company(tuple(Rep(p.userid, p.name, p.team, p.role) for p in people))
    clock = SandboxClock(start, rate=clock_rate)
    standin = WeComStandIn(company, clock=clock, faults=faults)
    async with contextlib.AsyncExitStack() as stack:
        sandbox_url = await stack.enter_async_context(_serve(_sandbox_app(standin, customers), port))
        app_port = _free_port()
        app_url = f"http://{LOOPBACK}:{app_port}"
        settings = _settings(data, company, sandbox_url, app_url)
        if database_url:
            settings = settings.model_copy(update={"database_url": database_url})
        lock = prepare_database(settings)
        if lock is not None:
            stack.callback(lock.release)
        session = await stack.enter_async_context(aiohttp.ClientSession())
        application = build(settings, session, clock=clock, transcriber=transcriber)
        await _load_company(application, people, customers)
        clock.on_advance.append(lambda begin, target: application.schedule.play(begin, target, clock.step_to))
        await application.start()
        stack.push_async_callback(application.stop)
        await stack.enter_async_context(_serve(application.web_app(), app_port))
        await standin.configure(f"{app_url}/wecom/callback")
        await _make_menu(application)
        yield Demo(sandbox_url, app_url, standin, application)


def _sandbox_app(standin: WeComStandIn, customers: tuple[CustomerRow, ...]) -> web.Application:
    app = standin.build_app()
    SandboxPage(standin, to_amr=to_amr, offers=Offers(demo_samples(), _places(customers))).add_to(app)
    return app


def _settings(data: Path, company: Company, sandbox_url: str, app_url: str) -> Settings:
    values: Mapping[str, Any] = {
        "database_url": f"sqlite:///{data / 'demo.db'}",
        "media_url": str(data / "media"),
        "spool_dir": data / "spool",
        "public_url": app_url,
        "link_secret": SecretStr(secrets.token_urlsafe(32)),
        "wecom_corp_id": company.corpid,
        "wecom_agent_id": company.agentid,
        "wecom_secret": SecretStr(company.secret),
        "wecom_token": SecretStr(company.token),
        "wecom_aes_key": SecretStr(company.encoding_aes_key),
        "wecom_api_url": sandbox_url,
    }
    return Settings.model_validate(values)


async def _load_company(
    application: Application, people: tuple[RepRow, ...], customers: tuple[CustomerRow, ...]
) -> None:
    stages = all_stages(application.world)
    assert all(c.stage is None or c.stage in stages for c in customers)
    async with application.store.begin() as uow:
        if await uow.first(sa.select(t.Person)) is not None:
            return  # a demo that goes on: the file would put every deal back to where it began
        await import_people(people, uow=uow)
        await import_customers(customers, uow=uow, world=application.world, now=application.clock.now())
        await uow.commit()


async def _make_menu(application: Application) -> None:
    messenger = application.messengers["wecom"]
    buttons = [{"type": "click", "name": words, "key": key} for words, key in MENU_BUTTONS]
    await messenger.menu_create(buttons)  # type: ignore[attr-defined]


@contextlib.asynccontextmanager
async def _serve(app: web.Application, port: int) -> AsyncIterator[str]:
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True)
    await runner.setup()
    try:
        site = web.TCPSite(runner, LOOPBACK, port)
        await site.start()
        yield f"http://{LOOPBACK}:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def run_demo(args: argparse.Namespace) -> int:
    """Run until interrupted; print the address when ready."""
    logs.configure("WARNING")
    with tempfile.TemporaryDirectory(prefix="waiqin-demo-") as temporary:
        data = Path(args.data) if args.data else Path(temporary)
        data.mkdir(parents=True, exist_ok=True)
        try:
            asyncio.run(_run(data, args.port, browser=not args.no_browser))
        except (DatabaseInUse, OSError) as error:
            print(str(error), file=sys.stderr)  # noqa: T201
            return 2
    return 0


async def _run(data: Path, port: int, *, browser: bool) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with running(data, port=port) as demo:
        print(f"演示已就绪：{demo.url}（Ctrl+C 结束）", flush=True)  # noqa: T201
        if browser:
            await asyncio.to_thread(webbrowser.open, demo.url)
        await stop.wait()
