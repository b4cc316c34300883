"""The access token of one app: fetched on demand, shared, refreshed once when the platform refuses it.

Rules: document 91039 (tokens, early invalidation) and 90313 (a wrong secret, asked repeatedly, blocks the IP for an
hour). No I/O here: `fetch` brings a token, `attempt` uses one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from bot.wecom.errors import BAD_SECRET, TokenRefused
from handlers.errors import PermanentError
from handlers.ports import Clock

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Grant:
    """A token as `gettoken` gives it; `expires_in_s` is 7200 on the real platform."""

    token: str = field(repr=False)
    expires_in_s: float


class TokenKeeper:
    """Keeps the token of one (corpid, secret). Parallel callers wait for one fetch.

    A token is renewed `margin_s` before it expires (or halfway, if it lives shorter). After the platform has called
    the secret wrong, nothing is fetched for `pause_s`; callers get the same `PermanentError` meanwhile.
    """

    def __init__(
        self,
        fetch: Callable[[], Awaitable[Grant]],
        clock: Clock,
        *,
        margin_s: float = 300.0,
        pause_s: float = 600.0,
    ) -> None:
        self._fetch = fetch
        self._clock = clock
        self._margin_s = margin_s
        self._pause = timedelta(seconds=pause_s)
        self._lock = asyncio.Lock()
        self._token = ""
        self._renew_at: datetime | None = None
        self._stopped: tuple[datetime, PermanentError] | None = None

    def __repr__(self) -> str:
        return "TokenKeeper(***)"

    async def use(self, attempt: Callable[[str], Awaitable[T]]) -> T:
        """Run `attempt` with a token; if it raises `TokenRefused`, once more with a new one."""
        token = await self.token()
        try:
            return await attempt(token)
        except TokenRefused:
            return await attempt(await self.renew(token))

    async def token(self) -> str:
        """Return a token that is valid as far as we know."""
        async with self._lock:
            if self._renew_at is None or self._clock.now() >= self._renew_at:
                await self._fetch_token()
            return self._token

    async def renew(self, refused: str) -> str:
        """Return another token than `refused`, fetching only if nobody has done so meanwhile."""
        async with self._lock:
            if self._token == refused:
                await self._fetch_token()
            return self._token

    async def _fetch_token(self) -> None:
        self._raise_if_stopped()
        self._renew_at = None
        try:
            grant = await self._fetch()
        except PermanentError as exc:
            if exc.code in BAD_SECRET:
                self._stopped = (self._clock.now() + self._pause, exc)
            raise
        lifetime_s = max(grant.expires_in_s - self._margin_s, grant.expires_in_s / 2)
        self._token = grant.token
        self._renew_at = self._clock.now() + timedelta(seconds=lifetime_s)

    def _raise_if_stopped(self) -> None:
        if self._stopped is None:
            return
        until, error = self._stopped
        if self._clock.now() < until:
            raise PermanentError(str(error), code=error.code)
        self._stopped = None
