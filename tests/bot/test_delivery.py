"""The one way out: once, within limits, again after trouble, and cards in place while that is possible."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlmodel import col

from bot.delivery import Delivery, wait_before_retry
from bot.send_limits import ANSWER, CEILINGS, DIGEST, WARNING
from handlers.errors import CardCodeSpent, PermanentError, RetryableError, Throttled
from handlers.know import Person
from handlers.messages import Card, CardButton, Outbound, OutboundCard, OutboundText
from handlers.ports import Sent
from handlers.tell import keep_code, tell
from storage import Store
from storage import tables as t
from tests.bot.doubles import START, RecordingMessenger, StoppedClock

REP = Person("zhangwei", "张伟", "华东组", "rep", "wecom", "zhangwei")


def card(title: str, card_id: str = "v-1-1") -> OutboundCard:
    return OutboundCard(Card(card_id, "外勤助手", title, buttons=(CardButton("确认", "1|confirm|v|1||"),)))


async def queue(store: Store, key: str, outbound: Outbound, **options: object) -> str:
    async with store.begin() as uow:
        await tell(uow, REP, outbound, key=key, now=START, **options)  # type: ignore[arg-type]
        await uow.commit()
    return key


async def state_of(store: Store, key: str) -> str:
    async with store.begin() as uow:
        return (await uow.need(t.Delivery, key)).state


async def test_a_delivery_is_sent_once_however_often_it_is_tried(store: Store) -> None:
    messenger = RecordingMessenger()
    delivery = Delivery(store, {"wecom": messenger}, StoppedClock())
    key = await queue(store, "answer:1", OutboundText("收到"))
    assert [(await delivery.deliver(key)).finished for _ in range(3)] == [True, True, True]
    assert messenger.sent == [{"to": "zhangwei", "text": "收到"}]


async def test_telling_twice_under_one_key_makes_one_delivery(store: Store) -> None:
    await queue(store, "answer:1", OutboundText("收到"))
    await queue(store, "answer:1", OutboundText("另一句"))
    async with store.begin() as uow:
        rows = await uow.all(sa.select(t.Delivery))
    assert [row.outbound for row in rows] == [{"text": "收到"}]


async def test_trouble_waits_as_long_as_the_platform_asks_and_keeps_the_bytes(store: Store) -> None:
    messenger = RecordingMessenger()
    delivery = Delivery(store, {"wecom": messenger}, StoppedClock())
    key = await queue(store, "answer:1", OutboundText("收到"))

    def busy() -> Sent:
        raise RetryableError("busy", retry_after_s=60)

    messenger.answer, calm = busy, messenger.answer
    assert (await delivery.deliver(key)).wait_s == 60
    messenger.answer = calm
    assert (await delivery.deliver(key)).finished
    assert messenger.sent == [{"to": "zhangwei", "text": "收到"}]


async def test_a_permanent_error_ends_visibly(store: Store) -> None:
    messenger = RecordingMessenger()
    key = await queue(store, "answer:1", OutboundText("收到"))

    def gone() -> Sent:
        raise PermanentError("left", code=60111)

    messenger.answer = gone
    assert (await Delivery(store, {"wecom": messenger}, StoppedClock()).deliver(key)).finished
    assert await state_of(store, key) == "failed"


async def test_our_limit_a_minute_stays_under_the_platforms(store: Store) -> None:
    messenger, clock = RecordingMessenger(), StoppedClock()
    delivery = Delivery(store, {"wecom": messenger}, clock)
    keys = [
        await queue(store, f"answer:{n}", OutboundText(f"第{n}条")) for n in range(CEILINGS[ANSWER].person_minute + 1)
    ]
    progress = [await delivery.deliver(key) for key in keys]
    assert [p.finished for p in progress] == [True] * CEILINGS[ANSWER].person_minute + [False]
    clock.forward(seconds=61)
    assert (await delivery.deliver(keys[-1])).finished


async def test_many_at_once_to_one_person_keep_the_limit(store: Store) -> None:
    messenger = RecordingMessenger()
    delivery = Delivery(store, {"wecom": messenger}, StoppedClock())
    most = CEILINGS[ANSWER].person_minute
    keys = [await queue(store, f"answer:{n}", OutboundText(f"第{n}条")) for n in range(most + 8)]
    progress = await asyncio.gather(*(delivery.deliver(key) for key in keys))
    assert sum(p.finished for p in progress) == len(messenger.sent) == most


async def test_many_at_once_to_one_person_take_turns_and_none_hangs(store: Store) -> None:
    """Whoever waits for a turn must not have the only connection in hand."""
    messenger = RecordingMessenger()
    delivery = Delivery(store, {"wecom": messenger}, StoppedClock())
    keys = [await queue(store, f"answer:{n}", OutboundText(f"第{n}条")) for n in range(12)]

    async def one_after_another(own: list[str]) -> None:
        for key in own:
            assert (await delivery.deliver(key)).finished

    async with asyncio.timeout(10):
        await asyncio.gather(*(one_after_another(keys[n::4]) for n in range(4)))
    assert len(messenger.sent) == 12


async def test_an_answer_queued_by_a_clock_that_was_ahead_does_not_wait_for_it(store: Store) -> None:
    delivery = Delivery(store, {"wecom": RecordingMessenger()}, StoppedClock())
    gathering = await queue(store, "photos:1", OutboundText("照片收到"), not_before=START + timedelta(seconds=4))
    ahead = await queue(store, "photos:2", OutboundText("两张照片收到"), not_before=START + timedelta(hours=2))
    push = await queue(store, "push:1", OutboundText("提醒"), push=True, not_before=START + timedelta(hours=2))
    assert [(await delivery.deliver(key)).finished for key in (gathering, ahead, push)] == [False, True, False]


@pytest.mark.parametrize(("priority", "waits"), [(ANSWER, False), (WARNING, False), (DIGEST, True)])
async def test_in_a_crowded_minute_what_can_wait_waits(store: Store, priority: int, waits: bool) -> None:
    delivery = Delivery(store, {"wecom": RecordingMessenger()}, StoppedClock())
    for number in range(CEILINGS[DIGEST].person_minute):
        await delivery.deliver(await queue(store, f"answer:{number}", OutboundText(f"第{number}条")))
    key = await queue(store, "push:1", OutboundText("今日汇总"), priority=priority, push=priority != ANSWER)
    assert (await delivery.deliver(key)).finished is not waits


async def test_when_the_company_is_throttled_everybody_waits_and_answers_go_first(store: Store) -> None:
    messenger, clock = RecordingMessenger(), StoppedClock()
    delivery = Delivery(store, {"wecom": messenger}, clock)

    def too_often() -> Sent:
        raise Throttled("too often", retry_after_s=60)

    messenger.answer, calm = too_often, messenger.answer
    await delivery.deliver(await queue(store, "answer:1", OutboundText("第1条")))
    messenger.answer = calm
    answer = await queue(store, "answer:2", OutboundText("第2条"))
    warning = await queue(store, "push:1", OutboundText("提醒"), push=True)
    clock.forward(seconds=59)
    assert (await delivery.deliver(answer)).wait_s == 1 and messenger.sent == []
    clock.forward(seconds=2)
    assert not (await delivery.deliver(warning)).finished and (await delivery.deliver(answer)).finished
    clock.forward(seconds=10)
    assert (await delivery.deliver(warning)).finished


async def test_a_shown_card_is_replaced_in_place_with_a_code_used_once(store: Store) -> None:
    messenger = RecordingMessenger()
    delivery = Delivery(store, {"wecom": messenger}, StoppedClock())
    await delivery.deliver(await queue(store, "answer:1", card("确认拜访"), about=("visit", "v", 1)))
    for number in (2, 3):
        key = await queue(store, f"answer:{number}", card("已确认 ✓"), about=("visit", "v", 1), update_of="v-1-1")
        messenger.answer = Sent
        await delivery.deliver(key)
    assert [u["code"] for u in messenger.updates] == ["code0"]
    assert [s["title"] for s in messenger.sent] == ["确认拜访", "已确认 ✓"]
    assert messenger.sent[0]["card"] != messenger.sent[1]["card"]


async def test_a_code_older_than_72_hours_is_not_tried(store: Store) -> None:
    messenger, clock = RecordingMessenger(), StoppedClock()
    delivery = Delivery(store, {"wecom": messenger}, clock)
    await delivery.deliver(await queue(store, "answer:1", card("确认拜访"), about=("visit", "v", 1)))
    clock.forward(hours=73)
    await delivery.deliver(await queue(store, "answer:2", card("已确认"), about=("visit", "v", 1), update_of="v-1-1"))
    assert messenger.updates == []
    assert len(messenger.sent) == 2


async def test_an_update_accepted_just_before_a_crash_is_not_shown_twice(store: Store) -> None:
    messenger = RecordingMessenger()
    delivery = Delivery(store, {"wecom": messenger}, StoppedClock())
    await delivery.deliver(await queue(store, "answer:1", card("确认拜访"), about=("visit", "v", 1)))

    def spent() -> Sent:
        raise CardCodeSpent("used", code=60140)

    messenger.answer = spent
    key = await queue(store, "answer:2", card("已确认"), about=("visit", "v", 1), update_of="v-1-1")
    assert (await delivery.deliver(key)).finished
    assert len(messenger.sent) == 1


async def test_the_same_code_twice_is_one_right(store: Store) -> None:
    await queue(store, "answer:1", card("确认拜访"), about=("visit", "v", 1))
    async with store.begin() as uow:
        await keep_code(uow, "v-1-1", "secret", START)
        await keep_code(uow, "v-1-1", "secret", START)
        assert len(await uow.all(sa.select(t.CardCode).where(col(t.CardCode.code) == "secret"))) == 1


async def test_pushes_wait_for_their_moment(store: Store) -> None:
    clock = StoppedClock()
    delivery = Delivery(store, {"wecom": RecordingMessenger()}, clock)
    later = START.replace(hour=5)
    key = await queue(store, "alert:1", OutboundText("停住了"), push=True, not_before=later)
    assert await delivery.due_pushes(clock.now()) == []
    assert await delivery.next_push(clock.now()) == later
    clock.at = later
    assert await delivery.due_pushes(clock.now()) == [key]


def test_waits_double_and_end_at_half_an_hour() -> None:
    assert [wait_before_retry(n, 0) for n in (1, 2, 3)] == [2, 4, 8]
    assert wait_before_retry(40, 0) == 1800
