"""The unit of work: the only way into the database.

    async with store.begin() as uow:
        ...
        await uow.commit()

Leaving the block without `commit()` rolls back. Rows that leave it are plain values: nothing loads lazily.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from types import TracebackType
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlmodel import SQLModel

Row = TypeVar("Row", bound=SQLModel)


def table_of(model: type[SQLModel]) -> sa.Table:
    """Return the table behind a model, for statements that go past the session."""
    table: sa.Table = model.__table__  # type: ignore[attr-defined]
    return table


class UnitOfWork:
    """One transaction. Query with `all`/`first`/`tuples`, read by key with `get`, write with `add`.

    A query that is asked with every message is prepared: built once, at the top of its module, with `sa.bindparam` for
    what changes, and asked with `values`. That saves building it and, for SQLAlchemy, finding out that it knows it.
    """

    def __init__(self, session: AsyncSession) -> None:
        self.session = session
        self._held: dict[tuple[type[SQLModel], Any], SQLModel] = {}

    def add(self, *rows: SQLModel) -> None:
        """Schedule rows for writing."""
        self.session.add_all(rows)

    async def flush(self) -> None:
        """Send pending writes without committing."""
        await self.session.flush()

    async def get(self, table: type[Row], key: Any) -> Row | None:
        """Return the row with this primary key, or None (also for the key None)."""
        return None if key is None else await self.session.get(table, key)

    async def hold(self, table: type[Row], key: Any) -> Row | None:
        """Like `get`, for a row that one transaction looks up again and again: asked of the database once."""
        row = await self.session.get(table, key)
        if row is not None:
            self._held[table, key] = row  # the session itself forgets rows that nobody holds
        return row

    async def need(self, table: type[Row], key: Any) -> Row:
        """Return the row with this primary key. Raises `LookupError` if it is not there."""
        row = await self.session.get(table, key)
        if row is None:
            raise LookupError(f"no {table.__name__} with this key")
        return row

    async def all(self, query: Any, values: Mapping[str, Any] | None = None) -> list[Any]:
        """Return all rows (or single column values) of a query."""
        return list((await self.session.execute(query, values)).scalars().all())

    async def first(self, query: Any, values: Mapping[str, Any] | None = None) -> Any:
        """Return the first row of a query, or None. A prepared query (one with `values`) brings its own limit."""
        limited = query.limit(1) if values is None else query
        return (await self.session.execute(limited, values)).scalars().first()

    async def tuples(self, query: Any, values: Mapping[str, Any] | None = None) -> list[Any]:
        """Return rows of several columns."""
        return list((await self.session.execute(query, values)).all())

    async def insert(self, *rows: SQLModel) -> None:
        """Write new rows of one table now, past the session, which costs a quarter of a flush.

        For rows that stay as they are: the session does not know them, so a later change of theirs is not written.
        """
        written = [{name: getattr(row, name) for name in type(row).model_fields} for row in rows]
        await self.session.execute(sa.insert(table_of(type(rows[0]))), written)

    async def run(self, statement: Any, values: Mapping[str, Any] | None = None) -> int:
        """Run an update or delete; return how many rows it touched. Prepared, it is made of `table_of` a model."""
        result = await self.session.execute(statement, values)
        return int(getattr(result, "rowcount", 0) or 0)

    async def commit(self) -> None:
        """Make everything in this block durable."""
        await self.session.commit()


class _Begin:
    def __init__(self, engine: AsyncEngine) -> None:
        self._session = AsyncSession(engine, expire_on_commit=False)

    async def __aenter__(self) -> UnitOfWork:
        # A task that is cancelled while the pool opens a connection would take the pool's only place with it: nobody
        # else could ever begin. So the opening goes on by itself, and closes by itself.
        opening = asyncio.ensure_future(self._session.connection())
        try:
            await asyncio.shield(opening)
        except asyncio.CancelledError:
            opening.add_done_callback(self._close_later)
            raise
        return UnitOfWork(self._session)

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
