"""Small stand-ins for the ports that delivery and schedule use."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from handlers.messages import Outbound, OutboundCard, OutboundText
from handlers.ports import Fetched, Sent

START = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)


class StoppedClock:
    """A clock that moves only when told to."""

    def __init__(self, at: datetime = START) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    async def sleep_until(self, at: datetime) -> None:
        self.at = max(self.at, at)

    def forward(self, **delta: float) -> None:
        self.at += timedelta(**delta)


class RecordingMessenger:
    """Remembers what it was asked to send; `answer` decides what the platform says."""

    channel = "wecom"

    def __init__(self) -> None:
        self.sent: list[dict[str, object]] = []
        self.updates: list[dict[str, object]] = []
        self.answer: Callable[[], Sent] = lambda: Sent(message_id="m", update_code=f"code{len(self.sent)}")

    def render(self, recipient_id: str, outbound: Outbound) -> dict[str, object]:
        if isinstance(outbound, OutboundText):
            return {"to": recipient_id, "text": outbound.text}
        return {"to": recipient_id, "card": outbound.card.card_id, "title": outbound.card.title}

    def render_update(self, recipient_id: str, outbound: Outbound, update_code: str) -> dict[str, object]:
        assert isinstance(outbound, OutboundCard)
        return {"to": recipient_id, "title": outbound.card.title, "code": update_code}

    async def send(self, body: dict[str, object]) -> Sent:
        answer = self.answer()
        self.sent.append(body)
        return answer

    async def update_card(self, body: dict[str, object]) -> Sent:
        answer = self.answer()
        self.updates.append(body)
        return answer

    async def fetch_media(self, media_ref: str) -> Fetched:
        return Fetched(media_ref.encode())
