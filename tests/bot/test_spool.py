"""While the database is away, a callback waits in a synced file, once, and leaves only when it is in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.spool import Spool


class Queue:
    def __init__(self) -> None:
        self.got: list[str] = []
        self.away = False

    async def __call__(self, update_id: str, sender_id: str, update: dict[str, Any]) -> None:
        if self.away:
            raise OSError("database away")
        self.got.append(update_id)


async def test_what_was_spooled_is_handed_on_in_order_and_then_gone(tmp_path: Path) -> None:
    spool, queue = Spool(tmp_path / "spool"), Queue()
    for number in range(3):
        await spool.put(f"wecom:{number}", "zhangwei", {"xml": "<xml/>"})
    assert await spool.drain(queue) == 3
    assert (queue.got, spool.waiting()) == (["wecom:0", "wecom:1", "wecom:2"], [])


async def test_the_same_update_twice_waits_once(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    for _ in range(2):
        await spool.put("wecom:1", "zhangwei", {"xml": "<xml/>"})
    assert len(spool.waiting()) == 1


async def test_nothing_leaves_the_spool_while_the_queue_is_away(tmp_path: Path) -> None:
    spool, queue = Spool(tmp_path), Queue()
    await spool.put("wecom:1", "zhangwei", {"xml": "<xml/>"})
    queue.away = True
    with pytest.raises(OSError, match="away"):
        await spool.drain(queue)
    assert len(spool.waiting()) == 1
