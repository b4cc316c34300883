"""Both halves of the edge against the sandbox's platform: callbacks in, messages out, over real HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Literal

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.sandbox import Company, SandboxClock, WeComStandIn, invent_company
from bot.wecom import Crypto, WeComMessenger, from_update, routes
from bot.wecom.webhook import PATH
from handlers.errors import CardCodeSpent, MediaGone, PermanentError
from handlers.messages import (
    Action,
    Card,
    CardButton,
    CardRow,
    CardSelection,
    Inbound,
    InboundAction,
    InboundMedia,
    OutboundCard,
    OutboundText,
)
from nlp.types import Rep

CONFIRM = Action("confirm", "8f2c", 1).pack()
CARD = Card(
    card_id="8f2c-1",
    source="外勤助手 · 待确认",
    title="确认拜访 · 华锐",
    rows=(CardRow("客户名称", "华锐", "说的"), CardRow("关键障碍", "", "待补")),
    selection=CardSelection("tags", "标签", (("none", "都不标"), ("price", "价格讨论")), "none"),
    buttons=(CardButton("确认", CONFIRM, style="primary"), CardButton("修改", url="https://visit.example.com/v/1")),
    menu=(CardButton("文字版", Action("textmode", "8f2c").pack()),),
)
DONE = replace(CARD, title="已确认 ✓ · 华锐", selection=None, buttons=(), menu=(), tone="done")


@dataclass
class World:
    """A company on the stand-in's side and our edge on the other."""

    platform: WeComStandIn
    messenger: WeComMessenger
    inbox: list[Inbound] = field(default_factory=list)

    async def accept(self, update_id: str, sender_id: str, update: dict[str, Any]) -> Literal["stored", "duplicate"]:
        self.inbox.append(from_update(update))
        return "stored"

    async def send(self, card: Card) -> str:
        return (await self.messenger.send(self.messenger.render("zhangwei", OutboundCard(card)))).update_code

    async def replace(self, card: Card, update_code: str) -> None:
        await self.messenger.update_card(self.messenger.render_update("zhangwei", OutboundCard(card), update_code))


@pytest.fixture
def company() -> Company:
    people = (Rep("ZhangWei", "张伟", "华东组"), Rep("outsider", "外人", "华北组"))
    return replace(invent_company(people, seed=7), out_of_range=frozenset({"outsider"}))


@pytest.fixture
async def world(company: Company) -> AsyncIterator[World]:
    clock = SandboxClock(rate=0.0)
    platform = WeComStandIn(company, clock=clock)
    async with TestServer(platform.build_app()) as server, aiohttp.ClientSession() as session:
        messenger = WeComMessenger(
            session,
            corp_id=company.corpid,
            secret=company.secret,
            agent_id=company.agentid,
            clock=clock,
            base_url=str(server.make_url("/")),
        )
        world = World(platform, messenger)
        app = web.Application()
        crypto = Crypto(company.token, company.encoding_aes_key, company.corpid)
        app.add_routes(routes(world.accept, crypto, clock))
        async with TestServer(app) as ours:
            await platform.configure(str(ours.make_url(PATH)))
            yield world


async def test_tap_comes_back_as_an_action_and_updates_the_card_once(world: World) -> None:
    phone = world.platform.phone("ZhangWei")
    await world.send(CARD)
    await phone.tap(None, "确认", select="price")
    [tap] = world.inbox
    assert isinstance(tap, InboundAction)
    assert (tap.sender_id, tap.action, tap.task_id) == ("zhangwei", CONFIRM, "8f2c-1")
    assert tap.selections == (("tags", ("price",)),)
    await world.replace(DONE, tap.update_code)
    [shown] = phone.cards()
    assert shown.card is not None
    assert (shown.card.body["main_title"]["title"], shown.card.greyed) == ("已确认 ✓ · 华锐", "已完成")
    with pytest.raises(CardCodeSpent):
        await world.replace(DONE, tap.update_code)


async def test_card_menu_comes_back_too(world: World) -> None:
    await world.send(CARD)
    await world.platform.phone("ZhangWei").tap(None, "文字版")
    [tap] = world.inbox
    assert isinstance(tap, InboundAction)
    assert Action.unpack(tap.action).verb == "textmode"


async def test_update_code_of_the_send_dies_after_three_days(world: World) -> None:
    code = await world.send(CARD)
    await world.platform.clock.advance(timedelta(hours=73))
    with pytest.raises(CardCodeSpent):
        await world.replace(DONE, code)


async def test_same_body_twice_is_shown_once(world: World) -> None:
    body = world.messenger.render("zhangwei", OutboundCard(CARD))
    await world.messenger.send(body)
    await world.messenger.send(body)
    assert len(world.platform.phone("ZhangWei").cards()) == 1


async def test_used_task_id_after_the_interval_counts_as_sent(world: World) -> None:
    await world.send(CARD)
    await world.platform.clock.advance(timedelta(minutes=11))
    sent = await world.messenger.send(world.messenger.render("zhangwei", OutboundCard(CARD)))
    assert sent.duplicate
    assert len(world.platform.phone("ZhangWei").cards()) == 1


async def test_voice_note_is_fetched_until_the_platform_drops_it(world: World) -> None:
    amr = b"#!AMR\n" + bytes(range(256)) * 8
    await world.platform.phone("ZhangWei").voice(amr)
    [voice] = world.inbox
    assert isinstance(voice, InboundMedia)
    assert (await world.messenger.fetch_media(voice.media_ref)).data == amr
    await world.platform.clock.advance(timedelta(days=3))
    with pytest.raises(MediaGone):
        await world.messenger.fetch_media(voice.media_ref)


@pytest.mark.parametrize("later", [timedelta(0), timedelta(hours=3)])
async def test_dead_token_is_not_noticed_by_the_sender(world: World, later: timedelta) -> None:
    await world.messenger.send(world.messenger.render("zhangwei", OutboundText("第一条")))
    world.platform.tokens.revoke_all()
    await world.platform.clock.advance(later)
    await world.messenger.send(world.messenger.render("zhangwei", OutboundText("第二条")))
    assert world.platform.phone("ZhangWei").texts() == ["第一条", "第二条"]


async def test_person_outside_the_range_cannot_be_reached(world: World) -> None:
    with pytest.raises(PermanentError) as error:
        await world.messenger.send(world.messenger.render("outsider", OutboundText("你好")))
    assert error.value.code == 81013


async def test_doctor_is_content_with_a_working_app(world: World) -> None:
    findings = await world.messenger.check()
    assert [finding for finding in findings if not finding.ok] == []
