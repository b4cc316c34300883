"""What the system under test has written, read with plain SQL past all of its code."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import set_json_loads

Row = Mapping[str, Any]


class Books:
    """Database, media folder and spools of a deployment, read only."""

    def __init__(self, database_url: str, media: Path, spools: list[Path]) -> None:
        self.media = media
        self._url = database_url
        self._spools = spools
        self._is_sqlite = database_url.startswith("sqlite")

    def rows(self, sql: str) -> list[Row]:
        """Return the rows of a query. JSON comes as text: see `as_json`."""
        if self._is_sqlite:
            path = self._url.removeprefix("sqlite:///")
            connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)
            try:
                cursor = connection.execute(sql)
                names = [column[0] for column in cursor.description]
                return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
            finally:
                connection.close()
        with psycopg.connect(self._url, row_factory=dict_row) as pg:
            set_json_loads(lambda text: text, pg)
            return list(pg.execute(sql.encode()).fetchall())

    def works(self, where: str) -> list[Row]:
        """Return workflows: id, name, status."""
        table = "workflow_status" if self._is_sqlite else "dbos.workflow_status"
        return self.rows(f"select workflow_uuid as id, name, status from {table} where {where}")  # noqa: S608

    def spooled(self) -> list[str]:
        """Return what still waits in a spool."""
        return [path.name for folder in self._spools for path in folder.glob("*.json")]


def as_time(value: Any) -> datetime:
    """Return a stored instant, aware, in UTC."""
    at = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def as_json(value: Any) -> Any:
    """Return the value behind a stored JSON text, which both databases hand out as it is."""
    return None if value is None else json.loads(value)
