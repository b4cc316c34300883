"""Serves the page with the two phones and the small JSON interface that it uses, under `/sandbox/api/`."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from bot.sandbox.faults import FAULTS
from bot.sandbox.page_data import Offers, Sample, clock_view, selection_of, state_view
from bot.sandbox.phones import NotTappable, Phone
from bot.sandbox.sounds import RecordingRefused, ToAmr, as_amr, as_wav
from bot.sandbox.wecom import WeComStandIn
from handlers.rules.geo import Point, to_gcj02

logger = logging.getLogger("bot.sandbox")

PAGE_DIR = Path(__file__).parent / "page"
LONGEST_ADVANCE = timedelta(days=400)
_HEARTBEAT_S = 15.0
_SECURITY = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; frame-src http: https:; "
        "base-uri 'none'; form-action 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}
_IMAGE_MAGIC = {b"\xff\xd8": "image/jpeg", b"\x89PNG": "image/png", b"RIFF": "image/webp"}


class Refused(Exception):
    """A request of the page that cannot be done; the sentence is shown to the person."""


Answer = dict[str, Any] | web.StreamResponse


class SandboxPage:
    """The page of one stand-in.

    `to_amr` turns a browser recording into AMR-NB. Points of the map are WGS-84; pins leave as GCJ-02, as from the
    client's own map.
    """

    def __init__(self, standin: WeComStandIn, *, to_amr: ToAmr, offers: Offers | None = None) -> None:
        self._standin = standin
        self._to_amr = to_amr
        self._offers = offers or Offers()
        self._background: set[asyncio.Task[None]] = set()
        standin.clock.on_change.append(self._publish_clock)

    def add_to(self, app: web.Application) -> None:
        """Add the page at `/`, its files under `/page/` and its interface under `/sandbox/api/`."""
        app.router.add_get("/", self._index)
        app.router.add_static("/page/", PAGE_DIR)
        app.router.add_get("/sandbox/api/live", self._live)
        app.router.add_get("/sandbox/api/state", self._json(self._state))
        app.router.add_get("/sandbox/api/samples/{index}", self._json(self._sample))
        app.router.add_get("/sandbox/api/phones/{userid}/media/{item}", self._json(self._media))
        acts: dict[str, Callable[[Phone, web.Request], Awaitable[Answer]]] = {
            "text": self._text,
            "voice": self._voice,
            "photo": self._photo,
            "sample": self._send_sample,
            "location": self._location,
            "tap": self._tap,
            "open": self._open,
            "menu": self._menu,
        }
        for name, act in acts.items():
            app.router.add_post(f"/sandbox/api/phones/{{userid}}/{name}", self._json(partial(self._act, act)))
        app.router.add_post("/sandbox/api/clock", self._json(self._move_clock))
        app.router.add_post("/sandbox/api/fault", self._json(self._fault))

    # --- frame ---------------------------------------------------------------------------------------------------

    def _json(self, call: Callable[[web.Request], Awaitable[Answer]]) -> Callable[..., Awaitable[web.StreamResponse]]:
        """Wrap a call: same origin only, refusals as 400 with a sentence."""

        async def handle(request: web.Request) -> web.StreamResponse:
            origin = request.headers.get("Origin")
            if origin and urlsplit(origin).netloc != request.host:
                raise web.HTTPForbidden
            try:
                answer = await call(request)
            except (Refused, RecordingRefused, NotTappable) as error:
                return web.json_response({"error": str(error)}, status=400)
            return answer if isinstance(answer, web.StreamResponse) else web.json_response(answer)

        return handle

    async def _act(self, act: Callable[[Phone, web.Request], Awaitable[Answer]], request: web.Request) -> Answer:
        return await act(self._phone(request), request)

    def _phone(self, request: web.Request) -> Phone:
        try:
            return self._standin.phone(request.match_info["userid"])
        except KeyError:
            raise web.HTTPNotFound from None

    async def _index(self, _request: web.Request) -> web.StreamResponse:
        return web.FileResponse(PAGE_DIR / "index.html", headers=_SECURITY)

    async def _state(self, _request: web.Request) -> Answer:
        return state_view(self._standin, self._offers)

    async def _live(self, request: web.Request) -> web.StreamResponse:
        """Stream events (text/event-stream) until the page leaves or the server stops."""
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-cache"})
        with self._standin.feed.listen() as events:
            await response.prepare(request)
            await response.write(b": hello\n\n")
            while (event := await _next_event(events)) is not None:
                await response.write(event)
        return response

    def _publish_clock(self) -> None:
        self._standin.feed.publish({"type": "clock", "clock": clock_view(self._standin.clock)})

    # --- what a person does --------------------------------------------------------------------------------------

    async def _text(self, phone: Phone, request: web.Request) -> Answer:
        text = str((await _body(request)).get("text", "")).strip()
        if not text:
            raise Refused("先写点什么。")
        phone.start_say(text)
        return {}

    async def _voice(self, phone: Phone, request: web.Request) -> Answer:
        phone.start_voice(await asyncio.to_thread(as_amr, await request.read(), self._to_amr))
        return {}

    async def _photo(self, phone: Phone, request: web.Request) -> Answer:
        data = await request.read()
        phone.start_photo(data, _image_type(data))
        return {}

    async def _send_sample(self, phone: Phone, request: web.Request) -> Answer:
        sample = self._sample_at((await _body(request)).get("index"))
        data = await asyncio.to_thread(sample.path.read_bytes)
        if sample.kind == "photo":
            phone.start_photo(data, _image_type(data))
        else:
            phone.start_voice(await asyncio.to_thread(as_amr, data, self._to_amr))
        return {}

    async def _location(self, phone: Phone, request: web.Request) -> Answer:
        body = await _body(request)
        try:
            point = Point(float(body["lat"]), float(body["lon"]))
        except (KeyError, TypeError, ValueError):
            raise Refused("先在地图上点一个位置。") from None
        if not (-90 <= point.lat <= 90 and -180 <= point.lon <= 180):
            raise Refused("这个位置不在地球上。")
        pin = to_gcj02(point)
        phone.start_location(pin.lat, pin.lon, str(body.get("label", ""))[:100])
        return {}

    async def _tap(self, phone: Phone, request: web.Request) -> Answer:
        body = await _body(request)
        item = self._standin.screens.find(phone.userid, str(body.get("item", "")))
        if item is None:
            raise Refused("这张卡片已经不在屏幕上了。")
        outcome = phone.start_tap(item, str(body.get("key", "")), selection_of(body))
        return {"url": outcome} if isinstance(outcome, str) else {}

    async def _open(self, phone: Phone, _request: web.Request) -> Answer:
        self._later(phone.open())
        return {}

    async def _menu(self, phone: Phone, request: web.Request) -> Answer:
        self._later(phone.menu(str((await _body(request)).get("key", ""))))
        return {}

    # --- clock, faults, bytes ------------------------------------------------------------------------------------

    async def _move_clock(self, request: web.Request) -> Answer:
        """Start moving forward, by `seconds` or to the ISO time `to`; progress comes with the live events."""
        body, clock = await _body(request), self._standin.clock
        if clock.moving is not None:
            raise Refused("正在快进，请稍等。")
        try:
            target = datetime.fromisoformat(body["to"]) if "to" in body else None
            delta = (target - clock.now()) if target else timedelta(seconds=float(body["seconds"]))
        except (KeyError, TypeError, ValueError, OverflowError):
            raise Refused("快进到哪一天？") from None
        if not timedelta(0) < delta <= LONGEST_ADVANCE:
            raise Refused("只能往后快进，一次最多 400 天。")
        self._later(clock.advance(delta))
        return {}

    async def _fault(self, request: web.Request) -> Answer:
        """Let one fault strike at the next occasion."""
        name = (await _body(request)).get("fault")
        if name not in FAULTS:
            raise Refused("没有这种故障。")
        self._standin.faults.once(name)
        return {}

    async def _sample(self, request: web.Request) -> Answer:
        sample = self._sample_at(request.match_info["index"])
        data = await asyncio.to_thread(sample.path.read_bytes)
        if sample.kind == "photo":
            return web.Response(body=data, content_type=_image_type(data))
        return web.Response(body=await asyncio.to_thread(as_wav, data), content_type="audio/wav")

    async def _media(self, request: web.Request) -> Answer:
        item = self._standin.screens.find(self._phone(request).userid, request.match_info["item"])
        medium = self._standin.shelf.kept(item.media_id) if item is not None else None
        if medium is None:
            raise web.HTTPNotFound
        if item is not None and item.kind == "voice":
            return web.Response(body=await asyncio.to_thread(as_wav, medium.data), content_type="audio/wav")
        return web.Response(body=medium.data, content_type=medium.content_type or "application/octet-stream")

    def _sample_at(self, index: Any) -> Sample:
        try:
            return self._offers.samples[int(index)]
        except (ValueError, TypeError, IndexError):
            raise Refused("没有这个示例。") from None

    def _later(self, work: Awaitable[Any]) -> None:
        async def run() -> None:
            try:
                await work
            except Exception:
                logger.exception("sandbox act failed", extra={"action": "sandbox_act_failed"})
                self._standin.feed.publish({"type": "notice", "text": "出了点问题，详情见运行日志。"})

        task = asyncio.create_task(run())
        self._background.add(task)
        task.add_done_callback(self._background.discard)


async def _next_event(events: asyncio.Queue[dict[str, Any] | None]) -> bytes | None:
    """Return the next event as a frame, a heartbeat after a quiet while, `None` at the end."""
    try:
        event = await asyncio.wait_for(events.get(), _HEARTBEAT_S)
    except TimeoutError:
        return b": still here\n\n"
    return None if event is None else f"data: {json.dumps(event, ensure_ascii=False)}\n\n".encode()


async def _body(request: web.Request) -> dict[str, Any]:
    try:
        body = await request.json()
    except ValueError:
        raise Refused("请求不是 JSON。") from None
    return body if isinstance(body, dict) else {}


def _image_type(data: bytes) -> str:
    """Tell a picture's type by its first bytes. Raises `Refused` for anything else."""
    for magic, content_type in _IMAGE_MAGIC.items():
        if data.startswith(magic):
            return content_type
    raise Refused("请选 JPG 或 PNG 照片。")
