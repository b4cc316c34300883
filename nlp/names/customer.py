"""Decides which customer a note means: one, a new company, or nobody with the likely ones to choose from."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp

from nlp.names.acquaintance import known_people
from nlp.names.directory import Directory
from nlp.names.forms import core_of
from nlp.names.mentions import find_mentions
from nlp.names.newcomer import Newcomer, find_newcomers
from nlp.names.ranking import Candidate, people_points, place_points, standing_points, weigh
from nlp.names.reading import Reading
from nlp.types import Guess, NewCustomer, Span

#: Points a candidate needs to be the answer at all, and what it must be ahead of the next.
_ENOUGH = 6.0
_AHEAD = 1.4
_LITERAL_AHEAD, _SAME_PERSON_AHEAD = 0.3, 2.2
_ALTERNATIVES = 4
_WORTH_OFFERING = 2.5
#: Confidence in a new company that the note calls new.
_MARKED = 0.9
#: The same in a new name that was heard and has no trade word to end it: its characters are the recogniser's.
_HEARD_SO = 0.7
#: Where `cues.visited` says so much against a mention, it is rather compared with or put off.
_DOUBTFUL = -2.0
#: Where the descriptors said are of another trade than the customer's.
_OTHER_TRADE = -1.0
#: Ways of naming a person that may tell the customer by themselves.
_TELLING = frozenset(("name", "sound", "title", "nick"))


@dataclass(frozen=True, slots=True)
class Decision:
    """The guess, and the stretch that names the company."""

    guess: Guess
    #: Where the company's name stands; None where only a person tells who is meant.
    company: Span | None = None


def decide(reading: Reading, directory: Directory) -> Decision:
    """Return the customer of the note with its confidence and the other likely ones."""
    candidates = weigh(reading, directory, find_mentions(reading, directory))
    newcomers = [new for new in find_newcomers(reading) if not _is_known(new, candidates)]
    if not candidates or candidates[0].points < _ENOUGH:
        unnamed = _by_person_alone(reading, directory)
        candidates = _best_each([*candidates, *unnamed])
    if newcomers and (not candidates or _newer(newcomers[0], candidates)):
        return Decision(_new(reading, newcomers[0], candidates), newcomers[0].span)
    return _known(candidates)


def _known(candidates: list[Candidate]) -> Decision:
    likely = _likely(candidates)
    ids = tuple(dict.fromkeys(candidate.customer.customer_id for candidate in likely))
    if not candidates or candidates[0].points < _ENOUGH:
        return Decision(Guess(alternatives=ids[:_ALTERNATIVES], reason="没有说清是哪家客户"))
    best = candidates[0]
    rival = next((other for other in candidates[1:] if best.faint or not other.faint), None)
    ahead = best.points - rival.points if rival else 9.0
    if rival and ahead < _needed(best, rival):
        names = "、".join(candidate.customer.name for candidate in likely[:3])
        guess = Guess(None, 0.3, best.span, ids[:_ALTERNATIVES], f"几家都像：{names}", "none", "question")
        return Decision(guess, best.span if best.mention else None)
    reason = "，".join(dict.fromkeys(best.reasons)) or "名称相近"
    guess = Guess(
        best.customer.customer_id,
        min(_confidence(best.points, ahead), _most(best)),
        best.span,
        ids[1:_ALTERNATIVES],
        f"{best.customer.name}：{reason}",
        "said",
        "value",
    )
    return Decision(guess, best.span if best.mention else None)


def _needed(best: Candidate, rival: Candidate) -> float:
    """How far ahead of its rival a candidate must be: little where only its characters were said, much where the same
    person (孙经理) may be meant at both."""
    shared = {item.span for item in best.known} & {
        item.span for item in rival.known if item.by not in ("given", "role")
    }
    if shared and not any(item.by in ("name", "sound") for item in best.known):
        return _SAME_PERSON_AHEAD
    return _LITERAL_AHEAD if best.literal and not rival.literal else _AHEAD


def _new(reading: Reading, newcomer: Newcomer, candidates: list[Candidate]) -> Guess:
    ids = tuple(candidate.customer.customer_id for candidate in _likely(candidates))
    if newcomer.marked:
        confidence = _MARKED if newcomer.whole else _HEARD_SO if reading.voice else _MARKED - 0.1
    else:
        confidence = 0.7 if newcomer.points >= 5 and not ids else 0.55
    return Guess(
        NewCustomer(newcomer.name),
        confidence,
        newcomer.span,
        ids[: _ALTERNATIVES - 1],
        f"“{newcomer.name}”不在客户档案里",
        "said",
        "value",
    )


def _best_each(candidates: list[Candidate]) -> list[Candidate]:
    """One candidate a customer, best first."""
    best: dict[int, Candidate] = {}
    for candidate in sorted(candidates, key=lambda item: (-item.points, item.customer.customer_id)):
        best.setdefault(candidate.row, candidate)
    return list(best.values())


def _likely(candidates: list[Candidate]) -> list[Candidate]:
    return [candidate for candidate in candidates if candidate.points >= _WORTH_OFFERING]


def _confidence(points: float, ahead: float) -> float:
    """Turn points and lead into a probability; checked by `tests/nlp/names/test_accuracy.py`."""
    return round(min(0.99, 1 / (1 + exp(-(0.25 * (points - 7) + 0.55 * ahead)))), 3)


def _most(best: Candidate) -> float:
    """The most confidence that a kind of evidence bears: a person alone, a comparison, half a sound."""
    if best.role <= _DOUBTFUL:
        return 0.6
    if best.mention is None or best.faint:
        return 0.88 if any(item.by == "name" for item in best.known) else 0.7
    if best.mention.how == "half" and not any(item.by in ("name", "sound") for item in best.known):
        return 0.8
    telling = any(item.by in _TELLING for item in best.known)
    if best.around <= _OTHER_TRADE and not telling:
        return 0.6
    if best.loose and not telling:
        return 0.65
    if best.stray and not telling:
        return 0.8
    return 0.99 if best.literal or telling else 0.9


def _is_known(newcomer: Newcomer, candidates: list[Candidate]) -> bool:
    """Whether a stretch that looks like a company's name is a known customer's, said in full or with a loose ending."""
    return any(
        candidate.points >= _ENOUGH
        and (candidate.literal or not newcomer.marked)
        and not (newcomer.marked and _has_more_core(newcomer, candidate))
        and candidate.span.start < newcomer.span.end
        and newcomer.span.start < candidate.span.end
        for candidate in candidates
    )


def _has_more_core(newcomer: Newcomer, candidate: Candidate) -> bool:
    """华锐锋刀具 is not 华锐: more of a name stands between the known form and the trade."""
    core = core_of(newcomer.name)
    return candidate.mention is not None and candidate.mention.form in core and core != candidate.mention.form


def _newer(newcomer: Newcomer, candidates: list[Candidate]) -> bool:
    best = candidates[0]
    if best.mention is None and any(item.by == "name" for item in best.known):
        return newcomer.marked
    if best.points < _ENOUGH or best.mention is None:
        return newcomer.points >= 4.0 or newcomer.marked
    return newcomer.points + (2.0 if newcomer.marked else 0.0) > best.points - (2.0 if best.literal else 0.0)


def _by_person_alone(reading: Reading, directory: Directory) -> list[Candidate]:
    """No company is named: the rep's own customers with this very contact, then anybody's with this full name."""
    rows = set(reading.named) | reading.portfolio.heard_people(reading.folded)
    for person in reading.people:
        rows.update(row for row, _ in reading.portfolio.by_surname.get(person.surname[:1], ()))
    rows.update(
        row for row in reading.portfolio.rows if directory.rows[row].customer_id in (*reading.drafted, *reading.plan)
    )
    found = []
    for row in sorted(rows):
        customer = directory.rows[row]
        known = tuple(known_people(reading, customer))
        parts = (
            people_points(reading, customer, known),
            place_points(reading, customer, Span(0, 0)),
            standing_points(reading, customer, row),
        )
        points = sum(part for part, _ in parts)
        if known and points > 0 and any(item.by in _TELLING for item in known):
            reasons = tuple(reason for part, reason in parts if reason and part > 0)
            found.append(Candidate(row, customer, None, known[0].span, points, reasons, known))
    return sorted(found, key=lambda candidate: (-candidate.points, candidate.customer.customer_id))[:8]
