"""What must go on while every thread of the event loop waits for a locked database."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import sqlalchemy as sa

from bot.spool import Spool
from storage.engine import make_sync_engine
from storage.media import FolderMediaStore


async def test_media_and_spool_work_while_the_loops_own_threads_are_all_busy(tmp_path: Path) -> None:
    free, busy = threading.Event(), ThreadPoolExecutor(1)
    asyncio.get_running_loop().set_default_executor(busy)
    waiting = asyncio.ensure_future(asyncio.to_thread(free.wait))
    async with asyncio.timeout(10):
        media = FolderMediaStore(tmp_path / "media")
        assert await media.has(await media.put(b"photo"))
        await Spool(tmp_path / "spool").put("wecom:1", "rep", {"xml": "<xml/>"})
    free.set()
    assert await waiting


def test_the_workflow_engine_sees_whole_milliseconds_on_sqlite(tmp_path: Path) -> None:
    engine = make_sync_engine(f"sqlite:///{tmp_path / 'test.db'}")
    with engine.connect() as connection:
        seen = [connection.scalar(sa.text("select strftime('%s', 'now') * 1000")) for _ in range(200)]
    engine.dispose()
    assert all(moment == int(moment) for moment in seen)
    assert any(moment % 1000 for moment in seen)
