"""The bare limits beside `benchmarks.callback`: a request opened without work, a row written without an engine.

Run as a program, it is the server of the first: `python -m benchmarks.bare PORT TOKEN AES_KEY CORP_ID`.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import aiohttp
from aiohttp import web

from bot.sandbox.company import Company, invent_company
from bot.sandbox.envelopes import Sealed, message_xml, seal
from bot.wecom.crypto import Crypto
from bot.wecom.parse import to_inbound
from bot.wecom.safexml import decode_utf8
from storage import Store
from storage import tables as t
from storage.engine import make_async_engine
from storage.migrate import upgrade
from tests.nlp.corpus import load_reps

#: Writes one capture row in a transaction of its own: (person id, words, now).
Insert = Callable[[str, str, datetime], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class OpenOnly:
    """The company whose callbacks the bare server opens."""

    company: Company
    _ids: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    @classmethod
    def invent(cls) -> OpenOnly:
        """Return one with fresh credentials."""
        return cls(invent_company(tuple(load_reps())))

    def arguments(self) -> tuple[str, str, str]:
        """Return what the server is started with."""
        return self.company.token, self.company.encoding_aes_key, self.company.corpid

    def seal(self, rep: str, text: str) -> Sealed:
        """Return a signed, encrypted text message."""
        now = datetime.now(UTC)
        return seal(self.company, message_xml(self.company, rep, now, "text", {"Content": text}, next(self._ids)), now)

    async def until_ready(self, session: aiohttp.ClientSession, url: str) -> None:
        """Wait until the server answers."""
        async with asyncio.timeout(30):
            while True:
                with contextlib.suppress(aiohttp.ClientError):
                    async with session.get(url):
                        return
                await asyncio.sleep(0.02)


def opening_app(crypto: Crypto) -> web.Application:
    """Return an application that verifies, decrypts and parses a delivery and answers 200."""

    async def receive(request: web.Request) -> web.Response:
        xml = decode_utf8(crypto.decrypt(request.query, await request.read()))
        to_inbound(xml, received_at=datetime.now(UTC))
        return web.Response()

    app = web.Application()
    app.router.add_post("/wecom/callback", receive)
    return app


@contextlib.asynccontextmanager
async def insert_captures(url: str) -> AsyncIterator[Insert]:
    """Open a fresh database tuned as the service's; yield a writer of capture rows."""
    await asyncio.to_thread(upgrade, url)
    store, numbers = Store(make_async_engine(url)), itertools.count()

    async def insert(person_id: str, words: str, now: datetime) -> None:
        async with store.begin() as uow:
            uow.add(
                t.Capture(
                    source_id=f"wecom:{next(numbers)}",
                    kind="text",
                    person_id=person_id,
                    channel="wecom",
                    captured_at=now,
                    received_at=now,
                    text=words,
                )
            )
            await uow.commit()

    try:
        yield insert
    finally:
        await store.close()


def main() -> None:
    """Serve until ended."""
    port, token, aes_key, corp_id = sys.argv[1:]
    web.run_app(
        opening_app(Crypto(token, aes_key, corp_id)), host="127.0.0.1", port=int(port), access_log=None, print=None
    )


if __name__ == "__main__":
    main()
