"""What the durable steps do: each method is one step, opens its own transaction, and may run twice.

The workflows that string them together stand in `bot.workflows`.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

import nlp
from bot import metrics
from bot.delivery import Delivery
from handlers import texts
from handlers.capture_media import Stored, join_media, store_media
from handlers.capture_voice import NotHeard, finish_voice, hints_for, keep_recording, media_lost, say_delayed
from handlers.consult import ask_about_text, ask_about_voice
from handlers.daily_rhythm import evening_summaries, morning_reminders
from handlers.errors import MediaGone, NothingHeard, PermanentError, RetryableError, Unreadable
from handlers.hold_pushes import hold_pushes
from handlers.know import Person, World, capture_alone, person_of, reach
from handlers.messages import Inbound, InboundText, OutboundText
from handlers.ports import Ask, Clock, Heard, Messenger, Proposed, Proposer, Transcriber
from handlers.raise_alerts import raise_due
from handlers.receive import receive
from handlers.tell import tell
from nlp import types as nt
from storage import Store, UnitOfWork
from storage import tables as t
from storage.media import MediaStore

logger = logging.getLogger("bot.work")

#: Turns a stored update into an inbound; one per channel.
Parser = Callable[[Mapping[str, object]], Inbound]
#: After this many failed fetches the rep is told that the platform holds the file back.
SAY_DELAYED_AFTER = 5
#: Give up fetching after about three days, when the platform has dropped the file anyway.
MOST_FETCHES = 150


class Work:
    """The steps of all workflows, with everything they need bound once."""

    def __init__(
        self,
        *,
        store: Store,
        world: World,
        clock: Clock,
        media: MediaStore,
        transcriber: Transcriber,
        messengers: Mapping[str, Messenger],
        parsers: Mapping[str, Parser],
        delivery: Delivery,
        proposer: Proposer | None = None,
        status: Callable[[], Awaitable[str]] | None = None,
    ) -> None:
        self._store = store
        self._world = world
        self._clock = clock
        self._media = media
        self._transcriber = transcriber
        self._messengers = messengers
        self._parsers = parsers
        self.delivery = delivery
        self.proposer = proposer
        self._status = status

    async def warm_up(self) -> None:
        """Build the directory's index and load what reading words needs, so that the first message need not wait."""
        async with self._store.begin() as uow:
            directory = await self._world.directory(uow)
        playbook = self._world.playbook("").for_nlp()
        context = nt.Context(rep="", directory=directory, playbook=playbook, at=self._clock.now())
        nlp.read_reply("见了采购，合同在法务手里，下周三再去。", context)

    def _parse(self, update: Mapping[str, Any]) -> Inbound:
        return self._parsers[str(update["channel"])](update)

    async def take_in(self, update: dict[str, Any]) -> dict[str, Any]:
        """Receive an update in one transaction and, where nothing follows, answer it; return what follows.

        `answered`: of the answers (`deliveries`) only those are returned that could not be sent now. Answering here
        saves the engine a step; run again after a crash, what was received is found, and what was sent is not sent
        again.
        """
        inbound = self._parse(update)
        metrics.received(inbound.source_id, datetime.fromisoformat(update["received_at"]))
        proposed = await self._propose_for_text(inbound) if isinstance(inbound, InboundText) else None
        status = await self._status_if_asked(inbound)
        async with self._store.begin() as uow:
            received = await receive(
                inbound, uow=uow, world=self._world, now=self._clock.now(), proposed=proposed, status=status
            )
            await uow.commit()
        logger.info("received", extra={"action": "received", "message_id": inbound.source_id})
        if received.follow != "nothing":  # what follows must not wait for a platform that is slow to answer
            return asdict(received)
        left = await self.answer(list(received.deliveries))
        return {**asdict(received), "deliveries": left, "answered": True}

    async def _status_if_asked(self, inbound: Inbound) -> str:
        """Look at the system before the transaction begins, for looking writes."""
        asked = isinstance(inbound, InboundText) and inbound.text.strip() == texts.ASK_STATUS
        return await self._status() if asked and self._status is not None else ""

    async def _propose_for_text(self, inbound: InboundText) -> Proposed | None:
        if self.proposer is None:
            return None
        async with self._store.begin() as uow:
            ask = await ask_about_text(inbound, uow=uow, world=self._world, now=self._clock.now())
        return await self._propose(self.proposer, ask)

    async def _propose_for_voice(self, capture_id: str, words: str) -> Proposed | None:
        if self.proposer is None:
            return None
        async with self._store.begin() as uow:
            capture = await uow.need(t.Capture, capture_id)
            ask = await ask_about_voice(capture, words, uow=uow, world=self._world, now=self._clock.now())
        return await self._propose(self.proposer, ask)

    async def _propose(self, proposer: Proposer, ask: Ask | None) -> Proposed | None:
        """Ask outside, with no transaction open; None where there is nothing to ask or no answer came."""
        answer = await proposer.propose(ask) if ask is not None else None
        if ask is None or answer is None:
            return None
        return Proposed(answer, tuple(one.customer_id for one in ask.candidates))

    async def apologise(self, update: dict[str, Any]) -> list[str]:
        """Our own fault: tell the sender that the message is kept and somebody looks at it."""
        inbound = self._parse(update)
        async with self._store.begin() as uow:
            person = await person_of(uow, inbound.channel, inbound.sender_id)
            return await self._own_up(uow, person, inbound.source_id, inbound.sent_at)

    async def apologise_for(self, capture_id: str) -> list[str]:
        """The same for work on a capture that went wrong later."""
        async with self._store.begin() as uow:
            capture = await uow.need(t.Capture, capture_id)
            person = await reach(uow, capture.person_id)
            return await self._own_up(uow, person, capture.source_id, capture.captured_at)

    async def _own_up(self, uow: UnitOfWork, person: Person | None, source_id: str, at: datetime) -> list[str]:
        """Queue the sentence once per message and commit; a stranger is told nothing."""
        if person is None:
            return []
        sorry = OutboundText(texts.our_fault(at))
        key = await tell(uow, person, sorry, key=f"fault:{source_id}", now=self._clock.now(), answers=source_id)
        await uow.commit()
        return [key]

    async def fetch(self, capture_id: str, attempt: int) -> dict[str, Any]:
        """Try once to fetch and keep a capture's medium: `{"stored"}`, `{"lost"}` with deliveries, or `{"wait_s"}`."""
        async with self._store.begin() as uow:
            capture = await uow.need(t.Capture, capture_id)
        try:
            fetched = await self._messengers[capture.channel].fetch_media(capture.media_ref)
        except MediaGone:
            return {"lost": await self._lost(capture_id)}
        except PermanentError as error:
            logger.error("medium refused", extra={"action": "media_refused", "reason": str(error.code)})
            return {"lost": await self._lost(capture_id)}
        except RetryableError as error:
            if attempt >= MOST_FETCHES:
                return {"lost": await self._lost(capture_id)}
            tell_now = await self._delayed(capture_id) if attempt == SAY_DELAYED_AFTER else []
            return {"wait_s": min(max(error.retry_after_s, 2.0**attempt), 1800.0), "tell": tell_now}
        stored = await store_media(fetched, capture.kind, self._media)
        logger.info("medium kept", extra={"action": "medium_kept", "message_id": capture.source_id})
        if capture.kind == "voice":
            await self._keep_recording(capture_id, stored)
        return {"stored": asdict(stored), "kind": capture.kind}

    async def _keep_recording(self, capture_id: str, stored: Stored) -> None:
        """Note at once that a recording is safe: it may wait long for the recogniser."""
        async with self._store.begin() as uow:
            capture = await capture_alone(uow, capture_id)
            await keep_recording(capture, stored, uow=uow, now=self._clock.now())
            await uow.commit()

    async def _lost(self, capture_id: str) -> list[str]:
        async with self._store.begin() as uow:
            capture = await capture_alone(uow, capture_id)
            queued = await media_lost(capture, uow=uow, world=self._world, now=self._clock.now())
            await uow.commit()
        return queued

    async def _delayed(self, capture_id: str) -> list[str]:
        async with self._store.begin() as uow:
            capture = await capture_alone(uow, capture_id)
            queued = await say_delayed(capture, uow=uow, now=self._clock.now())
            await uow.commit()
        return queued

    async def join(self, capture_id: str, stored: dict[str, Any]) -> list[str]:
        """Join a fetched photo, video or file to its visit."""
        async with self._store.begin() as uow:
            capture = await capture_alone(uow, capture_id)
            person = await reach(uow, capture.person_id)
            if person is None:
                return []
            queued = await join_media(
                capture, Stored(**stored), person, uow=uow, world=self._world, now=self._clock.now()
            )
            await uow.commit()
        return queued

    async def hear(self, capture_id: str, stored: dict[str, Any]) -> dict[str, Any]:
        """Transcribe a kept recording: the words, or why there are none."""
        async with self._store.begin() as uow:
            capture = await uow.need(t.Capture, capture_id)
            hints = await hints_for(uow, capture.person_id, self._world, capture=capture, now=self._clock.now())
        audio = await self._media.get(stored["sha256"])
        begun = time.perf_counter()
        try:
            heard = await self._transcriber.transcribe(audio, hints=hints)
        except NothingHeard:
            return {"reason": "nothing_heard"}
        except Unreadable:
            return {"reason": "unreadable"}
        except PermanentError as error:
            logger.error("No recogniser.", extra={"action": "no_recogniser", "reason": str(error.code)})
            return {"reason": "no_recogniser"}
        took_s = time.perf_counter() - begun
        metrics.heard(took_s, heard.seconds)
        facts = {"action": "voice_heard", "message_id": capture.source_id, "took_ms": round(1000 * took_s)}
        logger.info("heard", extra=facts)
        return {"heard": asdict(heard)}

    async def draft(self, capture_id: str, stored: dict[str, Any], outcome: dict[str, Any]) -> list[str]:
        """Write transcript, draft and card in one transaction."""
        heard: Heard | NotHeard
        if "heard" in outcome:
            words = dict(outcome["heard"])
            heard = Heard(**{**words, "alternatives": tuple(words["alternatives"])})
        else:
            heard = NotHeard(outcome["reason"])
        proposed = await self._propose_for_voice(capture_id, heard.text) if isinstance(heard, Heard) else None
        async with self._store.begin() as uow:
            capture = await capture_alone(uow, capture_id)
            queued = await finish_voice(
                capture,
                Stored(**stored),
                heard,
                uow=uow,
                world=self._world,
                now=self._clock.now(),
                proposed=proposed,
            )
            await uow.commit()
        metrics.received(capture.source_id, capture.received_at)
        logger.info("drafted", extra={"action": "voice_drafted", "message_id": capture.source_id})
        return queued

    async def answer(self, keys: list[str]) -> list[str]:
        """Send answers once each; return those that must be tried again later."""
        left = []
        for key in keys:
            if not (await self.delivery.deliver(key)).finished:
                left.append(key)
        return left

    async def try_delivery(self, key: str) -> float | None:
        """Try one delivery; return how long to wait before the next try, None when it has ended."""
        return (await self.delivery.deliver(key)).wait_s

    async def run_job(self, job: str, due_at: datetime) -> list[str]:
        """Run one tick of a scheduled job as of its due time; return pushes queued."""
        if job == "scan_stages":
            return await self._scan(due_at)
        async with self._store.begin() as uow:
            run = {"evening_summary": evening_summaries, "morning_reminder": morning_reminders}[job]
            queued = await run(uow=uow, world=self._world, now=due_at)
            await uow.commit()
        return queued

    async def hold_pushes(self, now: datetime) -> None:
        """Put off what is due at a time when its receiver is not to be disturbed."""
        async with self._store.begin() as uow:
            if await hold_pushes(uow=uow, world=self._world, now=now):
                await uow.commit()

    async def _scan(self, due_at: datetime) -> list[str]:
        queued: list[str] = []
        more = True
        while more:
            async with self._store.begin() as uow:
                found, more = await raise_due(uow, world=self._world, now=due_at)
                await uow.commit()
            queued += found
        return queued
