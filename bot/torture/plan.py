"""From a number to a story: what virtual reps do on a day, and what goes wrong. Pure; the same number, the same story.

Times are virtual seconds since the scene began. A story is a day of three scenes (morning, afternoon, evening) between
which the clock jumps; a story can lose any of its acts and faults and is a story still (that is how it is shrunk).
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

SCENES = ("上午 10:00", "下午 14:00", "傍晚 18:29")
#: Virtual seconds of acting in a scene.
SCENE_S = 75.0
REPS = ("xujiahao", "linyue", "hanmei")
#: Each rep's customers whose short names leave no doubt: (id, short name, contact).
CUSTOMERS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "xujiahao": (("D002", "龙城", "彭建平"), ("D006", "鼎汇", "唐志强"), ("D009", "锐科", "冯磊")),
    "linyue": (("D005", "朗明", "顾伟"), ("D010", "海澜", "俞波"), ("D007", "博恒", "孙立")),
    "hanmei": (("D011", "兴联", "叶志明"), ("D013", "云启", "郑凯"), ("D014", "明河", "梁婉")),
}
_OBSTACLES = ("节拍不够", "价格偏高", "交期太长", "法务还在看合同")


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that a rep does. `n` names it in ledger and verdict."""

    n: int
    scene: int
    at: float
    who: str
    do: str
    given: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that goes wrong."""

    n: int
    scene: int
    at: float
    what: str
    given: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Story:
    """A day: its acts and its troubles, each in order of time."""

    seed: int
    acts: tuple[Act, ...]
    troubles: tuple[Trouble, ...]

    @property
    def size(self) -> int:
        """How many events it has."""
        return len(self.acts) + len(self.troubles)

    def only(self, numbers: set[int]) -> Story:
        """Return the story with these events alone."""
        acts = tuple(a for a in self.acts if a.n in numbers)
        return replace(self, acts=acts, troubles=tuple(t for t in self.troubles if t.n in numbers))

    def to_json(self) -> str:
        """Return the story as a file that `from_json` reads."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1)

    @staticmethod
    def from_json(text: str) -> Story:
        """Read a story. Raises `ValueError` on anything else."""
        try:
            told = json.loads(text)
            acts = tuple(Act(**act) for act in told["acts"])
            return Story(int(told["seed"]), acts, tuple(Trouble(**trouble) for trouble in told["troubles"]))
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a story: {error}") from error

    def lines(self) -> list[str]:
        """Return the story as a person reads it, in order of time."""
        events: list[tuple[int, float, str]] = []
        events += [(a.scene, a.at, f"{a.who} {a.do} {_told(a.given)}") for a in self.acts]
        events += [(t.scene, t.at, f"*** {t.what} {_told(t.given)}") for t in self.troubles]
        return [f"{SCENES[scene]} +{at:5.1f}s  {what}".rstrip() for scene, at, what in sorted(events)]


def _told(given: Mapping[str, Any]) -> str:
    return " ".join(f"{name}={value}" for name, value in given.items())


def plan(seed: int, *, processes: int = 1) -> Story:
    """Return the story of a number. `processes` is how many servers and workers can be killed."""
    chance = random.Random(seed)
    acts = [act for who in REPS for act in _day_of(who, chance)]
    troubles = _troubles(chance, processes)
    numbered = [replace(act, n=n) for n, act in enumerate(sorted(acts, key=lambda a: (a.scene, a.at)), 1)]
    first = len(numbered) + 1
    wrong = [replace(t, n=n) for n, t in enumerate(sorted(troubles, key=lambda t: (t.scene, t.at)), first)]
    return Story(seed, tuple(numbered), tuple(wrong))


# --- what reps do ------------------------------------------------------------------------------------------------


def _day_of(who: str, chance: random.Random) -> list[Act]:
    """A rep sees one customer a scene: a note first, then things that follow from it, in random order and number."""
    acts = []
    for scene in range(len(SCENES)):
        doings = [_opening(who, scene, chance), *(_doing(chance) for _ in range(chance.randint(2, 5)))]
        doings.append(("tap", {"verb": "confirm", "times": chance.choice((1, 1, 2, 10))}))
        times = sorted(chance.uniform(0, SCENE_S) for _ in doings)
        acts += [Act(0, scene, round(at, 1), who, do, given) for at, (do, given) in zip(times, doings, strict=True)]
    return acts


def _opening(who: str, scene: int, chance: random.Random) -> tuple[str, dict[str, Any]]:
    given = {"words": note(who, scene, chance.choice(_OBSTACLES), chance.choice(("下周五", "3月20日", "下周三")))}
    if chance.random() < 0.4:
        return "voice", {**given, "bytes": chance.randrange(10**6)}
    return "text", given


def note(who: str, customer: int, obstacle: str, followup: str) -> str:
    """Return what a rep says after a visit, with nothing left open."""
    _, name, contact = CUSTOMERS[who][customer]
    return f"刚从{name}出来，{contact}说方案看完了，{obstacle}，{followup}带新版过去"


def _doing(chance: random.Random) -> tuple[str, dict[str, Any]]:
    kinds: dict[str, float] = {
        "correct": 3,
        "photo": 2,
        "photos": 0.7,
        "location": 0.7,
        "repeat": 1.5,
        "words": 1.5,
        "tap": 1.5,
        "stranger_taps": 1,
        "old_card": 1,
        "forged_tap": 0.5,
        "menu": 1,
        "open": 0.5,
        "many": 0.3,
        "voice": 0.5,
    }
    do = chance.choices(list(kinds), list(kinds.values()))[0]
    return do, _given(do, chance)


def _given(do: str, chance: random.Random) -> dict[str, Any]:
    match do:
        case "correct":
            return {"words": f"跟进改成3月{chance.randint(16, 31)}日"}
        case "photo" | "photos":
            return {"bytes": chance.randrange(10**6)}
        case "location":
            return {"lat": round(31.2 + chance.random() / 10, 5), "lon": round(120.7 + chance.random() / 10, 5)}
        case "repeat":
            return {"words": chance.choice(("好的", "收到", "谢谢"))}
        case "words":
            return {"words": chance.choice(("撤销", "确认", "草稿", "帮助", "不是拜访", "恢复"))}
        case "tap":
            return {"verb": chance.choice(("confirm", "void", "undo", "restore")), "times": chance.choice((1, 2))}
        case "menu":
            return {"key": chance.choice(("MENU_DRAFTS", "MENU_UNDO", "MENU_HELP"))}
        case "stranger_taps":
            return {"other": chance.randrange(2)}
        case "voice":
            words = f"跟进改成3月{chance.randint(16, 31)}日"
            return {"words": words, "bytes": chance.randrange(10**6)}
        case _:
            return {}


# --- what goes wrong ---------------------------------------------------------------------------------------------

_SEND, _UPDATE, _MEDIA = "message/send", "message/update_template_card", "media/get"
#: Kinds of trouble with how often they are chosen. Lengths are virtual seconds.
_KINDS: dict[str, float] = {
    "kill": 3,
    "kill_starting": 1.5,
    "platform_down": 1.5,
    "database_away": 1,
    "disk_full": 1,
    "skew": 1,
    "jump": 1,
    "redeliver": 2,
    "reorder": 1.5,
    "lost_answer": 3,
    "late_answer": 1,
    "busy": 1.5,
    "throttle": 1.5,
    "token_revoked": 1.5,
    "token_expired": 1,
    "media_gone": 0.7,
    "slow_callback": 1,
    "half_closed": 1,
    "wrong_signature": 0.5,
    "wrong_corp": 0.5,
    "replay": 1,
    "stale": 0.5,
    "big_body": 0.5,
    "xml_bomb": 0.5,
}


def _troubles(chance: random.Random, processes: int) -> list[Trouble]:
    kinds = ["kill", *chance.choices(list(_KINDS), list(_KINDS.values()), k=chance.randint(6, 11))]
    return [
        Trouble(
            0,
            chance.randrange(len(SCENES)),
            round(chance.uniform(0, SCENE_S), 1),
            what,
            _trouble_given(what, chance, processes),
        )
        for what in kinds
    ]


def _trouble_given(what: str, chance: random.Random, processes: int) -> dict[str, Any]:
    where = chance.choice((_SEND, _SEND, _UPDATE, _MEDIA))
    match what:
        case "kill":
            return {"process": chance.randrange(processes), "down_s": round(chance.uniform(0, 40), 1)}
        case "kill_starting":
            after = round(chance.uniform(0.0, 0.9), 3)
            return {"process": chance.randrange(processes), "after_real_s": after, "times": chance.randint(1, 2)}
        case "platform_down":
            return {"for_s": round(chance.uniform(20, 180), 1)}
        case "database_away":
            return {"for_s": round(chance.uniform(30, 120), 1)}
        case "disk_full":
            return {"process": chance.randrange(processes), "for_s": round(chance.uniform(10, 90), 1)}
        case "skew":
            return {"by_s": chance.choice((-7200, -480, -60, 60, 480, 7200)), "for_s": round(chance.uniform(20, 90), 1)}
        case "jump":
            return {"by_s": chance.choice((60, 240, 480))}
        case "redeliver":
            return {"times": chance.choice((1, 3, 3))}
        case "reorder":
            return {"times": chance.choice((1, 2))}
        case "lost_answer" | "late_answer" | "busy" | "throttle":
            return {"where": where, "times": chance.choice((1, 1, 2, 4))}
        case "token_revoked" | "token_expired":
            return {"times": chance.choice((1, 2))}
        case "media_gone":
            return {"times": 1}
        case _:
            return {}
