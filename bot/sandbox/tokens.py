"""Access tokens and OAuth codes: given out, expiring with the sandbox clock, revocable."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from bot.sandbox.clock import SandboxClock
from bot.sandbox.company import Company, PlatformRules
from bot.sandbox.errcodes import ApiError


@dataclass(slots=True)
class _OAuthCode:
    userid: str
    expires_at: datetime
    used: bool = False


class Tokens:
    """The one app's access tokens. Wrong secrets first get 40001, then block everybody for an hour with 45009."""

    def __init__(self, company: Company, rules: PlatformRules, clock: SandboxClock) -> None:
        self.issued = 0
        self._company = company
        self._rules = rules
        self._clock = clock
        self._living: dict[str, datetime] = {}
        self._newest = ""
        self._wrong = 0
        self._blocked_until: datetime | None = None

    def issue(self, corpid: str, secret: str) -> str:
        """Answer gettoken. Raises 40013, 40001, and 45009 while the address is blocked."""
        now = self._clock.now()
        if self._blocked_until is not None and now < self._blocked_until:
            raise ApiError(45009, "too many wrong secrets from this ip")
        if corpid != self._company.corpid:
            raise ApiError(40013)
        if not secrets.compare_digest(secret.encode(), self._company.secret.encode()):
            raise self._refuse_secret(now)
        self._wrong = 0
        if self._rules.same_token_while_valid and self._living.get(self._newest, now) > now:
            return self._newest
        self._newest = secrets.token_urlsafe(96)
        self._living[self._newest] = now + self._rules.token_life
        self.issued += 1
        return self._newest

    def expires_in(self, token: str) -> int:
        """Return the seconds that the token still lives."""
        return max(0, round((self._living[token] - self._clock.now()).total_seconds()))

    def check(self, token: str) -> None:
        """Raise 41001 (none), 40014 (unknown or revoked) or 42001 (expired)."""
        if not token:
            raise ApiError(41001)
        if token not in self._living:
            raise ApiError(40014)
        if self._living[token] <= self._clock.now():
            raise ApiError(42001)

    def revoke_all(self) -> None:
        """Let every token die early, as the platform may at any time."""
        self._living.clear()
        self._newest = ""

    def _refuse_secret(self, now: datetime) -> ApiError:
        self._wrong += 1
        if self._wrong >= self._rules.bad_secret_limit:
            self._wrong = 0
            self._blocked_until = now + self._rules.bad_secret_block
        return ApiError(40001)


class OAuthCodes:
    """Codes of the silent page login: one use, five minutes."""

    def __init__(self, rules: PlatformRules, clock: SandboxClock) -> None:
        self._rules = rules
        self._clock = clock
        self._codes: dict[str, _OAuthCode] = {}

    def issue(self, userid: str) -> str:
        code = secrets.token_urlsafe(32)
        self._codes[code] = _OAuthCode(userid, self._clock.now() + self._rules.oauth_code_life)
        return code

    def redeem(self, code: str) -> str:
        """Return the userid. Raises 40029 (unknown), 42022 (used) or 42003 (expired)."""
        known = self._codes.get(code)
        if known is None:
            raise ApiError(40029)
        if known.used:
            raise ApiError(42022)
        if known.expires_at <= self._clock.now():
            raise ApiError(42003)
        known.used = True
        return known.userid
