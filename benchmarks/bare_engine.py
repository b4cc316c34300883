"""The engine alone: a queued workflow with two steps that do nothing, as JSON `{"done_s": …, "cpu_ms": …}`.

The same queues, database and settings as the service; what a message costs beyond this is ours.
Run by `benchmarks.callback` in a process of its own: `python -m benchmarks.bare_engine FOLDER COUNT`.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from pathlib import Path

from dbos import DBOS, SetEnqueueOptions, SetWorkflowID

from benchmarks.service import cpu_s
from bot import engine
from storage.migrate import upgrade

SENDERS = 30


async def main(folder: Path, count: int) -> None:
    """Enqueue all, wait until all are done, print."""
    url = f"sqlite:///{folder / 'engine.db'}"
    await asyncio.to_thread(upgrade, url)
    engine.configure(url, "local")
    left, over = count, asyncio.Event()

    @DBOS.step(name="nothing")
    async def nothing(update: dict[str, str]) -> dict[str, str]:
        return update

    @DBOS.workflow(name="two_steps")
    async def two_steps(update: dict[str, str]) -> None:
        nonlocal left
        await nothing(await nothing(update))
        left -= 1
        if left == 0:
            over.set()

    await engine.launch([engine.INBOX])
    begun, used_s = time.perf_counter(), cpu_s(os.getpid())
    for number in range(count):
        with SetWorkflowID(f"n{number}"), SetEnqueueOptions(queue_partition_key=f"s{number % SENDERS}"):
            await DBOS.enqueue_workflow_async(engine.INBOX, two_steps, {"words": "字" * 60})
    await over.wait()
    took_s, used_s = time.perf_counter() - begun, cpu_s(os.getpid()) - used_s
    print(json.dumps({"done_s": count / took_s, "cpu_ms": 1e3 * used_s / count}))
    await engine.stop(1)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
