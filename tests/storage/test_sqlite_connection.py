"""The direct SQLite connection under what could hurt it: many writers at once, errors, and cancellation anywhere."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from storage import Store
from storage import tables as t
from storage.engine import make_async_engine
from storage.migrate import upgrade

NOW = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)


@pytest.fixture
def url(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path / 'direct.db'}"
    upgrade(url)
    return url


async def transfer(store: Store, number: int) -> None:
    """Write a pair that belongs together: one transaction, half of it must never be seen."""
    async with store.begin() as uow:
        uow.add(t.Setting(key=f"a{number}", value="1"))
        await uow.flush()
        await uow.all(sa.select(t.Setting).where(col(t.Setting.key) == f"a{number}"))
        uow.add(t.Setting(key=f"b{number}", value="1"))
        await uow.commit()


async def keys(store: Store) -> set[str]:
    async with store.begin() as uow:
        return set(await uow.all(sa.select(col(t.Setting.key))))


async def test_many_writers_at_once_all_commit(url: str) -> None:
    store = Store(make_async_engine(url))
    await asyncio.gather(*(transfer(store, n) for n in range(60)))
    assert len(await keys(store)) == 120
    await store.close()


async def test_cancelling_anywhere_leaves_no_half_transaction_and_no_stuck_connection(url: str) -> None:
    store = Store(make_async_engine(url))
    chance = random.Random(7)
    tasks = [asyncio.create_task(transfer(store, n)) for n in range(120)]
    for task in tasks[::2]:
        for _ in range(chance.randrange(40)):
            await asyncio.sleep(0)
        task.cancel()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert {type(o) for o in outcomes} <= {type(None), asyncio.CancelledError}
    found = await keys(store)
    assert {k[1:] for k in found if k[0] == "a"} == {k[1:] for k in found if k[0] == "b"}
    assert {str(n) for n in range(1, 120, 2)} <= {k[1:] for k in found}
    await transfer(store, 1000)
    await store.close()


async def test_an_error_in_a_transaction_leaves_the_next_one_clean(url: str) -> None:
    store = Store(make_async_engine(url))
    await transfer(store, 1)
    for _ in range(3):
        with pytest.raises(IntegrityError):
            await transfer(store, 1)
    await transfer(store, 2)
    assert await keys(store) == {"a1", "b1", "a2", "b2"}
    await store.close()


async def test_a_reader_in_another_process_sees_only_what_is_committed(url: str) -> None:
    writer, reader = Store(make_async_engine(url)), Store(make_async_engine(url))
    async with writer.begin() as uow:
        uow.add(t.Person(id="p", name="张伟", welcomed_at=NOW))
        await uow.flush()
        async with reader.begin() as other:
            assert await other.get(t.Person, "p") is None
        await uow.commit()
    async with reader.begin() as other:
        assert (await other.need(t.Person, "p")).welcomed_at == NOW
    await writer.close()
    await reader.close()
