"""A stand-in with its clock standing still, the tiny application behind it, and an API client that is logged in."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer

from bot.sandbox import Faults, PlatformRules, SandboxClock, WeComStandIn
from tests.bot.sandbox.echo_app import COMPANY, Api, EchoApp


@pytest.fixture
def rules() -> PlatformRules:
    """The platform's rules with its five seconds made fast."""
    return PlatformRules(callback_timeout_s=0.2, callback_spacing_s=0.02, verify_timeout_s=1.0)


@pytest.fixture
async def app_side() -> AsyncIterator[tuple[EchoApp, TestServer]]:
    echo = EchoApp()
    server = TestServer(echo.build_app())
    async with server:
        yield echo, server


@pytest.fixture
def echo(app_side: tuple[EchoApp, TestServer]) -> EchoApp:
    return app_side[0]


@pytest.fixture
async def platform(
    rules: PlatformRules, app_side: tuple[EchoApp, TestServer]
) -> AsyncIterator[tuple[WeComStandIn, TestServer]]:
    standin = WeComStandIn(COMPANY, clock=SandboxClock(rate=0.0), rules=rules, faults=Faults(seed=7))
    server = TestServer(standin.build_app())
    async with server:
        await standin.configure(str(app_side[1].make_url("/callback")))
        yield standin, server


@pytest.fixture
def standin(platform: tuple[WeComStandIn, TestServer]) -> WeComStandIn:
    return platform[0]


@pytest.fixture
async def api(platform: tuple[WeComStandIn, TestServer]) -> AsyncIterator[Api]:
    async with ClientSession() as session:
        client = Api(session, str(platform[1].make_url("")).rstrip("/"))
        await client.login()
        yield client
