"""修改, from the database to the form and back: one save is one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.page import words
from bot.page.access import OpenedVisit, PageRefused, open_visit, why_not_editable
from bot.page.edit_form import (
    Answer,
    BrokenForm,
    EditPage,
    FormField,
    Known,
    Posted,
    changes_in,
    form_beside,
    form_with_errors,
    fresh_form,
    stored_values,
    understand,
)
from bot.page.visit_page import SPOKEN, captures_of, field_row
from handlers import field_values, know, texts
from handlers.correct_visit import change_fields
from handlers.know import World
from handlers.links import LinkTarget
from handlers.show_visit import show_visit
from handlers.visit_view import view, words_of
from nlp import types as nt
from storage import UnitOfWork
from storage import tables as t


@dataclass(frozen=True, slots=True)
class Saved:
    """The outcome of a save: the sentences to show, and the delivery to be told (empty if nothing was queued)."""

    sentences: tuple[str, str]
    delivery: str = ""


async def open_for_editing(uow: UnitOfWork, target: LinkTarget, now: datetime, *, to_write: bool) -> OpenedVisit:
    """Return the visit if its own person may change it now. Raises `PageRefused`."""
    opened = await open_visit(uow, target, to_write=to_write)
    if not opened.is_own:
        raise PageRefused(403, words.OWN_ONLY)
    refusal = why_not_editable(opened.visit, now)
    if refusal is not None:
        raise PageRefused(409, refusal)
    return opened


async def edit_page(uow: UnitOfWork, opened: OpenedVisit, world: World) -> EditPage:
    """Load the form, filled with the visit as it is."""
    known = await _known(uow, opened, world)
    return _page(known, await _form(uow, known))


async def save(uow: UnitOfWork, opened: OpenedVisit, posted: Posted, world: World, now: datetime) -> Saved | EditPage:
    """Change what the person changed and queue the fresh card, or return the form to show again. Does not commit.

    Idempotent by the form's version: the same form again finds its values there and changes nothing.
    Raises `BrokenForm`.
    """
    known = await _known(uow, opened, world)
    if posted.version == opened.visit.version and posted.was != known.values():
        raise BrokenForm
    answers = understand(posted, known)
    if any(answer.error for answer in answers.values()):
        return await _with_errors(uow, known, posted, answers)
    current = known.values()
    if posted.version != opened.visit.version:
        return await _stale(uow, known, changes_in(answers, posted.was), current, opened, posted)
    changes = changes_in(answers, current)
    if not changes:
        return Saved(_unchanged(opened.visit))
    return await _change(uow, opened, changes, posted, world, now)


async def _change(
    uow: UnitOfWork, opened: OpenedVisit, changes: Mapping[str, Any], posted: Posted, world: World, now: datetime
) -> Saved:
    person = await know.reach(uow, opened.reader.id)
    if person is None:
        raise PageRefused(403, words.FOREIGN)
    via = _form_key(opened.visit, posted)
    await change_fields(uow, opened.visit, changes, person, via=via, world=world, now=now)
    key = await show_visit(uow, opened.visit, person, world=world, now=now, answers=via)
    return Saved(words.SAVED, key)


async def _stale(
    uow: UnitOfWork,
    known: Known,
    mine: Mapping[str, Any],
    current: Mapping[str, Any],
    opened: OpenedVisit,
    posted: Posted,
) -> Saved | EditPage:
    """The visit has moved on since the form was shown: was it by this very form, or by something else?"""
    if all(current[name] == value for name, value in mine.items()):
        key = f"answer:{_form_key(opened.visit, posted)}"
        told_before = await uow.get(t.Delivery, key) is not None
        return Saved(words.ALREADY_SAVED if told_before else _unchanged(opened.visit), key if told_before else "")
    return _page(known, form_beside(await _form(uow, known), mine, known.directory), words.SEE_FRESH)


def _unchanged(visit: t.Visit) -> tuple[str, str]:
    return words.UNCHANGED_CONFIRMED if visit.state == "confirmed" else words.UNCHANGED


def _form_key(visit: t.Visit, posted: Posted) -> str:
    return f"page:{visit.id}:{posted.version}"


async def _with_errors(uow: UnitOfWork, known: Known, posted: Posted, answers: Mapping[str, Answer]) -> EditPage:
    """The form as the person left it. It stays the form of the version that it was made from."""
    form = form_with_errors(await _form(uow, known), posted, answers)
    return _page(known, form, words.CHECK_FORM, posted)


async def _known(uow: UnitOfWork, opened: OpenedVisit, world: World) -> Known:
    return Known(
        seen=await view(uow, opened.visit),
        directory=await world.directory(uow),
        playbook=world.playbook(opened.visit.playbook),
        rep=opened.visit.person_id,
    )


async def _form(uow: UnitOfWork, known: Known) -> tuple[FormField, ...]:
    captures = await captures_of(uow, known.seen.visit.id)
    texts_of = {c.id: await words_of(uow, c) for c in captures if c.kind in SPOKEN}
    rows = [field_row(known.seen, name, texts_of, known.directory) for name in nt.FIELDS]
    return fresh_form(known, {r.name: r.said for r in rows}, {r.name: r.mark for r in rows})


def _page(known: Known, form: tuple[FormField, ...], banner: str = "", posted: Posted | None = None) -> EditPage:
    visit = known.seen.visit
    label = field_values.in_words("customer", known.current("customer"), known.directory)
    return EditPage(
        customer=label or "还不知道是哪一家",
        when=texts.day_time(visit.started_at),
        version=posted.version if posted is not None else visit.version,
        was=stored_values(posted.was) if posted is not None else stored_values(known.values()),
        confirmed=visit.state == "confirmed",
        visited_on=known.visited_on.isoformat(),
        fields=form,
        banner=banner,
    )
