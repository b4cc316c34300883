"""The callback endpoint: verify, decrypt, hand over, answer. Nothing slower than `accept` happens here.

Documents 90930 and 90238: GET must be answered within 1 s, POST within 5 s. What we refuse gets a bare 403 and is
counted by reason; bodies, signatures and ids are never logged.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Literal

from aiohttp import web

from bot.wecom.crypto import Crypto
from bot.wecom.errors import NotAccepted, Rejected
from bot.wecom.limits import CallbackLimits
from bot.wecom.parse import CHANNEL, to_inbound
from bot.wecom.safexml import decode_utf8
from handlers.messages import Inbound
from handlers.ports import Clock

logger = logging.getLogger("bot.wecom")

PATH = "/wecom/callback"

#: Keeps an update under its id: `(update_id, sender_id, update)`. A known id is `duplicate`; both are answered 200.
#: Raises `NotAccepted` when it could be kept nowhere.
Accept = Callable[[str, str, dict[str, Any]], Awaitable[Literal["stored", "duplicate"]]]

#: What became of a callback that could be read, `stored`, `duplicate` or `dropped`, and the seconds it took.
CountTaken = Callable[[Inbound, str, float], None]


def routes(
    accept: Accept,
    crypto: Crypto,
    clock: Clock,
    limits: CallbackLimits | None = None,
    count_rejection: Callable[[str], None] = lambda reason: None,
    count_taken: CountTaken = lambda inbound, outcome, seconds: None,
) -> list[web.RouteDef]:
    """Return the two handlers of `/wecom/callback`.

    `count_rejection` is called with each refusal's reason, `count_taken` with what became of each other callback.
    """
    edge = _Edge(accept, crypto, clock, limits or CallbackLimits(), count_rejection, count_taken)
    return [web.get(PATH, edge.verify, allow_head=False), web.post(PATH, edge.receive)]


class _Edge:
    def __init__(
        self,
        accept: Accept,
        crypto: Crypto,
        clock: Clock,
        limits: CallbackLimits,
        count_rejection: Callable[[str], None],
        count_taken: CountTaken,
    ) -> None:
        self._accept = accept
        self._crypto = crypto
        self._clock = clock
        self._limits = limits
        self._count_rejection = count_rejection
        self._count_taken = count_taken

    async def verify(self, request: web.Request) -> web.Response:
        """Answer the check that runs when an administrator saves the callback's address: the bare plaintext."""
        try:
            return web.Response(body=self._crypto.verify_url(request.query).encode(), content_type="text/plain")
        except Rejected as exc:
            return self._refuse(exc)

    async def receive(self, request: web.Request) -> web.Response:
        """Take one delivery. 200 and empty once it is kept; no answer at all if it could be kept nowhere."""
        try:
            inbound, update = await self._read(request)
        except Rejected as exc:
            return self._refuse(exc)
        begun = time.perf_counter()
        try:
            outcome = await self._accept(inbound.source_id, inbound.sender_id, update)
        except NotAccepted:
            self._count_taken(inbound, "dropped", time.perf_counter() - begun)
            return _hang_up(request)
        self._count_taken(inbound, outcome, time.perf_counter() - begun)
        facts = {"action": "callback_accepted", "message_id": inbound.source_id, "outcome": outcome}
        logger.info("callback accepted", extra=facts)
        return web.Response()

    async def _read(self, request: web.Request) -> tuple[Inbound, dict[str, Any]]:
        body = await self._read_body(request)
        xml = decode_utf8(self._crypto.decrypt(request.query, body))
        now = self._clock.now()
        check_timestamp(request.query.get("timestamp", ""), now, self._limits.replay_window_s)
        inbound = to_inbound(xml, received_at=now)
        return inbound, {"channel": CHANNEL, "xml": xml, "received_at": now.isoformat()}

    async def _read_body(self, request: web.Request) -> bytes:
        """Read at most the limit, within the time a slow sender is given."""
        most = self._limits.body_bytes
        if (request.content_length or 0) > most:
            raise Rejected("body_too_large")
        body = bytearray()
        try:
            async with asyncio.timeout(self._limits.read_timeout_s):
                async for chunk in request.content.iter_chunked(16 * 1024):
                    body += chunk
                    if len(body) > most:
                        raise Rejected("body_too_large")
        except TimeoutError:
            raise Rejected("body_too_slow") from None
        except (web.RequestPayloadError, ConnectionError):
            raise Rejected("body_broken") from None
        return bytes(body)

    def _refuse(self, rejected: Rejected) -> web.Response:
        self._count_rejection(rejected.reason)
        logger.warning("callback refused", extra={"action": "callback_refused", "outcome": rejected.reason})
        response = web.Response(status=403)
        if rejected.reason.startswith("body_"):
            response.force_close()
        return response


def check_timestamp(timestamp: str, now: datetime, window_s: float) -> None:
    """Refuse a signed request that is too old or too far ahead: a replay. Raises `Rejected`."""
    seconds = int(timestamp) if timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12 else 0
    if abs(now.timestamp() - seconds) > window_s:
        raise Rejected("timestamp_out_of_window")


def _hang_up(request: web.Request) -> web.Response:
    """Cut the connection: a platform that retries only on connection failures (90930) will then send again."""
    logger.error("callback kept nowhere", extra={"action": "callback_dropped"})
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)
