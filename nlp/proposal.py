"""What an outside proposer said of a note: checked against the note, then weighed beside our own reading.

The proposer (a language model, `bot.proposer`) is trusted with nothing. `check_proposal` keeps only what quotes the
note, names somebody who was offered to it, and can be read as what it claims to be. `combine` never lets it replace
a value: it may agree, fill what is missing, or turn a field into a question that holds both answers.

An answer has this form, every part optional; `words` is the stretch of the note that shows it:

    {"customer": {"id": "C0001", "words": "华锐"}  or  {"new": "某某科技", "words": "某某科技"},
     "contact": {"name": "李敏", "words": "李工"}, "stage": {"name": "方案提交", "words": "方案发过去了"},
     "next_followup": {"date": "2026-03-20", "words": "下周五"}, "obstacle": {"words": "嫌交期太长"},
     "tags": [{"key": "价格", "words": "报价"}]}
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from nlp.dates import DateMention, find_dates
from nlp.dates.mention import Reference
from nlp.fields.status import status_at, statuses
from nlp.names import Directory, match_name
from nlp.names.mentions import find_mentions
from nlp.names.ranking import weigh
from nlp.names.reading import read
from nlp.types import (
    FIELDS,
    Context,
    Customer,
    Extraction,
    FieldName,
    Guess,
    NewCustomer,
    Note,
    Playbook,
    Span,
    TagGuess,
)

#: Customers that are offered to the proposer.
MOST_OFFERED = 8
#: Words that are quoted may be this long, characters.
LONGEST_QUOTE = 80
#: A follow-up further away than this is no follow-up.
FURTHEST = timedelta(days=730)
#: A name so like one of the directory is that customer, not a new one.
_KNOWN_FROM = 0.85
#: Two stretches whose characters agree so far state the same obstacle (as `benchmarks.extraction` counts it).
_SAME_OBSTACLE = 0.6
#: Confidence in what only the proposer says: a question, never a value; an obstacle quotes the note and may be shown.
_ALONE, _QUOTED = 0.5, 0.6
#: What agreement adds, and where it ends.
_AGREED, _MOST = 0.03, 0.99
_LONGEST_PERSON = 12
_MOST_TAGS, _MOST_ALTERNATIVES = 6, 4


@dataclass(frozen=True, slots=True)
class Proposal:
    """What passed the guards, by field, with tags. `dropped` says why the rest did not, as `field: reason`."""

    fields: Mapping[FieldName, Guess] = field(default_factory=dict)
    tags: tuple[TagGuess, ...] = ()
    dropped: tuple[str, ...] = ()


class Broken(ValueError):
    """A part of a proposal breaks a guard. The message names the guard and quotes nothing."""


def shortlist(note: Note, directory: Directory, extraction: Extraction, context: Context | None) -> list[Customer]:
    """Return the customers that the note may mean, likeliest first: all that a proposer may choose among."""
    guess = extraction.customer
    ids = [value for value in (guess.value, *guess.alternatives) if isinstance(value, str)]
    reading = read(note, directory, context)
    ids += [one.customer.customer_id for one in weigh(reading, directory, find_mentions(reading, directory))]
    known = [directory.customers[value] for value in dict.fromkeys(ids) if value in directory.customers]
    return known[:MOST_OFFERED]


def check_proposal(
    raw: Mapping[str, Any], note: Note, directory: Directory, playbook: Playbook, *, offered: Collection[str] = ()
) -> Proposal:
    """Keep what stands in the note and exists; drop the rest with its reason. Takes any JSON object, raises nothing.

    `offered` are the ids of the shortlist that was sent: no other customer can come back.
    """
    checks: dict[FieldName, Callable[[Mapping[str, Any]], Guess]] = {
        "customer": lambda part: _customer(part, note, directory, offered),
        "contact": lambda part: _contact(part, note, directory, offered),
        "stage": lambda part: _stage(part, note, playbook),
        "next_followup": lambda part: _followup(part, note),
        "obstacle": lambda part: _obstacle(part, note),
    }
    kept: dict[FieldName, Guess] = {}
    dropped: list[str] = []
    for name in FIELDS:
        try:
            if (part := raw.get(name)) is not None:
                kept[name] = checks[name](_mapping(part))
        except Broken as broken:
            dropped.append(f"{name}: {broken}")
    tags, bad_tags = _tags(raw.get("tags"), note, playbook)
    return Proposal(kept, tags, (*dropped, *bad_tags))


def combine(extraction: Extraction, proposal: Proposal) -> Extraction:
    """Return the extraction in the light of the proposal. A message that is no note stays none."""
    if not extraction.is_note:
        return extraction
    weighed: dict[str, Any] = {
        name: _weighed(name, extraction.guess(name), theirs) for name, theirs in proposal.fields.items()
    }
    known = {tag.key for tag in extraction.tags}
    tags = extraction.tags + tuple(tag for tag in proposal.tags if tag.key not in known)
    return replace(extraction, **weighed, tags=tags)


def _weighed(name: FieldName, ours: Guess, theirs: Guess) -> Guess:
    if ours.value is None:
        return _filled(ours, theirs)
    if _same(name, ours.value, theirs.value):
        return replace(ours, confidence=max(ours.confidence, min(_MOST, round(ours.confidence + _AGREED, 3))))
    others = _without((theirs.value, *ours.alternatives), ours.value)
    if name == "obstacle":  # a card cannot offer obstacles to tap, and both stand in the note: ours stays shown
        return replace(ours, alternatives=others)
    reason = f"{ours.reason}；{theirs.reason}" if ours.reason else theirs.reason
    return replace(ours, alternatives=others, reason=reason, shown="question")


def _filled(ours: Guess, theirs: Guess) -> Guess:
    """Put a proposed value where we have none: alone, or first among the choices of our question."""
    asked = ours.alternatives if ours.shown == "question" else ()
    return replace(theirs, alternatives=_without(asked, theirs.value))


def _without(values: tuple[Any, ...], known: Any) -> tuple[Any, ...]:
    return tuple(dict.fromkeys(value for value in values if value != known))[:_MOST_ALTERNATIVES]


def _same(name: FieldName, ours: Any, theirs: Any) -> bool:
    if name != "obstacle":
        return bool(ours == theirs)
    shared = sum((Counter(ours) & Counter(theirs)).values())
    return 2 * shared / (len(ours) + len(theirs)) >= _SAME_OBSTACLE


# --- the guards ----------------------------------------------------------------------------------------------------


def _mapping(part: Any) -> Mapping[str, Any]:
    if not isinstance(part, dict):
        raise Broken("not an object")
    return part


def _text(part: Mapping[str, Any], key: str) -> str:
    value = part.get(key)
    if not isinstance(value, str) or not value.strip():
        raise Broken(f"no {key}")
    return value.strip()


def _quoted(part: Mapping[str, Any], note: Note) -> tuple[str, Span]:
    """Return the words that are said to show it, and where they stand."""
    words = _text(part, "words")
    if len(words) > LONGEST_QUOTE:
        raise Broken("words too long")
    start = note.text.find(words)
    if start < 0:
        raise Broken("words not in the note")
    return words, Span(start, start + len(words))


def _proposed(value: Any, words: str, span: Span) -> Guess:
    return Guess(value, _ALONE, span, (), f"外部模型提议，依据“{words}”", "said", "question")


def _customer(part: Mapping[str, Any], note: Note, directory: Directory, offered: Collection[str]) -> Guess:
    words, span = _quoted(part, note)
    if part.get("new") is not None:
        return _proposed(NewCustomer(_new_name(part, note, directory)), words, span)
    customer_id = _text(part, "id")
    if customer_id not in offered or customer_id not in directory.customers:
        raise Broken("no such customer among those offered")
    return _proposed(customer_id, words, span)


def _new_name(part: Mapping[str, Any], note: Note, directory: Directory) -> str:
    name = _text(part, "new")
    if name not in note.text or not 2 <= len(name) <= LONGEST_QUOTE // 2:
        raise Broken("new name not in the note")
    if any(likeness >= _KNOWN_FROM for _, likeness in match_name(name, directory, limit=1)):
        raise Broken("new name is a known customer")
    return name


def _contact(part: Mapping[str, Any], note: Note, directory: Directory, offered: Collection[str]) -> Guess:
    """A name as said, or that of a contact of the offered customers whose surname is said."""
    words, span = _quoted(part, note)
    name = _text(part, "name")
    known = {
        contact.name for one in offered if (row := directory.customers.get(one)) is not None for contact in row.contacts
    }
    if len(name) > _LONGEST_PERSON or (name not in words and not (name in known and name[0] in words)):
        raise Broken("nobody of this name was said")
    return _proposed(name, words, span)


def _stage(part: Mapping[str, Any], note: Note, playbook: Playbook) -> Guess:
    words, span = _quoted(part, note)
    name = _text(part, "name")
    if name not in {rule.name for rule in playbook.stages}:
        raise Broken("no stage of the playbook")
    return _proposed(name, words, span)


def _followup(part: Mapping[str, Any], note: Note) -> Guess:
    """A day from the note's on whose words can mean it, where our own grammar reads them."""
    words, span = _quoted(part, note)
    try:
        day = date.fromisoformat(_text(part, "date"))
    except ValueError:
        raise Broken("no date") from None
    today = Reference.at(note.sent_at).day
    if not today <= day <= today + FURTHEST:
        raise Broken("day in the past or too far away")
    around = find_dates(note.text, note.sent_at)
    meant = [one for one in around if not one.vague and one.span.start < span.end and span.start < one.span.end]
    if meant and not any(_can_be(one, day) for one in meant):
        raise Broken("the words name another day")
    return _proposed(day, words, span)


def _can_be(mention: DateMention, day: date) -> bool:
    return day in mention.alternatives or mention.date <= day <= (mention.end or mention.date)


def _obstacle(part: Mapping[str, Any], note: Note) -> Guess:
    words, span = _quoted(part, note)
    return Guess(words, _QUOTED, span, (), "原话（外部模型指出）", "said", "value")


def _tags(raw: Any, note: Note, playbook: Playbook) -> tuple[tuple[TagGuess, ...], list[str]]:
    kept: dict[str, TagGuess] = {}
    dropped: list[str] = []
    for part in (raw if isinstance(raw, list) else [])[:_MOST_TAGS]:
        try:
            tag = _tag(_mapping(part), note, playbook)
            kept.setdefault(tag.key, tag)
        except Broken as broken:
            dropped.append(f"tag: {broken}")
    return tuple(kept.values()), dropped


def _tag(part: Mapping[str, Any], note: Note, playbook: Playbook) -> TagGuess:
    words, span = _quoted(part, note)
    key = _text(part, "key")
    label = next((rule.label for rule in playbook.tags if rule.key == key), None)
    if label is None:
        raise Broken("no tag of the playbook")
    if status_at(statuses(note.text), *span) == "denied":
        raise Broken("denied in the note")
    return TagGuess(key, label, words, span, _ALONE)
