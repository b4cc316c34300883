"""The servers of the torture: `python -m bot.torture.child` loads the product once and forks a server for each order.

An order is one line of JSON on standard input, `{"order", "env", "queues", "listen", "without"}`; the process id and,
later, how it ended are written to standard output. Two things in such a server are not the product: the recogniser,
which hears what the torture has laid down for a recording (DECISIONS 17), and the clock, which all share.
`serve_orders` takes a hook, run in each new server before it starts: tests use it to take safeguards away.
"""

from __future__ import annotations

import asyncio
import faulthandler
import hashlib
import json
import os
import select
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import nlp
from bot.engine import ALL_QUEUES
from bot.server import run
from bot.settings import Settings
from bot.torture.clock import SharedClock
from handlers.playbooks import Playbooks
from handlers.ports import Heard
from nlp import types as nt

#: Environment name of a server's folder: clock, `words/`, log.
FOLDER = "WAIQIN_TORTURE_FOLDER"

#: Run in a new server before it starts, with the order's `without`.
Prepare = Callable[[str], None]


class WordsFromFolder:
    """Hears what the torture has laid down for a recording, as soon as it is there."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def transcribe(self, audio: bytes, *, hints: Sequence[str] = ()) -> Heard:
        """Return the words of this very recording."""
        path = self._folder / f"{hashlib.sha256(audio).hexdigest()}.txt"
        while not path.is_file():  # noqa: ASYNC110 - another process writes it
            await asyncio.sleep(0.02)
        words = path.read_text(encoding="utf-8")
        return Heard(text=words, engine="fake", model="fake", seconds=len(audio) / 1600)


def serve_orders(prepare: Prepare) -> None:
    """Fork servers until standard input ends."""
    _warm_up()
    _report({"loaded": os.getpid()})
    unread = b""
    alive: set[int] = set()
    while True:
        _bury_the_dead(alive)
        if not select.select([0], [], [], 0.01)[0]:
            continue
        data = os.read(0, 65536)
        if not data:
            _kill(alive)
            return
        *lines, unread = (unread + data).split(b"\n")
        for line in lines:
            alive.add(_fork(json.loads(line), prepare))


def _fork(order: Mapping[str, Any], prepare: Prepare) -> int:
    pid = os.fork()
    if pid == 0:
        code = 70
        try:
            code = _serve(order, prepare)
        finally:
            os._exit(code)
    _report({"order": order["order"], "pid": pid})
    return pid


def _serve(order: Mapping[str, Any], prepare: Prepare) -> int:
    """Be a server until killed."""
    os.environ.update(order["env"])
    folder = Path(os.environ[FOLDER])
    with (folder / "server.log").open("ab") as log, Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    faulthandler.register(signal.SIGUSR1)  # on demand, where every thread stands
    prepare(order["without"])
    return run(
        Settings(),
        queues=tuple(order["queues"]) or ALL_QUEUES,
        listen=order["listen"],
        clock=SharedClock(folder / "clock"),
        transcriber=WordsFromFolder(folder / "words"),
    )


def _warm_up() -> None:
    """Read one note, so that no server has to load word lists again."""
    playbook = Playbooks().get("manufacturing").for_nlp()
    context = nt.Context(rep="", directory=nlp.Directory((), ()), playbook=playbook, at=datetime.now(UTC))
    nlp.read_reply("无锡亚川，王玉成。合同还在法务手里，下周三再去。", context)


def _report(event: Mapping[str, int]) -> None:
    sys.stdout.write(json.dumps(event) + "\n")
    sys.stdout.flush()


def _kill(alive: set[int]) -> None:
    """Leave no server behind when the torture has gone."""
    for pid in alive:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _bury_the_dead(alive: set[int]) -> None:
    with suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            alive.discard(ended[0])
            _report({"ended": ended[0], "status": os.waitstatus_to_exitcode(ended[1])})


if __name__ == "__main__":
    serve_orders(lambda without: None)
