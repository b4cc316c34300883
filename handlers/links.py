"""Signed links to the one page (修改, 看详情, 签到): one visit, one person, 24 hours (DECISIONS 16)."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from itsdangerous import BadSignature, Signer, URLSafeSerializer

LINK_LIFE = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class LinkTarget:
    """What a valid link opens."""

    visit_id: str
    person_id: str


class LinkRefused(Exception):
    """The link is forged, damaged or older than 24 hours."""


class LinkExpired(LinkRefused):
    """The link is ours but older than 24 hours; `target` is what it opened. Good only for asking for a new one."""

    def __init__(self, target: LinkTarget) -> None:
        super().__init__()
        self.target = target


class Links:
    """Makes and reads links, and seals receipts. A link's token is a bearer secret: it is never logged."""

    def __init__(self, public_url: str, secret: str) -> None:
        self._base = public_url.rstrip("/")
        self._seal = Signer(secret, salt="waiqin.receipt", digest_method=hashlib.sha256)
        self._signer = URLSafeSerializer(secret, salt="waiqin.visit-link")

    def visit(self, visit_id: str, person_id: str, now: datetime, *, edit: bool = False) -> str:
        """Return the address of a visit's page for one person. The hour is rounded so that cards stay the same."""
        until = (now + LINK_LIFE).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        token = self._signer.dumps([visit_id, person_id, int(until.timestamp())])
        return f"{self._base}/v/{token}" + ("/edit" if edit else "")

    def open(self, token: str, now: datetime) -> LinkTarget:
        """Return what a link opens. Raises `LinkExpired` or `LinkRefused`."""
        try:
            visit_id, person_id, until = self._signer.loads(token)
        except (BadSignature, ValueError, TypeError) as error:
            raise LinkRefused from error
        target = LinkTarget(str(visit_id), str(person_id))
        if now.timestamp() > until:
            raise LinkExpired(target)
        return target

    def seal(self, words: str) -> str:
        """Return eight letters and digits that only this deployment can make for these words."""
        signature = self._seal.get_signature(words)
        return base64.b32encode(hashlib.sha256(signature).digest()).decode()[:8]
