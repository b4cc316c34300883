"""Weighs every customer that a note may mean. Points are log odds in halves: 2 points decide, 1 point leans."""

from __future__ import annotations

from dataclasses import dataclass, replace

from nlp.names.acquaintance import WORTH, Known, known_people
from nlp.names.cues import placed, visited
from nlp.names.directory import Directory
from nlp.names.everyday import is_word
from nlp.names.forms import districts, long_forms
from nlp.names.mentions import HALF, Mention, stands_as_name
from nlp.names.places import REGIONS
from nlp.names.reading import Reading
from nlp.names.sound import folded, normal
from nlp.names.trades import TRADES, descriptor_words, descriptors_at, talk_of, trade_words_in
from nlp.types import Customer, Span

_OWN, _TEAM, _COLLEAGUE, _PLAN, _DRAFT, _NEAR = 2.5, 1.0, 2.5, 1.5, 1.0, 2.0
_CITY_BESIDE, _CITY_WRONG, _CITY_SAID, _DISTRICT, _REGION = 4.5, -4.5, 2.5, 2.0, 0.7
_WHOLE_DESCRIPTOR, _VAGUE, _WRONG_TRADE, _LOOSE = 2.5, 0.8, -2.5, -0.2
_TALK, _PRODUCT = 0.8, 1.6
_STRANGERS, _BY_CHANCE = -1.2, 2.0
_FIRST = 0.8
_BESIDE = 3
#: Characters of the shortest descriptor.
_WORD = 2


@dataclass(frozen=True, slots=True)
class Candidate:
    """A customer with the stretch that names it, the points and what they stand for."""

    row: int
    customer: Customer
    mention: Mention | None
    span: Span
    points: float
    reasons: tuple[str, ...]
    known: tuple[Known, ...] = ()
    #: What `cues.visited` says of the mention; below 0 another role is likely.
    role: float = 0.0
    #: What the descriptors behind the name say; below 0 they are of another trade.
    around: float = 0.0
    #: Whether nothing but the sound speaks for it: another's customer, no place said, no name's surroundings.
    stray: bool = False
    #: Whether its characters may stand there by chance: inside other words, or as the word that they also are.
    loose: bool = False

    @property
    def literal(self) -> bool:
        """Whether the very characters of the name stand in the note."""
        return self.mention is not None and self.mention.how == "characters"

    @property
    def faint(self) -> bool:
        """Whether so little of the name can be heard that it may only be offered."""
        return self.mention is not None and self.mention.likeness < HALF


def weigh(reading: Reading, directory: Directory, mentions: list[Mention]) -> list[Candidate]:
    """Return the candidates, best first; one a customer, with its best mention."""
    best: dict[int, Candidate] = {}
    first = min((mention.span.start for mention in mentions if mention.how == "characters"), default=-1)
    people: dict[int, tuple[Known, ...]] = {}
    for mention in mentions:
        for row in mention.rows:
            if row not in people:
                people[row] = tuple(known_people(reading, directory.rows[row]))
            candidate = _judge(reading, directory, mention, row, people[row])
            if mention.span.start == first:
                candidate = replace(candidate, points=candidate.points + _FIRST)
            if row not in best or candidate.points > best[row].points:
                best[row] = candidate
    return sorted(best.values(), key=lambda candidate: (-candidate.points, candidate.customer.customer_id))


def _judge(reading: Reading, directory: Directory, mention: Mention, row: int, known: tuple[Known, ...]) -> Candidate:
    customer = directory.rows[row]
    span, around = _surroundings(reading, mention, customer)
    role = visited(reading.text, span)
    parts = [
        (
            _sound_points(reading, mention),
            "名称" if mention.how == "characters" else f"“{_said(reading, mention)}”音近",
        ),
        (role, ""),
        (around, "全名相符" if around > 1 else ""),
        place_points(reading, customer, mention.span),
        (_product_points(reading, customer, span), ""),
        people_points(reading, customer, known),
        standing_points(reading, customer, row),
    ]
    loose = _is_loose(reading, mention, span, around > _VAGUE or parts[3][0] > 0, row in reading.portfolio.rows)
    reasons = tuple(reason for points, reason in parts if reason and points > 0)
    total = sum(points for points, _ in parts) - (_BY_CHANCE if loose else 0.0)
    stray = around <= 0 and placed(reading.text, span) < 2 and parts[3][0] <= 0 and parts[-1][0] <= 0
    return Candidate(row, customer, mention, span, total, reasons, known, role, around, stray, loose)


def _is_loose(reading: Reading, mention: Mention, span: Span, supported: bool, own: bool) -> bool:
    """Say whether characters need more to be the name: of an own customer a place in the sentence, of another's one
    that is a name's on both sides; where they are also a word that of one's own, and other evidence of another's."""
    if supported or mention.how != "characters":
        return False
    word = is_word(mention.form)
    if own and not word:
        return placed(reading.text, span) < 1
    return not stands_as_name(reading, span) or (word and not own)


def _product_points(reading: Reading, customer: Customer, span: Span) -> float:
    """Weigh what is talked about: words of the customer's trade outside its name."""
    rest = reading.text[: span.start] + " " + reading.text[span.end :]
    points = _TALK if any(word in rest for word in talk_of(customer.industry)) else 0.0
    return points + (_PRODUCT if any(word in rest for word in trade_words_in(customer.name)) else 0.0)


def _said(reading: Reading, mention: Mention) -> str:
    return reading.text[mention.span.start : mention.span.end]


def _sound_points(reading: Reading, mention: Mention) -> float:
    longer = 1.2 * (len(mention.form) - 2)
    if mention.how == "characters":
        return (5.0 if reading.voice else 6.0) + longer
    if mention.how == "sound":
        return (4.5 if reading.voice else 3.2) + longer
    if mention.how == "confused":
        return (3.7 if reading.voice else 2.2) + longer
    return (1.5 if reading.voice and mention.likeness >= HALF else 0.0) + longer


def _surroundings(reading: Reading, mention: Mention, customer: Customer) -> tuple[Span, float]:
    """Compare what stands behind the core with what the customer is called: 力凯科技 for 力凯数控 counts against it."""
    start, end = mention.span
    reach = max((_reach(reading, mention, form) for form in long_forms(customer)), default=0)
    if reach >= _WORD:
        return Span(start, end + reach), _WHOLE_DESCRIPTOR
    run = descriptors_at(reading.normal, end)
    if not run:
        return Span(start, end), 0.0
    called = "".join(long_forms(customer))
    said = descriptor_words(run)
    of_a_trade = any(word in TRADES for word in said)
    if all(char in called for word in said for char in word):
        return Span(start, end + len(run)), _WHOLE_DESCRIPTOR * 0.8 if of_a_trade else _VAGUE
    return Span(start, end + len(run)), _WRONG_TRADE if of_a_trade else _LOOSE


def _reach(reading: Reading, mention: Mention, form: str) -> int:
    """How many characters of a longer form stand behind the mention, by sound."""
    at = form.find(mention.form)
    rest = normal(form[at + len(mention.form) :]) if at >= 0 else ""
    return _common(folded(rest), reading.folded[mention.span.end : mention.span.end + len(rest)])


def _common(one: str, other: str) -> int:
    length = 0
    for ours, theirs in zip(one, other, strict=False):
        if ours != theirs:
            break
        length += 1
    return length


def place_points(reading: Reading, customer: Customer, span: Span) -> tuple[float, str]:
    """Weigh the places said: the one right before the name tells most, an address's district a little."""
    points, reason = 0.0, ""
    before = reading.normal[max(0, span.start - _BESIDE - 3) : span.start]
    beside = [city for city in reading.cities if before.rstrip("市的那个这边嘛 ").endswith(city)]
    if customer.city in beside:
        points, reason = _CITY_BESIDE, customer.city
    elif beside and customer.city:
        points = _CITY_WRONG if not any(city in customer.name for city in beside) else 0.0
    elif customer.city in reading.cities:
        points, reason = _CITY_SAID, customer.city
    if any(name in reading.normal for name in districts(customer)):
        points, reason = points + _DISTRICT, reason or "地址"
    if customer.region in REGIONS and customer.region in reading.normal:
        points += _REGION
    return points, reason


def people_points(reading: Reading, customer: Customer, known: tuple[Known, ...]) -> tuple[float, str]:
    """Weigh the persons said: those known there speak for the customer, only strangers against it."""
    if known:
        strongest = max(known, key=lambda item: WORTH[item.by])
        others = sum(0.3 * WORTH[item.by] for item in known if item is not strongest)
        worth = WORTH[strongest.by] + min(others, 2.0)
        return worth, f"联系人{strongest.contact.name}" if worth >= 2 else ""
    named = any(person.kind != "role" for person in reading.people)
    return (_STRANGERS, "") if named and customer.contacts else (0.0, "")


def standing_points(reading: Reading, customer: Customer, row: int) -> tuple[float, str]:
    """Weigh what is known beside the words: owner, colleague stood in for, today's plan, position, open draft."""
    points, reason = 0.0, ""
    if row in reading.portfolio.rows:
        points, reason = _OWN, "你的客户"
    elif customer.owner in reading.colleagues:
        points, reason = _COLLEAGUE, "同事的客户"
    elif row in reading.team:
        points = _TEAM
    if customer.customer_id in reading.plan:
        points, reason = points + _PLAN, "今日计划"
    if reading.near(customer):
        points, reason = points + _NEAR, "就在附近"
    if customer.customer_id in reading.drafted:
        points += _DRAFT
    return points, reason
