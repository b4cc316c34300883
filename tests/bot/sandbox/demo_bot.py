"""A bot small enough to read: every message gets a confirm card, a tap confirms it, eight days bring a red flag."""

from __future__ import annotations

import io
import wave
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bot.sandbox import SandboxClock
from bot.sandbox.media import AMR_MAGIC
from bot.sandbox.page_data import Place, Sample
from tests.bot.sandbox.echo_app import Api, EchoApp, confirm_card

SAMPLES = Path(__file__).parents[3] / "bot" / "sandbox" / "samples"
PLACES = (
    Place("苏州华锐精密机械有限公司", 31.362273, 120.649767, address="苏州市相城区澄阳路49号2号厂房", owner="ZhangWei"),
    Place("昆山鑫达电子有限公司", 31.3846, 120.9807, address="昆山市前进东路88号", owner="ZhangWei"),
    Place("无锡亚川流体设备有限公司", 31.4912, 120.3119, address="无锡市梁溪区锡沪路7号", owner="chenlei"),
    Place("苏州", 31.2990, 120.5853, "city"),
    Place("无锡", 31.4912, 120.3119, "city"),
    Place("上海", 31.2304, 121.4737, "city"),
)


def demo_samples(voice: Path) -> tuple[Sample, ...]:
    """Return clips and pictures for the page; `voice` is any AMR file."""
    return (
        Sample("华锐谈价格", voice, "voice", "华锐那边王总说价格还是高，下周三要见技术总监。"),
        Sample("鑫达试样", voice, "voice", "鑫达样品过了。"),
        Sample("闲聊一句", voice, "voice", "今天堵车。"),
        Sample("厂门", SAMPLES / "gate.jpg", "photo"),
        Sample("设备", SAMPLES / "machine.jpg", "photo"),
        Sample("签字单", SAMPLES / "sheet.jpg", "photo"),
    )


def red_card(task_id: str) -> dict[str, Any]:
    """Return the alert that a supervisor gets."""
    return {
        "card_type": "button_interaction",
        "source": {"desc": "外勤助手 · 红旗", "desc_color": 2},
        "main_title": {"title": "华锐 8 天没有跟进", "desc": "张伟 · 商务谈判 · 超期 1 天"},
        "sub_title_text": "3月10日最后一次拜访；约好 3月18日 周三跟进，没有记录。",
        "horizontal_content_list": [
            {"keyname": "负责人", "value": "张伟"},
            {"keyname": "卡点", "value": "价格偏高"},
            {"keyname": "看详情", "value": "打开拜访记录", "type": 1, "url": "http://127.0.0.1/edit"},
        ],
        "task_id": task_id,
        "button_list": [
            {"text": "知道了", "style": 1, "key": "1|ack|a1|1||"},
            {"text": "延期 3 天", "style": 2, "key": "1|snooze|a1|1||3"},
        ],
    }


class DemoBot:
    """Plays the application for the page's tests. `edit_url` is where 修改 leads."""

    def __init__(self, api: Api, echo: EchoApp, clock: SandboxClock, edit_url: str) -> None:
        self._api = api
        self._echo = echo
        self._edit_url = edit_url
        self._cards = 0
        echo.react = self.react
        clock.on_advance.append(self.play)
        self._clock = clock

    async def react(self, heard: dict[str, str]) -> None:
        await self._login()
        user = heard["FromUserName"]
        if heard["MsgType"] == "event":
            await self._on_event(user, heard)
        elif heard["MsgType"] in ("text", "voice"):
            await self._card(user)
        else:
            await self._send(user, "text", {"content": "10:03 的照片和位置收到了，已放进华锐这次拜访。"})

    async def play(self, start: datetime, target: datetime) -> None:
        """Step through the days; a red flag on the eighth."""
        due = start + timedelta(days=1)
        while due <= target:
            self._clock.step_to(due)
            due += timedelta(days=1)
        if target - start >= timedelta(days=8):
            await self._login()
            await self._send("zhoumin", "template_card", red_card(f"alert-{int(target.timestamp())}"))

    async def _card(self, user: str) -> None:
        await self._send(user, "text", {"content": "听到了：华锐那边王总说价格还是高，下周三要见技术总监。"})
        self._cards += 1
        card = confirm_card(f"visit-{self._cards}")
        card["button_list"][1]["url"] = self._edit_url
        await self._send(user, "template_card", card)

    async def _on_event(self, user: str, heard: dict[str, str]) -> None:
        if not heard.get("ResponseCode"):
            return
        done = confirm_card("x", source={"desc": "外勤助手 · 已确认", "desc_color": 3})
        done |= {"main_title": {"title": "已确认 ✓ 华锐", "desc": "3月10日 10:00"}}
        done |= {"button_list": [{"text": "撤销", "style": 2, "key": "1|undo|v1|2||"}]}
        for gone in ("button_selection", "action_menu", "task_id"):
            del done[gone]
        head = {"userids": [user], "agentid": 1000017, "response_code": heard["ResponseCode"]}
        await self._api.post("message/update_template_card", head | {"template_card": done})

    async def _send(self, user: str, msgtype: str, part: dict[str, Any]) -> None:
        answer = await self._api.post("message/send", self._echo.message(user, msgtype, part))
        assert answer["errcode"] == 0, answer

    async def _login(self) -> None:
        await self._api.login()


def fake_to_amr(data: bytes) -> bytes:
    """Return a second of silence in place of an encoded recording."""
    assert data
    return AMR_MAGIC + (b"\x3c" + bytes(31)) * 50


def short_wav(seconds: float = 1.0) -> bytes:
    """Return silence as WAV."""
    out = io.BytesIO()
    with wave.open(out, "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(8000)
        wav.writeframes(bytes(int(16000 * seconds)))
    return out.getvalue()
