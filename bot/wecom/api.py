"""Calls to WeCom's HTTP API: one shared session, a token on each call, answers read by error code, never by `errmsg`.

Nothing raised here holds a URL, for the token and the secret are in its query; hence `from None`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import aiohttp

from bot.wecom.card_schema import encode_body
from bot.wecom.errors import error_of
from bot.wecom.limits import ClientLimits
from bot.wecom.tokens import Grant, TokenKeeper
from handlers.errors import PermanentError, RetryableError
from handlers.ports import Clock

BASE_URL = "https://qyapi.weixin.qq.com"

Answer = dict[str, Any]


class Api:
    """The API as one app (corpid and secret) sees it. Does not own the session. Never prints its secrets.

    Errors of every call: `RetryableError` (no answer, busy, too frequent) and `PermanentError`.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        *,
        corp_id: str,
        secret: str,
        clock: Clock,
        base_url: str = BASE_URL,
        limits: ClientLimits | None = None,
    ) -> None:
        self.session = session
        self.base_url = base_url.rstrip("/")
        self.limits = limits or ClientLimits()
        self.tokens = TokenKeeper(self._get_token, clock)
        self._corp_id = corp_id
        self._secret = secret

    def __repr__(self) -> str:
        return f"Api({self.base_url!r}, ***)"

    async def get(self, path: str, **params: str) -> Answer:
        """Call a GET method such as `/cgi-bin/agent/get`."""
        return await self.tokens.use(lambda token: self._ask("GET", path, {"access_token": token, **params}))

    async def post(self, path: str, body: Mapping[str, Any], **params: str) -> Answer:
        """Call a POST method with a JSON body; equal bodies give equal bytes."""
        data = encode_body(body)
        return await self.tokens.use(lambda token: self._ask("POST", path, {"access_token": token, **params}, data))

    async def _get_token(self) -> Grant:
        query = {"corpid": self._corp_id, "corpsecret": self._secret}
        answer = await self._ask("GET", "/cgi-bin/gettoken", query)
        token = answer.get("access_token")
        if not isinstance(token, str) or not token:
            raise RetryableError("wecom /cgi-bin/gettoken: no token in the answer")
        return Grant(token, float(answer.get("expires_in", 7200)))

    async def _ask(self, method: str, path: str, params: Mapping[str, str], data: bytes | None = None) -> Answer:
        headers = {"Content-Type": "application/json; charset=utf-8"} if data is not None else {}
        timeout = aiohttp.ClientTimeout(total=self.limits.call_timeout_s, sock_connect=self.limits.connect_timeout_s)
        try:
            async with self.session.request(
                method,
                self.base_url + path,
                params=params,
                data=data,
                headers=headers,
                timeout=timeout,
                allow_redirects=False,
            ) as response:
                return read_answer(path, response.status, await response.read())
        except (aiohttp.ClientError, TimeoutError) as exc:
            raise no_answer(path, exc) from None


def read_answer(path: str, status: int, data: bytes) -> Answer:
    """Read a JSON answer. Raises what its error code, or for lack of one its HTTP status, means."""
    answer = parse_answer(data)
    if answer is None:
        raise status_error(path, status)
    code = answer.get("errcode", 0)
    if code:
        raise error_of(code if isinstance(code, int) else 0, path)
    if status >= 400:
        raise status_error(path, status)
    return answer


def parse_answer(data: bytes) -> Answer | None:
    """Return the JSON object in `data`, or None if it is something else (a gateway's HTML page)."""
    try:
        answer = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return answer if isinstance(answer, dict) else None


def status_error(path: str, status: int) -> RetryableError | PermanentError:
    """Return the error for an answer without an error code: a 4xx stays, all else is worth another try."""
    message = f"wecom {path}: HTTP {status} without an error code"
    if 400 <= status < 500 and status not in (408, 425, 429):
        return PermanentError(message, code=f"http_{status}")
    return RetryableError(message)


def no_answer(path: str, exc: Exception) -> RetryableError:
    """Return the error for a call that got no (whole) answer; only the exception's type is told."""
    return RetryableError(f"wecom {path}: no answer ({type(exc).__name__})")


def file_name(content_disposition: str) -> str:
    """Return the last part of the name in a Content-Disposition header, empty if there is none."""
    match = re.search(r"filename\*?=\s*(?:UTF-8'')?\"?([^\";]+)", content_disposition, re.IGNORECASE)
    return re.split(r"[/\\]", match.group(1).strip())[-1] if match else ""
