"""Safeguards taken away one at a time, to see that the ledger notices (a fault test that cannot fail is none).

Each function does without one safeguard in this process by replacing what the product defines.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

import bot.delivery
import bot.wecom.parse
import bot.wecom.webhook
import handlers.daily_rhythm
import handlers.press_button
import handlers.push
import handlers.receive
import handlers.understand
import storage.media
from bot import work
from bot.bootstrap import Application
from bot.delivery import Delivery
from bot.spool import Spool
from bot.watchdog import Found, Watchdog
from handlers.messages import Inbound, Outbound, OutboundCard
from storage import UnitOfWork
from storage import tables as t
from storage.media import FolderMediaStore

_BACKGROUND: set[asyncio.Task[Any]] = set()


def remove(safeguard: str) -> None:
    """Take a safeguard away in this process; an empty name leaves all in place."""
    if safeguard:
        SAFEGUARDS[safeguard]()


def _put(owner: object, name: str, value: Any) -> None:
    """Replace something for good: the process is thrown away afterwards."""
    mock.patch.object(owner, name, value).start()


def _answer_first() -> None:
    """Answer 200 first and put the update into the queue afterwards."""
    accept = Application.accept

    async def hasty(self: Application, *args: Any) -> str:
        async def later() -> None:
            await asyncio.sleep(0.2)
            await accept(self, *args)

        task = asyncio.create_task(later())
        _BACKGROUND.add(task)
        return "stored"

    _put(Application, "accept", hasty)


def _no_spool() -> None:
    """Believe that the spool has kept an update."""

    async def forget(self: Spool, *args: Any) -> None:
        return None

    _put(Spool, "put", forget)


def _no_natural_key() -> None:
    """Take in a delivery that has been taken in before, as if it were another one."""
    take_in = handlers.receive.receive

    async def again(inbound: Inbound, *, uow: UnitOfWork, **rest: Any) -> Any:
        if await uow.tuples(handlers.receive._SEEN_BEFORE, {"source_id": inbound.source_id}):
            inbound = replace(inbound, message_id=f"{inbound.message_id}~{secrets.token_hex(2)}")
        return await take_in(inbound, uow=uow, **rest)

    _put(work, "receive", again)


def _no_workflow_id() -> None:
    """Give every delivery of an update a workflow of its own."""
    accept = Application.accept

    async def as_new(self: Application, update_id: str, *args: Any) -> str:
        return await accept(self, f"{update_id}~{secrets.token_hex(4)}", *args)

    _put(Application, "accept", as_new)


def _no_identity() -> None:
    """Neither the workflow nor the row knows the delivery again (either alone is enough to)."""
    _no_natural_key()
    _no_workflow_id()


def _no_event_identity() -> None:
    """Take a repeated event for another one: by when it came instead of by what it says."""
    identify = bot.wecom.parse._message_id
    times: Counter[str] = Counter()

    def by_arrival(root: Any, kind: str) -> str:
        known = identify(root, kind)
        if not known.startswith(("click-", "event-")):
            return known
        times[known] += 1
        return known if times[known] <= 2 else f"{known}~{times[known]}"  # read twice: at the edge, and from the queue

    _put(bot.wecom.parse, "_message_id", by_arrival)


def _no_version_check() -> None:
    """Let a tap count for the visit as it is now, whatever version the card showed."""
    press = handlers.press_button._Press.on_visit

    async def on_now(self: Any) -> str:
        visit = await self.uow.get(t.Visit, self.action.object_id)
        if visit is not None:
            self.action = replace(self.action, version=visit.version)
        return await press(self)

    _put(handlers.press_button._Press, "on_visit", on_now)


def _no_whole_files() -> None:
    """Write media in place and take any file under a digest for the right one; the first write is cut by a crash."""

    def in_place(self: FolderMediaStore, path: Path, data: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data[: len(data) // 2])
        if len(list(self._root.glob("??/*"))) == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        path.write_bytes(data)

    _put(storage.media, "_holds", lambda path, data: path.is_file())
    _put(FolderMediaStore, "_write", in_place)


def _no_push_key() -> None:
    """Queue a push without asking whether it has been queued."""
    tell = vars(handlers.push)["tell"]

    async def anew(*args: Any, key: str, **rest: Any) -> Any:
        return await tell(*args, key=f"{key}~{secrets.token_hex(2)}", **rest)

    _put(handlers.push, "tell", anew)
    _put(handlers.daily_rhythm, "tell", anew)


def _no_follow_up() -> None:
    """Forget what could not be sent at once."""
    answer = work.Work.answer

    async def once(self: work.Work, keys: list[str]) -> list[str]:
        await answer(self, keys)
        return []

    _put(work.Work, "answer", once)
    _no_watchdog()


def _no_limit() -> None:
    """Send without counting what a person got within the minute."""
    _put(bot.delivery, "person_wait_s", lambda *args: 0.0)


def _no_replay_window() -> None:
    """Take signed callbacks of any age."""
    _put(bot.wecom.webhook, "check_timestamp", lambda *args: None)


def _no_order() -> None:
    """Let words that come late overwrite what was said after them."""

    async def nothing(*args: Any) -> set[str]:
        return set()

    _put(handlers.understand, "_said_since", nothing)


def _no_watchdog() -> None:
    """Nobody looks for work without an end: the second net under the safeguards that use this."""

    async def look_away(self: Watchdog) -> Found:
        return Found()

    _put(Watchdog, "look", look_away)


def _other_bytes() -> None:
    """Give every try at a card an id of its own."""

    def as_new(_self: Delivery, _row: Any, outbound: Outbound) -> Outbound:
        if not isinstance(outbound, OutboundCard):
            return outbound
        return OutboundCard(replace(outbound.card, card_id=f"{outbound.card.card_id}-{secrets.token_hex(4)}"))

    _put(Delivery, "_as_new", as_new)


def _voice_again() -> None:
    """Finish a voice note without looking whether it has been finished."""
    finish = vars(work)["finish_voice"]

    async def again(capture: Any, *args: Any, **kwargs: Any) -> Any:
        capture.state = "received"
        return await finish(capture, *args, **kwargs)

    vars(work)["finish_voice"] = again


SAFEGUARDS: dict[str, Callable[[], None]] = {
    "commit_before_answer": _answer_first,
    "spool": _no_spool,
    "natural_key": _no_natural_key,
    "identity": _no_identity,
    "event_identity": _no_event_identity,
    "version_check": _no_version_check,
    "whole_files": _no_whole_files,
    "push_key": _no_push_key,
    "tell_later": _no_follow_up,
    "person_limit": _no_limit,
    "replay_window": _no_replay_window,
    "order": _no_order,
    "same_bytes": _other_bytes,
    "voice_once": _voice_again,
}
