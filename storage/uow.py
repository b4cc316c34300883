"""The unit of work: the only way into the database.

    async with store.begin() as uow:
        ...
        await uow.commit()

Leaving the block without `commit()` rolls back. Rows that leave it are plain values: nothing loads lazily.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import cache, lru_cache
from types import TracebackType
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession
from sqlmodel import SQLModel

Row = TypeVar("Row", bound=SQLModel)


#: Advisory locks have one number space per database: ours begin with this word.
_ALONE = sa.select(
    sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(sa.literal("waiqin:") + sa.bindparam("name"), 0))
)


def table_of(model: type[SQLModel]) -> sa.Table:
    """Return the table behind a model, for statements that go past the session."""
    table: sa.Table = model.__table__  # type: ignore[attr-defined]
    return table


class UnitOfWork:
    """One transaction. Query with `all`/`first`/`tuples`, read by key with `get`, write with `add`.

    A query that is asked with every message is prepared: built once, at the top of its module, with `sa.bindparam` for
    what changes, and asked with `values`. That saves building it and, for SQLAlchemy, finding out that it knows it.
    """

    def __init__(self, session: AsyncSession, connection: AsyncConnection) -> None:
        self.session = session
        self._connection: AsyncConnection | None = connection

    @property
    def is_sqlite(self) -> bool:
        """Whether this is the embedded database."""
        return self.session.get_bind().dialect.name == "sqlite"

    async def alone(self, name: str) -> None:
        """Wait until no other transaction is alone with this name; stay so until this one ends.

        What one transaction reads and then writes (a person's visits) must not change in between, in any process.
        To be called before the rows in question are read. On SQLite transactions follow one another anyway.
        """
        if not self.is_sqlite:
            await self._ask(_ALONE, {"name": name})

    def add(self, *rows: SQLModel) -> None:
        """Schedule rows for writing."""
        self.session.add_all(rows)

    async def flush(self) -> None:
        """Send pending writes without committing."""
        await self.session.flush()

    async def get(self, table: type[Row], key: Any) -> Row | None:
        """Return the row with this primary key, or None (also for the key None)."""
        return None if key is None else await self.session.get(table, key)

    async def need(self, table: type[Row], key: Any) -> Row:
        """Return the row with this primary key. Raises `LookupError` if it is not there."""
        row = await self.session.get(table, key)
        if row is None:
            raise LookupError(f"no {table.__name__} with this key")
        return row

    async def all(self, query: Any, values: Mapping[str, Any] | None = None) -> list[Any]:
        """Return all rows (or single column values) of a query."""
        return list((await self._ask(query, values)).scalars().all())

    async def first(self, query: Any, values: Mapping[str, Any] | None = None) -> Any:
        """Return the first row of a query, or None. A prepared query (one with `values`) brings its own limit."""
        limited = query.limit(1) if values is None else query
        return (await self._ask(limited, values)).scalars().first()

    async def tuples(self, query: Any, values: Mapping[str, Any] | None = None) -> list[Any]:
        """Return rows of several columns."""
        return list((await self._ask(query, values)).all())

    async def _ask(self, query: Any, values: Mapping[str, Any] | None) -> Any:
        """Execute a query; a prepared one for columns goes past the session, which costs twice as much."""
        if values is None or not _is_of_columns(query):
            return await self.session.execute(query, values)
        return await self._past_session(query, values)

    async def _past_session(self, statement: Any, values: Mapping[str, Any]) -> Any:
        if self.session.new or self.session.dirty:
            await self.session.flush()
        return await (await self._on()).execute(statement, values)

    async def _on(self) -> AsyncConnection:
        """Return the connection of this transaction, or of the next one after a commit."""
        if self._connection is None:
            self._connection = await self.session.connection()
        return self._connection

    async def insert(self, *rows: SQLModel) -> None:
        """Write new rows of one table now, past the session, which costs a quarter of a flush.

        For rows that stay as they are: the session does not know them, so a later change of theirs is not written.
        """
        names = _column_names(type(rows[0]))
        written = [{name: getattr(row, name) for name in names} for row in rows]
        await (await self._on()).execute(_insert_into(type(rows[0])), written)

    async def insert_new(self, row: SQLModel) -> bool:
        """Write a row unless its key is there already, also when another process is just writing it; tell which."""
        written = {name: getattr(row, name) for name in type(row).model_fields}
        dialect = sqlite if self.is_sqlite else postgresql
        return await self.run(dialect.insert(table_of(type(row))).values(written).on_conflict_do_nothing()) == 1

    async def run(self, statement: Any, values: Mapping[str, Any] | None = None) -> int:
        """Run an update or delete; return how many rows it touched. Prepared, it is made of `table_of` a model."""
        if values is None:
            result: Any = await self.session.execute(statement)
        else:
            result = await self._past_session(statement, values)
        return int(getattr(result, "rowcount", 0) or 0)

    async def commit(self) -> None:
        """Make everything in this block durable."""
        self._connection = None
        await self.session.commit()


@lru_cache(maxsize=1024)
def _is_of_columns(query: Any) -> bool:
    """Tell whether a prepared query asks for columns only, not for rows as objects."""
    described = getattr(query, "column_descriptions", ())
    return not any(isinstance(column["expr"], type) for column in described)


@cache
def _insert_into(model: type[SQLModel]) -> sa.Insert:
    return sa.insert(table_of(model))


@cache
def _column_names(model: type[SQLModel]) -> tuple[str, ...]:
    return tuple(model.model_fields)


class _Begin:
    def __init__(self, engine: AsyncEngine) -> None:
        self._session = AsyncSession(engine, expire_on_commit=False)

    async def __aenter__(self) -> UnitOfWork:
        # A task that is cancelled while the pool opens a connection would take the pool's only place with it: nobody
        # else could ever begin. So the opening goes on by itself, and closes by itself.
        opening = asyncio.ensure_future(self._session.connection())
        try:
            connection = await asyncio.shield(opening)
        except asyncio.CancelledError:
            opening.add_done_callback(self._close_later)
            raise
        return UnitOfWork(self._session, connection)

    def _close_later(self, opening: asyncio.Future[Any]) -> None:
        if not opening.cancelled():
            opening.exception()
        self._closing = asyncio.ensure_future(self._session.close())

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.shield(self._session.close())


class Store:
    """The database, opened once. `begin()` starts a unit of work."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine

    def begin(self) -> _Begin:
        """Start a transaction; leaving without commit rolls back."""
        return _Begin(self.engine)

    async def ping(self) -> None:
        """Raise unless the database answers."""
        async with self.engine.connect() as connection:
            await connection.execute(sa.text("select 1"))

    async def close(self) -> None:
        """Give back all connections."""
        await self.engine.dispose()
