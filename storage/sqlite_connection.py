"""SQLite behind asyncio, going to the connection's thread only for what can wait.

`aiosqlite` makes four trips to its thread a statement: open a cursor, execute, fetch, close. Under load each trip waits
for its turn to run Python, and the trips, not SQLite, are what a transaction spends its time on. Only two things wait
for others or for the disk: taking the write lock (the first write of a transaction) and the commit. These two go to
the thread. A read in WAL mode waits for nobody, nor does a write under the lock; both take tens of microseconds, less
than a trip, and run where they are.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import aiosqlite


class WholeCursor:
    """A cursor as SQLAlchemy's adapter uses it: a statement's rows come with its execution, nothing stays open."""

    def __init__(self, connection: DirectConnection) -> None:
        self._connection = connection
        self._rows: Sequence[Any] = ()
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None
        self.arraysize = 1

    async def __aenter__(self) -> WholeCursor:
        return self

    async def execute(self, sql: str, parameters: Iterable[Any] = ()) -> WholeCursor:
        """Execute one statement and take all its rows. Raises the driver's errors."""
        return await self._take(sqlite3.Cursor.execute, sql, parameters)

    async def executemany(self, sql: str, parameters: Iterable[Iterable[Any]]) -> WholeCursor:
        """Execute one statement with many sets of parameters."""
        return await self._take(sqlite3.Cursor.executemany, sql, parameters)

    async def _take(self, execute: Callable[..., sqlite3.Cursor], sql: str, parameters: Any) -> WholeCursor:
        found = await self._connection.run(execute, sql, parameters)
        self.description, self.rowcount, self.lastrowid, self._rows = found
        return self

    async def fetchall(self) -> Sequence[Any]:
        """Return the rows that came with the execution."""
        rows, self._rows = self._rows, ()
        return rows

    async def close(self) -> None:
        """Drop what was not fetched; nothing is open."""
        self._rows = ()


class DirectConnection(aiosqlite.Connection):
    """An aiosqlite connection that makes a trip to its thread only where it must."""

    def cursor(self) -> WholeCursor:  # type: ignore[override]
        """Return a cursor without asking the thread for one."""
        return WholeCursor(self)

    async def commit(self) -> None:
        """Commit in the thread; without a transaction there is nothing to wait for."""
        if self._conn.in_transaction:
            await super().commit()

    async def rollback(self) -> None:
        """Roll back in the thread; a connection that goes back to the pool after a commit need not go there."""
        if self._conn.in_transaction:
            await super().rollback()

    async def run(self, execute: Callable[..., sqlite3.Cursor], sql: str, parameters: Any) -> tuple[Any, ...]:
        """Execute, in the connection's thread if it may wait; return description, row count, last row id and rows."""

        def do() -> tuple[Any, ...]:
            cursor = self._conn.cursor()
            try:
                execute(cursor, sql, parameters)
                rows = cursor.fetchall() if cursor.description else ()
                return cursor.description, cursor.rowcount, cursor.lastrowid, rows
            finally:
                cursor.close()

        if self._conn.in_transaction or sql.startswith("SELECT"):
            return do()
        result: tuple[Any, ...] = await self._execute(do)  # type: ignore[no-untyped-call]
        return result


def connect(database: str, **options: Any) -> DirectConnection:
    """Return a connection to await, with the options of `sqlite3.connect`. Its thread never keeps a process alive."""
    connection = DirectConnection(lambda: sqlite3.connect(database, **options), iter_chunk_size=64)
    connection._thread.daemon = True
    return connection
