"""Signs of life on one PostgreSQL: who counts as dead, who takes over, and who may not join."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import sqlalchemy as sa

from bot.processes import Others, Processes, SharedFolder
from storage import Store
from storage import tables as t
from storage.engine import make_async_engine
from storage.migrate import upgrade
from tests.storage.databases import fresh_postgresql

SILENCE_S = 30.0


class Engine:
    """What the workflow engine would do: owners of running work, and whose work was freed."""

    def __init__(self, *owners: str) -> None:
        self.running = set(owners)
        self.freed: list[str] = []

    async def owners(self) -> set[str]:
        return self.running

    async def free_work_of(self, executor_id: str) -> int:
        self.freed.append(executor_id)
        self.running.discard(executor_id)
        return 1

    def process(self, store: Store, name: str, *, host: str = "a", folder: str = "") -> Processes:
        others = Others(self.owners, self.free_work_of)
        return Processes(store, others, executor_id=name, host=host, media_folder=folder, dead_after_s=SILENCE_S)


@pytest.fixture
async def store() -> AsyncIterator[Store]:
    url = fresh_postgresql()
    upgrade(url)
    store = Store(make_async_engine(url))
    yield store
    await store.close()


async def let_pass(store: Store, seconds: float, *silent: str) -> None:
    """Let time go by for everything but those who are silent: their last sign of life is so much older."""
    async with store.begin() as uow:
        await uow.run(sa.update(t.Process).where(t.Process.id.in_(silent)).values(seen_at=t.Process.seen_at - seconds))
        await uow.commit()


@asynccontextmanager
async def heard_for_long(process: Processes, seconds: float = SILENCE_S) -> AsyncIterator[Processes]:
    """A process that has shown life without a gap for so long."""
    await process.enter()
    process._steady_since -= seconds
    yield process


async def test_the_work_of_one_who_is_silent_is_freed_once(store: Store) -> None:
    engine = Engine()
    await engine.process(store, "dead").enter()
    async with heard_for_long(engine.process(store, "b")) as b, heard_for_long(engine.process(store, "c")) as c:
        assert await b.beat() == []
        await let_pass(store, SILENCE_S + 1, "dead")
        await asyncio.gather(b.beat(), c.beat())
    assert engine.freed == ["dead"]


async def test_after_the_database_was_away_nobody_is_called_dead_before_all_had_time_to_show_life(store: Store) -> None:
    engine = Engine()
    await engine.process(store, "also-waiting").enter()
    first = engine.process(store, "first-back")
    await first.enter()
    await let_pass(store, 600, "also-waiting", "first-back")
    first._last_beat -= 600
    first._steady_since -= 600
    assert await first.beat() == []
    assert engine.freed == []


async def test_who_leaves_in_order_frees_the_work_at_once(store: Store) -> None:
    engine = Engine()
    leaving, staying = engine.process(store, "leaving"), engine.process(store, "staying")
    await leaving.enter()
    await staying.enter()
    await leaving.leave()
    assert await staying.beat() == ["leaving"]


async def test_an_owner_whom_nobody_knows_has_the_usual_time_to_show_up(store: Store) -> None:
    engine = Engine("stranger")
    async with heard_for_long(engine.process(store, "a")) as a:
        assert await a.beat(look_for_unknown=True) == []
        await let_pass(store, SILENCE_S + 1, "stranger")
        assert await a.beat() == ["stranger"]


async def test_who_was_taken_for_dead_and_lives_is_there_again(store: Store) -> None:
    engine = Engine()
    slow = engine.process(store, "slow")
    await slow.enter()
    async with heard_for_long(engine.process(store, "a")) as a:
        await let_pass(store, SILENCE_S + 1, "slow")
        await a.beat()
    await slow.beat()
    async with store.begin() as uow:
        assert (await uow.need(t.Process, "slow")).host == "a"


async def test_two_machines_with_media_in_local_folders_are_refused_in_words(store: Store) -> None:
    engine = Engine()
    await engine.process(store, "first", host="a", folder="/data/media").enter()
    with pytest.raises(SharedFolder, match="s3://"):
        await engine.process(store, "second", host="b", folder="/data/media").enter()
    await engine.process(store, "third", host="a", folder="/data/media").enter()


async def test_two_machines_with_one_bucket_share_it(store: Store) -> None:
    engine = Engine()
    await engine.process(store, "first", host="a").enter()
    await engine.process(store, "second", host="b").enter()
    with pytest.raises(SharedFolder):
        await engine.process(store, "third", host="c", folder="/data/media").enter()


async def test_a_machine_that_is_gone_for_long_stands_in_nobodys_way(store: Store) -> None:
    engine = Engine()
    await engine.process(store, "old", host="a", folder="/data/media").enter()
    await let_pass(store, SILENCE_S + 1, "old")
    await engine.process(store, "new", host="b", folder="/data/media").enter()
