"""SQLite behind asyncio at one trip to the connection's thread a statement.

`aiosqlite` makes four: open a cursor, execute, fetch, close. Under load each waits for its turn to run Python, and the
trips, not SQLite, are what a transaction spends its time on. Here a statement's rows come back with its execution.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import aiosqlite


class OneTripCursor:
    """A cursor as SQLAlchemy's adapter uses it; it lives in the connection's thread no longer than one statement."""

    def __init__(self, connection: OneTripConnection) -> None:
        self._connection = connection
        self._rows: Sequence[Any] = ()
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None
        self.arraysize = 1

    async def __aenter__(self) -> OneTripCursor:
        return self

    async def execute(self, sql: str, parameters: Iterable[Any] = ()) -> OneTripCursor:
        """Execute one statement and take all its rows. Raises the driver's errors."""
        return await self._take(sqlite3.Cursor.execute, sql, parameters)

    async def executemany(self, sql: str, parameters: Iterable[Iterable[Any]]) -> OneTripCursor:
        """Execute one statement with many sets of parameters."""
        return await self._take(sqlite3.Cursor.executemany, sql, parameters)

    async def _take(self, execute: Callable[..., sqlite3.Cursor], sql: str, parameters: Any) -> OneTripCursor:
        found = await self._connection.run(execute, sql, parameters)
        self.description, self.rowcount, self.lastrowid, self._rows = found
        return self

    async def fetchall(self) -> Sequence[Any]:
        """Return the rows that came with the execution."""
        rows, self._rows = self._rows, ()
        return rows

    async def close(self) -> None:
        """Drop what was not fetched; nothing is open in the thread."""
        self._rows = ()


class OneTripConnection(aiosqlite.Connection):
    """An aiosqlite connection whose cursors answer in one trip."""

    def cursor(self) -> OneTripCursor:  # type: ignore[override]
        """Return a cursor without asking the thread for one."""
        return OneTripCursor(self)

    async def run(self, execute: Callable[..., sqlite3.Cursor], sql: str, parameters: Any) -> tuple[Any, ...]:
        """Execute in the connection's thread; return description, row count, last row id and rows."""

        def in_thread() -> tuple[Any, ...]:
            cursor = self._conn.cursor()
            try:
                execute(cursor, sql, parameters)
                rows = cursor.fetchall() if cursor.description else ()
                return cursor.description, cursor.rowcount, cursor.lastrowid, rows
            finally:
                cursor.close()

        result: tuple[Any, ...] = await self._execute(in_thread)  # type: ignore[no-untyped-call]
        return result


def connect(database: str, **options: Any) -> OneTripConnection:
    """Return a connection to await, with the options of `sqlite3.connect`. Its thread never keeps a process alive."""
    connection = OneTripConnection(lambda: sqlite3.connect(database, **options), iter_chunk_size=64)
    connection._thread.daemon = True
    return connection
