"""The one way out to a person: limits, retries, card state. Each delivery is a row; sending is at least once.

What was sent just before a crash is sent again with the same bytes; the platform's duplicate check (ten minutes)
shows it once (DECISIONS 9).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import col

from bot import metrics
from bot.send_limits import AppLimits, person_wait_s
from handlers.errors import CardCodeSpent, PermanentError, RetryableError, Throttled
from handlers.messages import Outbound, OutboundCard
from handlers.ports import Clock, Messenger, Sent
from handlers.tell import keep_code, thaw
from storage import Store, UnitOfWork
from storage import tables as t
from storage.uow import table_of

logger = logging.getLogger("bot.delivery")

#: A delivery that keeps failing is given up after this many tries (about a day with the waits below).
MOST_ATTEMPTS = 60
LONGEST_WAIT_S = 1800.0
#: An answer waits seconds for what else may come; one that seems to wait longer was queued by a clock that was ahead.
LONGEST_GATHERING_S = 60.0

_DELIVERIES = table_of(t.Delivery)
#: How many deliveries a person got within the hour, and within the minute.
_SENT_LATELY = sa.select(
    sa.func.count(),
    sa.func.coalesce(sa.func.sum(sa.case((col(t.Delivery.sent_at) > sa.bindparam("minute_ago"), 1))), 0),
).where(
    col(t.Delivery.channel) == sa.bindparam("channel"),
    col(t.Delivery.person_id) == sa.bindparam("person_id"),
    col(t.Delivery.sent_at) > sa.bindparam("hour_ago"),
)
#: A delivery's end: sets the columns that it is given.
_FINISHED = sa.update(_DELIVERIES).where(_DELIVERIES.c.id == sa.bindparam("key"))


@dataclass(frozen=True, slots=True)
class Progress:
    """How a delivery stands: finished, or to be tried again in `wait_s` seconds."""

    wait_s: float | None = None

    @property
    def finished(self) -> bool:
        """Whether nothing is left to do."""
        return self.wait_s is None


@dataclass(slots=True)
class Turn:
    """The right to send to one receiver, and how many have it or wait for it."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    users: int = 0


def wait_before_retry(attempts: int, asked_s: float) -> float:
    """Return how long to wait after the nth failed try: what the platform asked for, doubling, at most half an hour."""
    return min(max(asked_s, 2.0 ** min(attempts, 11)), LONGEST_WAIT_S)


class Delivery:
    """Sends queued deliveries through the messenger of each person's channel."""

    def __init__(self, store: Store, messengers: Mapping[str, Messenger], clock: Clock) -> None:
        self._store = store
        self._messengers = messengers
        self._clock = clock
        self._busy: set[str] = set()
        self._limits = AppLimits()
        #: one send at a time to a person: ten at once would each find room for one more
        self._turns: dict[str, Turn] = {}

    async def deliver(self, key: str) -> Progress:
        """Try to send one delivery now. Safe to call at any time, twice, or from two workflows."""
        if key in self._busy:
            return Progress(0.5)
        self._busy.add(key)
        try:
            return await self._deliver(key)
        finally:
            self._busy.discard(key)

    async def _deliver(self, key: str) -> Progress:
        async with contextlib.AsyncExitStack() as held:
            ready: Progress | tuple[t.Delivery, t.CardCode | None] | None = None
            async with self._store.begin() as uow:
                row = await uow.get(t.Delivery, key)
                if row is None:
                    return Progress()
                turn = self._turns.get(f"{row.channel}:{row.recipient_id}")
                if turn is None:  # nobody has it or waits for it: ours at once
                    turn = await held.enter_async_context(self._turn_of(row))
                    ready = await self._look(uow, row)
            if ready is None:  # never to be waited for with a transaction open: who has it needs one to end it
                await held.enter_async_context(self._turn_of(row))
                async with self._store.begin() as uow:
                    ready = await self._look(uow, await uow.need(t.Delivery, key))
            return ready if isinstance(ready, Progress) else await self._send(*ready)

    @contextlib.asynccontextmanager
    async def _turn_of(self, row: t.Delivery) -> AsyncIterator[Turn]:
        """Be the only one who sends to the row's receiver."""
        name = f"{row.channel}:{row.recipient_id}"
        turn = self._turns.setdefault(name, Turn())
        turn.users += 1
        try:
            async with turn.lock:
                yield turn
        finally:
            turn.users -= 1
            if turn.users == 0:
                self._turns.pop(name, None)

    async def _look(self, uow: UnitOfWork, row: t.Delivery) -> Progress | tuple[t.Delivery, t.CardCode | None]:
        """Return what to send now, with the code that updates its card, or why nothing is sent now."""
        now = self._clock.now()
        if row.state != "queued":
            return Progress()
        early_s = (row.not_before - now).total_seconds() if row.not_before is not None else 0.0
        if early_s > 0 and (row.push or early_s < LONGEST_GATHERING_S):
            return Progress(early_s)
        crowded_s = await self._crowded(uow, row, now)
        if crowded_s:
            return Progress(crowded_s)
        if row.not_before is not None and row.attempts == 0:
            await self._close(uow, row)
        return row, await self._update_code(uow, row, now)

    async def _close(self, uow: UnitOfWork, row: t.Delivery) -> None:
        """An answer that gathers is about to be sent: from its first try on nothing may be added to it."""
        await uow.run(sa.update(t.Delivery).where(col(t.Delivery.id) == row.id).values(attempts=1))
        await uow.session.refresh(row)
        await uow.commit()

    async def _crowded(self, uow: UnitOfWork, row: t.Delivery, now: datetime) -> float:
        """Return how many seconds the limits of app and person ask us to wait, 0 for none."""
        app_wait_s = self._limits.wait_s(row.channel, row.priority, now)
        if app_wait_s:
            return app_wait_s
        sent = await uow.tuples(
            _SENT_LATELY,
            {
                "channel": row.channel,
                "person_id": row.person_id,
                "minute_ago": now - timedelta(minutes=1),
                "hour_ago": now - timedelta(hours=1),
            },
        )
        in_hour, in_minute = sent[0]
        wait_s = person_wait_s(row.priority, in_minute, in_hour)
        if wait_s:
            await self._follow_clock(uow, row, now)
        return wait_s

    async def _follow_clock(self, uow: UnitOfWork, row: t.Delivery, now: datetime) -> None:
        """A clock that was ahead has been put right: what was sent in the future was sent just now.

        Otherwise a person who got much meanwhile would be told nothing until the clock is there again.
        """
        ahead = sa.update(t.Delivery).where(
            col(t.Delivery.channel) == row.channel,
            col(t.Delivery.person_id) == row.person_id,
            col(t.Delivery.sent_at) > now,
        )
        if await uow.run(ahead.values(sent_at=now)):
            await uow.commit()

    async def _update_code(self, uow: UnitOfWork, row: t.Delivery, now: datetime) -> t.CardCode | None:
        """Return the newest unused right to update the card that this delivery replaces."""
        if row.update_of is None:
            return None
        found: t.CardCode | None = await uow.first(
            sa.select(t.CardCode)
            .where(col(t.CardCode.card_id) == row.update_of)
            .where(col(t.CardCode.used_at).is_(None), col(t.CardCode.expires_at) > now)
            .order_by(col(t.CardCode.obtained_at).desc(), col(t.CardCode.id).desc())
        )
        return found

    async def _send(self, row: t.Delivery, code: t.CardCode | None) -> Progress:
        messenger = self._messengers.get(row.channel)
        if messenger is None:
            return await self._fail(row, "no messenger for this channel")
        outbound = thaw(row.outbound)
        self._limits.note_sent(row.channel, self._clock.now())
        try:
            if code is not None:
                sent = await messenger.update_card(messenger.render_update(row.recipient_id, outbound, code.code))
            elif row.update_of is not None and not row.or_send:
                return await self._finish(row, Sent(), None, state="superseded")
            else:
                outbound = self._as_new(row, outbound)
                sent = await messenger.send(messenger.render(row.recipient_id, outbound))
        except CardCodeSpent:
            # Nobody but us spends our codes: an earlier try was accepted just before it could be noted.
            return await self._finish(row, Sent(duplicate=True), code)
        except Throttled as error:
            self._limits.pause(row.channel, error.retry_after_s, self._clock.now())
            return await self._again(row, error)
        except RetryableError as error:
            return await self._again(row, error)
        except PermanentError as error:
            return await self._fail(row, f"{type(error).__name__} {error.code}", error)
        return await self._finish(row, sent, code)

    def _as_new(self, row: t.Delivery, outbound: Outbound) -> Outbound:
        """A card that could not be replaced in place is sent under an id of its own."""
        if row.update_of is None or not isinstance(outbound, OutboundCard):
            return outbound
        row.card_id = f"{row.update_of}-s{row.id[-12:]}".replace(":", "_")
        return OutboundCard(replace(outbound.card, card_id=row.card_id))

    async def _finish(self, row: t.Delivery, sent: Sent, code: t.CardCode | None, state: str = "sent") -> Progress:
        now = self._clock.now()
        async with self._store.begin() as uow:
            await uow.run(
                _FINISHED,
                {
                    "key": row.id,
                    "state": state,
                    "sent_at": now,
                    "attempts": row.attempts + 1,
                    "platform_message_id": sent.message_id,
                    "problem": "",
                },
            )
            if code is not None:
                await uow.run(sa.update(t.CardCode).where(col(t.CardCode.id) == code.id).values(used_at=now))
            if row.card_id is not None:
                await self._card_stands_for(uow, row, now)
                await keep_code(uow, row.card_id, sent.update_code, now)
            await uow.commit()
        metrics.delivery(state)
        metrics.answered(row.answers, now)
        facts = {"action": f"delivery_{state}", "delivery_id": row.id, "message_id": row.answers}
        logger.info("delivered", extra=facts)
        return Progress()

    async def _card_stands_for(self, uow: UnitOfWork, row: t.Delivery, now: datetime) -> None:
        """Make sure a card sent instead of an update has its own row, and that the old one is no longer live."""
        if row.update_of is None or row.card_id == row.update_of or row.card_id is None:
            return
        if await uow.get(t.CardShown, row.card_id) is not None:
            return
        old = await uow.need(t.CardShown, row.update_of)
        uow.add(
            t.CardShown(
                id=row.card_id,
                kind=old.kind,
                object_id=old.object_id,
                version=old.version,
                person_id=old.person_id,
                channel=old.channel,
                buttons=old.buttons,
                shown_at=now,
            )
        )
        old.state = "superseded"
        uow.add(old)
        await uow.flush()

    async def _again(self, row: t.Delivery, error: RetryableError) -> Progress:
        attempts = row.attempts + 1
        if attempts >= MOST_ATTEMPTS:
            return await self._fail(row, f"gave up after {attempts} tries", error)
        async with self._store.begin() as uow:
            await uow.run(
                sa.update(t.Delivery)
                .where(col(t.Delivery.id) == row.id)
                .values(attempts=attempts, problem=type(error).__name__)
            )
            await uow.commit()
        wait_s = wait_before_retry(attempts, error.retry_after_s)
        metrics.delivery("retry", error)
        facts = {"action": "delivery_retry", "delivery_id": row.id, "message_id": row.answers, "wait_s": wait_s}
        logger.warning("delivery waits", extra=facts)
        return Progress(wait_s)

    async def _fail(self, row: t.Delivery, problem: str, error: Exception | None = None) -> Progress:
        async with self._store.begin() as uow:
            await uow.run(
                sa.update(t.Delivery)
                .where(col(t.Delivery.id) == row.id)
                .values(state="failed", attempts=row.attempts + 1, problem=problem)
            )
            await uow.commit()
        metrics.delivery("failed", error)
        facts = {"action": "delivery_failed", "delivery_id": row.id, "message_id": row.answers, "reason": problem}
        logger.error("delivery failed", extra=facts)
        return Progress()

    async def due_pushes(self, now: datetime) -> list[str]:
        """Return pushes whose time has come."""
        async with self._store.begin() as uow:
            return await uow.all(
                sa.select(col(t.Delivery.id))
                .where(col(t.Delivery.state) == "queued", col(t.Delivery.push))
                .where(sa.or_(col(t.Delivery.not_before).is_(None), col(t.Delivery.not_before) <= now))
                .order_by(col(t.Delivery.priority), col(t.Delivery.not_before), col(t.Delivery.id))
                .limit(500)
            )

    async def next_push(self, after: datetime) -> datetime | None:
        """Return when the next push after an instant is due, None if none waits."""
        async with self._store.begin() as uow:
            found: datetime | None = await uow.first(
                sa.select(col(t.Delivery.not_before))
                .where(col(t.Delivery.state) == "queued", col(t.Delivery.push), col(t.Delivery.not_before) > after)
                .order_by(col(t.Delivery.not_before))
            )
            return found
