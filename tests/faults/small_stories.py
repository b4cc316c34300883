"""Short stories, each of which comes to the place that one safeguard guards."""

from __future__ import annotations

from typing import Any

from bot.torture.plan import Act, Story, Trouble, note

WHO = "hanmei"
NOTE = note(WHO, 1, "价格偏高", "下周五")
_EVENING = 2

#: Something in a small story: (virtual seconds, what, given). A leading `!` marks trouble.
Event = tuple[float, str, dict[str, Any]]
_TEXT: Event = (1, "text", {"words": NOTE})
_CONFIRM: Event = (240, "tap", {"verb": "confirm", "times": 1})

EVENTS: dict[str, list[Event]] = {
    "commit_before_answer": [_TEXT, (60, "look", {})],
    "spool": [
        (0, "!database_away", {"for_s": 180}),
        (10, "text", {"words": NOTE}),
        (140, "!kill", {"process": 0, "down_s": 50}),
    ],
    "natural_key": [_TEXT],
    "identity": [(0, "!redeliver", {"times": 3}), _TEXT],
    "event_identity": [_TEXT, (235, "!redeliver", {"times": 3}), _CONFIRM],
    "version_check": [
        _TEXT,
        (120, "look", {}),
        (125, "correct", {"words": "跟进改成3月24日"}),
        (200, "old_card", {}),
    ],
    "whole_files": [(1, "photo", {"bytes": 1})],
    "push_key": [_TEXT, (100, "look", {})],
    "tell_later": [(0, "!platform_down", {"for_s": 240}), (10, "text", {"words": NOTE})],
    "person_limit": [(1, "many", {})],
    "replay_window": [(1, "text", {"words": "好的"}), (20, "!stale", {})],
    "order": [
        _TEXT,
        (119, "!reorder", {"times": 1}),
        (120, "correct", {"words": "跟进改成3月24日"}),
        (130, "correct", {"words": "跟进改成3月25日"}),
    ],
    "same_bytes": [(0, "!lost_answer", {"where": "message/send", "times": 1}), _TEXT],
    "voice_once": [(1, "voice", {"words": NOTE, "bytes": 7})],
}
#: Where the first process dies, for safeguards that only a crash at the wrong moment needs.
POINTS = {
    "commit_before_answer": "accept:before",
    "natural_key": "take_in:after",
    "push_key": "evening_summary:after",
    "voice_once": "draft:after",
}


#: Stories in which more must happen within a virtual minute than a machine does in a real second.
SLOWER = {"person_limit": 5.0}


def small_story(safeguard: str, number: int) -> Story:
    """Return the story of a safeguard."""
    told = list(enumerate(EVENTS[safeguard], 1))
    # The evening's summary is about what was there before: in its story one looks at the phone in the evening.
    scenes = {n: _EVENING if (safeguard, what) == ("push_key", "look") else 0 for n, (_, what, _) in told}
    acts = [Act(n, scenes[n], at, WHO, what, given) for n, (at, what, given) in told if not what.startswith("!")]
    troubles = [Trouble(n, scenes[n], at, what[1:], given) for n, (at, what, given) in told if what.startswith("!")]
    return Story(number, tuple(acts), tuple(troubles))


def order_for(safeguard: str, *, removed: bool) -> str:
    """Return the `without` of an order: the safeguard (or none), and where to die."""
    point = POINTS.get(safeguard, "")
    return (safeguard if removed else "") + (f"@{point}" if point else "")
