"""The real server, started again and again: `python -m tests.faults.server_process`.

Loads everything once, then forks a server for each line on standard input and writes its process id and, when it has
ended, how. A line is `{"order", "env", "point", "nth", "without"}`: the settings, where to die, and a safeguard to do
without. Only the recogniser is not the product (DECISIONS 17), and all waits are shortened (`WAIQIN_TIME_SCALE`).
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import select
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import nlp
from bot.engine import ALL_QUEUES
from bot.server import run
from bot.settings import Settings
from handlers.playbooks import Playbooks
from handlers.ports import Heard
from nlp import types as nt
from tests.faults import kill_points, without

TIME_SCALE = 60
#: Environment name of the folder in which `<sha256>.txt` says what is heard in a recording.
WORDS_FOLDER = "FAULTS_WORDS"


class WordsFromFolder:
    """Hears what the test has laid down for a recording, once it is there."""

    async def transcribe(self, audio: bytes, *, hints: Sequence[str] = ()) -> Heard:
        """Return the words of this very recording."""
        name = hashlib.sha256(audio).hexdigest() + ".txt"
        path = Path(os.environ[WORDS_FOLDER]) / name
        while not path.is_file():  # noqa: ASYNC110 - the test writes the file
            await asyncio.sleep(0.05)
        words = path.read_text(encoding="utf-8")
        return Heard(text=words, engine="fake", model="fake", seconds=len(audio) / 1600)


def warm_up() -> None:
    """Read one note, so that no server has to load word lists again."""
    directory = nlp.Directory((), ())
    playbook = Playbooks().get("manufacturing").for_nlp()
    context = nt.Context(rep="", directory=directory, playbook=playbook, at=datetime.now(UTC))
    nlp.read_reply("无锡亚川，王玉成。合同还在法务手里，下周三再去。", context)


def serve(order: dict[str, Any]) -> int:
    """Be a server until killed."""
    os.environ.update(order["env"])
    log = Path(os.environ[WORDS_FOLDER]).parent / "server.log"
    with log.open("ab") as file:
        os.dup2(file.fileno(), 2)
    transcriber = WordsFromFolder()
    kill_points.arm(order["point"], order["nth"], transcriber)
    without.remove(order["without"])
    return run(Settings(), queues=ALL_QUEUES, listen=True, transcriber=transcriber)


def fork_server(order: dict[str, Any]) -> None:
    """Fork a server and report its process id under the order's number."""
    child = os.fork()
    if child == 0:
        os._exit(serve(order))
    report({"order": order["order"], "pid": child})


def report(event: dict[str, int]) -> None:
    """Write one line to the test."""
    print(json.dumps(event), flush=True)


def bury_the_dead() -> None:
    """Report every server that has ended."""
    with suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            report({"ended": ended[0], "status": os.waitstatus_to_exitcode(ended[1])})


def main() -> None:
    warm_up()
    report({"loaded": os.getpid()})
    unread = b""
    while True:
        bury_the_dead()
        if not select.select([0], [], [], 0.02)[0]:
            continue
        data = os.read(0, 65536)
        if not data:
            return
        *lines, unread = (unread + data).split(b"\n")
        for line in lines:
            fork_server(json.loads(line))


if __name__ == "__main__":
    main()
