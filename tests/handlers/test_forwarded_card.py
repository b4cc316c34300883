"""The card of a pasted chat: at most three messages with their times, and the tick 需跟进, within the card's limits."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from bot.wecom import limits
from bot.wecom.render import render_message
from handlers.confirm_card import UNDECIDED, build
from handlers.messages import Action, Card, OutboundCard
from storage import tables as t
from tests.handlers.test_confirm_card import CONTEXT, SETTLED, seen, words

WITHOUT_DAY = {name: value for name, value in SETTLED.items() if name != "next_followup"}
TOMORROW = {"next_followup": ["2026-03-13"]}
#: 10:12 in Shanghai, on the visit's day and on the day before.
TODAY, YESTERDAY = datetime(2026, 3, 12, 2, 12, tzinfo=UTC), datetime(2026, 3, 11, 2, 12, tzinfo=UTC)


def said(number: int, text: str, at: datetime | None = TODAY) -> t.ForwardedMessage:
    return t.ForwardedMessage(capture_id="c", position=number, speaker="王经理", said_at=at, text=text, on_card=True)


def card_of(*messages: t.ForwardedMessage, **what: Any) -> Card:
    return build(replace(seen(**what), messages=messages or (said(0, "交期太长"),)), CONTEXT)


def verbs(card: Card) -> list[str]:
    return [Action.unpack(b.action).verb for b in card.buttons if b.action]


def test_times_are_kept_with_the_day_where_it_was_another() -> None:
    card = card_of(said(0, "交期太长", YESTERDAY), said(1, "要快"), said(2, "好", None))
    assert card.quote.splitlines() == [
        "聊天里说的：",
        "3月11日 10:12 王经理：交期太长",
        "10:12 王经理：要快",
        "王经理：好",
    ]


def test_three_long_messages_fit_the_cards_subtitle() -> None:
    card = card_of(*(said(n, "交期太长" * 40, YESTERDAY) for n in range(3)))
    assert len(card.quote) <= limits.SUB_TITLE_CHARS and card.quote.count("…") == 3


def test_no_day_said_is_one_tick_with_the_weekday_in_its_row() -> None:
    card = card_of(values=WITHOUT_DAY, asked=TOMORROW)
    assert words(card) == ["需跟进 3月13日", "不用跟进", "都不是，修改", "不是拜访"]
    assert ("下次跟进", "3月13日 周五", "请选") in [(r.key, r.value, r.mark) for r in card.rows]
    assert verbs(card) == ["set", "nofollow", "void"]


def test_a_day_said_is_confirmed_or_declined() -> None:
    assert words(card_of()) == ["确认，需跟进", "确认，不用跟进", "修改", "不是拜访"]
    assert words(card_of(tags=("交期",))) == ["确认并标交期讨论", "只确认不标", "不用跟进", "修改", "不是拜访"]


def test_beside_an_open_customer_the_day_is_the_drop_down_with_nothing_real_preselected() -> None:
    values = {name: value for name, value in WITHOUT_DAY.items() if name != "customer"}
    card = card_of(values=values, asked={"customer": ["C1", "C2"], **TOMORROW})
    assert card.selection is not None and card.selection.selected == UNDECIDED
    assert card.selection.options[1] == ("0", "需跟进 3月13日 周五")


def test_a_confirmed_chat_still_asks_for_the_tick() -> None:
    assert words(card_of(values=WITHOUT_DAY, asked=TOMORROW, state="confirmed"))[:2] == ["需跟进 3月13日", "不用跟进"]


def test_all_of_it_is_legal_on_the_platform() -> None:
    for card in (card_of(values=WITHOUT_DAY, asked=TOMORROW, tags=("交期", "价格")), card_of(tags=("交期", "价格"))):
        body = render_message("zhangwei", OutboundCard(card), agent_id=1)
        assert body["msgtype"] == "template_card"
