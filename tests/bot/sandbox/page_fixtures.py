"""The page with the demo bot behind it, on loopback ports."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from aiohttp import ClientSession
from aiohttp.test_utils import TestServer

from bot.sandbox import PlatformRules, SandboxClock, WeComStandIn
from bot.sandbox.page_data import Offers
from bot.sandbox.page_server import SandboxPage
from tests.bot.sandbox.demo_bot import PLACES, DemoBot, demo_samples, fake_to_amr
from tests.bot.sandbox.echo_app import COMPANY, Api, EchoApp

CLIP = Path(__file__).parents[2] / "corpus" / "voice-dev" / "d014.amr"


@dataclass(frozen=True, slots=True)
class Demo:
    """A running page: its address, the stand-in and what the application heard."""

    url: str
    standin: WeComStandIn
    echo: EchoApp
    session: ClientSession


@asynccontextmanager
async def running_demo(clock: SandboxClock) -> AsyncIterator[Demo]:
    """Serve stand-in, page and demo bot until the block ends."""
    standin, echo = WeComStandIn(COMPANY, clock=clock, rules=PlatformRules(callback_spacing_s=0.05)), EchoApp()
    app = standin.build_app()
    SandboxPage(standin, to_amr=fake_to_amr, offers=Offers(demo_samples(CLIP), PLACES)).add_to(app)
    platform, application = TestServer(app), TestServer(echo.build_app())
    async with platform, application, ClientSession() as session:
        await standin.configure(str(application.make_url("/callback")))
        base = str(platform.make_url("")).rstrip("/")
        DemoBot(Api(session, base), echo, clock, str(application.make_url("/edit")))
        yield Demo(base, standin, echo, session)
