"""Instructions to the bot in words: 确认, 撤销, 不是拜访, 恢复, 修改, 草稿, 帮助, 客户 X, 收据, 文字版, 卡片版."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import col

import nlp
from handlers import confirm_visit, field_values, receipt_texts, receipts, texts
from handlers.know import Person, World
from handlers.show_visit import show_visit
from handlers.tell import say
from handlers.visit_view import view
from handlers.visits import drafts
from nlp import types as nt
from storage import UnitOfWork
from storage import tables as t

#: Keys of the chat's menu, and the command that each stands for.
MENU: dict[str, nt.Command] = {
    "MENU_DRAFTS": nt.Command("drafts"),
    "MENU_UNDO": nt.Command("undo"),
    "MENU_HELP": nt.Command("help"),
}
#: The same menu as the platforms create it: (words, key).
MENU_BUTTONS = (("待确认", "MENU_DRAFTS"), ("撤销", "MENU_UNDO"), ("帮助", "MENU_HELP"))


async def run(
    command: nt.Command, person: Person, *, uow: UnitOfWork, world: World, now: datetime, answers: str, at: datetime
) -> list[str]:
    """Carry out a command; return the deliveries queued. `answers` makes a second run harmless."""
    if command.name in ("confirm", "edit", "void"):
        return [await _on_draft(command, person, uow=uow, world=world, now=now, answers=answers, at=at)]
    if command.name == "undo":
        return [await _undo(person, uow=uow, world=world, now=now, answers=answers)]
    if command.name == "restore":
        return [await _restore(person, uow=uow, world=world, now=now, answers=answers)]
    if command.name in ("text_mode", "card_mode"):
        return [await _switch_mode(command.name == "text_mode", person, uow=uow, now=now, answers=answers)]
    text = await _tell_about(command, person, uow=uow, world=world, now=now)
    return [await say(uow, person, text, answers=answers, now=now)]


async def _tell_about(command: nt.Command, person: Person, *, uow: UnitOfWork, world: World, now: datetime) -> str:
    if command.name == "receipts":
        return await _receipts(command.argument, person, uow=uow, world=world, now=now)
    if command.name == "drafts":
        lines = await draft_lines(uow, person, world)
        return texts.drafts(lines) if lines else texts.no_draft()
    if command.name == "customer":
        return await customer_words(uow, command.argument, world)
    return texts.HELP


async def _receipts(number: str, person: Person, *, uow: UnitOfWork, world: World, now: datetime) -> str:
    """Show the day's count and the last receipts, or prove the one that bears a number."""
    if number:
        return receipt_texts.receipt(
            await receipts.find_receipt(uow, person.id, number, world.media, world.links), number
        )
    count = await receipts.count_day(uow, person.id, now, world.media)
    last = await receipts.last_receipts(uow, person.id, world.media, world.links)
    return receipt_texts.receipts(count, last)


async def draft_lines(uow: UnitOfWork, person: Person, world: World) -> list[str]:
    """Return a person's unconfirmed visits, numbered as 确认 N understands them."""
    directory = await world.directory(uow)
    lines = []
    for number, visit in enumerate(await drafts(uow, person.id), 1):
        seen = await view(uow, visit)
        customer = field_values.in_words("customer", seen.value("customer"), directory) or "哪一家？"
        lines.append(f"{number}. {customer}（{texts.day_time(visit.started_at)}）")
    return lines


def _numbered(found: Sequence[t.Visit], argument: str) -> t.Visit | None:
    """Return the draft with this number, the newest without one."""
    if argument.isdigit():
        return found[int(argument) - 1] if 0 < int(argument) <= len(found) else None
    return found[-1] if found else None


async def _on_draft(
    command: nt.Command, person: Person, *, uow: UnitOfWork, world: World, now: datetime, answers: str, at: datetime
) -> str:
    visit = _numbered(await drafts(uow, person.id), command.argument)
    if visit is None:
        return await say(uow, person, texts.no_draft(), answers=answers, now=now)
    if command.name == "void":
        await confirm_visit.void(uow, visit, person, via=answers, now=now)
    elif command.name == "confirm":
        if (await view(uow, visit)).value("customer") is None:
            return await say(uow, person, texts.which_customer(visit.started_at), answers=answers, now=now)
        await confirm_visit.set_tags(uow, visit, set(), actor_id=person.id, via=answers, now=now)
        await confirm_visit.confirm(uow, visit, person, via=answers, world=world, now=now)
    return await show_visit(uow, visit, person, world=world, now=now, answers=answers)


async def _undo(person: Person, *, uow: UnitOfWork, world: World, now: datetime, answers: str) -> str:
    visit = await uow.first(
        sa.select(t.Visit)
        .where(col(t.Visit.person_id) == person.id, col(t.Visit.state) == "confirmed")
        .order_by(col(t.Visit.confirmed_at).desc())
    )
    if visit is None or not confirm_visit.may_undo(visit, now):
        return await say(uow, person, texts.nothing_to_undo(), answers=answers, now=now)
    await confirm_visit.undo(uow, visit, person, via=answers, world=world, now=now)
    return await show_visit(uow, visit, person, world=world, now=now, answers=answers)


async def _restore(person: Person, *, uow: UnitOfWork, world: World, now: datetime, answers: str) -> str:
    visit = await uow.first(
        sa.select(t.Visit)
        .where(col(t.Visit.person_id) == person.id, col(t.Visit.state) == "voided")
        .order_by(col(t.Visit.last_capture_at).desc())
    )
    if visit is None:
        return await say(uow, person, texts.no_draft(), answers=answers, now=now)
    await confirm_visit.restore(uow, visit, person, via=answers, now=now)
    return await show_visit(uow, visit, person, world=world, now=now, answers=answers)


async def _switch_mode(on: bool, person: Person, *, uow: UnitOfWork, now: datetime, answers: str) -> str:
    row = await uow.need(t.Person, person.id)
    row.text_mode = on
    uow.add(row)
    return await say(uow, person, texts.text_mode_on() if on else texts.text_mode_off(), answers=answers, now=now)


async def customer_words(uow: UnitOfWork, name: str, world: World) -> str:
    """Return what is known of a customer: stage, last contact, obstacle, next step (MISSION row 116, first form)."""
    directory = await world.directory(uow)
    found = nlp.match_name(name, directory, limit=3) if name else ()
    if not found:
        return f"没找到“{name}”。换个叫法再试，比如“客户 华锐”。" if name else "要看哪一家？比如发“客户 华锐”。"
    customer = directory.customers[found[0][0]]
    lines = [customer.name]
    for opportunity in await uow.all(
        sa.select(t.Opportunity).where(
            col(t.Opportunity.customer_id) == customer.customer_id, col(t.Opportunity.state) == "open"
        )
    ):
        since = f"，{texts.day_time(opportunity.stage_since)[:-6]}起" if opportunity.stage_since else ""
        lines.append(f"阶段：{opportunity.stage or '待补'}{since}")
        if opportunity.last_touch_at:
            lines.append(f"上次联系：{texts.day_time(opportunity.last_touch_at)} {opportunity.last_contact}")
        if opportunity.obstacle:
            lines.append(f"卡点：{opportunity.obstacle}")
        lines.append(texts.next_step(opportunity.next_followup, ()))
    if len(lines) == 1:
        lines.append("还没有商机记录。拜访完说一句，我来建。")
    return "\n".join(lines)
