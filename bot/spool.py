"""Where a verified callback waits while the database cannot take it (DECISIONS 1): one synced file per update."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from storage.threads import Threads

#: Gives an update to the durable queue: (update id, sender id, update).
Enqueue = Callable[[str, str, dict[str, Any]], Awaitable[None]]


class Spool:
    """A folder of updates that were accepted and are not yet in the database."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._threads = Threads("spool", 2)

    async def put(self, update_id: str, sender_id: str, update: dict[str, Any]) -> None:
        """Write an update so that it survives a power cut. Raises `OSError` if it cannot be kept."""
        await self._threads.run(self._write, update_id, sender_id, update)

    def _write(self, update_id: str, sender_id: str, update: dict[str, Any]) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        name = hashlib.sha256(update_id.encode()).hexdigest()
        # Processes on one machine may share the folder, and get the same delivery.
        temporary, final = self._folder / f"{name}.{os.getpid()}.tmp", self._folder / f"{name}.json"
        with temporary.open("w", encoding="utf-8") as file:
            json.dump({"id": update_id, "sender": sender_id, "update": update}, file, ensure_ascii=False)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(final)
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def waiting(self) -> list[Path]:
        """Return the files that wait, oldest first."""
        if not self._folder.is_dir():
            return []
        return sorted(self._folder.glob("*.json"), key=_age)

    async def drain(self, enqueue: Enqueue) -> int:
        """Hand all waiting updates to the queue, each removed only after it is in; return how many."""
        done = 0
        for path in self.waiting():
            try:
                kept = json.loads(path.read_text(encoding="utf-8"))
            except FileNotFoundError:
                continue  # another process was first
            await enqueue(kept["id"], kept["sender"], kept["update"])
            path.unlink(missing_ok=True)
            done += 1
        return done


def _age(path: Path) -> tuple[int, str]:
    try:
        return path.stat().st_mtime_ns, path.name
    except FileNotFoundError:  # handed over by another process
        return 0, path.name
