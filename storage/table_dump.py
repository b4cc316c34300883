"""Whole tables as lines of JSON, the same from SQLite and PostgreSQL: a dump of one can be loaded into the other.

Both databases are read in one snapshot and written in one transaction. The tables are those that the database has, ours
and the workflow engine's, which on PostgreSQL lie in a schema of their own. Times are written as UTC with offset, JSON
columns as the text they hold (SQL NULL and JSON null stay apart), everything else as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import SQLModel

import storage.tables  # noqa: F401  (registers the tables)
from storage.engine import is_sqlite, make_sync_engine

#: The workflow engine's schema on PostgreSQL, and the mark of its tables in a dump of either database.
ENGINE_SCHEMA = "dbos"
#: Which schema a database has, ours and the engine's: told in the manifest, never loaded.
OUR_VERSION, ENGINE_VERSION = "waiqin_schema", "dbos_migrations"
#: Rows about running processes, which mean nothing at another time or place.
LEFT_OUT = frozenset({"process"})
_CHUNK = 1000


@dataclass(frozen=True, slots=True)
class DumpTable:
    """One table of one database. `name` is the same in every database (`visit`, `dbos.workflow_status`)."""

    name: str
    table: sa.Table

    @property
    def columns(self) -> list[str]:
        """The columns' names in order."""
        return [column.name for column in self.table.columns]

    def order(self) -> list[sa.ColumnElement[Any]]:
        """Return what makes the order of rows the same in every dump: the key, else all columns."""
        key = list(self.table.primary_key.columns) or list(self.table.columns)
        return [sa.column(column.name) for column in key]


@contextmanager
def snapshot(url: str) -> Iterator[sa.Connection]:
    """Read a database as it is at this moment, while others go on writing."""
    engine = make_sync_engine(url)
    try:
        with engine.connect() as connection:
            if is_sqlite(url):
                connection = connection.execution_options(isolation_level="AUTOCOMMIT")
                connection.exec_driver_sql("begin")
                connection.exec_driver_sql("select count(*) from sqlite_master")  # the snapshot begins with a read
            else:
                connection = connection.execution_options(
                    isolation_level="REPEATABLE READ", postgresql_readonly=True, stream_results=True
                )
            yield connection
            connection.exec_driver_sql("rollback") if is_sqlite(url) else connection.rollback()
    finally:
        engine.dispose()


@contextmanager
def loading(url: str) -> Iterator[sa.Connection]:
    """Write into a database in one transaction: all of it or nothing."""
    engine = make_sync_engine(url)
    try:
        with engine.connect() as connection, connection.begin():
            yield connection
    finally:
        engine.dispose()


def tables_of(connection: sa.Connection) -> list[DumpTable]:
    """Return all tables that hold data, each after those that it refers to."""
    found = sa.MetaData()
    found.reflect(connection)
    if connection.dialect.name == "postgresql":
        found.reflect(connection, schema=ENGINE_SCHEMA)
    named = [DumpTable(_name(table), table) for table in found.sorted_tables]
    skipped = LEFT_OUT | {OUR_VERSION, f"{ENGINE_SCHEMA}.{ENGINE_VERSION}"}
    return [one for one in named if one.name not in skipped]


def _name(table: sa.Table) -> str:
    ours = table.name in SQLModel.metadata.tables or table.name == OUR_VERSION
    return table.name if ours else f"{ENGINE_SCHEMA}.{table.name}"


def versions(connection: sa.Connection) -> tuple[str, int]:
    """Return the schema revision and the engine's migration number; blank and 0 where there are no tables yet."""
    schema = ENGINE_SCHEMA if connection.dialect.name == "postgresql" else None
    look = sa.inspect(connection)
    ours = engines = None
    if look.has_table(OUR_VERSION):
        ours = connection.execute(sa.select(sa.column("version_num")).select_from(sa.table(OUR_VERSION))).scalar()
    if look.has_table(ENGINE_VERSION, schema=schema):
        engines = connection.execute(
            sa.select(sa.func.max(sa.column("version"))).select_from(sa.table(ENGINE_VERSION, schema=schema))
        ).scalar()
    return str(ours or ""), int(engines or 0)


def count(connection: sa.Connection, table: sa.Table) -> int:
    """Return how many rows a table has."""
    return int(connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())


# --- reading -----------------------------------------------------------------------------------------------------


def read_rows(connection: sa.Connection, one: DumpTable) -> Iterator[list[Any]]:
    """Yield a table's rows as JSON values, in the order of its key."""
    bare = sa.table(one.table.name, schema=one.table.schema)
    query = sa.select(*(_as_stored(column, connection) for column in one.table.columns)).select_from(bare)
    encode = [_encoder(column.type) for column in one.table.columns]
    result = connection.execution_options(yield_per=_CHUNK).execute(query.order_by(*one.order()))
    for chunk in result.partitions():
        for row in chunk:
            yield [None if value is None else turn(value) for turn, value in zip(encode, row, strict=True)]


def _as_stored(column: sa.Column[Any], connection: sa.Connection) -> sa.ColumnElement[Any]:
    """Return a column without its type, so that nothing interprets what lies in it."""
    bare: sa.ColumnElement[Any] = sa.column(column.name)
    if isinstance(column.type, sa.JSON) and connection.dialect.name == "postgresql":
        return sa.cast(bare, sa.Text).label(column.name)
    return bare


def _encoder(kind: sa.types.TypeEngine[Any]) -> Callable[[Any], Any]:
    if isinstance(kind, sa.LargeBinary):
        raise TypeError("a table with binary columns cannot be dumped")
    if isinstance(kind, sa.DateTime):
        return _utc
    if isinstance(kind, sa.Date):
        return lambda value: value.isoformat() if isinstance(value, date) else str(value)
    if isinstance(kind, sa.Boolean):
        return bool
    return lambda value: value


def _utc(value: datetime | str) -> str:
    """Return a time in UTC: PostgreSQL's are aware, SQLite's are text without an offset."""
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    aware = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return aware.isoformat(timespec="microseconds")


# --- writing -----------------------------------------------------------------------------------------------------


def write_rows(connection: sa.Connection, one: DumpTable, columns: Sequence[str], rows: Iterable[list[Any]]) -> int:
    """Put rows into a table in this transaction; return how many. `columns` names the values of each row."""
    kinds = [one.table.columns[name].type for name in columns]
    quote = connection.dialect.identifier_preparer
    target = quote.format_table(one.table)
    names = ", ".join(quote.quote(name) for name in columns)
    if connection.dialect.name == "postgresql":
        return _copy(connection, f"copy {target} ({names}) from stdin", rows, kinds)
    blanks = ", ".join("?" * len(columns))
    return _insert(connection, f"insert into {target} ({names}) values ({blanks})", rows, kinds)  # noqa: S608


def _copy(
    connection: sa.Connection, statement: str, rows: Iterable[list[Any]], kinds: Sequence[sa.types.TypeEngine[Any]]
) -> int:
    driver: Any = connection.connection.driver_connection
    truths = [isinstance(kind, sa.Boolean) for kind in kinds]
    written = 0
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row([bool(v) if truth and v is not None else v for truth, v in zip(truths, row, strict=True)])
            written += 1
    return written


def _insert(
    connection: sa.Connection, statement: str, rows: Iterable[list[Any]], kinds: Sequence[sa.types.TypeEngine[Any]]
) -> int:
    times = [isinstance(kind, sa.DateTime) for kind in kinds]
    written = 0
    chunk: list[tuple[Any, ...]] = []
    for row in rows:
        chunk.append(tuple(_for_sqlite(v) if t and v is not None else v for t, v in zip(times, row, strict=True)))
        if len(chunk) == _CHUNK:
            connection.exec_driver_sql(statement, chunk)
            written, chunk = written + _CHUNK, []
    if chunk:
        connection.exec_driver_sql(statement, chunk)
    return written + len(chunk)


def _for_sqlite(value: str) -> str:
    """Return a time as SQLAlchemy keeps it in SQLite: UTC without an offset."""
    return datetime.fromisoformat(value).astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
