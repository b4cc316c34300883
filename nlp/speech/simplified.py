"""Traditional to Simplified Chinese: characters only (著 becomes 着, but stays in 著名), never other wording.

Whisper writes either; people here read Simplified.
"""

from __future__ import annotations

from functools import cache

import opencc


@cache
def _converter() -> opencc.OpenCC:
    return opencc.OpenCC("tw2s")


def to_simplified(text: str) -> str:
    """Return the text in Simplified Chinese and otherwise as it is (no regional wording is replaced)."""
    converted: str = _converter().convert(text)
    return converted
