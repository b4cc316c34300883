"""Engines: one file or one URL, tuned once, here.

SQLite runs in WAL with `synchronous=FULL` (survives a power cut) and a pool of one connection, which queues writers
fairly instead of SQLite's sleep-and-retry (p99 of a write 199 → 33 ms, ENGINE §2).
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from storage import sqlite_connection


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
    return create_async_engine(async_url(url), pool_size=8, pool_pre_ping=True)


def make_sync_engine(url: str) -> sa.Engine:
    """Open a synchronous engine: for migrations, and for the workflow engine on SQLite."""
    if is_sqlite(url):
        engine = sa.create_engine(url, poolclass=sa.pool.QueuePool, pool_size=1, max_overflow=0, pool_timeout=30)
        _tune_sqlite(engine)
        return engine
    return sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1), pool_pre_ping=True)
