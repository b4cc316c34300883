"""One server as the test holds it: started, killed and started again on the same database file."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from contextlib import suppress
from pathlib import Path

from bot.sandbox import Company
from tests.faults.server_process import WORDS_FOLDER

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
        "WAIQIN_WECOM_CORP_ID": company.corpid,
        "WAIQIN_WECOM_AGENT_ID": str(company.agentid),
        "WAIQIN_WECOM_SECRET": company.secret,
        "WAIQIN_WECOM_TOKEN": company.token,
        "WAIQIN_WECOM_AES_KEY": company.encoding_aes_key,
        "WAIQIN_WECOM_API_URL": api_url,
        WORDS_FOLDER: str(data / "words"),
    }


class Server:
    """Forks servers from one loaded process (see `server_process`)."""

    def __init__(self, env: dict[str, str], port: int, *, without: str = "") -> None:
        self._env = {**os.environ, **env}
        self._port = port
        self._without = without
        self._loader: Process | None = None
        self._ended: asyncio.Future[int] | None = None
        self._pid = 0

    async def load(self) -> None:
        """Start the process that servers are forked from."""
        self._loader = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.faults.server_process", stdin=PIPE, stdout=PIPE, env=self._env, cwd=ROOT
        )
        assert await self._line() == "loaded"

    async def start(self, point: str = "", nth: int = 1) -> None:
        """Fork a server that dies at `point`, and return when it listens (or is already dead)."""
        assert self._loader is not None and self._loader.stdin is not None
        order = {"point": point, "nth": nth, "without": self._without}
        self._loader.stdin.write(json.dumps(order).encode() + b"\n")
        self._pid = int(await self._line())
        self._ended = asyncio.ensure_future(self._status())
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
        """End the server as an operator does, then the process that it was forked from."""
        if self._ended is not None and not self._ended.done():
            os.kill(self._pid, signal.SIGTERM)
            await asyncio.wait([self._ended], timeout=15)
        if self._loader is not None:
            if self._ended is not None and not self._ended.done():
                os.kill(self._pid, signal.SIGKILL)
                await self._ended
            assert self._loader.stdin is not None
            self._loader.stdin.close()
            await self._loader.wait()

    async def _line(self) -> str:
        assert self._loader is not None and self._loader.stdout is not None
        return (await self._loader.stdout.readline()).decode().strip()

    async def _status(self) -> int:
        return int(await self._line())

    async def _listens(self) -> bool:
        with suppress(OSError):
            _, writer = await asyncio.open_connection(LOOPBACK, self._port)
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()
            return True
        return False
