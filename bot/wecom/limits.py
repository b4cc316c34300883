"""Limits of WeCom and our own bounds at this edge, each with its unit in the name.

Platform limits come from developer.work.weixin.qq.com, documents 90236 (message/send), 90231 (menu) and 90253/90254
(media), read 2026-08. "字" limits are recommendations for display; byte limits and list lengths are enforced.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

# --- message/send ------------------------------------------------------------------------------------------------

TEXT_BYTES = 2048
RECEIVERS = 1000
DUPLICATE_CHECK_S = 600
DUPLICATE_CHECK_MAX_S = 4 * 3600

# --- template_card: enforced -------------------------------------------------------------------------------------

TASK_ID_BYTES = 128
KEY_BYTES = 1024
OPTION_ID_BYTES = 128
URL_BYTES = 2048
ROWS = 6
BUTTONS = 6
OPTIONS = 10
MENU_ENTRIES = 3
JUMPS = 3
VERTICAL_ROWS = 4
VOTE_OPTIONS = 20
SELECTS = 3

# --- template_card: recommended, in characters -------------------------------------------------------------------

SOURCE_CHARS = 20
TITLE_CHARS = 36
DESC_CHARS = 44
SUB_TITLE_CHARS = 160
ROW_KEY_CHARS = 5
ROW_VALUE_CHARS = 30
BUTTON_CHARS = 10
OPTION_CHARS = 16
VOTE_OPTION_CHARS = 17

#: Our own bound, for no page names one: the title stands beside its drop-down on one line.
SELECTION_TITLE_CHARS = 13

# --- menu --------------------------------------------------------------------------------------------------------

MENU_TOP_BUTTONS = 3
MENU_SUB_BUTTONS = 5
MENU_TOP_NAME_BYTES = 16
MENU_SUB_NAME_BYTES = 40
MENU_KEY_BYTES = 128
MENU_URL_BYTES = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackLimits:
    """Bounds on what the callback accepts.

    A real delivery is a few KB; `replay_window_s` is the allowed distance of its timestamp from our clock in both
    directions (DECISIONS: ten minutes, wide enough for the platform's retries and for clock skew).
    """

    body_bytes: int = 256 * 1024
    read_timeout_s: float = 3.0
    replay_window_s: float = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientLimits:
    """Bounds on our own calls. `part_bytes` is a multiple of 16, else the platform answers 40146 (document 90254)."""

    connect_timeout_s: float = 5.0
    call_timeout_s: float = 10.0
    read_timeout_s: float = 20.0
    media_timeout_s: float = 120.0
    media_bytes: int = 32 * 1024 * 1024
    part_bytes: int = 4 * 1024 * 1024
    fruitless_attempts: int = 3

    def at_pace(self, shortened: Callable[[float], float]) -> ClientLimits:
        """Return the limits with every time limit shortened."""
        return replace(
            self,
            connect_timeout_s=shortened(self.connect_timeout_s),
            call_timeout_s=shortened(self.call_timeout_s),
            read_timeout_s=shortened(self.read_timeout_s),
            media_timeout_s=shortened(self.media_timeout_s),
        )

    def __post_init__(self) -> None:
        if self.part_bytes <= 0 or self.part_bytes % 16:
            raise ValueError("part_bytes must be a positive multiple of 16")
