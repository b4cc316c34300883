"""看详情: everything that is known of one visit, with the words that each field was read from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlmodel import col

import nlp
from bot.page import words
from bot.page.access import OpenedVisit
from bot.page.evidence import Evidence, Quote, Stretch, cut, quote
from bot.page.history import ChangeLine, history_of
from handlers import field_values, texts
from handlers.know import World
from handlers.rules.geo import Point, judge_check_in
from handlers.visit_view import VisitView, view, words_of
from nlp import types as nt
from storage import UnitOfWork
from storage import tables as t

SPOKEN = ("text", "voice", "forward", "link")
_UNNAMED = {"file": "文件", "video": "视频"}


@dataclass(frozen=True, slots=True)
class FieldRow:
    """A field as shown: `value` in words (empty for none), `choices` where it is a question, `said` its own words."""

    name: str
    label: str
    value: str
    mark: str
    choices: tuple[str, ...] = ()
    said: Quote | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """What was said or typed at one time, cut by evidence. `audio` is the recording's digest, `seconds` its length."""

    when: str
    kind: str
    stretches: tuple[Stretch, ...]
    audio: str = ""
    seconds: int = 0
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """A photo: the original's digest, its thumbnail's (empty if it cannot be read), and when it was taken or sent."""

    sha256: str
    thumbnail: str
    when: str


@dataclass(frozen=True, slots=True)
class VisitPage:
    """All that the details show."""

    customer: str
    company: str
    state: str
    state_words: str
    when: str
    who: str
    fields: tuple[FieldRow, ...]
    said: tuple[Said, ...]
    tags: tuple[tuple[str, str, bool], ...]
    pictures: tuple[Picture, ...]
    files: tuple[tuple[str, str], ...]
    check_in: str
    check_in_when: str
    stage_note: str
    changes: tuple[ChangeLine, ...] = field(default=())


async def visit_page(uow: UnitOfWork, opened: OpenedVisit, world: World) -> VisitPage:
    """Load the details of a visit."""
    visit, directory = opened.visit, await world.directory(uow)
    seen = await view(uow, visit)
    captures = await captures_of(uow, visit.id)
    spoken = [c for c in captures if c.kind in SPOKEN]
    texts_of = {c.id: await words_of(uow, c) for c in spoken}
    check_in, when = _check_in(captures, visit, directory, world)
    stored = seen.value("customer")
    known = directory.customers.get(stored) if isinstance(stored, str) else None
    label = field_values.in_words("customer", stored, directory)
    return VisitPage(
        customer=label or "还不知道是哪一家",
        company=known.name if known is not None and known.name != label else "",
        state=visit.state,
        state_words=words.STATES[visit.state],
        when=texts.day_time(visit.started_at),
        who="" if opened.is_own else opened.owner.name,
        fields=tuple(field_row(seen, name, texts_of, directory) for name in nt.FIELDS),
        said=tuple([await _said(uow, c, texts_of[c.id], seen) for c in spoken]),
        tags=tuple((tag.label, tag.word, tag.status == "confirmed") for tag in seen.tags if tag.status != "rejected"),
        pictures=await _pictures(uow, captures),
        files=await _files(uow, captures),
        check_in=check_in,
        check_in_when=when,
        stage_note=visit.stage_note,
        changes=await history_of(uow, visit.id, directory),
    )


async def captures_of(uow: UnitOfWork, visit_id: str) -> list[t.Capture]:
    """Return all captures of a visit in the order they were made."""
    return await uow.all(
        sa.select(t.Capture)
        .where(col(t.Capture.visit_id) == visit_id)
        .order_by(col(t.Capture.captured_at), col(t.Capture.id))
    )


def field_row(seen: VisitView, name: str, texts_of: dict[str, str], directory: nlp.Directory) -> FieldRow:
    """Return one field with its mark as on the card, and the words it was read from."""
    guess = seen.fields.get(name)
    choices = seen.choices(name)
    said = _own_words(guess, texts_of)
    return FieldRow(
        name=name,
        label=texts.FIELD_LABELS[name],
        value=field_values.in_words(name, seen.value(name), directory),
        mark=_mark(seen, name),
        choices=tuple(field_values.choice_words(name, c, choices, directory) for c in choices),
        said=said,
        reason=guess.reason if guess is not None else "",
    )


def _mark(seen: VisitView, name: str) -> str:
    if seen.choices(name):
        return texts.MARK_ASK
    if seen.value(name) is None:
        return texts.MARK_MISSING
    return texts.MARK_SAID if seen.fields[name].known_by == "said" else texts.MARK_DIRECTORY


def _own_words(guess: t.FieldGuess | None, texts_of: dict[str, str]) -> Quote | None:
    if guess is None or guess.span_start is None or guess.span_end is None:
        return None
    return quote(texts_of.get(guess.capture_id or "", ""), guess.span_start, guess.span_end)


async def _said(uow: UnitOfWork, capture: t.Capture, text: str, seen: VisitView) -> Said:
    found = [
        Evidence(texts.FIELD_LABELS[name], guess.span_start, guess.span_end)
        for name in nt.FIELDS
        if (guess := seen.fields.get(name)) is not None and guess.capture_id == capture.id
        if guess.span_start is not None and guess.span_end is not None
    ]
    transcript = await uow.first(sa.select(t.Transcript).where(col(t.Transcript.capture_id) == capture.id))
    return Said(
        when=texts.day_time(capture.captured_at),
        kind={"voice": "语音", "forward": "聊天", "link": "转发"}.get(capture.kind, "文字"),
        stretches=cut(text, found),
        audio=(capture.media_sha256 or "") if capture.kind == "voice" else "",
        seconds=round(transcript.seconds) if transcript is not None else 0,
        problem="" if text else "还没有文字",
    )


async def _pictures(uow: UnitOfWork, captures: Sequence[t.Capture]) -> tuple[Picture, ...]:
    kept = await _kept(uow, captures, ("photo",))
    return tuple(Picture(m.sha256, m.thumbnail_sha256 or "", texts.day_time(c.captured_at)) for c, m in kept)


async def _files(uow: UnitOfWork, captures: Sequence[t.Capture]) -> tuple[tuple[str, str], ...]:
    kept = await _kept(uow, captures, ("file", "video"))
    return tuple((m.sha256, str(m.facts.get("name") or _UNNAMED[c.kind])) for c, m in kept)


async def _kept(
    uow: UnitOfWork, captures: Sequence[t.Capture], kinds: tuple[str, ...]
) -> list[tuple[t.Capture, t.Media]]:
    """Return captures of these kinds with their media, without those that were not fetched (yet)."""
    wanted = [c for c in captures if c.kind in kinds and c.media_sha256 is not None]
    found = [(c, await uow.get(t.Media, c.media_sha256)) for c in wanted]
    return [(c, media) for c, media in found if media is not None]


def _check_in(captures: Sequence[t.Capture], visit: t.Visit, directory: nlp.Directory, world: World) -> tuple[str, str]:
    """Return what the latest position says and when it was sent; empty texts where there is none."""
    positions = [c for c in captures if c.kind == "location" and c.lat is not None and c.lon is not None]
    if not positions:
        return "", ""
    latest = positions[-1]
    return position_words(latest, visit, directory, world), texts.day_time(latest.captured_at)


def position_words(capture: t.Capture, visit: t.Visit, directory: nlp.Directory, world: World) -> str:
    """Return the distance of a position to the visit's customer in words, or why there is none."""
    if visit.customer_id is None:
        return words.CHECKED_IN_NO_CUSTOMER
    customer = directory.customers.get(visit.customer_id)
    if customer is None or customer.lat is None or customer.lon is None:
        return words.CHECKED_IN_NO_POINT
    assert capture.lat is not None
    assert capture.lon is not None
    judged = judge_check_in(
        Point(capture.lat, capture.lon),
        Point(customer.lat, customer.lon),
        radius_m=world.playbook(visit.playbook).check_in.radius_m,
        accuracy_m=capture.accuracy_m,
    )
    return words.checked_in(judged.words, judged.verdict)
