"""Threads for files and networks, apart from those in which the workflow engine waits for the database.

The engine makes its few threads the event loop's default ones. While the database is locked they all wait for it; a
transaction that waits for one of them (to look at a file, say) would then hold the lock that they wait for, and a
callback could not even be spooled. So nothing of ours goes through `asyncio.to_thread` that others wait for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


class Threads:
    """A few threads of our own, started when they are needed."""

    def __init__(self, name: str, count: int) -> None:
        self._pool = ThreadPoolExecutor(count, thread_name_prefix=name)

    async def run(self, call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Call something that blocks, without blocking the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, lambda: call(*args, **kwargs))
