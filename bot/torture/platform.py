"""The platform's side of a story: the stand-in in the torture's own process, its ledger, and forged callbacks."""

from __future__ import annotations

import contextlib
import random
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from aiohttp import web

from bot.pace import LEAST_PATIENCE
from bot.sandbox import Company, Faults, PlatformRules, SandboxClock, WeComStandIn
from bot.sandbox.envelopes import Sealed, seal
from bot.torture.clock import ClockFile
from bot.torture.ledger import Ledger
from bot.torture.nursery import LOOPBACK

#: An answer this late (real seconds) comes after the caller's patience of ten seconds, shortened by five.
_LATE_S = 2.3
_BOMB = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><xml><ToUserName>&c;</ToUserName></xml>'
)


class Platform:
    """Stand-in, clock and ledger of one story."""

    def __init__(self, company: Company, folder: Path, start: datetime, time_scale: float, seed: int) -> None:
        rules = PlatformRules().at_scale(min(time_scale, LEAST_PATIENCE))
        clock = SandboxClock(start, rate=time_scale)
        self.faults = Faults(seed, delay_s=0.3, late_s=_LATE_S)
        self.standin = WeComStandIn(company, clock=clock, rules=rules, faults=self.faults)
        self.clock = clock
        self.clock_file = ClockFile(folder / "clock", clock)
        self.ledger = Ledger(self._bytes_of)
        self.standin.callbacks.on_post.append(self.ledger.enter)
        self._chance = random.Random(seed)

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        """Serve the API; yields its address."""
        runner = web.AppRunner(self.standin.build_app(), access_log=None)
        await runner.setup()
        try:
            await web.TCPSite(runner, LOOPBACK, 0).start()
            yield f"http://{LOOPBACK}:{runner.addresses[0][1]}"
        finally:
            await runner.cleanup()

    async def drain(self) -> None:
        """Return when the platform is done with every callback."""
        await self.standin.callbacks.drain()

    # --- forged and broken callbacks: all must be refused without effect ------------------------------------------

    async def forge(self, what: str) -> None:
        """Send one, and enter in the ledger how it was answered."""
        sealed, wanted = self._forgery(what)
        if sealed is not None:
            attempt = await self.standin.callbacks.send(sealed)
            self.ledger.refusals.append((what, attempt.status, wanted))

    def _forgery(self, what: str) -> tuple[Sealed | None, int]:
        company, now = self.standin.company, self.clock.now()
        real = [entry.delivery.xml for entry in self.ledger if entry.accepted]
        xml = self._chance.choice(real) if real else ""
        match what:
            case "wrong_signature":
                sealed = seal(company, self._stranger(), now)
                return replace(sealed, query={**sealed.query, "msg_signature": "0" * 40}), 403
            case "wrong_corp":
                return seal(replace(company, corpid="ww" + "0" * 16), self._stranger(), now), 403
            case "stale":
                return seal(company, self._stranger(), now - timedelta(minutes=45)), 403
            case "replay":
                return (seal(company, xml, now) if xml else None), 200
            case "big_body":
                sealed = seal(company, self._stranger(), now)
                return replace(sealed, body=sealed.body + b" " * 2**20), 403
            case _:
                return seal(company, _BOMB, now), 403

    def _stranger(self) -> str:
        """Return a message that was never sent, under an id that would be taken if it were let in."""
        number = self._chance.randrange(10**18)
        person = self.standin.company.people[0].userid
        return (
            f"<xml><ToUserName>{self.standin.company.corpid}</ToUserName><FromUserName>{person}</FromUserName>"
            f"<CreateTime>{int(self.clock.now().timestamp())}</CreateTime><MsgType>text</MsgType>"
            f"<Content>假的</Content><MsgId>{number}</MsgId><AgentID>{self.standin.company.agentid}</AgentID></xml>"
        )

    def _bytes_of(self, media_id: str) -> bytes:
        medium = self.standin.shelf.kept(media_id)
        return medium.data if medium is not None else b""
