"""What the workflow engine is told of a disk that is full: wait, as for a lost connection."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa

from storage.engine import make_sync_engine


def _raises(name: str, code: int) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError(name)
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("error", "waits"),
    [
        (_raises("database or disk is full", sqlite3.SQLITE_FULL), True),
        (_raises("disk I/O error", sqlite3.SQLITE_IOERR_WRITE), True),
        (_raises("database is locked", sqlite3.SQLITE_BUSY), False),
        (_raises("no such table: x", sqlite3.SQLITE_ERROR), False),
    ],
)
def test_a_disk_that_takes_nothing_counts_as_a_lost_connection(
    tmp_path: Path, error: sqlite3.OperationalError, waits: bool
) -> None:
    engine = make_sync_engine(f"sqlite:///{tmp_path / 'w.db'}")

    @sa.event.listens_for(engine, "before_cursor_execute")
    def fail(*_: object) -> None:
        raise error

    with engine.connect() as connection, pytest.raises(sa.exc.DBAPIError) as caught:
        connection.execute(sa.text("select 1"))
    assert caught.value.connection_invalidated is waits
    engine.dispose()
