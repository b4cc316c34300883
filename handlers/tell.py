"""Writing down what a person is to be told, in the transaction that gives rise to it.

Nothing is sent here: rows are made under natural keys, `bot.delivery` sends them. Running twice makes one row.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from handlers import texts
from handlers.know import Person
from handlers.messages import Card, CardButton, CardRow, CardSelection, Outbound, OutboundCard, OutboundText
from storage import UnitOfWork
from storage import tables as t

CODE_LIFE = timedelta(hours=72)
#: How long a platform takes the same bytes for a retry (our duplicate-check interval), and a little more.
SUPPRESSED_WITHIN = timedelta(minutes=11)

_QUEUED = sa.select(col(t.Delivery.id)).where(col(t.Delivery.id) == sa.bindparam("key"))
_CODE = sa.select(col(t.CardCode.id)).where(col(t.CardCode.code) == sa.bindparam("code"))
#: The cards about an object, and the one with this id.
_CARDS = sa.select(t.CardShown).where(
    sa.or_(col(t.CardShown.object_id) == sa.bindparam("object_id"), col(t.CardShown.id) == sa.bindparam("card_id"))
)


def freeze(outbound: Outbound) -> dict[str, Any]:
    """Return an outbound message as JSON."""
    if isinstance(outbound, OutboundText):
        return {"text": outbound.text}
    return {"card": asdict(outbound.card)}


def thaw(frozen: dict[str, Any]) -> Outbound:
    """Return the outbound message that `freeze` wrote."""
    if "text" in frozen:
        return OutboundText(frozen["text"])
    card = dict(frozen["card"])
    selection = card.pop("selection")
    return OutboundCard(
        Card(
            card_id=card["card_id"],
            source=card["source"],
            title=card["title"],
            desc=card["desc"],
            quote=card["quote"],
            rows=tuple(CardRow(**r) for r in card["rows"]),
            selection=selection and CardSelection(**{**selection, "options": tuple(map(tuple, selection["options"]))}),
            buttons=tuple(CardButton(**b) for b in card["buttons"]),
            menu=tuple(CardButton(**b) for b in card["menu"]),
            tone=card["tone"],
        )
    )


def as_text(card: Card) -> str:
    """Return a card as numbered text, for people who see no cards (DECISIONS 15)."""
    lines = [card.title, *([card.desc] if card.desc else []), *([card.quote] if card.quote else [])]
    lines += [f"{r.key}：{r.value}" + (f"（{r.mark}）" if r.mark else "") for r in card.rows]
    numbered = [f"{n} {b.text}" + (f" {b.url}" if b.url else "") for n, b in enumerate(card.buttons, 1)]
    if numbered:
        lines.append("回复 " + "｜".join(numbered))
    return "\n".join(lines)


async def tell(
    uow: UnitOfWork,
    person: Person,
    outbound: Outbound,
    *,
    key: str,
    now: datetime,
    answers: str = "",
    push: bool = False,
    priority: int | None = None,
    not_before: datetime | None = None,
    about: tuple[str, str, int] | None = None,
    update_of: str | None = None,
    or_send: bool = True,
) -> str:
    """Queue a message to a person under a natural key; return the key. A second call with the key changes nothing.

    `about` (kind, object id, version) is given with cards: it makes the row that remembers what the person sees.
    `priority` 0 (answers), 1 (pushes, unless said otherwise), 2 (what can wait longest, such as digests).
    `update_of` names the shown card that this one replaces in place; where that is no longer possible, a new card
    is sent unless `or_send` is false.
    """
    if await uow.first(_QUEUED, {"key": key}) is not None:
        return key
    card_id = None
    if isinstance(outbound, OutboundCard) and about is not None:
        card_id = outbound.card.card_id
        await _remember_card(uow, person, outbound.card, about, now)
    if isinstance(outbound, OutboundCard) and person.text_mode:
        outbound, update_of = OutboundText(as_text(outbound.card)), None
    if isinstance(outbound, OutboundText) and not push:
        outbound = await told_apart(uow, person, outbound, now)
    await uow.flush()
    await uow.insert(
        t.Delivery(
            id=key,
            person_id=person.id,
            channel=person.channel,
            recipient_id=person.recipient_id,
            kind="text" if isinstance(outbound, OutboundText) else "card",
            answers=answers,
            outbound=freeze(outbound),
            card_id=card_id,
            update_of=update_of,
            or_send=or_send,
            push=push,
            priority=(1 if push else 0) if priority is None else priority,
            created_at=now,
            not_before=not_before,
        )
    )
    return key


async def told_apart(uow: UnitOfWork, person: Person, outbound: OutboundText, now: datetime) -> OutboundText:
    """Number a sentence that the person has just been told: a platform would take it for a retry and not show it.

    Two honest answers differ (DECISIONS 9), also where two messages of one minute get the same sentence.
    """
    own, sent_at = col(t.Delivery.person_id) == person.id, col(t.Delivery.sent_at)
    recent = await uow.all(
        sa.select(col(t.Delivery.outbound))
        .where(sa.or_(sa.and_(own, sent_at > now - SUPPRESSED_WITHIN), sa.and_(own, sent_at.is_(None))))
        .where(col(t.Delivery.kind) == "text")
    )
    told = {frozen.get("text") for frozen in recent}
    numbered = (outbound.text, *(texts.once_more(outbound.text, number) for number in range(2, 100)))
    return OutboundText(next((text for text in numbered if text not in told), outbound.text))


async def say(uow: UnitOfWork, person: Person, text: str, *, answers: str, now: datetime, part: str = "") -> str:
    """Queue a plain answer to an inbound; return its key."""
    return await tell(uow, person, OutboundText(text), key=f"answer:{answers}{part}", now=now, answers=answers)


async def _remember_card(
    uow: UnitOfWork, person: Person, card: Card, about: tuple[str, str, int], now: datetime
) -> None:
    kind, object_id, version = about
    buttons = [[b.text, b.action] for b in card.buttons if b.action]
    known = await uow.all(_CARDS, {"object_id": object_id, "card_id": card.card_id})
    shown = next((c for c in known if c.id == card.card_id), None)
    if shown is not None:
        shown.version, shown.state, shown.buttons = version, "live", buttons
        uow.add(shown)
        return
    for older in known:
        if older.person_id == person.id and older.state == "live":
            older.state = "superseded"
            uow.add(older)
    await uow.insert(
        t.CardShown(
            id=card.card_id,
            kind=kind,
            object_id=object_id,
            version=version,
            person_id=person.id,
            channel=person.channel,
            buttons=buttons,
            shown_at=now,
        )
    )


async def keep_code(uow: UnitOfWork, card_id: str, code: str, now: datetime) -> None:
    """Remember a right to update a card, as it came with a send or a click. The same code twice is one right."""
    if not code or await uow.first(_CODE, {"code": code}) is not None:
        return
    await uow.insert(t.CardCode(id=t.new_id(), card_id=card_id, code=code, obtained_at=now, expires_at=now + CODE_LIFE))


async def live_card(uow: UnitOfWork, object_id: str, person_id: str) -> t.CardShown | None:
    """Return the live card of a person about a visit or alert."""
    found: t.CardShown | None = await uow.first(
        sa.select(t.CardShown)
        .where(col(t.CardShown.object_id) == object_id, col(t.CardShown.person_id) == person_id)
        .where(col(t.CardShown.state) == "live")
        .order_by(col(t.CardShown.shown_at).desc())
    )
    return found


def named(answered_at: datetime, text: str) -> str:
    """Prefix an answer with what it answers."""
    return text if texts.clock_time(answered_at) in text else f"{texts.that_one(answered_at)}：{text}"
