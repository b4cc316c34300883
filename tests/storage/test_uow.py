"""The unit of work: rows written past the session."""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import col

from storage import Store
from storage import tables as t

_SETTING = sa.select(t.Setting).where(col(t.Setting.key) == sa.bindparam("key"))


async def test_an_inserted_row_is_read_in_the_same_transaction_and_gone_without_a_commit(store: Store) -> None:
    async with store.begin() as uow:
        await uow.insert(t.Setting(key="k", value="v"))
        assert (await uow.first(_SETTING, {"key": "k"})).value == "v"
    async with store.begin() as uow:
        assert await uow.first(_SETTING, {"key": "k"}) is None
