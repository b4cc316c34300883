"""The platform's server API over HTTP: `/cgi-bin/…`, with the faults that are switched on."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from aiohttp import web

from bot.sandbox.errcodes import ApiError

if TYPE_CHECKING:
    from bot.sandbox.wecom import WeComStandIn

Call = Callable[["WeComStandIn", web.Request], Awaitable[web.StreamResponse]]
_ESCAPED = re.compile(rb"\\u00[89a-fA-F][0-9a-fA-F]|\\u(?!00)[0-9a-fA-F]{4}")
#: Whom a call is about, for the traffic log.
_WHO = web.RequestKey("who", str)
_MENU_LIMITS = {"top": (3, 16), "sub": (5, 40)}


def add_api(app: web.Application, standin: WeComStandIn) -> None:
    """Add the API's routes. A wrong method answers 40035, an unknown path 404."""
    calls: dict[str, tuple[str, Call, bool]] = {
        "gettoken": ("GET", _gettoken, False),
        "message/send": ("POST", _send, True),
        "message/update_template_card": ("POST", _update_card, True),
        "message/recall": ("POST", _recall, True),
        "media/upload": ("POST", _media_upload, True),
        "media/get": ("GET", _media_get, True),
        "menu/create": ("POST", _menu_create, True),
        "menu/get": ("GET", _menu_get, True),
        "agent/get": ("GET", _agent_get, True),
        "agent/set": ("POST", _agent_set, True),
        "user/get": ("GET", _user_get, True),
        "getcallbackip": ("GET", _callback_addresses, True),
        "auth/getuserinfo": ("GET", _user_info, True),
    }
    for name, (method, call, needs_token) in calls.items():
        app.router.add_route("*", f"/cgi-bin/{name}", _guarded(standin, name, method, call, needs_token))


def _guarded(
    standin: WeComStandIn, name: str, method: str, call: Call, needs_token: bool
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """Wrap a call: faults before, token check, error answers, the traffic log, a lost response after."""

    async def answer(request: web.Request) -> tuple[int, web.StreamResponse]:
        try:
            if request.method != method:
                raise ApiError(40035, f"{method} required")
            _strike(standin, name)
            if needs_token:
                standin.tokens.check(request.query.get("access_token", ""))
            return 0, await call(standin, request)
        except ApiError as error:
            return error.code, web.json_response(error.answer())

    async def handle(request: web.Request) -> web.StreamResponse:
        started, faults = time.monotonic(), standin.faults
        number, at = standin.traffic.begin(), standin.clock.now()
        if faults.strikes("delay", name):
            await asyncio.sleep(faults.delay_s)
        if faults.strikes("platform_down", name):
            return _cut(request)
        code, response = await answer(request)
        standin.traffic.record(
            number=number,
            at=at,
            direction="call",
            what=name,
            who=request.get(_WHO, ""),
            size=request.content_length or 0,
            code=code,
            ok=code == 0,
            took_ms=round((time.monotonic() - started) * 1000),
        )
        if faults.strikes("late_response", name):
            await asyncio.sleep(faults.late_s)
        return _cut(request) if faults.strikes("drop_response", name) else response

    return handle


def _strike(standin: WeComStandIn, name: str) -> None:
    if standin.faults.strikes("revoke_token", name):
        standin.tokens.revoke_all()
    if standin.faults.strikes("expired_token", name):
        raise ApiError(42001)
    if standin.faults.strikes("spent_code", name):
        raise ApiError(60140)
    if standin.faults.strikes("system_busy", name):
        raise ApiError(-1)
    if standin.faults.strikes("throttle", name):
        raise ApiError(45009)


def _cut(request: web.Request) -> web.Response:
    """Close the connection so that the caller sees no answer."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=502)


async def _json_body(request: web.Request) -> dict[str, Any]:
    raw = await request.read()
    if _ESCAPED.search(raw):
        raise ApiError(40033)
    try:
        body = json.loads(raw)
    except ValueError:
        raise ApiError(40035, "Warning: wrong json format.") from None
    if not isinstance(body, dict):
        raise ApiError(40035, "Warning: wrong json format.")
    return body


def _ok(**fields: Any) -> web.Response:
    return web.json_response({"errcode": 0, "errmsg": "ok", **fields})


async def _gettoken(standin: WeComStandIn, request: web.Request) -> web.Response:
    token = standin.tokens.issue(request.query.get("corpid", ""), request.query.get("corpsecret", ""))
    return _ok(access_token=token, expires_in=standin.tokens.expires_in(token))


async def _send(standin: WeComStandIn, request: web.Request) -> web.Response:
    body = await _json_body(request)
    request[_WHO] = str(body.get("touser", ""))
    return web.json_response(standin.postbox.send(body, callback_known=bool(standin.callbacks.url)))


async def _update_card(standin: WeComStandIn, request: web.Request) -> web.Response:
    return web.json_response(standin.postbox.update_card(await _json_body(request)))


async def _recall(standin: WeComStandIn, request: web.Request) -> web.Response:
    standin.postbox.recall(str((await _json_body(request)).get("msgid", "")))
    return _ok()


async def _media_upload(standin: WeComStandIn, request: web.Request) -> web.Response:
    kind = request.query.get("type", "")
    form = await request.post() if request.content_type.startswith("multipart/") else {}
    part = form.get("media")
    if not isinstance(part, web.FileField):
        raise ApiError(44001)
    media_id = standin.shelf.upload(kind, part.file.read(), part.content_type, part.filename)
    return _ok(type=kind, media_id=media_id, created_at=str(int(standin.clock.now().timestamp())))


async def _media_get(standin: WeComStandIn, request: web.Request) -> web.Response:
    medium = standin.shelf.get(request.query.get("media_id", ""))
    if standin.faults.strikes("media_gone", "media/get"):
        raise ApiError(40007)
    range_header = request.headers.get("Range", "")
    part = standin.shelf.read(medium, range_header)
    headers = {
        "Content-Type": medium.content_type or "application/octet-stream",
        "Content-Disposition": f'attachment; filename="{medium.filename}"',
    }
    if range_header:
        headers["Content-Range"] = f"bytes {part.first}-{part.last}/{part.size}"
    return web.Response(body=part.data, status=206 if range_header else 200, headers=headers)


async def _menu_create(standin: WeComStandIn, request: web.Request) -> web.Response:
    buttons = (await _json_body(request)).get("button")
    standin.set_menu(_checked_buttons(buttons, "top"))
    return _ok()


def _checked_buttons(buttons: Any, level: str) -> list[dict[str, Any]]:
    """Return the buttons of a menu if counts and byte limits are kept (§2.5)."""
    most, name_bytes = _MENU_LIMITS[level]
    if not isinstance(buttons, list) or not 1 <= len(buttons) <= most:
        raise ApiError(40016)
    for button in buttons:
        if not 0 < len(str(button.get("name", "")).encode()) <= name_bytes:
            raise ApiError(40018)
        if len(str(button.get("key", "")).encode()) > 128:
            raise ApiError(40019)
        if len(str(button.get("url", "")).encode()) > 1024:
            raise ApiError(40020)
        if level == "top" and button.get("sub_button"):
            _checked_buttons(button["sub_button"], "sub")
    return buttons


async def _menu_get(standin: WeComStandIn, _request: web.Request) -> web.Response:
    return _ok(button=standin.menu)


async def _agent_get(standin: WeComStandIn, request: web.Request) -> web.Response:
    if request.query.get("agentid") != str(standin.company.agentid):
        raise ApiError(301002)
    visible = [{"userid": p.userid} for p in standin.company.people if standin.company.can_receive(p.userid)]
    return _ok(
        agentid=standin.company.agentid,
        name=standin.company.app_name,
        allow_userinfos={"user": visible},
        close=0,
        **standin.agent_settings,
    )


async def _agent_set(standin: WeComStandIn, request: web.Request) -> web.Response:
    body = await _json_body(request)
    if body.get("agentid") != standin.company.agentid:
        raise ApiError(301002)
    standin.agent_settings.update({k: v for k, v in body.items() if k in standin.agent_settings})
    return _ok()


async def _user_get(standin: WeComStandIn, request: web.Request) -> web.Response:
    person = standin.company.person(request.query.get("userid", ""))
    if person is None:
        raise ApiError(60111)
    if standin.company.can_receive(person.userid) is None:
        raise ApiError(60011)
    leader = standin.company.leader_of(person)
    seen = leader is not None and standin.company.can_receive(leader.userid) is not None
    return _ok(
        userid=person.userid,
        name=person.name,
        department=[1],
        main_department=1,
        position=person.role,
        status=1,
        is_leader_in_dept=[0 if person.role == "rep" else 1],
        direct_leader=[leader.userid] if leader is not None and seen else [],
    )


async def _callback_addresses(standin: WeComStandIn, _request: web.Request) -> web.Response:
    return _ok(ip_list=["127.0.0.1"])


async def _user_info(standin: WeComStandIn, request: web.Request) -> web.Response:
    return _ok(userid=standin.oauth_codes.redeem(request.query.get("code", "")))
