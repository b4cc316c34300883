"""Several processes on one PostgreSQL: nothing is lost or done twice, whichever of them dies, whatever goes away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from bot.sandbox import DEMO_START
from bot.torture.nursery import Nursery
from tests.company import cast
from tests.multi.cluster import ROLES, Cluster, open_cluster
from tests.storage import databases

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def nursery() -> AsyncIterator[Nursery]:
    """The product, loaded once for all processes of this module."""
    async with Nursery() as loaded:
        yield loaded


@pytest_asyncio.fixture(loop_scope="module")
async def cluster(nursery: Nursery, tmp_path: Path) -> AsyncIterator[Cluster]:
    async with open_cluster(tmp_path, nursery) as running:
        yield running


async def test_two_of_three_workers_killed_for_good_in_the_middle_and_all_work_finishes(cluster: Cluster) -> None:
    await cluster.serve()
    await cluster.serve()
    workers = [await cluster.worker() for _ in range(3)]
    finish = [cluster.speak(rep, 0) for rep in range(6)]  # two for each worker: held until the words are there
    hearing = (
        "select count(distinct executor_id) from dbos.workflow_status where name='hear_voice' and status='PENDING'"
    )
    await cluster.until(lambda rows: rows[0][0] == 3, hearing)
    written = [cluster.say(rep, 1) for rep in range(len(ROLES))]
    for worker in workers[:2]:
        await asyncio.sleep(0.4)
        await worker.kill()
    for lay_down in finish:
        lay_down()
    await asyncio.gather(*written)
    await cluster.finished(6 + len(ROLES))
    await cluster.assert_once(6 + len(ROLES))


async def test_a_tick_that_two_servers_schedule_runs_once(cluster: Cluster) -> None:
    await cluster.serve()
    await cluster.serve()
    await cluster.worker()
    await cluster.say(0, 0)
    await cluster.finished(1)
    await cluster.standin.clock.set(DEMO_START.replace(hour=18, minute=31))
    steps = (
        "select count(*), max(recovery_attempts) from dbos.operation_outputs"
        " join dbos.workflow_status using (workflow_uuid) where workflow_uuid like 'tick:evening%'"
    )
    await cluster.until(lambda rows: rows[0][0] > 0, steps)
    await cluster.until(lambda rows: len(rows) == 1, "select from tick where job = 'evening_summary'")
    assert [count for count, _ in await cluster.rows(steps)] == [1]
    await cluster.standin.clock.set(DEMO_START.replace(hour=19, minute=30))
    told = f"select count(*) from delivery where push and state = 'sent' and person_id = '{ROLES[0].userid}'"
    await cluster.until(lambda rows: rows[0][0] == 1, told)


async def test_a_persons_messages_keep_their_order_across_processes(cluster: Cluster) -> None:
    await cluster.serve("inbox")
    await cluster.serve("tell", "media")
    await cluster.worker("inbox")
    said = [f"{ROLES[0].customers[0].aliases[0]}第{number}次打电话没人接" for number in range(12)]
    for words in said:
        await cluster.phone(0).say(words)
    await cluster.finished(len(said))
    taken = await cluster.rows("select text from capture order by id")
    assert [text for (text,) in taken] == said
    workers = await cluster.rows("select distinct executor_id from dbos.workflow_status where name = 'receive_update'")
    assert len(workers) == 2


async def test_voice_is_heard_by_a_worker_for_transcription_alone_and_does_not_hold_up_text(cluster: Cluster) -> None:
    await cluster.serve("inbox", "media", "tell")
    worker = await cluster.worker("transcribe")
    finish = [cluster.speak(rep, 0) for rep in range(4)]
    await cluster.say(5, 0)
    await cluster.until(lambda rows: rows[0][0] == 1, "select count(*) from visit")
    for lay_down in finish:
        lay_down()
    await cluster.finished(5)
    await cluster.assert_once(5)
    heard = await cluster.rows("select distinct executor_id from dbos.workflow_status where name = 'hear_voice'")
    assert heard == await cluster.rows("select id from process where role = 'worker'")
    assert worker.alive


async def test_the_database_goes_and_comes_back_and_nobody_is_restarted(cluster: Cluster) -> None:
    processes = [await cluster.serve(), await cluster.serve("inbox", "media", "tell"), await cluster.worker()]
    finish = [cluster.speak(rep, 0) for rep in range(4)]
    written = [cluster.say(rep, 1) for rep in range(4, 8)]
    await cluster.until(lambda rows: rows[0][0] > 0, "select count(*) from capture")
    async with databases.stopped_server():
        written += [cluster.say(rep, 1) for rep in range(8, 12)]
        for lay_down in finish:
            lay_down()
        await asyncio.sleep(4)
    await asyncio.gather(*written)
    await cluster.finished(12)
    await cluster.assert_once(12)
    assert all(process.alive for process in processes)


async def test_what_one_process_imports_the_others_know_at_once(cluster: Cluster) -> None:
    await cluster.serve()
    await cluster.worker()
    rep = next(role for role in cast() if len(role.customers) > 4)
    newcomer = replace(rep.customers[4], owner=rep.userid)
    number = next(n for n, role in enumerate(ROLES) if role.userid == rep.userid)
    await cluster.say(number, 0)
    await cluster.finished(1)
    await cluster.importing(newcomer)
    await cluster.phone(number).say(f"刚从{newcomer.aliases[0]}出来，方案看完了，下周五带新版过去")
    await cluster.finished(2)
    found = await cluster.rows("select customer_id from visit order by id desc limit 1")
    assert found == [(newcomer.customer_id,)]


async def test_tokens_revoked_under_two_processes_are_renewed_by_both(cluster: Cluster) -> None:
    for _ in range(2):
        await cluster.serve("inbox", "tell")
    for round_ in range(3):
        await asyncio.gather(*(cluster.say(rep, round_) for rep in range(6)))
        cluster.standin.tokens.revoke_all()
    await cluster.finished(18)
    await cluster.assert_once(18)
