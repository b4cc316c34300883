"""A tap: who may press, is the card current, what does it do, and what does the card show afterwards.

Every tap ends in the tapped card being replaced by how things stand, or in a sentence. Pressing twice does it once.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from handlers import alert_card, commands, confirm_visit, texts
from handlers.check_in import checked_in_words, measure_distance
from handlers.correct_visit import change_fields, follow_customer
from handlers.decide_alias import VERBS as ALIAS_VERBS
from handlers.decide_alias import decide_alias
from handlers.errors import MalformedAction
from handlers.know import Person, World, reach
from handlers.learn_aliases import propose_aliases
from handlers.messages import Action, InboundAction, OutboundCard
from handlers.raise_alerts import acknowledge, snooze
from handlers.show_visit import show_visit
from handlers.tell import keep_code, say, tell
from handlers.understand import decide
from handlers.visit_view import VisitView, view
from handlers.visits import fill_from_directory, set_field
from nlp import types as nt
from storage import UnitOfWork
from storage import tables as t

VISIT_VERBS = frozenset({"confirm", "set", "void", "restore", "undo", "mute", "textmode", "nofollow"})
ALERT_VERBS = frozenset({"ack", "snooze"})


async def press_button(
    inbound: InboundAction, person: Person, *, uow: UnitOfWork, world: World, now: datetime
) -> list[str]:
    """Carry out a tap; return the deliveries queued. Natural key: the tap's source id, and the state it changes."""
    card = await uow.get(t.CardShown, inbound.task_id)
    if card is not None:
        await keep_code(uow, card.id, inbound.update_code, inbound.sent_at)  # it ages from the click on
    if inbound.action in commands.MENU:
        command = commands.MENU[inbound.action]
        return await commands.run(
            command, person, uow=uow, world=world, now=now, answers=inbound.source_id, at=inbound.sent_at
        )
    try:
        action = Action.unpack(inbound.action)
    except MalformedAction:
        return [await say(uow, person, texts.dead_button(), answers=inbound.source_id, now=now)]
    press = _Press(inbound, action, card.id if card is not None else "", person, uow, world, now)
    if action.verb in VISIT_VERBS:
        return [await press.on_visit()]
    if action.verb in ALERT_VERBS:
        return [await press.on_alert()]
    if action.verb in ALIAS_VERBS:
        return await decide_alias(action, person, tapped=press.card_id, via=press.via, uow=uow, world=world, now=now)
    if action.verb == "checkin":
        return [await press.on_check_in()]
    if action.verb in ("note", "correct"):
        return await press.on_unsure()
    return [await press.refuse(texts.dead_button())]


async def press_by_number(
    words: str, capture: t.Capture, person: Person, *, uow: UnitOfWork, world: World, now: datetime
) -> list[str] | None:
    """Text mode: a bare number presses that button of the newest live card; None if the words are something else."""
    number = words.strip()
    if not number.isdigit() or len(number) > 2:
        return None
    card = await uow.first(
        sa.select(t.CardShown)
        .where(col(t.CardShown.person_id) == person.id, col(t.CardShown.state) == "live")
        .order_by(col(t.CardShown.shown_at).desc())
    )
    if card is None or not 0 < int(number) <= len(card.buttons):
        return None
    capture.reading = "reply"
    uow.add(capture)
    inbound = InboundAction(
        channel=capture.channel,
        message_id=capture.source_id.split(":", 1)[1],
        sender_id=person.recipient_id,
        sent_at=capture.captured_at,
        action=card.buttons[int(number) - 1][1],
        task_id=card.id,
    )
    return await press_button(inbound, person, uow=uow, world=world, now=now)


class _Press:
    """One tap being worked on; the methods are the kinds of cards it can be on."""

    def __init__(
        self,
        inbound: InboundAction,
        action: Action,
        card_id: str,
        person: Person,
        uow: UnitOfWork,
        world: World,
        now: datetime,
    ) -> None:
        self.inbound = inbound
        self.action = action
        self.card_id = card_id
        self.person = person
        self.uow = uow
        self.world = world
        self.now = now
        self.via = inbound.source_id

    async def refuse(self, sentence: str) -> str:
        """Answer in words; nothing changes."""
        return await say(self.uow, self.person, sentence, answers=self.via, now=self.now)

    async def show(self, visit: t.Visit) -> str:
        """Replace the tapped card by how the visit stands now."""
        return await show_visit(
            self.uow, visit, self.person, world=self.world, now=self.now, answers=self.via, tapped=self.card_id
        )

    # --- visits --------------------------------------------------------------------------------------------------

    async def on_visit(self) -> str:
        visit = await self.uow.get(t.Visit, self.action.object_id)
        if visit is None:
            return await self.refuse(texts.dead_button())
        if visit.person_id != self.person.id:
            return await self.refuse(texts.foreign_tap())
        if self.action.verb == "textmode":
            command = nt.Command("text_mode")
            return (await commands.run(
                command, self.person, uow=self.uow, world=self.world, now=self.now, answers=self.via, at=self.now
            ))[0]  # fmt: skip
        if self.action.version != visit.version or not self._fits(visit):
            return await self.show(visit)
        if self.action.verb == "undo" and not confirm_visit.may_undo(visit, self.now):
            return await self.refuse(texts.nothing_to_undo())
        await self._do(visit)
        return await self.show(visit)

    def _fits(self, visit: t.Visit) -> bool:
        """Whether the verb makes sense in the visit's state; otherwise the card is only brought up to date."""
        allowed = {
            "draft": {"confirm", "set", "void", "mute", "nofollow"},
            "confirmed": {"undo", "set", "mute", "nofollow"},
            "voided": {"restore"},
        }
        return self.action.verb in allowed.get(visit.state, set())

    async def _do(self, visit: t.Visit) -> None:
        uow, person, now = self.uow, self.person, self.now
        if self.action.verb == "void":
            await confirm_visit.void(uow, visit, person, via=self.via, now=now)
        elif self.action.verb == "restore":
            await confirm_visit.restore(uow, visit, person, via=self.via, now=now)
        elif self.action.verb == "mute":
            await self._mute(self.action.value)
        elif self.action.verb == "undo":
            await confirm_visit.undo(uow, visit, person, via=self.via, world=self.world, now=now)
        elif self.action.verb == "set":
            await self._set(visit)
        elif self.action.verb == "nofollow":
            await self._decline_follow_up(visit)
        else:
            await self._confirm(visit)

    async def _mute(self, key: str) -> None:
        if await self.uow.get(t.TagMute, (self.person.id, key)) is None:
            self.uow.add(t.TagMute(person_id=self.person.id, key=key, muted_at=self.now))
            await self.uow.flush()

    async def _set(self, visit: t.Visit) -> None:
        """A choice means: set this and confirm. A value that was not offered changes nothing."""
        seen = await view(self.uow, visit)
        name, stored = self.action.field, self._chosen(seen)
        if stored is None:
            return
        was_confirmed = visit.state == "confirmed"
        changes = {name: stored}
        if was_confirmed:
            await change_fields(
                self.uow,
                visit,
                changes,
                self.person,
                via=self.via,
                world=self.world,
                now=self.now,
                said_at=self.inbound.sent_at,
            )
        else:
            changes |= self._selected_fields(seen)
            for field, value in changes.items():
                await self._set_field(visit, field, value)
            if name == "customer":
                await self._reread_contact(visit)
            await propose_aliases(self.uow, visit, changes, world=self.world, now=self.now)
        await self._confirm(visit)

    async def _decline_follow_up(self, visit: t.Visit) -> None:
        """不用跟进: the day is left 待补, by a person's word, and the rest confirmed."""
        seen = await view(self.uow, visit)
        changes = {**self._selected_fields(seen), "next_followup": None}
        if visit.state == "confirmed":
            await change_fields(
                self.uow,
                visit,
                changes,
                self.person,
                via=self.via,
                world=self.world,
                now=self.now,
                said_at=self.inbound.sent_at,
            )
        else:
            for field, value in changes.items():
                await self._set_field(visit, field, value)
        await self._confirm(visit)

    async def _set_field(self, visit: t.Visit, name: str, value: Any) -> None:
        said_at = self.inbound.sent_at
        await set_field(
            self.uow, visit, name, value, actor_id=self.person.id, via=self.via, now=self.now, said_at=said_at
        )

    async def _reread_contact(self, visit: t.Visit) -> None:
        await follow_customer(self.uow, visit, self.person, self.world, keep={"customer", *self._selections()})
        await fill_from_directory(self.uow, visit)
        await measure_distance(self.uow, visit, self.world)

    def _chosen(self, seen: VisitView) -> Any:
        """Return the offered value that the key names, or None."""
        for offered in seen.choices(self.action.field):
            packed = f"new:{offered['new']}" if isinstance(offered, dict) else str(offered)
            if packed == self.action.value:
                return offered
        return None

    def _selections(self) -> dict[str, tuple[str, ...]]:
        return dict(self.inbound.selections)

    def _selected_fields(self, seen: VisitView) -> dict[str, Any]:
        """Return the field set by the drop-down, if a real option was chosen."""
        found = {}
        for key, chosen in self._selections().items():
            name = key.removeprefix("field:")
            offered = seen.choices(name)
            if key.startswith("field:") and chosen and chosen[0].isdigit() and int(chosen[0]) < len(offered):
                found[name] = offered[int(chosen[0])]
        return found

    async def _confirm(self, visit: t.Visit) -> None:
        seen = await view(self.uow, visit)
        if seen.value("customer") is None:
            return
        await self._settle_tags(visit, seen)
        await confirm_visit.confirm(self.uow, visit, self.person, via=self.via, world=self.world, now=self.now)

    async def _settle_tags(self, visit: t.Visit, seen: VisitView) -> None:
        proposed = {tag.key for tag in seen.tags if tag.status == "proposed"}
        wanted: set[str] = proposed if self.action.value == "tags" else set()
        for option in self._selections().get("tags", ()):
            if option == "all":
                wanted = proposed
            elif option.startswith("tag:"):
                wanted = {option.removeprefix("tag:")} & proposed
            elif option.startswith("mute:"):
                await self._mute(option.removeprefix("mute:"))
        await confirm_visit.set_tags(self.uow, visit, wanted, actor_id=self.person.id, via=self.via, now=self.now)

    # --- alerts --------------------------------------------------------------------------------------------------

    async def on_alert(self) -> str:
        alert = await self.uow.get(t.Alert, self.action.object_id)
        if alert is None:
            return await self.refuse(texts.dead_button())
        if alert.recipient_id != self.person.id:
            return await self.refuse(texts.foreign_tap())
        if alert.state == "resolved":
            status = texts.ALERT_RESOLVED
        elif self.action.verb == "snooze":
            days = int(self.action.value) if self.action.value.isdigit() else alert_card.SNOOZE_DAYS
            until = await snooze(self.uow, alert, min(days, 30), world=self.world, now=self.now)
            status = texts.alert_snoozed(until)
        else:
            await acknowledge(self.uow, alert, self.now)
            status = texts.alert_acknowledged(self.person.name)
        detail = self.world.links.visit(f"o-{alert.object_id}", self.person.id, self.now)
        return await tell(
            self.uow,
            self.person,
            OutboundCard(alert_card.build(alert, detail, status)),
            key=f"answer:{self.via}",
            now=self.now,
            answers=self.via,
            update_of=self.card_id or None,
            about=("alert", alert.id, alert.version),
        )

    # --- check-ins and unsure messages ---------------------------------------------------------------------------

    async def on_check_in(self) -> str:
        """A nearby customer was chosen: the visit gets its customer, without being confirmed."""
        visit = await self.uow.get(t.Visit, self.action.object_id)
        if visit is None or visit.person_id != self.person.id:
            return await self.refuse(texts.foreign_tap() if visit is not None else texts.dead_button())
        customer_id = self.action.value
        directory = await self.world.directory(self.uow)
        seen = await view(self.uow, visit)
        if visit.state == "draft" and seen.value("customer") is None and customer_id in directory.customers:
            await self._set_field(visit, "customer", customer_id)
            await propose_aliases(self.uow, visit, ("customer",), world=self.world, now=self.now)
        if not customer_id:
            return await self.refuse(texts.checked_in_nowhere(""))
        text = await checked_in_words(visit, uow=self.uow, world=self.world)
        return await self.refuse(text)

    async def on_unsure(self) -> list[str]:
        """The rep said whether words were a correction or a new note: act on that reading."""
        capture = await self.uow.get(t.Capture, self.action.object_id)
        if capture is None or capture.person_id != self.person.id:
            return [await self.refuse(texts.foreign_tap() if capture is not None else texts.dead_button())]
        person = await reach(self.uow, capture.person_id) or self.person
        return await decide(
            capture, person, self.action.verb == "note", answers=self.via, uow=self.uow, world=self.world, now=self.now
        )
