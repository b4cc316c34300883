"""One server as the test holds it: started, killed and started again on the same database file."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections import defaultdict
from contextlib import suppress
from pathlib import Path

from bot.sandbox import Company
from tests.faults.server_process import TIME_SCALE, WORDS_FOLDER

LOOPBACK = "127.0.0.1"
ROOT = Path(__file__).parents[2]


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def environment(data: Path, company: Company, api_url: str, port: int) -> dict[str, str]:
    """Return a deployment's settings as environment variables."""
    return {
        "WAIQIN_DATABASE_URL": f"sqlite:///{data / 'waiqin.db'}",
        "WAIQIN_MEDIA_URL": str(data / "media"),
        "WAIQIN_SPOOL_DIR": str(data / "spool"),
        "WAIQIN_HOST": LOOPBACK,
        "WAIQIN_PORT": str(port),
        "WAIQIN_PUBLIC_URL": f"http://{LOOPBACK}:{port}",
        "WAIQIN_LINK_SECRET": "s" * 43,
        "WAIQIN_LOG_LEVEL": "WARNING",
        "WAIQIN_TIME_SCALE": str(TIME_SCALE),
        "WAIQIN_ADMIN_PORT": "0",
        "WAIQIN_WECOM_CORP_ID": company.corpid,
        "WAIQIN_WECOM_AGENT_ID": str(company.agentid),
        "WAIQIN_WECOM_SECRET": company.secret,
        "WAIQIN_WECOM_TOKEN": company.token,
        "WAIQIN_WECOM_AES_KEY": company.encoding_aes_key,
        "WAIQIN_WECOM_API_URL": api_url,
        WORDS_FOLDER: str(data / "words"),
    }


class Nursery:
    """The loaded process that servers are forked from (see `server_process`): loading takes seconds, forking none."""

    def __init__(self) -> None:
        self._process: Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._loaded: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._born: dict[int, asyncio.Future[int]] = {}
        self._ended: defaultdict[int, asyncio.Future[int]] = defaultdict(asyncio.get_running_loop().create_future)

    async def open(self) -> None:
        """Load the product."""
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.faults.server_process", stdin=PIPE, stdout=PIPE, cwd=ROOT
        )
        self._reader = asyncio.create_task(self._listen())
        await asyncio.wait_for(self._loaded, 120)

    async def close(self) -> None:
        """End the loaded process; its servers have ended before."""
        assert self._process is not None and self._process.stdin is not None and self._reader is not None
        self._process.stdin.close()
        await self._process.wait()
        await self._reader

    async def fork(self, order: dict[str, object]) -> tuple[int, asyncio.Future[int]]:
        """Fork a server; return its process id and what will hold its exit status."""
        assert self._process is not None and self._process.stdin is not None
        number = len(self._born)
        self._born[number] = asyncio.get_running_loop().create_future()
        self._process.stdin.write(json.dumps({**order, "order": number}).encode() + b"\n")
        pid = await self._born[number]
        return pid, self._ended[pid]

    async def _listen(self) -> None:
        assert self._process is not None and self._process.stdout is not None
        while line := await self._process.stdout.readline():
            event = json.loads(line)
            if "loaded" in event:
                self._loaded.set_result(event["loaded"])
            elif "pid" in event:
                self._born[event["order"]].set_result(event["pid"])
            else:
                self._ended[event["ended"]].set_result(event["status"])
        if not self._loaded.done():
            self._loaded.set_exception(RuntimeError("the product could not be loaded"))


class Server:
    """One server at a time on one database file."""

    def __init__(self, nursery: Nursery, env: dict[str, str], port: int, *, without: str = "") -> None:
        self._nursery = nursery
        self._env = env
        self._port = port
        self._without = without
        self._ended: asyncio.Future[int] | None = None
        self._pid = 0

    async def start(self, point: str = "", nth: int = 1) -> None:
        """Start a server that dies at `point`, and return when it listens (or is already dead)."""
        order = {"env": self._env, "point": point, "nth": nth, "without": self._without}
        self._pid, self._ended = await self._nursery.fork(order)
        while not self._ended.done() and not await self._listens():
            await asyncio.wait([self._ended], timeout=0.05)

    async def died(self, within_s: float) -> bool:
        """Tell whether the server was killed within this time. Raises if it ended in any other way."""
        assert self._ended is not None
        await asyncio.wait([self._ended], timeout=within_s)
        if not self._ended.done():
            return False
        assert self._ended.result() == -signal.SIGKILL, f"the server ended with {self._ended.result()}"
        return True

    async def kill(self) -> None:
        """Kill the server from outside, wherever it is."""
        os.kill(self._pid, signal.SIGKILL)
        assert await self.died(within_s=10)

    async def stop(self) -> None:
        """End the server as an operator does."""
        if self._ended is None or self._ended.done():
            return
        os.kill(self._pid, signal.SIGTERM)
        await asyncio.wait([self._ended], timeout=20)
        if not self._ended.done():
            await self.kill()

    async def _listens(self) -> bool:
        with suppress(OSError):
            _, writer = await asyncio.open_connection(LOOPBACK, self._port)
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()
            return True
        return False
