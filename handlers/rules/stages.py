"""Whether an opportunity moves to the stage that a confirmed visit shows.

The visit always keeps the stage as said (DECISIONS 11). The opportunity moves forward one stage at a time unless the
playbook allows skipping, enters anywhere when it is new, and steps back only with a reason (MISSION row 47).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from handlers.playbooks import Playbook
from nlp.types import FieldName

MoveKind = Literal["stay", "advance", "skip", "back", "enter", "unknown"]

REASON_TO_GO_BACK = "退回原因"
_FIELD_NAMES: dict[FieldName, str] = {
    "customer": "客户名称",
    "contact": "联系人",
    "stage": "当前阶段",
    "next_followup": "下次跟进日",
    "obstacle": "关键障碍",
}


@dataclass(frozen=True, slots=True)
class StageMove:
    """What a said stage does to the opportunity.

    `after` is the opportunity's stage afterwards: the said one where `allowed`, else the one it had. `missing` names
    what stands in the way, in the words of the card's “缺：…”. `sentence` is one line for the person.
    """

    kind: MoveKind
    allowed: bool
    before: str | None
    after: str | None
    missing: tuple[str, ...]
    sentence: str

    @property
    def changes(self) -> bool:
        """Whether the opportunity's stage becomes another."""
        return self.before != self.after


def plan_move(
    playbook: Playbook,
    current: str | None,
    said: str | None,
    *,
    have: Collection[str] | None = None,
    reason: str = "",
) -> StageMove:
    """Return what `said` does to an opportunity at `current`; None for either means not known or not said.

    `have` holds the evidence kinds and field names that exist; None leaves the stage's requirements unchecked.
    `reason` is why an opportunity steps back. A `current` that the playbook no longer has counts as a new entry.
    """
    names = playbook.stage_names
    if said is None or said == current:
        return StageMove("stay", True, current, current, (), f"阶段不变：{current}" if current else "阶段待补")
    if said not in names:
        sentence = f"“{said}”不是{playbook.title}规则包的阶段，阶段不变"
        return StageMove("unknown", False, current, current, (), sentence)
    kind = _kind(names, current, said)
    missing = _missing(playbook, kind, current, said, have, reason)
    if missing:
        return StageMove(kind, False, current, current, missing, _refusal(kind, current, missing))
    sentence = f"阶段：{current} → {said}" if current else f"阶段：{said}"
    return StageMove(kind, True, current, said, (), sentence)


def _kind(names: tuple[str, ...], current: str | None, said: str) -> MoveKind:
    if current is None or current not in names:
        return "enter"
    steps = names.index(said) - names.index(current)
    if steps < 0:
        return "back"
    return "advance" if steps == 1 else "skip"


def _missing(
    playbook: Playbook, kind: MoveKind, current: str | None, said: str, have: Collection[str] | None, reason: str
) -> tuple[str, ...]:
    if kind == "back":
        return () if reason.strip() else (REASON_TO_GO_BACK,)
    skipped: tuple[str, ...] = ()
    if kind == "skip" and not playbook.allow_skip:
        assert current is not None
        skipped = playbook.stage_names[playbook.position(current) + 1 : playbook.position(said)]
    return skipped + unmet_requirements(playbook, said, have)


def unmet_requirements(playbook: Playbook, stage: str, have: Collection[str] | None) -> tuple[str, ...]:
    """Return what the stage asks for and `have` lacks, in people's words; nothing where `have` is None."""
    if have is None:
        return ()
    requires = playbook.stage(stage).requires
    fields = tuple(_FIELD_NAMES[name] for name in requires.fields if name not in have)
    return fields + tuple(kind for kind in requires.evidence if kind not in have)


def _refusal(kind: MoveKind, current: str | None, missing: tuple[str, ...]) -> str:
    stays = f"商机仍在{current}" if current else "商机暂不进入该阶段"
    if kind == "back":
        return f"{stays}，退回请说明原因"
    return f"{stays}，缺：{'、'.join(missing)}"
