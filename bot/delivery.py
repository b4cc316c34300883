"""The one way out to a person: limits, retries, card state. Each delivery is a row; sending is at least once.

What was sent just before a crash is sent again with the same bytes; the platform's duplicate check (ten minutes)
shows it once (DECISIONS 9).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import col

from handlers.errors import CardCodeSpent, PermanentError, RetryableError
from handlers.messages import Outbound, OutboundCard
from handlers.ports import Clock, Messenger, Sent
from handlers.tell import keep_code, thaw
from storage import Store, UnitOfWork
from storage import tables as t
from storage.uow import table_of

logger = logging.getLogger("bot.delivery")

#: Our own limits per person, under the platform's 30 a minute and 1,000 an hour, whose excess it drops silently.
PER_MINUTE, PER_HOUR = 26, 900
#: A delivery that keeps failing is given up after this many tries (about a day with the waits below).
MOST_ATTEMPTS = 60
LONGEST_WAIT_S = 1800.0

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
        now = self._clock.now()
        async with self._store.begin() as uow:
            row = await uow.get(t.Delivery, key)
            if row is None or row.state != "queued":
                return Progress()
            if row.not_before is not None and row.not_before > now:
                return Progress((row.not_before - now).total_seconds())
            crowded_s = await self._crowded(uow, row, now)
            if crowded_s:
                return Progress(crowded_s)
            code = await self._update_code(uow, row, now)
        return await self._send(row, code)

    async def _crowded(self, uow: UnitOfWork, row: t.Delivery, now: datetime) -> float:
        """Return how many seconds this person's limit asks us to wait, 0 for none."""
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
        return 60.0 if in_hour >= PER_HOUR else 5.0 if in_minute >= PER_MINUTE else 0.0

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
        except RetryableError as error:
            return await self._again(row, error)
        except PermanentError as error:
            return await self._fail(row, f"{type(error).__name__} {error.code}")
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
        logger.info("delivered", extra={"action": f"delivery_{state}", "delivery_id": row.id})
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
            return await self._fail(row, f"gave up after {attempts} tries")
        async with self._store.begin() as uow:
            await uow.run(
                sa.update(t.Delivery)
                .where(col(t.Delivery.id) == row.id)
                .values(attempts=attempts, problem=type(error).__name__)
            )
            await uow.commit()
        wait_s = wait_before_retry(attempts, error.retry_after_s)
        logger.warning("delivery waits", extra={"action": "delivery_retry", "delivery_id": row.id, "wait_s": wait_s})
        return Progress(wait_s)

    async def _fail(self, row: t.Delivery, problem: str) -> Progress:
        async with self._store.begin() as uow:
            await uow.run(
                sa.update(t.Delivery)
                .where(col(t.Delivery.id) == row.id)
                .values(state="failed", attempts=row.attempts + 1, problem=problem)
            )
            await uow.commit()
        logger.error("delivery failed", extra={"action": "delivery_failed", "delivery_id": row.id, "reason": problem})
        return Progress()

    async def due_pushes(self, now: datetime) -> list[str]:
        """Return pushes whose time has come."""
        async with self._store.begin() as uow:
            return await uow.all(
                sa.select(col(t.Delivery.id))
                .where(col(t.Delivery.state) == "queued", col(t.Delivery.push))
                .where(sa.or_(col(t.Delivery.not_before).is_(None), col(t.Delivery.not_before) <= now))
                .order_by(col(t.Delivery.not_before), col(t.Delivery.id))
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
