"""`WeComMessenger`: what delivery sees of WeCom (the port `handlers.ports.Messenger`)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import aiohttp

from bot.wecom import media
from bot.wecom.api import BASE_URL, Answer, Api
from bot.wecom.doctor import Finding, check_app
from bot.wecom.errors import IllegalMessage, interpret
from bot.wecom.limits import ClientLimits
from bot.wecom.menu import check_menu
from bot.wecom.parse import CHANNEL
from bot.wecom.render import render_card_update, render_message
from handlers.errors import PermanentError
from handlers.messages import Outbound
from handlers.ports import Clock, Fetched, Sent


class WeComMessenger:
    """One self-built app on one shared HTTP session (which the caller closes).

    `base_url` points at the sandbox in the demo and in tests; `pause` waits between attempts at a medium.
    """

    channel = CHANNEL

    def __init__(
        self,
        session: aiohttp.ClientSession,
        *,
        corp_id: str,
        secret: str,
        agent_id: int,
        clock: Clock,
        base_url: str = BASE_URL,
        limits: ClientLimits | None = None,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._api = Api(session, corp_id=corp_id, secret=secret, clock=clock, base_url=base_url, limits=limits)
        self._agent_id = agent_id
        self._pause = pause

    def __repr__(self) -> str:
        return f"WeComMessenger({self._api!r})"

    def render(self, recipient_id: str, outbound: Outbound) -> dict[str, object]:
        """Return the body of `message/send`. Raises `IllegalMessage`."""
        return render_message(recipient_id, outbound, agent_id=self._agent_id)

    def render_update(self, recipient_id: str, outbound: Outbound, update_code: str) -> dict[str, object]:
        """Return the body of `message/update_template_card`. Raises `IllegalMessage`."""
        return render_card_update(recipient_id, outbound, update_code, agent_id=self._agent_id)

    async def send(self, body: dict[str, object]) -> Sent:
        """Send a body. The same body within ten minutes is shown once: the platform compares the bytes, and a used
        task id (42014) counts as sent. That code also means an illegal task id, which `render` never makes."""
        try:
            answer = await self._api.post("/cgi-bin/message/send", body)
        except PermanentError as exc:
            if isinstance(exc.code, int) and interpret(exc.code).reaction == "already_sent":
                return Sent(duplicate=True)
            raise
        _refuse_unreached(answer, str(body.get("touser", "")).split("|"))
        return Sent(message_id=str(answer.get("msgid", "")), update_code=str(answer.get("response_code", "")))

    async def update_card(self, body: dict[str, object]) -> Sent:
        """Replace a shown card. Raises `CardCodeSpent` when its code was used or has expired (60140)."""
        answer = await self._api.post("/cgi-bin/message/update_template_card", body)
        receivers = body.get("userids")
        _refuse_unreached(answer, receivers if isinstance(receivers, list) else [])
        return Sent(update_code=str(answer.get("response_code", "")))

    async def fetch_media(self, media_ref: str) -> Fetched:
        """Fetch a medium, resuming by byte range. Raises `MediaGone` when the platform has dropped it."""
        return await media.fetch_media(self._api, media_ref, pause=self._pause)

    async def menu_create(self, buttons: Sequence[Mapping[str, Any]]) -> None:
        """Replace the menu of the bot's conversation. Raises `IllegalMessage` beyond document 90231's limits."""
        faults = check_menu(buttons)
        if faults:
            raise IllegalMessage(faults)
        await self._api.post("/cgi-bin/menu/create", {"button": list(buttons)}, agentid=str(self._agent_id))

    async def check(self) -> list[Finding]:
        """Ask the platform whether this app can work, for `waiqin doctor`."""
        return await check_app(self._api, self._agent_id)


def _refuse_unreached(answer: Answer, receivers: Sequence[str]) -> None:
    """Raise if a receiver was not reached. The platform says so with errcode 0, in lower case, as `a|b` or a list."""
    unreached = _ids(answer.get("invaliduser")) | _ids(answer.get("unlicenseduser"))
    if unreached & {receiver.lower() for receiver in receivers}:
        raise PermanentError(
            "wecom: the receiver is unknown, has left or is outside the app's range", code="invaliduser"
        )


def _ids(value: object) -> set[str]:
    found = value if isinstance(value, list) else str(value or "").split("|")
    return {str(item).lower() for item in found if item}
