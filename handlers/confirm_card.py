"""The confirm card, laid out as DECISIONS “The confirm card” fixes it. Pure: a visit in, a card out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import nlp
from handlers import field_values, texts
from handlers.messages import Action, Card, CardButton, CardRow, CardSelection
from handlers.rules.geo import distance_words
from handlers.visit_view import VisitView
from nlp import types as nt
from storage import tables as t

QUOTE_LIMIT = 150
SPEAKER_LIMIT = 10
VALUE_LIMIT = 30
#: First option of a drop-down, so that nothing real is ever preselected.
UNDECIDED, NO_TAGS, ALL_TAGS = "none", "none", "all"


@dataclass(frozen=True, slots=True)
class CardContext:
    """What the layout needs besides the visit: the directory for names, and the page's links for this visit."""

    directory: nlp.Directory
    edit_url: str
    detail_url: str


def card_id(visit: t.Visit) -> str:
    """Return the id of the card for this version of a visit; the platform's task id is made of it."""
    return f"v-{visit.id}-{visit.version}"


def build(seen: VisitView, context: CardContext, shown_as: str = "") -> Card:
    """Return the card for a visit as it stands: draft, confirmed or voided. `shown_as` is the card's id if not new."""
    layout = {"confirmed": _confirmed, "voided": _voided}.get(seen.visit.state, _draft)
    card = layout(seen, context)
    return replace(card, card_id=shown_as) if shown_as else card


def _label(seen: VisitView, context: CardContext) -> str:
    return field_values.in_words("customer", seen.value("customer"), context.directory)


def _desc(visit: t.Visit) -> str:
    parts = [texts.day_time(visit.started_at)]
    if visit.voice_seconds:
        parts.append(f"语音{round(visit.voice_seconds)}秒")
    if visit.photo_count:
        parts.append(f"照片{visit.photo_count}")
    if visit.distance_m is not None:
        parts.append(f"距客户{distance_words(visit.distance_m)}".replace(" ", ""))
    return " · ".join(parts)


def _quote(seen: VisitView) -> str:
    if seen.messages:
        return forwarded_lines(seen.messages, seen.visit.started_at)
    words = " ".join(seen.quote.split())
    if not words:
        return ""
    reminder = texts.will_remind([task.title for task in seen.preparations])
    room = QUOTE_LIMIT - len(reminder)
    return (f"原话：{words[:room]}…" if len(words) > room else f"原话：{words}") + reminder


def forwarded_lines(messages: Sequence[t.ForwardedMessage], visited_at: datetime) -> str:
    """Return a chat's telling messages, a line each, with the time as it stood in the chat (the day if another)."""
    lines = []
    for message in messages:
        when = texts.chat_time(message.said_at, visited_at) if message.said_at is not None else ""
        words = " ".join(message.text.split())
        lines.append(f"{when} {message.speaker[:SPEAKER_LIMIT]}：{words}".strip())
    return "\n".join([texts.CHAT_HEAD, *_fitted(lines, QUOTE_LIMIT - len(texts.CHAT_HEAD) - len(lines))])


def _fitted(lines: list[str], room: int) -> list[str]:
    """Cut lines so that together they have at most `room` characters; what short ones leave, long ones get."""
    fitted = list(lines)
    for done, number in enumerate(sorted(range(len(lines)), key=lambda n: len(lines[n]))):
        share = room // (len(lines) - done)
        line = lines[number]
        fitted[number] = line if len(line) <= share else line[: share - 1] + "…"
        room -= len(fitted[number])
    return fitted


def _mark(guess: t.FieldGuess | None) -> str:
    if guess is None or guess.shown == "missing":
        return texts.MARK_MISSING
    if guess.shown == "question":
        return texts.MARK_ASK if (guess.alternatives or guess.value is not None) else texts.MARK_MISSING
    return {"said": texts.MARK_SAID, "directory": texts.MARK_DIRECTORY}.get(guess.known_by, texts.MARK_DIRECTORY)


def _row(seen: VisitView, name: str, context: CardContext) -> CardRow:
    guess = seen.fields.get(name)
    mark = _mark(guess)
    key = texts.FIELD_LABELS[name]
    if mark == texts.MARK_ASK and guess is not None:
        if name == "obstacle":
            return CardRow(key, "具体卡在哪一项？直接说", texts.MARK_MISSING)
        offered = seen.choices(name)
        words = " / ".join(field_values.choice_words(name, c, offered, context.directory) for c in offered)
        return CardRow(key, _clip(words), mark)
    words = field_values.in_words(name, seen.value(name), context.directory)
    return CardRow(key, _clip(words) or "—", mark)


def _clip(words: str) -> str:
    return words if len(words) <= VALUE_LIMIT else words[: VALUE_LIMIT - 1] + "…"


def _rows(seen: VisitView, context: CardContext) -> tuple[CardRow, ...]:
    rows = [_row(seen, name, context) for name in nt.FIELDS]
    proposed = [tag for tag in seen.tags if tag.status == "proposed"]
    confirmed = [tag for tag in seen.tags if tag.status == "confirmed"]
    if seen.visit.state == "draft" and proposed:
        rows.append(
            CardRow("标签？", _clip("、".join(f"“{tag.word}”→{tag.label}" for tag in proposed)), texts.MARK_ASK)
        )
    elif confirmed:
        rows.append(CardRow("标签", _clip("、".join(tag.label for tag in confirmed))))
    return tuple(rows)


def _action(visit: t.Visit, verb: str, name: str = "", value: Any = "") -> str:
    packed = value if isinstance(value, str) else f"new:{value['new']}" if isinstance(value, dict) else str(value)
    return Action(verb, visit.id, visit.version, name, packed).pack()


def _draft(seen: VisitView, context: CardContext) -> Card:
    visit, open_fields = seen.visit, seen.open_fields()
    tags = [tag for tag in seen.tags if tag.status == "proposed"]
    ask_customer = seen.value("customer") is None
    buttons = _buttons(seen, context, open_fields, tags)
    return Card(
        card_id=card_id(visit),
        source=f"{texts.ASSISTANT} · 待确认",
        title=_title(seen, context, open_fields, ask_customer),
        desc=_desc(visit),
        quote=_quote(seen),
        rows=_rows(seen, context),
        selection=_selection(seen, context, open_fields, tags),
        buttons=buttons,
        menu=_menu(visit, tags),
    )


def _title(seen: VisitView, context: CardContext, open_fields: list[nt.FieldName], ask_customer: bool) -> str:
    if ask_customer:
        return "是哪一家？点客户名即确认" if "customer" in open_fields else "是哪一家？回复客户名就行"
    if open_fields:
        return f"{_label(seen, context)} · {_question(open_fields[0])}"
    return f"确认拜访 · {_label(seen, context)}"


def _question(name: str) -> str:
    return {
        "next_followup": "下次哪天？点了即确认",
        "stage": "到哪一步？点了即确认",
        "contact": "见的是谁？点了即确认",
    }.get(name, "点了即确认")


def _buttons(
    seen: VisitView, context: CardContext, open_fields: list[nt.FieldName], tags: list[t.TagGuess]
) -> tuple[CardButton, ...]:
    visit = seen.visit
    void = CardButton("不是拜访", action=_action(visit, "void"))
    edit = CardButton("修改", url=context.edit_url)
    if open_fields:
        name = open_fields[0]
        offered = seen.choices(name)
        choices = [
            CardButton(
                _choice(seen, name, c, offered, context),
                action=_action(visit, "set", name, c),
                style="primary",
            )
            for c in offered
        ]
        return (*choices, *_no_follow(seen, name), CardButton("都不是，修改", url=context.edit_url), void)
    if seen.value("customer") is None:
        return (edit, void)
    if tags:
        words = f"确认并标{tags[0].label}" if len(tags) == 1 else f"确认并标{len(tags)}项"
        return (
            CardButton(words[:10], action=_action(visit, "confirm", value="tags"), style="primary"),
            CardButton("只确认不标", action=_action(visit, "confirm", value="notags")),
            *_no_follow(seen),
            edit,
            void,
        )
    declined = _no_follow(seen, words=texts.CONFIRM_NO_FOLLOW)
    words = texts.CONFIRM_FOLLOW if declined else "确认"
    return (CardButton(words, action=_action(visit, "confirm"), style="primary"), *declined, edit, void)


def _no_follow(
    seen: VisitView, asked: str = "next_followup", *, words: str = texts.NO_FOLLOW
) -> tuple[CardButton, ...]:
    """On a chat's card, where a follow-up day is asked or shown, the other half of the tick 需跟进 (MISSION row 12)."""
    guess = seen.fields.get("next_followup")
    if not seen.messages or asked != "next_followup" or guess is None or guess.shown == "missing":
        return ()
    return (CardButton(words, action=_action(seen.visit, "nofollow")),)


def _option(seen: VisitView, name: str, words: str) -> str:
    return f"{texts.FOLLOW} {words}" if name == "next_followup" and seen.messages else words


def _choice(seen: VisitView, name: str, stored: Any, offered: list[Any], context: CardContext) -> str:
    """Return a choice's words for a button; on a chat's card a day is what 需跟进 means."""
    if name == "next_followup" and seen.messages and isinstance(stored, str):
        return f"{texts.FOLLOW} {texts.day_short(date.fromisoformat(stored))}"
    return field_values.choice_words(name, stored, offered, context.directory)


def _selection(
    seen: VisitView, context: CardContext, open_fields: list[nt.FieldName], tags: list[t.TagGuess]
) -> CardSelection | None:
    if len(open_fields) >= 2:
        name = open_fields[1]
        offered = seen.choices(name)
        options = [(UNDECIDED, "先不定（待补）")]
        options += [
            (str(n), _option(seen, name, field_values.choice_words(name, c, offered, context.directory)))
            for n, c in enumerate(offered)
        ]
        return CardSelection(f"field:{name}", texts.FIELD_LABELS[name], tuple(options), UNDECIDED)
    if len(open_fields) == 1 and tags:
        options = [(NO_TAGS, "都不标")]
        if len(tags) > 1:
            options.append((ALL_TAGS, "都标"))
        options += [(f"tag:{tag.key}", tag.label) for tag in tags]
        options += [(f"mute:{tag.key}", f"不再提示“{tag.word}”"[:16]) for tag in tags]
        return CardSelection("tags", "标签", tuple(options[:10]), NO_TAGS)
    return None


def _menu(visit: t.Visit, tags: list[t.TagGuess]) -> tuple[CardButton, ...]:
    mutes = [
        CardButton(f"不再提示“{tag.word}”"[:16], action=Action("mute", visit.id, visit.version, "", tag.key).pack())
        for tag in tags[:2]
    ]
    return (*mutes, CardButton("文字版", action=_action(visit, "textmode")))


def _confirmed(seen: VisitView, context: CardContext) -> Card:
    visit = seen.visit
    step = texts.next_step(field_values.to_value("next_followup", seen.value("next_followup")), seen.missing_labels())
    for task in seen.preparations:
        step += texts.preparation_step(task.title, task.due_on)
    if visit.stage_note:
        step = f"{visit.stage_note}。{step}"
    open_fields = seen.open_fields()
    return Card(
        card_id=card_id(visit),
        source=f"{texts.ASSISTANT} · 已确认",
        title=f"已确认 ✓ {_label(seen, context)}",
        desc=_desc(visit),
        quote=step,
        rows=_rows(seen, context),
        buttons=(
            *_ask_next(seen, context, open_fields),
            CardButton("撤销", action=_action(visit, "undo")),
            CardButton("看详情", url=context.detail_url),
        ),
        tone="done",
    )


def _ask_next(seen: VisitView, context: CardContext, open_fields: list[nt.FieldName]) -> tuple[CardButton, ...]:
    """The confirmed card asks the next open question; a choice fills the field without another confirm."""
    if not open_fields:
        return ()
    name = open_fields[0]
    offered = seen.choices(name)
    choices = [
        CardButton(_choice(seen, name, c, offered, context), _action(seen.visit, "set", name, c)) for c in offered
    ]
    return (*choices, *_no_follow(seen, name))


def _voided(seen: VisitView, context: CardContext) -> Card:
    visit = seen.visit
    return Card(
        card_id=card_id(visit),
        source=f"{texts.ASSISTANT} · 不算拜访",
        title="已标为“不是拜访”",
        desc=_desc(visit),
        quote=_quote(seen),
        buttons=(CardButton("恢复", action=_action(visit, "restore")),),
        tone="done",
    )
