"""Faults that the stand-in can play: by probability from a seed, or a given number of times."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass
from typing import Literal, get_args

Fault = Literal[
    "redeliver",  # a callback that was answered comes once more
    "reorder",  # a callback waits until a later one of the same person has been delivered
    "half_close",  # the platform stops sending before it has the answer to its callback
    "slow_body",  # a callback's body trickles in
    "drop_callback",  # the platform gives a callback up without a single try
    "drop_response",  # a call is carried out and its answer is lost
    "late_response",  # a call is carried out and its answer comes `late_s` after
    "delay",  # a call or callback waits `delay_s` first
    "revoke_token",  # all access tokens die before a call
    "throttle",  # 45009
    "system_busy",  # -1
    "expired_token",  # 42001 for a token that should live
    "spent_code",  # a card's code is refused with 60140 before its time
    "discard",  # a message is accepted and shown to nobody, as beyond the platform's limits
    "media_gone",  # 40007 on a medium that should live
    "platform_down",  # connections are cut without an answer, nothing is carried out
]
FAULTS: tuple[Fault, ...] = get_args(Fault)


@dataclass(slots=True)
class _Trigger:
    fault: Fault
    where: str
    left: int


class Faults:
    """Decides when a fault strikes. Without rates and triggers none ever does.

    `once("throttle", where="/cgi-bin/message/send", times=2)` strikes on the next two matching occasions, before
    chance is asked. `struck` counts what happened.
    """

    def __init__(self, seed: int = 0, *, delay_s: float = 0.2, late_s: float = 3.0) -> None:
        self.delay_s = delay_s
        self.late_s = late_s
        self.struck: Counter[Fault] = Counter()
        self._random = random.Random(seed)
        self._rates: dict[Fault, float] = {}
        self._triggers: list[_Trigger] = []

    def rate(self, fault: Fault, probability: float) -> None:
        """Let `fault` strike with this probability (0–1) on every occasion."""
        if fault not in FAULTS or not 0 <= probability <= 1:
            raise ValueError(f"no such fault or probability: {fault} {probability}")
        self._rates[fault] = probability

    def once(self, fault: Fault, *, where: str = "", times: int = 1) -> None:
        """Let `fault` strike on the next `times` occasions whose place starts with `where`."""
        if fault not in FAULTS:
            raise ValueError(f"no such fault: {fault}")
        self._triggers.append(_Trigger(fault, where, times))

    def clear(self) -> None:
        """No more faults."""
        self._rates.clear()
        self._triggers.clear()

    def strikes(self, fault: Fault, where: str = "") -> bool:
        """Ask whether `fault` strikes at this occasion; a trigger is used up by it."""
        hit = self._pull_trigger(fault, where) or self._by_chance(fault)
        if hit:
            self.struck[fault] += 1
        return hit

    def _pull_trigger(self, fault: Fault, where: str) -> bool:
        for trigger in self._triggers:
            if trigger.fault == fault and where.startswith(trigger.where):
                trigger.left -= 1
                if trigger.left == 0:
                    self._triggers.remove(trigger)
                return True
        return False

    def _by_chance(self, fault: Fault) -> bool:
        probability = self._rates.get(fault, 0.0)
        return probability > 0 and self._random.random() < probability
