"""The stage that a correction tells by what is true rather than by name (“阶段记早了 人家还在摸需求”)."""

from __future__ import annotations

import re

from nlp.fields import stage as stage_field
from nlp.fields.models import stage_model
from nlp.fields.status import statuses
from nlp.replies.values import Named
from nlp.types import Context, Draft

#: Words that speak of the stage as it stands on the card; they are no evidence of one.
_FRAME = re.compile(
    r"(?:当前|现在)?的?(?:阶段|进度|进展)(?:那一?[栏项块])?|[记写填标弄搞](?:得太?|的)?[早晚高低]了?|[太偏]?[高低]了|不对|错了?|退回去?"
    r"|往[前后回](?:挪|退|走|推|提|拨|放|调|移)?(?:一?[下点格步])?|没那么[快早前]|太[快早晚慢前]了?|改[一]?[下改]?"
)
_SPEAKS = re.compile(r"阶段|进度|到哪一?步|没那么[快早前]|记[早晚]了")
_BACK = re.compile(r"退|高了|早了|太早|太快|超前|往[回后]|没那么|还没到|还在|倒回|没到那")
_ON = re.compile(r"往前|低了|晚了|慢了|推进|早就?过|已经过|升|落后|不止|都已经|早就")
#: Likelihood, among the stages that can be meant, from which on it is that one.
_LIKELY = 0.45


def moved(text: str, context: Context, draft: Draft | None) -> Named | None:
    """Return the stage that the evidence in the text shows, in the direction that it moves the draft's."""
    order = [rule.name for rule in context.playbook.stages]
    if not _SPEAKS.search(text):
        return None
    now = order.index(draft.stage) if draft is not None and draft.stage in order else None
    told = _FRAME.sub(lambda match: " " * len(match[0]), text)
    able = _able(order, now, text)
    shares = _shares(told, context)
    total = sum(shares.get(name, 0.0) for name in able)
    if total < 0.02 or not able:
        return None
    ranked = sorted(able, key=lambda name: -shares.get(name, 0.0))
    best = shares.get(ranked[0], 0.0) / total
    return Named(ranked[0], round(0.9 * best, 3), tuple(ranked[1:3])) if best >= _LIKELY else None


def shown(text: str, context: Context) -> str | None:
    """Return the stage that the text shows more likely than not, or None."""
    shares = _shares(text, context)
    best = max((rule.name for rule in context.playbook.stages), key=lambda name: shares.get(name, 0.0))
    return best if shares.get(best, 0.0) >= _LIKELY else None


def _able(order: list[str], now: int | None, text: str) -> list[str]:
    """Return the stages that can be meant: other than the draft's, on the side that the words name."""
    if now is None:
        return order
    if _BACK.search(text) and not _ON.search(text):
        return order[:now]
    if _ON.search(text) and not _BACK.search(text):
        return order[now + 1 :]
    return order[:now] + order[now + 1 :]


def _shares(text: str, context: Context) -> dict[str, float]:
    row = statuses(text)
    found = stage_field.hits(text, context.playbook, row)
    return stage_model().probabilities(text, row, found, context.playbook)
