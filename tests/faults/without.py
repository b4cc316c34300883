"""Safeguards taken away one at a time, to see that the ledger notices (a fault test that cannot fail is none)."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import replace
from typing import Any

from bot import work
from bot.bootstrap import Application
from bot.delivery import Delivery
from handlers.messages import Outbound, OutboundCard

_BACKGROUND: set[asyncio.Task[Any]] = set()


def remove(safeguard: str) -> None:
    """Take a safeguard away in this process; an empty name leaves all in place."""
    if safeguard:
        {"commit_before_answer": _answer_first, "same_bytes": _other_bytes, "voice_once": _voice_again}[safeguard]()


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

    Application.accept = hasty  # type: ignore[method-assign,assignment]


def _other_bytes() -> None:
    """Give every try at a card an id of its own."""

    def as_new(_self: Delivery, _row: Any, outbound: Outbound) -> Outbound:
        if not isinstance(outbound, OutboundCard):
            return outbound
        return OutboundCard(replace(outbound.card, card_id=f"{outbound.card.card_id}-{secrets.token_hex(4)}"))

    Delivery._as_new = as_new  # type: ignore[method-assign]


def _voice_again() -> None:
    """Finish a voice note without looking whether it has been finished."""
    finish = work.finish_voice

    async def again(capture: Any, *args: Any, **kwargs: Any) -> list[str]:
        capture.state = "received"
        return await finish(capture, *args, **kwargs)

    work.finish_voice = again  # type: ignore[assignment]
