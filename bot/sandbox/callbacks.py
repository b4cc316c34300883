"""Delivers callbacks to the application as the platform does: signed, at most three tries, no promise."""

from __future__ import annotations

import asyncio
import io
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import aiohttp

from bot.sandbox.clock import SandboxClock
from bot.sandbox.company import Company, PlatformRules
from bot.sandbox.envelopes import Sealed, seal, seal_echo
from bot.sandbox.faults import Faults
from bot.sandbox.raw_post import post_raw
from bot.sandbox.traffic import Traffic

#: A callback that was answered comes at most so many times more.
_MOST_REDELIVERIES = 3


class VerificationFailed(Exception):
    """The callback URL did not answer the verification with the plaintext within its second."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try: HTTP status, or 0 with the reason where no answer came."""

    status: int
    reason: str = ""

    @property
    def ok(self) -> bool:
        return self.status == 200


@dataclass(slots=True)
class Delivery:
    """What became of one callback."""

    userid: str
    what: str
    xml: str = ""
    attempts: list[Attempt] = field(default_factory=list)

    @property
    def delivered(self) -> bool:
        return any(a.ok for a in self.attempts)


class Callbacks:
    """Posts callbacks to one URL. First tries of a person leave in the order of the person's acts."""

    def __init__(
        self, company: Company, rules: PlatformRules, clock: SandboxClock, faults: Faults, traffic: Traffic
    ) -> None:
        self.url = ""
        #: every callback as it sets out (a hook for ledgers)
        self.on_post: list[Callable[[Delivery], None]] = []
        #: which of several servers a request goes to, as a load balancer chooses
        self.balance: Callable[[str], str] = lambda url: url
        self._company = company
        self._rules = rules
        self._clock = clock
        self._faults = faults
        self._traffic = traffic
        self._session: aiohttp.ClientSession | None = None
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._overtaken: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)
        self._running: set[asyncio.Task[Delivery]] = set()

    async def open(self) -> None:
        self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))

    async def close(self) -> None:
        """Give up what is under way."""
        for task in list(self._running):
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    async def verify(self, url: str) -> None:
        """Save the callback URL after the GET verification (§1.2). Raises `VerificationFailed`, the URL unchanged."""
        query, plain = seal_echo(self._company, self._clock.now())
        number, at = self._traffic.begin(), self._clock.now()
        timeout = aiohttp.ClientTimeout(total=self._rules.verify_timeout_s)
        try:
            async with self._http().get(url, params=query, timeout=timeout) as response:
                answer = await response.text()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise VerificationFailed(f"no answer from {url}: {type(error).__name__}") from error
        self._traffic.record(number=number, at=at, direction="callback", what="URL 验证", code=response.status)
        if response.status != 200 or answer != plain:
            raise VerificationFailed(f"{url} answered {response.status} and not the plaintext of echostr")
        self.url = url

    def post(self, userid: str, what: str, xml: str) -> asyncio.Task[Delivery]:
        """Start delivering; the task ends when the platform is done with this callback."""
        delivery = Delivery(userid, what, xml)
        for hook in self.on_post:
            hook(delivery)
        task = asyncio.create_task(self._deliver(delivery, xml))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    async def drain(self) -> None:
        """Return when no callback is under way."""
        while self._running:
            await asyncio.gather(*self._running, return_exceptions=True)

    async def _deliver(self, delivery: Delivery, xml: str) -> Delivery:
        if not self.url or self._faults.strikes("drop_callback", delivery.what):
            self._note(delivery, Attempt(0, "没有送出"))
            return delivery
        sealed = seal(self._company, xml, self._clock.now())
        if self._faults.strikes("reorder", delivery.what):
            await self._wait_until_overtaken(delivery.userid)
        async with self._turns[delivery.userid]:
            started = time.monotonic()
            await self._try(delivery, sealed)
            self._overtaken[delivery.userid].set()
        await self._try_again(delivery, sealed, xml, started)
        for _ in range(_MOST_REDELIVERIES):
            if delivery.delivered and self._faults.strikes("redeliver", delivery.what):
                await self._try(delivery, sealed)
        return delivery

    async def _try_again(self, delivery: Delivery, sealed: Sealed, xml: str, started: float) -> None:
        while not delivery.delivered and len(delivery.attempts) < self._rules.callback_tries:
            if delivery.attempts[-1].status and not self._rules.retry_bad_status:
                return
            await asyncio.sleep(max(0.0, started + self._rules.callback_spacing_s - time.monotonic()))
            if self._rules.fresh_nonce:
                sealed = seal(self._company, xml, self._clock.now())
            started = time.monotonic()
            await self._try(delivery, sealed)

    async def _try(self, delivery: Delivery, sealed: Sealed) -> None:
        if self._faults.strikes("delay", delivery.what):
            await asyncio.sleep(self._faults.delay_s)
        number, at, started = self._traffic.begin(), self._clock.now(), time.monotonic()
        attempt = await self._send_badly(delivery, sealed) or await self.send(sealed)
        delivery.attempts.append(attempt)
        took_ms = round((time.monotonic() - started) * 1000)
        self._note(delivery, attempt, number=number, at=at, size=len(sealed.body), took_ms=took_ms)

    async def _send_badly(self, delivery: Delivery, sealed: Sealed) -> Attempt | None:
        """Send over a bad line if that fault strikes."""
        half_close = self._faults.strikes("half_close", delivery.what)
        if not half_close and not self._faults.strikes("slow_body", delivery.what):
            return None
        within_s = self._rules.callback_timeout_s
        url = self.balance(self.url)
        return Attempt(
            await post_raw(url, sealed.query, sealed.body, half_close=half_close, timeout_s=within_s), "坏线路"
        )

    async def send(self, sealed: Sealed) -> Attempt:
        """Post one request as it is and return what came back: also for forged, stale or broken ones."""
        timeout = aiohttp.ClientTimeout(total=self._rules.callback_timeout_s)
        headers = {"Content-Type": "text/xml; charset=utf-8"}
        body = io.BytesIO(sealed.body)
        try:
            async with self._http().post(
                self.balance(self.url), params=sealed.query, data=body, headers=headers, timeout=timeout
            ) as response:
                answer = await response.read()
                return Attempt(response.status, "被动回复，未显示" if answer and response.status == 200 else "")
        except TimeoutError:
            return Attempt(0, "超时")
        except aiohttp.ClientError as error:
            return Attempt(0, type(error).__name__)

    async def _wait_until_overtaken(self, userid: str) -> None:
        event = self._overtaken[userid] = asyncio.Event()
        try:
            await asyncio.wait_for(event.wait(), self._rules.callback_spacing_s)
        except TimeoutError:
            return

    def _note(
        self, delivery: Delivery, attempt: Attempt, *, number: int = 0, at: datetime | None = None, **measured: int
    ) -> None:
        self._traffic.record(
            number=number or self._traffic.begin(),
            at=at or self._clock.now(),
            direction="callback",
            what=delivery.what,
            who=delivery.userid,
            code=attempt.status,
            ok=attempt.ok,
            attempt=max(1, len(delivery.attempts)),
            remark=attempt.reason,
            **measured,
        )

    def _http(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise RuntimeError("the sandbox is not running")
        return self._session
