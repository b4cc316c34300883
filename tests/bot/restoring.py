"""A second life for the application: the same company on a restored database, with a platform that answers."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import sqlalchemy as sa
from aiohttp import web
from dbos import DBOS
from pydantic import SecretStr
from sqlmodel import col

from bot.bootstrap import Application, build
from bot.sandbox import SandboxClock, WeComStandIn
from bot.settings import Settings
from handlers.ports import Transcriber
from storage import tables as t
from storage.engine import make_sync_engine

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a deployment keeps its things."""

    database_url: str
    folder: Path

    @property
    def media(self) -> Path:
        return self.folder / "media"

    @property
    def spool(self) -> Path:
        return self.folder / "spool"

    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "WAIQIN_DATABASE_URL": self.database_url,
            "WAIQIN_MEDIA_URL": str(self.media),
            "WAIQIN_SPOOL_DIR": str(self.spool),
        }

    def rows(self, statement: str) -> list[tuple[object, ...]]:
        """Ask the database by plain SQL, past all our code."""
        engine = make_sync_engine(self.database_url)
        try:
            with engine.connect() as connection:
                return [tuple(row) for row in connection.execute(sa.text(statement))]
        finally:
            engine.dispose()


async def waiqin(place: Place, *arguments: str) -> tuple[int, str]:
    """Run a command on a place as an administrator does; return its exit code and what it said."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot.cli",
        *arguments,
        cwd=ROOT,
        env=place.environment(),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, said.decode()


@contextlib.asynccontextmanager
async def application_on(
    place: Place, standin: WeComStandIn, clock: SandboxClock, transcriber: Transcriber
) -> AsyncIterator[Application]:
    """Start the application on a place, with a platform of the same company."""
    runner = web.AppRunner(standin.build_app())
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    company = standin.company
    settings = Settings.model_validate(
        {
            "database_url": place.database_url,
            "media_url": str(place.media),
            "spool_dir": place.spool,
            "public_url": "http://127.0.0.1:1",
            "link_secret": SecretStr(secrets.token_urlsafe(32)),
            "wecom_corp_id": company.corpid,
            "wecom_agent_id": company.agentid,
            "wecom_secret": SecretStr(company.secret),
            "wecom_token": SecretStr(company.token),
            "wecom_aes_key": SecretStr(company.encoding_aes_key),
            "wecom_api_url": f"http://127.0.0.1:{runner.addresses[0][1]}",
        }
    )
    async with aiohttp.ClientSession() as session:
        application = build(settings, session, clock=clock, transcriber=transcriber)
        await application.start()
        try:
            yield application
        finally:
            await application.stop()
            await runner.cleanup()


async def finish(application: Application, timeout_s: float = 60.0) -> None:
    """Return when no accepted work and no answer waits."""
    async with asyncio.timeout(timeout_s):
        while await _busy(application):  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def _busy(application: Application) -> bool:
    working = await DBOS.list_workflows_async(
        status=["ENQUEUED", "PENDING"], load_input=False, load_output=False, limit=1
    )
    if working or application.spool.waiting():
        return True
    query = sa.select(col(t.Delivery.id)).where(col(t.Delivery.state) == "queued", ~col(t.Delivery.push))
    async with application.store.begin() as uow:
        return await uow.first(query) is not None
