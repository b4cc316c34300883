"""Which of the open drafts a message means: by its customer, its number, or a person that only it has."""

from __future__ import annotations

import re
from collections.abc import Sequence

from nlp.types import Context, Draft

#: What follows a customer's name where its draft is meant.
_FIELD_NAME = r"联系人|对接人|阶段|下?[一]?次?跟进|日期|时间|障碍|卡点"
_OF_DRAFT = rf"(?:那家|那边|[那这]一?[张份]|那)?(?:的|那条|这条|那个|(?={_FIELD_NAME}))"
_NTH_DRAFT = re.compile(r"第(?P<n>[1-9一二三四五六七八九])(?:[条份挑]|个草稿|个拜访|张卡片?)(?:里)?(?:的)?")
_NUMBERS = {char: k + 1 for k, char in enumerate("一二三四五六七八九")}


def target_of(text: str, context: Context) -> Draft | None:
    """Return the draft that is meant: by its customer, its number or a person only it has, else the newest open one."""
    ordered = sorted(context.drafts, key=lambda draft: draft.confirmed)
    if len(ordered) < 2:
        return ordered[0] if ordered else None
    named = [draft for draft in ordered if draft.customer_label and _names_draft(text, draft)]
    named = named if len(named) == 1 else [draft for draft in named if _clearly_names(text, draft)]
    return next(iter(named or _numbered(text, ordered) or _with_its_people(text, ordered, context) or ordered))


def _names_draft(text: str, draft: Draft) -> bool:
    begins = rf"(?:^|[\s，,。])[哎哦诶那嗯]*{re.escape(draft.customer_label)}"
    return _clearly_names(text, draft) or bool(re.search(begins, text))


def _clearly_names(text: str, draft: Draft) -> bool:
    return bool(re.search(re.escape(draft.customer_label) + _OF_DRAFT, text))


def _numbered(text: str, ordered: Sequence[Draft]) -> list[Draft]:
    """Return the draft of that number; they are numbered from the oldest, as 草稿 lists them."""
    match = _NTH_DRAFT.search(text)
    number = (_NUMBERS.get(match["n"]) or int(match["n"])) if match else 0
    waiting = [draft for draft in reversed(ordered) if not draft.confirmed]
    return [waiting[number - 1]] if 0 < number <= len(waiting) else []


def _with_its_people(text: str, ordered: Sequence[Draft], context: Context) -> list[Draft]:
    """Return the one draft at whose customer a person of the text is known by full name."""
    rows = context.directory.customers
    found = []
    for draft in ordered:
        row = rows.get(draft.customer) if isinstance(draft.customer, str) else None
        if row is not None and any(len(person.name) > 1 and person.name in text for person in row.contacts):
            found.append(draft)
    return found if len(found) == 1 else []


def without_label(text: str, target: Draft | None) -> str:
    """Blank out “华锐那条” or “第二条的” in front, keeping positions."""
    if target is None:
        return text
    text = _NTH_DRAFT.sub(lambda match: " " * len(match[0]), text, count=1)
    if not target.customer_label:
        return text
    label = re.escape(target.customer_label)
    pattern = rf"{label}(?:那家|那边)?(?:的)?(?:[那这]一?[条张份个])(?:的)?|^{label}的|^{label}(?={_FIELD_NAME})"
    return re.sub(pattern, lambda match: " " * len(match[0]), text, count=1)
