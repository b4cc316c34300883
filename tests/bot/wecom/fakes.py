"""What the tests of the WeCom edge stand on: a clock, the recorded vectors, and a platform that answers as told."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aiohttp import web

from bot.wecom.crypto import Crypto

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "vectors" / "wecom-vectors.json").read_text(encoding="utf-8")
)
CORP_ID: str = VECTORS["credentials"]["corpid"]
TOKEN: str = VECTORS["credentials"]["token"]
AES_KEY: str = VECTORS["credentials"]["encoding_aes_key"]
AGENT_ID: int = VECTORS["credentials"]["agentid"]

RECEIVED_AT = datetime(2026, 10, 3, 4, 0, 5, tzinfo=UTC)


def make_crypto() -> Crypto:
    return Crypto(TOKEN, AES_KEY, CORP_ID)


def event_xml(event: str, more: str = "", sender: str = "lin.wei") -> str:
    return (
        f"<xml><ToUserName>{CORP_ID}</ToUserName><FromUserName><![CDATA[{sender}]]></FromUserName>"
        f"<CreateTime>1791000000</CreateTime><MsgType>event</MsgType><Event>{event}</Event>{more}</xml>"
    )


def message_xml(kind: str, more: str = "", message_id: str = "7291846350017263541") -> str:
    return (
        f"<xml><ToUserName>{CORP_ID}</ToUserName><FromUserName><![CDATA[Lin.Wei]]></FromUserName>"
        f"<CreateTime>1791000000</CreateTime><MsgType>{kind}</MsgType>{more}<MsgId>{message_id}</MsgId></xml>"
    )


@dataclass
class FakeClock:
    """A clock that stands until moved."""

    time: datetime = RECEIVED_AT

    def now(self) -> datetime:
        return self.time

    def advance(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


@dataclass
class Platform:
    """Plays qyapi.weixin.qq.com: hands out tokens, answers calls from a queue, serves one medium, remembers all.

    `refused` are tokens it no longer takes. `cut_after` bytes of each media answer the connection breaks (0: never).
    """

    secret: str = "the-secret"
    answers: dict[str, deque[dict[str, Any]]] = field(default_factory=dict)
    calls: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    token_calls: int = 0
    refused: set[str] = field(default_factory=set)
    medium: bytes = b""
    media_headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "voice/amr"})
    cuts: deque[int] = field(default_factory=deque)
    most_unranged: int = 1 << 40
    takes_ranges: bool = True
    ranges: list[str] = field(default_factory=list)
    media_error: int = 0
    while_fetching_token: Callable[[], Any] | None = None

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/cgi-bin/gettoken", self._get_token)
        app.router.add_get("/cgi-bin/media/get", self._media)
        app.router.add_route("*", "/{path:.*}", self._call)
        return app

    def answer(self, path: str, **answer: Any) -> None:
        """Queue an answer for a path; without one a call gets errcode 0."""
        self.answers.setdefault(path, deque()).append(answer)

    async def _get_token(self, request: web.Request) -> web.Response:
        self.token_calls += 1
        if self.while_fetching_token is not None:
            await self.while_fetching_token()
        if request.query["corpsecret"] != self.secret:
            return web.json_response({"errcode": 40001, "errmsg": "invalid credential"})
        return web.json_response({"errcode": 0, "access_token": f"token-{self.token_calls}", "expires_in": 7200})

    async def _call(self, request: web.Request) -> web.Response:
        self.calls.append((request.path, dict(request.query), await request.read()))
        if request.query.get("access_token") in self.refused:
            return web.json_response({"errcode": 42001})
        queue = self.answers.get(request.path)
        answer = queue.popleft() if queue else {"errcode": 0}
        if "html" in answer:
            return web.Response(status=int(answer["status"]), text=str(answer["html"]), content_type="text/html")
        return web.json_response(answer)

    async def _media(self, request: web.Request) -> web.StreamResponse:
        wanted = request.headers.get("Range", "")
        self.ranges.append(wanted)
        code = self._media_refusal(request, wanted)
        if code:
            return web.json_response({"errcode": code})
        start, end = 0, len(self.medium)
        headers = dict(self.media_headers)
        if wanted:
            first, last = wanted.removeprefix("bytes=").split("-")
            start, end = int(first), min(int(last) + 1, end)
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{len(self.medium)}"
        headers["Content-Length"] = str(end - start)
        response = web.StreamResponse(status=206 if wanted else 200, headers=headers)
        await response.prepare(request)
        cut = self.cuts.popleft() if self.cuts else None
        await response.write(self.medium[start : end if cut is None else min(end, start + cut)])
        if cut is not None and request.transport is not None:
            request.transport.close()
        return response

    def _media_refusal(self, request: web.Request, wanted: str) -> int:
        if request.query["access_token"] in self.refused:
            return 42001
        if self.media_error:
            return self.media_error
        if wanted and not self.takes_ranges:
            return 40146
        if wanted:
            first, last = (int(n) for n in wanted.removeprefix("bytes=").split("-"))
            is_last = last + 1 >= len(self.medium)
            return 0 if is_last or (last + 1 - first) % 16 == 0 else 40146
        return 830002 if len(self.medium) > self.most_unranged else 0
