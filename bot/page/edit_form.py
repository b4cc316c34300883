"""修改: the form with everything filled, and reading what comes back. Pure but for the directory passed in.

A field comes back as what was typed and, where choices were offered, which one was picked. The pick counts only while
the typed text is still the one that was shown, so that the page needs no script to tell what was meant.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from unicodedata import category

import nlp
from bot.page import words
from bot.page.evidence import Quote
from handlers import field_values, texts
from handlers.playbooks import Playbook
from handlers.visit_view import VisitView
from handlers.visits import shanghai_day
from nlp import types as nt

#: Most characters a person may type into a field.
LIMITS = {"customer": 60, "contact": 20, "obstacle": 300}
FARTHEST_YEARS = 2
#: A typed name is taken for a customer if it is this like, and this much more like than the next.
SURE, AHEAD = 0.9, 0.15
CANDIDATES = 4
SUGGESTED_CUSTOMERS = 200


@dataclass(frozen=True, slots=True)
class Pick:
    """A choice beside a field. An empty `value` stands for what is in the field itself."""

    value: str
    label: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class FormField:
    """One field of the form: what it holds, what it was shown with, and what is said beside it."""

    name: str
    label: str
    typed: str
    asked: str
    mark: str = ""
    said: Quote | None = None
    error: str = ""
    note: str = ""
    picks: tuple[Pick, ...] = ()
    picked: str = ""
    suggestions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Posted:
    """What came back: the version and stored values that the form was made from, and the person's words by field."""

    version: int
    was: Mapping[str, Any]
    typed: Mapping[str, str]
    asked: Mapping[str, str]
    picked: Mapping[str, str]

    def meant(self, name: str) -> str:
        """Return the pick while the field is as it was shown, else what was typed."""
        if self.picked[name] and self.typed[name] == self.asked[name]:
            return self.picked[name]
        return self.typed[name]


@dataclass(frozen=True, slots=True)
class Answer:
    """A field as understood: the stored value, or what is wrong with it and what could be meant."""

    value: Any = None
    error: str = ""
    picks: tuple[Pick, ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """What reading a form needs: the visit as it is, the directory, and the visit's playbook."""

    seen: VisitView
    directory: nlp.Directory
    playbook: Playbook
    rep: str

    def current(self, name: str) -> Any:
        return self.seen.value(name)

    def values(self) -> dict[str, Any]:
        return {name: self.current(name) for name in nt.FIELDS}

    @property
    def visited_on(self) -> date:
        return shanghai_day(self.seen.visit.started_at)


class BrokenForm(Exception):
    """The form is not one that we made: a field is missing or the version is no number."""


# --- the form as first shown --------------------------------------------------------------------------------------


def text_of(name: str, stored: Any, directory: nlp.Directory) -> str:
    """Return a stored value as it stands in its input: a customer's full name, an ISO day, the words themselves."""
    if stored is None:
        return ""
    if name == "customer":
        if isinstance(stored, dict):
            return str(stored["new"])
        customer = directory.customers.get(stored)
        return customer.name if customer is not None else str(stored)
    return str(stored)


def fresh_form(known: Known, said: Mapping[str, Quote | None], marks: Mapping[str, str]) -> tuple[FormField, ...]:
    """Return the form filled with the visit's values; questions come with their choices."""
    return tuple(_fresh_field(known, name, said.get(name), marks.get(name, "")) for name in nt.FIELDS)


def _fresh_field(known: Known, name: str, said: Quote | None, mark: str) -> FormField:
    text = text_of(name, known.current(name), known.directory)
    offered = known.seen.choices(name) if name != "stage" else []
    picks = tuple(_pick(name, value, offered, known.directory) for value in offered)
    note = f"可能是：{'、'.join(known.seen.choices(name))}" if name == "stage" and known.seen.choices(name) else ""
    return FormField(
        name=name,
        label=texts.FIELD_LABELS[name],
        typed=text,
        asked=text,
        mark=mark,
        said=said,
        note=note,
        picks=(*picks, Pick("", *words.NONE_OF_THESE)) if picks else (),
        suggestions=_suggestions(known, name),
    )


def _pick(name: str, stored: Any, among: Sequence[Any], directory: nlp.Directory) -> Pick:
    label = field_values.choice_words(name, stored, among, directory)
    if name != "customer":
        return Pick(text_of(name, stored, directory), label)
    if isinstance(stored, dict):
        return Pick(f"new:{stored['new']}", str(stored["new"]), "新客户")
    return Pick(f"id:{stored}", label, text_of(name, stored, directory))


def _suggestions(known: Known, name: str) -> tuple[str, ...]:
    """Names for the input's list: the customer's people, or what the note may have meant and the rep's customers."""
    customers = known.directory.customers
    if name == "contact":
        customer = customers.get(known.seen.visit.customer_id or "")
        return tuple(contact.name for contact in customer.contacts) if customer is not None else ()
    if name == "stage":
        stored = known.current("stage")
        extra = () if stored is None or stored in known.playbook.stage_names else (stored,)
        return (*known.playbook.stage_names, *extra)
    if name != "customer":
        return ()
    guess = known.seen.fields.get("customer")
    likely = [customers[a].name for a in (guess.alternatives if guess else ()) if isinstance(a, str) and a in customers]
    own = sorted(c.name for c in customers.values() if c.owner == known.rep)
    return tuple(dict.fromkeys((*likely, *own)))[:SUGGESTED_CUSTOMERS]


def stored_values(values: Mapping[str, Any]) -> str:
    """Return the values that the form is made from, to come back with it."""
    return json.dumps(dict(values), ensure_ascii=False, sort_keys=True)


# --- what comes back ----------------------------------------------------------------------------------------------


def read_posted(data: Mapping[str, Any]) -> Posted:
    """Return the posted form. Raises `BrokenForm`."""
    try:
        version, was = int(str(data["version"])), json.loads(str(data["was"]))
        typed: dict[str, str] = {name: _clean(data[name], name) for name in nt.FIELDS}
    except (KeyError, ValueError, RecursionError) as error:
        raise BrokenForm from error
    if not isinstance(was, dict) or not all(_is_stored(was.get(name)) for name in nt.FIELDS):
        raise BrokenForm
    return Posted(
        version=version,
        was=was,
        typed=typed,
        asked={name: _clean(data.get(f"asked_{name}", ""), name) for name in nt.FIELDS},
        picked={name: _clean(data.get(f"pick_{name}", ""), name) for name in nt.FIELDS},
    )


def _is_stored(value: Any) -> bool:
    if isinstance(value, dict):
        return list(value) == ["new"] and isinstance(value["new"], str)
    return value is None or isinstance(value, str)


def _clean(value: Any, name: str) -> str:
    """Drop control characters and outer blanks; only the obstacle keeps its line breaks."""
    text = str(value).replace("\r\n", "\n")
    kept = "".join(ch for ch in text if category(ch) not in ("Cc", "Cs") or (ch == "\n" and name == "obstacle"))
    return kept.strip()


def understand(posted: Posted, known: Known) -> dict[str, Answer]:
    """Return each field as understood. What the person left as it was is taken as it is, never checked anew."""
    return {name: _understand_one(name, posted, known) for name in nt.FIELDS}


def _understand_one(name: str, posted: Posted, known: Known) -> Answer:
    meant, was = posted.meant(name), posted.was.get(name)
    if meant == _clean(text_of(name, was, known.directory), name):
        return Answer(was)
    if not meant:
        return Answer(None)
    limit = LIMITS.get(name)
    if limit is not None and len(meant.removeprefix("new:")) > limit:
        return Answer(error=words.too_long(limit))
    if name == "customer":
        return _customer(meant, known)
    if name == "stage":
        return Answer(meant) if meant in _suggestions(known, "stage") else Answer(error=words.UNKNOWN_STAGE)
    if name == "next_followup":
        return _day(meant, known.visited_on)
    return Answer(meant)


def _day(meant: str, visited_on: date) -> Answer:
    try:
        day = date.fromisoformat(meant)
    except ValueError:
        return Answer(error=words.UNREADABLE_DAY)
    if day < visited_on:
        return Answer(error=words.before_visit(visited_on))
    if day > visited_on + timedelta(days=366 * FARTHEST_YEARS):
        return Answer(error=words.too_far(FARTHEST_YEARS))
    return Answer(day.isoformat())


def _customer(meant: str, known: Known) -> Answer:
    """A pick is taken at its word; a typed name is looked up, and asked about unless it is surely one customer."""
    customers = known.directory.customers
    kind, _, rest = meant.partition(":")
    if kind == "id" and rest in customers:
        return Answer(rest)
    if kind == "new" and rest:
        return Answer({"new": rest})
    named = [c.customer_id for c in customers.values() if c.name == meant]
    if len(named) == 1:
        return Answer(named[0])
    found = nlp.match_name(meant, known.directory, limit=CANDIDATES)
    if found and _is_sure(found):
        return Answer(found[0][0])
    picks = tuple(_pick("customer", ref, [ref for ref, _ in found], known.directory) for ref, _ in found)
    error = words.WHICH_CUSTOMER if found else words.no_such_customer(meant)
    return Answer(error=error, picks=(*picks, Pick(f"new:{meant}", f"新客户：{meant}", "档案里没有，确认后建档")))


def _is_sure(found: Sequence[tuple[str, float]]) -> bool:
    best = found[0][1]
    second = found[1][1] if len(found) > 1 else 0.0
    return (best == 1.0 and second < 1.0) or (best >= SURE and best - second >= AHEAD)


def changes_in(answers: Mapping[str, Answer], since: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields whose value is another than `since`."""
    return {name: answer.value for name, answer in answers.items() if answer.value != since.get(name)}


# --- the form shown again -----------------------------------------------------------------------------------------


def form_with_errors(form: Sequence[FormField], posted: Posted, answers: Mapping[str, Answer]) -> tuple[FormField, ...]:
    """Return the form as the person left it, with what is wrong beside each field and what could be meant."""
    return tuple(_as_left(f, posted, answers[f.name]) for f in form)


def _as_left(shown: FormField, posted: Posted, answer: Answer) -> FormField:
    typed = posted.typed[shown.name]
    asked = typed if answer.picks else posted.asked[shown.name]
    return replace(
        shown,
        typed=typed,
        asked=asked,
        error=answer.error,
        picks=answer.picks or shown.picks,
        picked="" if answer.picks else posted.picked[shown.name],
    )


def form_beside(form: Sequence[FormField], mine: Mapping[str, Any], directory: nlp.Directory) -> tuple[FormField, ...]:
    """Return the fresh form, with what the person had filled in offered beside each field that differs."""
    return tuple(_beside(f, mine[f.name], directory) if f.name in mine else f for f in form)


def _beside(shown: FormField, value: Any, directory: nlp.Directory) -> FormField:
    if value is None or text_of(shown.name, value, directory) == shown.typed:
        return shown
    mine = replace(_pick(shown.name, value, [value], directory), detail="你刚才填的")
    if shown.name == "customer":
        mine = replace(mine, label=text_of("customer", value, directory))
    now = Pick("", _readable(shown) or "先不定", "现在的内容")
    return replace(shown, note="", picks=(now, mine), picked="")


def _readable(shown: FormField) -> str:
    if shown.name == "next_followup" and shown.typed:
        return texts.day(date.fromisoformat(shown.typed))
    return shown.typed


@dataclass(frozen=True, slots=True)
class EditPage:
    """What the edit template shows besides the fields."""

    customer: str
    when: str
    version: int
    was: str
    confirmed: bool
    visited_on: str
    fields: tuple[FormField, ...]
    banner: str = ""
