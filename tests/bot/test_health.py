"""The health check without an application: each trouble is named, and none of them hides the others."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from aiohttp.test_utils import TestClient, TestServer

from bot.clock import SystemClock
from bot.health import FRESH_FOR_S, SPOOL_AFTER_S, HealthCheck
from bot.health_site import health_app, health_site
from bot.spool import Spool
from storage import Store
from storage.engine import make_async_engine
from storage.migrate import upgrade
from tests.storage.databases import fresh_url


async def ask(check: HealthCheck, path: str) -> tuple[int, str]:
    async with TestClient(TestServer(health_app(check))) as client:
        answer = await client.get(path)
        return answer.status, await answer.text()


@pytest.fixture
async def apart(tmp_path: Path) -> AsyncIterator[tuple[HealthCheck, Path]]:
    """A check of a database without an application, and the spool's folder."""
    url = f"sqlite:///{tmp_path / 'w.db'}"
    upgrade(url)
    store = Store(make_async_engine(url))
    spool = tmp_path / "spool"
    yield (
        HealthCheck(store, SystemClock(), Spool(spool), model_dir=tmp_path, stopping=(tmp_path / "stop").exists),
        spool,
    )
    await store.close()


async def test_a_database_that_is_away_is_told_with_the_rest(apart: tuple[HealthCheck, Path], tmp_path: Path) -> None:
    check, _ = apart
    lock = sa.create_engine(f"sqlite:///{tmp_path / 'w.db'}").connect()
    lock.exec_driver_sql("begin exclusive")
    check_patience(check)
    status, body = await ask(check, "/healthz")
    lock.close()
    lock.engine.dispose()
    assert status == 503
    assert '"database": {"ok": false' in body
    assert '"model"' in body


def check_patience(check: HealthCheck) -> None:
    """Give up on the database soon."""
    check._patience_s = 0.3


async def test_a_spool_that_does_not_empty_is_told(apart: tuple[HealthCheck, Path]) -> None:
    check, folder = apart
    await Spool(folder).put("wecom:1", "lin", {})
    (file,) = folder.glob("*.json")
    old = SystemClock().now().timestamp() - SPOOL_AFTER_S - 1
    os.utime(file, (old, old))
    seen = {finding.name: finding for finding in (await check.look()).findings}
    assert not seen["spool"].ok
    assert seen["spool"].facts["waiting"] == 1
    assert not seen["model"].ok
    assert seen["model"].warning


async def test_a_stopping_process_says_so(apart: tuple[HealthCheck, Path], tmp_path: Path) -> None:
    check, _ = apart
    (tmp_path / "stop").touch()
    assert '"process": {"ok": false' in (await ask(check, "/healthz"))[1]


async def test_asking_often_makes_no_more_work(apart: tuple[HealthCheck, Path]) -> None:
    check, _ = apart
    looks = await asyncio.gather(*(check.look() for _ in range(5)))
    assert all(one is looks[0] for one in looks)
    assert FRESH_FOR_S > 1


async def test_a_taken_port_does_not_keep_the_service_from_running(apart: tuple[HealthCheck, Path]) -> None:
    check, _ = apart
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        async with health_site(check, "127.0.0.1", taken.getsockname()[1]) as port:
            assert port is None


async def test_the_queues_are_read_on_postgresql_too(tmp_path: Path) -> None:
    from bot.backup import make_engine_tables

    for url in fresh_url("postgresql", tmp_path):
        upgrade(url)
        await asyncio.to_thread(make_engine_tables, url)
        store = Store(make_async_engine(url))
        check = HealthCheck(store, SystemClock(), Spool(tmp_path), model_dir=None, stopping=lambda: False)
        seen = {finding.name: finding for finding in (await check.look()).findings}
        await store.close()
    assert all(seen[name].ok for name in ("database", "queues", "tick", "drafts", "deliveries"))
    assert not seen["processes"].ok
