"""The values that go into and come out of `nlp`: plain, frozen, free of I/O.

Everything here is channel-neutral and storage-neutral. `bot` and `handlers` translate their rows into these
values and back; nothing in `nlp` knows of tables, sessions, clocks or messengers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal, NamedTuple

Channel = Literal["text", "voice"]
FieldName = Literal["customer", "contact", "stage", "next_followup", "obstacle"]
#: How a value is known: said in this note, taken from the directory, a default, or not known at all.
KnownBy = Literal["said", "directory", "default", "none"]
#: How the card shows a field: as a value, as a question with choices, or as missing (待补).
Shown = Literal["value", "question", "missing"]

#: The five mandatory fields in card order (MISSION row 1).
FIELDS: tuple[FieldName, ...] = ("customer", "contact", "stage", "next_followup", "obstacle")


class Span(NamedTuple):
    """Half-open stretch of characters `[start, end)` in the note as received."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Contact:
    """A person at a customer as the directory knows them. `aliases`: other ways to name, or to mishear, them."""

    name: str
    title: str = ""
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Customer:
    """One row of the customer directory. `lat`/`lon` are WGS-84 degrees; `stage` is what was known before."""

    customer_id: str
    name: str
    aliases: tuple[str, ...] = ()
    industry: str = ""
    region: str = ""
    city: str = ""
    address: str = ""
    lat: float | None = None
    lon: float | None = None
    owner: str = ""
    stage: str | None = None
    contacts: tuple[Contact, ...] = ()
    group: str = ""


@dataclass(frozen=True, slots=True)
class Rep:
    """A person who sends notes or receives warnings. `role` is rep, supervisor, director or admin."""

    userid: str
    name: str
    team: str = ""
    role: str = "rep"


@dataclass(frozen=True, slots=True)
class NewCustomer:
    """A company named in the note and absent from the directory: the name as said."""

    name: str


#: A customer as extraction answers it: a directory id, or a new company by name.
CustomerRef = str | NewCustomer


@dataclass(frozen=True, slots=True)
class StageRule:
    """One stage of a playbook and the words that show it (plain words or `re` patterns, as the YAML gives them)."""

    name: str
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TagRule:
    """A tag: `key` is stored (价格), `label` is read by people (价格讨论), `words` make the prompt appear."""

    key: str
    label: str
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Playbook:
    """What extraction needs of an industry's playbook: the stages in order and the tags."""

    name: str
    stages: tuple[StageRule, ...]
    tags: tuple[TagRule, ...] = ()


@dataclass(frozen=True, slots=True)
class Note:
    """What a rep said or typed. `sent_at` is aware; relative days are relative to its Asia/Shanghai day."""

    text: str
    sent_at: datetime
    rep: str
    channel: Channel = "text"


@dataclass(frozen=True, slots=True)
class Guess:
    """One extracted field.

    `value` is a `CustomerRef`, a name, a stage name, a `date` or a verbatim stretch, or `None`.
    `confidence` is 0–1 and calibrated; `span` is where the evidence stands in the note; `alternatives` are
    other values in order of likelihood (never repeating `value`); `reason` is one line a person understands.
    """

    value: Any = None
    confidence: float = 0.0
    span: Span | None = None
    alternatives: tuple[Any, ...] = ()
    reason: str = ""
    known_by: KnownBy = "none"
    shown: Shown = "missing"


@dataclass(frozen=True, slots=True)
class TagGuess:
    """A tag to ask about, with the word that triggered it (“检测到‘报价’，标记为价格讨论？”)."""

    key: str
    label: str
    word: str
    span: Span
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Preparation:
    """A task that the note implies (“下周三要见技术总监” → prepare technical material), MISSION row 2."""

    title: str
    due_on: date
    span: Span


@dataclass(frozen=True, slots=True)
class Extraction:
    """The five guesses and tags of one note. `is_note` is false for greetings, jokes and questions to the bot."""

    customer: Guess = field(default_factory=Guess)
    contact: Guess = field(default_factory=Guess)
    stage: Guess = field(default_factory=Guess)
    next_followup: Guess = field(default_factory=Guess)
    obstacle: Guess = field(default_factory=Guess)
    tags: tuple[TagGuess, ...] = ()
    preparations: tuple[Preparation, ...] = ()
    is_note: bool = True

    def guess(self, name: FieldName) -> Guess:
        """Return the guess of one of the five fields by name."""
        value = getattr(self, name)
        assert isinstance(value, Guess)
        return value


# --- reading a reply ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Choice:
    """One offered answer to a question: the value it stands for and the words on its button."""

    value: Any
    label: str


@dataclass(frozen=True, slots=True)
class Question:
    """A field that the bot asked about, with the choices it offered in order."""

    field: FieldName
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True)
class Draft:
    """An open visit draft of this rep as the dialogue sees it (newest first in `Context.drafts`)."""

    visit_id: str
    said_at: datetime
    customer: CustomerRef | None = None
    customer_label: str = ""
    contact: str | None = None
    stage: str | None = None
    next_followup: date | None = None
    obstacle: str | None = None
    questions: tuple[Question, ...] = ()
    confirmed: bool = False


@dataclass(frozen=True, slots=True)
class Context:
    """All that is known when a message of a rep is read.

    `position` is WGS-84 (lat, lon) of a recent check-in; `plan` are customer ids the rep means to visit today;
    `directory` is an `nlp.Directory`.
    """

    rep: str
    directory: Any
    playbook: Playbook
    at: datetime
    drafts: tuple[Draft, ...] = ()
    position: tuple[float, float] | None = None
    plan: tuple[str, ...] = ()
    #: how the words came; a transcript is read with the recogniser's errors in mind
    channel: Channel = "text"


CommandName = Literal[
    "confirm", "undo", "void", "restore", "edit", "drafts", "help", "customer", "text_mode", "card_mode", "receipts"
]


@dataclass(frozen=True, slots=True)
class Command:
    """An instruction to the bot: 确认, 撤销, 不是拜访, 恢复, 修改, 草稿, 帮助, 客户 X, 文字版, 卡片版, 收据.

    `argument` is the free word after it (a customer's name, a draft's number as text), empty if none.
    """

    name: CommandName
    argument: str = ""
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One corrected field. `value` as in `Guess.value` (None clears the field); `alternatives` likewise."""

    field: FieldName
    value: Any
    span: Span
    alternatives: tuple[Any, ...] = ()
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Correction:
    """Words that change fields of an open draft (“客户是鑫达不是新达”, “跟进改周五”)."""

    changes: tuple[FieldChange, ...]
    visit_id: str | None = None
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply to the question last asked: the field and the chosen value (“第二个”, “2”, “苏州那家”, “周五”)."""

    field: FieldName
    value: Any
    visit_id: str | None = None
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class VisitNote:
    """The message is a visit note; `extraction` is what it says. `joins` names the open draft it continues."""

    extraction: Extraction
    joins: str | None = None
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Chatter:
    """Not a note: greeting, thanks, question about the bot, complaint, joke. `kind` picks the answer's words."""

    kind: Literal["greeting", "thanks", "question", "complaint", "other"]
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Unsure:
    """Note or correction? The bot asks one question; both readings are kept so that either tap proceeds."""

    correction: Correction
    note: VisitNote


Reading = Command | Correction | Answer | VisitNote | Chatter | Unsure
