"""Migrations on both databases: from nothing, twice, and equal to what the code says."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel

from storage import Store
from storage import tables as t
from storage.engine import make_async_engine, make_sync_engine
from storage.migrate import upgrade
from tests.storage.databases import fresh_postgresql


def test_migrating_twice_changes_nothing_and_fits_the_code(database_url: str) -> None:
    upgrade(database_url)
    upgrade(database_url)
    engine = make_sync_engine(database_url)
    with engine.connect() as connection:
        options = {"include_name": lambda name, kind, _: kind != "table" or name in SQLModel.metadata.tables}
        differences = compare_metadata(MigrationContext.configure(connection, opts=options), SQLModel.metadata)
    engine.dispose()
    assert differences == []


async def test_leaving_without_commit_rolls_back(store: Store) -> None:
    async with store.begin() as uow:
        uow.add(t.Person(id="p", name="张伟"))
        await uow.flush()
    async with store.begin() as uow:
        assert await uow.get(t.Person, "p") is None


async def test_a_delivery_is_received_once_by_its_natural_key(store: Store) -> None:
    now = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)
    row = {
        "source_id": "wecom:1",
        "kind": "text",
        "person_id": "p",
        "channel": "wecom",
        "captured_at": now,
        "received_at": now,
    }
    async with store.begin() as uow:
        uow.add(t.Capture(**row))
        await uow.commit()
    async with store.begin() as uow:
        uow.add(t.Capture(**row))
        with pytest.raises(IntegrityError):
            await uow.commit()


async def test_times_come_back_aware_and_json_as_it_was(store: Store) -> None:
    now = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)
    async with store.begin() as uow:
        uow.add(t.Customer(id="C1", name="华锐", aliases=["华锐", "精密"], created_at=now))
        await uow.commit()
    async with store.begin() as uow:
        customer = await uow.need(t.Customer, "C1")
    assert (customer.created_at, customer.aliases) == (now, ["华锐", "精密"])


async def test_rows_of_the_first_version_are_there_in_the_newest(database_url: str) -> None:
    upgrade(database_url, "0001")
    engine = make_sync_engine(database_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("insert into person values ('p', '张伟', 'east', 'rep', true, '', false, null)")
        connection.exec_driver_sql(
            "insert into capture (id, source_id, kind, person_id, channel, captured_at, received_at, text, media_ref,"
            " media_format, datum, place, state, reading, problem) values ('c', 'wecom:1', 'text', 'p', 'wecom',"
            " '2026-03-10 02:00:00', '2026-03-10 02:00:00', '刚从华锐出来', '', '', '', '', 'read', 'note', '')"
        )
        connection.exec_driver_sql(
            "insert into delivery (id, person_id, channel, recipient_id, kind, answers, outbound, or_send, push, state,"
            " created_at, attempts, platform_message_id, problem) values ('answer:wecom:1', 'p', 'wecom', 'p', 'text',"
            """ 'wecom:1', '{"text": "收到"}', true, false, 'sent', '2026-03-10 02:00:00', 1, 'm', '')"""
        )
    engine.dispose()
    upgrade(database_url)
    store = Store(make_async_engine(database_url))
    async with store.begin() as uow:
        assert (await uow.need(t.Person, "p")).name == "张伟"
        assert (await uow.need(t.Capture, "c")).text == "刚从华锐出来"
        assert (await uow.need(t.Delivery, "answer:wecom:1")).outbound == {"text": "收到"}
    await store.close()


async def test_processes_that_start_together_migrate_one_after_the_other() -> None:
    url = fresh_postgresql()
    await asyncio.gather(*(asyncio.to_thread(upgrade, url) for _ in range(4)))
