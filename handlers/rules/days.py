"""Calendar days of the people who use this: Asia/Shanghai, whatever zone a time is kept in."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


def day_of(at: datetime) -> date:
    """Return the Asia/Shanghai day of an aware time. Raises `ValueError` on a naive one."""
    if at.tzinfo is None:
        raise ValueError("a naive time has no day")
    return at.astimezone(SHANGHAI).date()
