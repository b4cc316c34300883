"""Engines: one file or one URL, tuned once, here.

SQLite runs in WAL with `synchronous=FULL` (survives a power cut) and a pool of one connection, which queues writers
fairly instead of SQLite's sleep-and-retry (p99 of a write 199 → 33 ms, ENGINE §2).
"""

from __future__ import annotations

import sqlite3
import time
from typing import Any

import psycopg
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from storage import sqlite_connection

#: Most connections to PostgreSQL of the application, and as many of the workflow engine: a process takes twenty of the
#: server's `max_connections` (100 unless set), and one to be notified on.
POSTGRESQL_CONNECTIONS = 10
#: A session that forgot its transaction must not hold its locks for ever.
_SESSION = "-c idle_in_transaction_session_timeout=300000"


def is_sqlite(url: str) -> bool:
    """Tell whether a database URL names a SQLite file."""
    return url.startswith("sqlite")


def _tune_sqlite(engine: sa.Engine) -> None:
    @sa.event.listens_for(engine, "connect")
    def _on_connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = "IMMEDIATE"
        cursor = connection.cursor()
        for pragma in ("journal_mode=wal", "synchronous=full", "busy_timeout=30000", "foreign_keys=on"):
            cursor.execute(f"pragma {pragma}")
        cursor.close()


def async_url(url: str) -> str:
    """Return the URL with its async driver (`sqlite:///f` → aiosqlite, `postgresql://…` → psycopg)."""
    for plain, driver in (("sqlite://", "sqlite+aiosqlite://"), ("postgresql://", "postgresql+psycopg://")):
        if url.startswith(plain):
            return url.replace(plain, driver, 1)
    return url


def make_async_engine(url: str) -> AsyncEngine:
    """Open the application's engine."""
    if is_sqlite(url):
        engine = create_async_engine(
            async_url(url),
            poolclass=sa.pool.AsyncAdaptedQueuePool,
            pool_size=1,
            max_overflow=0,
            connect_args={"async_creator_fn": sqlite_connection.connect},
        )
        _tune_sqlite(engine.sync_engine)
        return engine
    return create_async_engine(async_url(url), pool_size=POSTGRESQL_CONNECTIONS, max_overflow=0, pool_pre_ping=True)


def make_sync_engine(url: str) -> sa.Engine:
    """Open a synchronous engine: for migrations, and for the workflow engine."""
    if is_sqlite(url):
        engine = sa.create_engine(url, poolclass=sa.pool.QueuePool, pool_size=1, max_overflow=0, pool_timeout=30)
        _tune_sqlite(engine)
        _refine_clock(engine)
        _wait_for_the_disk(engine)
        return engine
    engine = sa.create_engine(
        url.replace("postgresql://", "postgresql+psycopg://", 1),
        pool_size=POSTGRESQL_CONNECTIONS,
        max_overflow=0,
        pool_pre_ping=True,
        connect_args={"connect_timeout": 10, "options": _SESSION},
    )
    _name_failed_connects(engine)
    return engine


def _wait_for_the_disk(engine: sa.Engine) -> None:
    """Let a full or failing disk count as a lost connection.

    The workflow engine waits for a lost connection, but of a file that cannot be written it knows only the lock: a
    workflow whose step could not be noted would end there, unnoted, until the next start.
    """

    @sa.event.listens_for(engine, "handle_error")
    def _on_error(context: sa.engine.ExceptionContext) -> None:
        if context.sqlalchemy_exception is not None and is_away(context.sqlalchemy_exception):
            context.is_disconnect = "locked" not in str(context.original_exception)


def _refine_clock(engine: sa.Engine) -> None:
    """Give the workflow engine milliseconds on SQLite, where it asks for `strftime('%s', 'now')`: whole seconds.

    It works off a person's messages in the order of that time, and of two of one second by their ids, so a tap could
    overtake the words before it.
    """

    @sa.event.listens_for(engine, "connect")
    def _on_connect(connection: Any, _record: Any) -> None:
        connection.create_function("strftime", 2, _seconds_now)


def _seconds_now(form: str, moment: str) -> float:
    """Return the seconds since 1970 in whole milliseconds; it is asked for nothing else. Raises `ValueError`."""
    if (form, moment) != ("%s", "now"):
        raise ValueError(f"strftime({form!r}, {moment!r}) is not refined")
    return int(time.time() * 1000) / 1000


def _name_failed_connects(engine: sa.Engine) -> None:
    """Let every failure to connect count as a lost connection.

    The workflow engine waits for a lost connection, but knows a failed connect only by some of its wordings; by others
    (the socket is gone, the name is not resolved) a workflow would end there, unnoted.
    """

    @sa.event.listens_for(engine, "handle_error")
    def _on_error(context: sa.engine.ExceptionContext) -> None:
        if context.connection is None and context.sqlalchemy_exception is not None:
            context.is_disconnect = is_away(context.sqlalchemy_exception)


#: PostgreSQL's classes and codes for what passes: connection, resources (disk, memory, connections), shutdown and
#: start, deadlock and serialisation.
_PASSING_STATES = ("08", "53", "57P", "40001", "40P01", "55P03")
_PASSING_SQLITE = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
}


def is_away(error: BaseException) -> bool:
    """Tell whether the database cannot work just now (down, starting, full, locked) and may come back by itself."""
    if isinstance(error, sa.exc.TimeoutError):  # of the pool: all its connections are waiting
        return True
    if not isinstance(error, sa.exc.DBAPIError):
        return False
    if error.connection_invalidated:
        return True
    cause = error.orig
    if isinstance(cause, sqlite3.Error):
        return (getattr(cause, "sqlite_errorcode", None) or 0) & 0xFF in _PASSING_SQLITE
    if isinstance(cause, psycopg.Error):
        state = cause.sqlstate or ""
        return state.startswith(_PASSING_STATES) if state else isinstance(cause, psycopg.OperationalError)
    return False
