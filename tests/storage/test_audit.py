"""The audit chain on both databases: it verifies, and it tells when somebody has changed the past."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa
from sqlmodel import col

from storage import Store, audit
from storage import tables as t

NOW = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)


async def write_three(store: Store, chain: str = "customer:C1") -> None:
    async with store.begin() as uow:
        for number in range(3):
            await audit.record(
                uow, chain=chain, at=NOW, actor_id="rep", via=f"wecom:{number}", entity="visit", entity_id="v",
                field="stage", before=None, after={"n": number},
            )  # fmt: skip
        await uow.commit()


async def test_an_untouched_chain_verifies(store: Store) -> None:
    await write_three(store)
    async with store.begin() as uow:
        assert await audit.broken_links(uow, "customer:C1") == []


async def test_a_changed_value_is_found(store: Store) -> None:
    await write_three(store)
    async with store.begin() as uow:
        second = await uow.first(sa.select(t.Change).where(col(t.Change.seq) == 2))
        await uow.run(sa.update(t.ChangeValue).where(col(t.ChangeValue.change_id) == second.id).values(after={"n": 9}))
        assert await audit.broken_links(uow, "customer:C1") == [2]


async def test_a_changed_author_breaks_the_rest_of_the_chain(store: Store) -> None:
    await write_three(store)
    async with store.begin() as uow:
        await uow.run(sa.update(t.Change).where(col(t.Change.seq) == 2).values(actor_id="someone"))
        assert await audit.broken_links(uow, "customer:C1") == [2]


async def test_a_purged_value_leaves_a_chain_that_still_verifies(store: Store) -> None:
    await write_three(store)
    async with store.begin() as uow:
        await uow.run(sa.delete(t.ChangeValue))
        assert await audit.broken_links(uow, "customer:C1") == []


async def test_chains_are_independent(store: Store) -> None:
    await write_three(store, "customer:C1")
    await write_three(store, "customer:C2")
    async with store.begin() as uow:
        seqs = await uow.all(sa.select(col(t.Change.seq)).where(col(t.Change.chain) == "customer:C2"))
    assert sorted(seqs) == [1, 2, 3]
