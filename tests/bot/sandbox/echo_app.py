"""A tiny application on the other side of the stand-in: opens callbacks and answers with a confirm card."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any
from xml.etree.ElementTree import Element

from aiohttp import ClientSession, FormData, web
from defusedxml.ElementTree import fromstring

from bot.sandbox import Company
from bot.wecom.crypto import Crypto
from bot.wecom.errors import Rejected
from nlp.types import Rep

PEOPLE = (
    Rep("ZhangWei", "张伟", "华东组", "rep"),
    Rep("chenlei", "陈磊", "华东组", "rep"),
    Rep("zhoumin", "周敏", "华东组", "supervisor"),
    Rep("stranger", "外人", "华北组", "rep"),
)
COMPANY = Company(
    corpid="ww9f3c2a7b81d0e456",
    agentid=1000017,
    secret="the-secret-of-the-app",
    token="Fv7VisitLog2026Tok",
    encoding_aes_key="kT4mZq8wRb2NxYc6LhVs1JdPf9Gu3AoEi7WtXnB5Kra",
    people=PEOPLE,
    out_of_range=frozenset({"stranger"}),
)


def confirm_card(task_id: str, **changes: Any) -> dict[str, Any]:
    """Return a confirm card with one open field and one drop-down."""
    card: dict[str, Any] = {
        "card_type": "button_interaction",
        "source": {"desc": "外勤助手 · 待确认", "desc_color": 0},
        "action_menu": {"desc": "更多", "action_list": [{"text": "文字版", "key": "1|textmode||0||"}]},
        "main_title": {"title": "确认拜访 · 华锐", "desc": "3月10日 10:00 · 语音20秒 · 距客户38米"},
        "sub_title_text": "原话：华锐那边王总说价格还是高，下周三要见技术总监。",
        "horizontal_content_list": [
            {"keyname": "客户", "value": "苏州华锐精密机械有限公司 ·说的"},
            {"keyname": "联系人", "value": "王建国 采购经理 ·档案"},
            {"keyname": "阶段", "value": "商务谈判 ·说的"},
            {"keyname": "下次跟进", "value": "3月18日 周三 ·说的"},
            {"keyname": "关键障碍", "value": "待补"},
        ],
        "task_id": task_id,
        "button_selection": {
            "question_key": "tags",
            "title": "检测到“价格”，打标签？",
            "option_list": [{"id": "none", "text": "都不标"}, {"id": "price", "text": "价格讨论"}],
            "selected_id": "none",
        },
        "button_list": [
            {"text": "确认", "style": 1, "key": "1|confirm|v1|1||"},
            {"text": "修改", "style": 2, "type": 1, "url": "http://127.0.0.1/edit"},
            {"text": "不是拜访", "style": 2, "key": "1|void|v1|1||"},
        ],
    }
    return card | changes


class EchoApp:
    """Remembers every opened callback. `status`, `sleep_s` and `react` change how it answers."""

    def __init__(self, company: Company = COMPANY) -> None:
        self.heard: list[dict[str, str]] = []
        self.elements: list[Element] = []
        self.queries: list[dict[str, str]] = []
        self.statuses: list[int] = []
        self.sleep_s = 0.0
        self.react: Callable[[dict[str, str]], Any] | None = None
        self._crypto = Crypto(company.token, company.encoding_aes_key, company.corpid)
        self._company = company

    def build_app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/callback", self._verify)
        app.router.add_post("/callback", self._receive)
        app.router.add_get("/edit", self._edit)
        return app

    def message(self, touser: str, msgtype: str, part: dict[str, Any], **more: Any) -> dict[str, Any]:
        head = {"touser": touser, "msgtype": msgtype, "agentid": self._company.agentid}
        return {**head, msgtype: part, **more}

    async def _verify(self, request: web.Request) -> web.Response:
        return web.Response(text=self._crypto.verify_url(dict(request.query)))

    async def _receive(self, request: web.Request) -> web.Response:
        try:
            xml = self._crypto.decrypt(dict(request.query), await request.read())
        except Rejected:
            return web.Response(status=403)
        element = fromstring(xml)
        self.elements.append(element)
        self.heard.append({child.tag: child.text or "" for child in element})
        self.queries.append(dict(request.query))
        if self.sleep_s:
            await asyncio.sleep(self.sleep_s)
        status = self.statuses.pop(0) if self.statuses else 200
        if status == 200 and self.react is not None:
            await self.react(self.heard[-1])
        return web.Response(status=status)

    async def _edit(self, _request: web.Request) -> web.Response:
        return web.Response(text="<h1>修改</h1>", content_type="text/html")


class Api:
    """The app's side of the server API: calls with the current token."""

    def __init__(self, session: ClientSession, base: str, company: Company = COMPANY) -> None:
        self._session = session
        self._base = base
        self._company = company
        self.token = ""

    async def login(self, secret: str | None = None) -> dict[str, Any]:
        params = {"corpid": self._company.corpid, "corpsecret": secret or self._company.secret}
        answer = await self.get("gettoken", **params)
        self.token = answer.get("access_token", self.token)
        return answer

    async def get(self, name: str, **params: str) -> dict[str, Any]:
        query = {"access_token": self.token, **params}
        async with self._session.get(f"{self._base}/cgi-bin/{name}", params=query) as response:
            return dict(await response.json())

    async def post(self, name: str, body: Any) -> dict[str, Any]:
        raw = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        url = f"{self._base}/cgi-bin/{name}"
        async with self._session.post(url, params={"access_token": self.token}, data=raw) as response:
            return dict(await response.json())

    async def media(self, media_id: str, byte_range: str = "") -> tuple[int, bytes]:
        params = {"access_token": self.token, "media_id": media_id}
        headers = {"Range": byte_range} if byte_range else {}
        async with self._session.get(f"{self._base}/cgi-bin/media/get", params=params, headers=headers) as response:
            return response.status, await response.read()

    async def upload(self, kind: str, form: FormData) -> dict[str, Any]:
        params = {"access_token": self.token, "type": kind}
        async with self._session.post(f"{self._base}/cgi-bin/media/upload", params=params, data=form) as response:
            return dict(await response.json())
