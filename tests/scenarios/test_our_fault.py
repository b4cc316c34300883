"""When our own code fails on a message, its sender is told so at once, and others are served."""

from __future__ import annotations

from typing import Any

import pytest

import bot.work
from handlers.messages import InboundText
from tests.scenarios.story import Story

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_message_that_we_fail_on_is_answered_in_words(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    receive = bot.work.receive

    async def fails_on_one(inbound: Any, **known: Any) -> Any:
        if isinstance(inbound, InboundText) and inbound.text == "这条会出错":
            raise KeyError("a fault of ours")
        return await receive(inbound, **known)

    monkeypatch.setattr(bot.work, "receive", fails_on_one)
    phone = story.hero().phone
    await phone.say("这条会出错")
    await phone.wait_until(lambda items: any("处理时出错" in item.text for item in items), timeout_s=15)
    await phone.say("帮助")
    await phone.wait_until(lambda items: "草稿" in items[-1].text, timeout_s=15)
