"""The torture's side of `bot.torture.child`: a loaded process that real servers are forked from.

Loading the product takes seconds, forking it milliseconds; the servers are processes of their own all the same.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress

LOOPBACK = "127.0.0.1"


class Nursery:
    """Loads `module` (the product, or with a test's hook) once."""

    def __init__(self, module: str = "bot.torture.child") -> None:
        self._module = module
        self._process: Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._loaded: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._born: dict[int, asyncio.Future[int]] = {}
        self._ended: defaultdict[int, asyncio.Future[int]] = defaultdict(asyncio.get_running_loop().create_future)

    async def __aenter__(self) -> Nursery:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", self._module, stdin=PIPE, stdout=PIPE
        )
        self._reader = asyncio.create_task(self._listen())
        await asyncio.wait_for(asyncio.shield(self._loaded), 120)
        return self

    async def __aexit__(self, *_error: object) -> None:
        process = self._running()
        assert self._reader is not None
        if process.stdin is not None:
            process.stdin.close()
        await process.wait()
        await self._reader

    async def fork(self, order: Mapping[str, object]) -> tuple[int, asyncio.Future[int]]:
        """Fork a server; return its process id and what will hold its exit status."""
        orders = self._running().stdin
        assert orders is not None
        number = len(self._born)
        self._born[number] = asyncio.get_running_loop().create_future()
        orders.write(json.dumps({**order, "order": number}).encode() + b"\n")
        pid = await self._born[number]
        return pid, self._ended[pid]

    def _running(self) -> Process:
        assert self._process is not None, "the nursery is not open"
        return self._process

    async def _listen(self) -> None:
        reports = self._running().stdout
        assert reports is not None
        while line := await reports.readline():
            event = json.loads(line)
            if "loaded" in event:
                self._loaded.set_result(event["loaded"])
            elif "pid" in event:
                self._ended.pop(event["pid"], None)  # a process id may come again
                self._born[event["order"]].set_result(event["pid"])
            else:
                self._ended[event["ended"]].set_result(event["status"])
        if not self._loaded.done():
            self._loaded.set_exception(RuntimeError("the product could not be loaded"))


class ServerProcess:
    """One `serve` or `worker`, started, killed and started again with the same settings."""

    def __init__(
        self,
        nursery: Nursery,
        env: Mapping[str, str],
        *,
        port: int,
        queues: Sequence[str] = (),
        listen: bool = True,
        without: str = "",
    ) -> None:
        self.port = port
        self.listen = listen
        self.starts = 0
        self.pid = 0
        self._nursery = nursery
        self._order = {"env": dict(env), "queues": list(queues), "listen": listen, "without": without}
        self._ended: asyncio.Future[int] | None = None
        self._turn = asyncio.Lock()

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._ended is not None and not self._ended.done()

    @property
    def exit_status(self) -> int | None:
        """How the last process ended: negative for a signal, None while it runs."""
        return self._ended.result() if self._ended is not None and self._ended.done() else None

    async def start(self) -> None:
        """Start the process unless it runs; returns before it listens."""
        async with self._turn:
            if not self.alive:
                self.starts += 1
                self.pid, self._ended = await self._nursery.fork(self._order)

    async def ready(self, within_s: float) -> bool:
        """Wait until it listens (a worker: at once); false if it died or did not come up in time."""
        deadline = asyncio.get_running_loop().time() + within_s
        while self.alive and asyncio.get_running_loop().time() < deadline:
            if not self.listen or await self._listens():
                return True
            await asyncio.sleep(0.02)
        return False

    async def kill(self) -> None:
        """`kill -9`, wherever it is; nothing if it is dead already."""
        if self.alive and self._ended is not None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            await asyncio.wait([self._ended], timeout=10)

    def tell_where_it_stands(self) -> None:
        """Let the process write the stacks of all its threads to its log."""
        if self.alive:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGUSR1)

    def fill_disk(self, full: bool) -> None:
        """Let every write to a file fail from now on, as on a full disk, or no longer (RLIMIT_FSIZE)."""
        with suppress(ProcessLookupError):
            _, most = resource.prlimit(self.pid, resource.RLIMIT_FSIZE)
            resource.prlimit(self.pid, resource.RLIMIT_FSIZE, (0 if full else most, most))

    async def _listens(self) -> bool:
        with suppress(OSError):
            _, writer = await asyncio.open_connection(LOOPBACK, self.port)
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()
            return True
        return False
