"""A working day of voice notes against a server that keeps dying: the platform lives, the server does not."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from pathlib import Path

from aiohttp import web

from bot.bootstrap import prepare_database
from bot.sandbox import Phone, PlatformRules, SandboxClock, WeComStandIn, invent_company
from bot.settings import Settings
from handlers.import_directory import import_customers, import_people
from handlers.know import World
from handlers.links import Links
from handlers.playbooks import Playbooks
from storage import Store
from storage.engine import make_async_engine
from tests.company import PEOPLE, cast, members, note
from tests.fakes import make_amr
from tests.faults.ledger import Ledger, Verdict
from tests.faults.server import LOOPBACK, Nursery, Server, environment, free_port

#: Each rep visits the customers in turn: every note is a visit of its own.
PER_REP = 5
ROLES = [replace(role, customers=role.customers[:PER_REP]) for role in cast() if len(role.customers) >= PER_REP]
#: The platform tries again after 5 s (protocol notes §1.6); here the platform runs at twice its speed.
TIME_SCALE = 2.0
RULES = PlatformRules().at_scale(TIME_SCALE)


class VoiceStory:
    """The stand-in, its phones, the server, and the ledger of what was said."""

    def __init__(self, data: Path, standin: WeComStandIn, server: Server) -> None:
        self.ledger = Ledger(data)
        self.server = server
        self._words = data / "words"
        self._standin = standin
        #: callbacks that the platform still holds
        self._callbacks: list[asyncio.Task[None]] = []

    def speak(self, *, heard: bool = True) -> Callable[[], object]:
        """Let the next rep say the next note; the callback goes its way by itself.

        With `heard` false the recogniser is busy with it until what is returned is called.
        """
        number = self.ledger.size
        assert number < len(ROLES) * PER_REP, "nobody left to visit"
        role = ROLES[number % len(ROLES)]
        userid, customer = role.userid, role.customers[number // len(ROLES) % len(role.customers)]
        words = note(customer)
        amr = make_amr(number)
        self.ledger.write(userid, amr, words, customer.customer_id)
        finish_hearing = partial(self._lay_down, f"{sha256(amr).hexdigest()}.txt", words)
        if heard:
            finish_hearing()
        self._callbacks.append(asyncio.create_task(self._send(userid, amr)))
        return finish_hearing

    def phone(self) -> Phone:
        """Return the phone of the rep who spoke first."""
        return self._standin.phone(ROLES[0].userid)

    def _lay_down(self, name: str, words: str) -> None:
        unfinished = self._words / f"{name}.tmp"
        unfinished.write_text(words, encoding="utf-8")
        unfinished.replace(self._words / name)

    async def _send(self, userid: str, amr: bytes) -> None:
        self.ledger.delivered(await self._standin.phone(userid).voice(amr))

    async def live_until(self, point: str, nth: int, *, notes: int = 0) -> None:
        """Start a server that dies at the nth passage of `point`, and talk (`notes` at a time) until it is dead."""
        await self._let_platform_catch_up()
        await self.server.start(point, nth)
        for _ in range(6):
            for _ in range(notes or nth):
                self.speak()
            if await self.server.died(within_s=10):
                return
        raise AssertionError(f"the server never came to {point}")

    async def _let_platform_catch_up(self) -> None:
        """The platform tries a callback three times and then drops it: what failed once is now let through.

        The server for that is killed from outside as soon as the platform has got rid of what it holds.
        """
        self._callbacks = [callback for callback in self._callbacks if not callback.done()]
        if self._callbacks:
            await self.server.start()
            await asyncio.gather(*self._callbacks)
            await self.server.kill()

    async def live_on(self, timeout_s: float = 60) -> Verdict:
        """Start a server that lives, let it finish everything, and settle the ledger."""
        await self.server.start()
        with contextlib.suppress(TimeoutError):  # what is unfinished then is found as stuck
            async with asyncio.timeout(timeout_s):
                await asyncio.gather(*self._callbacks)
                while not self.ledger.idle():  # noqa: ASYNC110
                    await asyncio.sleep(0.1)
        return self.ledger.settle(self._standin.phone(role.userid) for role in ROLES)


@contextlib.asynccontextmanager
async def voice_story(data: Path, nursery: Nursery, *, without: str = "") -> AsyncIterator[VoiceStory]:
    """Prepare a company's database, its platform and its server. `without` names a safeguard to take away."""
    (data / "words").mkdir(parents=True)
    company = invent_company(members())
    standin = WeComStandIn(company, clock=SandboxClock(datetime.now(UTC)), rules=RULES)
    async with contextlib.AsyncExitStack() as stack:
        runner = web.AppRunner(standin.build_app(), access_log=None)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, LOOPBACK, 0).start()
        port = free_port()
        env = environment(data, company, f"http://{LOOPBACK}:{runner.addresses[0][1]}", port)
        await _prepare(env["WAIQIN_DATABASE_URL"])
        server = Server(nursery, env, port, without=without)
        stack.push_async_callback(server.stop)
        standin.callbacks.url = f"http://{LOOPBACK}:{port}/wecom/callback"
        yield VoiceStory(data, standin, server)


async def _prepare(database_url: str) -> None:
    """Make the tables and let the company in."""
    customers = [customer for role in ROLES for customer in role.customers]
    lock = prepare_database(Settings(database_url=database_url))
    store = Store(make_async_engine(database_url))
    world = World(Playbooks(), "manufacturing", Links("http://localhost", "s" * 43))
    async with store.begin() as uow:
        await import_people(PEOPLE, uow=uow)
        await import_customers(customers, uow=uow, world=world, now=datetime.now(UTC))
        await uow.commit()
    await store.close()
    if lock is not None:
        lock.release()


def plan_kills(points: Sequence[str], kills: int, seed: int) -> list[tuple[str, int]]:
    """Spread kills evenly over all points, in an order that depends on the seed: (point, which passage)."""
    chance = random.Random(seed)
    plan = [(points[n % len(points)], 1 + n // len(points) % 3) for n in range(kills)]
    chance.shuffle(plan)
    return plan
