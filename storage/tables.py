"""The tables (DESIGN §4). Times are aware UTC; days are Asia/Shanghai days; ids are UUIDv7 strings.

Nothing said, typed or photographed is overwritten: a capture stays as received, a correction is a new `change`.
Values and their audit lie apart (`change` holds salted commitments, `change_value` the values), so that a purge
can remove what a person has a right to have removed while the chain still verifies (DECISIONS 13).
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
import uuid_utils
from sqlalchemy.dialects import postgresql
from sqlmodel import Field, SQLModel

#: JSON columns; on PostgreSQL they become JSONB.
Json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def new_id() -> str:
    """Return a fresh UUIDv7 as text: sortable by time of birth."""
    return str(uuid_utils.uuid7())


class Team(SQLModel, table=True):
    """A sales team; its supervisor receives its red flags."""

    name: str = Field(primary_key=True)


class Person(SQLModel, table=True):
    """Someone who sends notes or receives warnings. `role` is rep, supervisor, director or admin."""

    id: str = Field(primary_key=True)
    name: str
    team: str = Field(default="", index=True)
    role: str = "rep"
    active: bool = True
    playbook: str = ""
    text_mode: bool = False
    welcomed_at: datetime | None = None


class Identity(SQLModel, table=True):
    """A person's id in one messenger, lower-cased."""

    channel: str = Field(primary_key=True)
    channel_user_id: str = Field(primary_key=True)
    person_id: str = Field(foreign_key="person.id", index=True)


class Customer(SQLModel, table=True):
    """A customer. The point is WGS-84 degrees; `point_source` says where it came from (import, check-in)."""

    id: str = Field(primary_key=True)
    name: str = Field(index=True)
    aliases: list[str] = Field(default_factory=list, sa_type=Json)
    industry: str = ""
    region: str = ""
    city: str = ""
    address: str = ""
    group: str = ""
    lat: float | None = None
    lon: float | None = None
    point_source: str = ""
    owner_id: str = Field(default="", index=True)
    created_at: datetime


class Contact(SQLModel, table=True):
    """A person at a customer. `aliases`: other names, taken from corrections with an administrator's tap."""

    id: str = Field(default_factory=new_id, primary_key=True)
    customer_id: str = Field(foreign_key="customer.id", index=True)
    name: str
    title: str = ""
    position: int = 0
    aliases: list[str] = Field(default_factory=list, sa_type=Json, sa_column_kwargs={"server_default": "[]"})


class Opportunity(SQLModel, table=True):
    """A deal with a customer, moving through a playbook's stages. `stage_since` may be unknown after an import."""

    __table_args__ = (sa.Index("ix_opportunity_open", "state", "stage_since"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    customer_id: str = Field(foreign_key="customer.id", index=True)
    owner_id: str = Field(index=True)
    playbook: str
    playbook_version: int = 1
    state: str = "open"
    stage: str | None = None
    stage_since: datetime | None = None
    stage_entry_id: str | None = None
    last_touch_at: datetime | None = None
    last_contact: str = ""
    next_followup: date | None = None
    obstacle: str = ""
    amount: float | None = None
    snoozed_until: datetime | None = None
    #: the first day on which a rule may have something to say; lets the scan cost what is due, not what exists
    check_on: date | None = Field(default=None, index=True)


class StageEntry(SQLModel, table=True):
    """One stay of an opportunity in a stage."""

    __tablename__ = "stage_entry"

    id: str = Field(default_factory=new_id, primary_key=True)
    opportunity_id: str = Field(foreign_key="opportunity.id", index=True)
    stage: str
    entered_at: datetime
    left_at: datetime | None = None
    by_id: str = ""
    visit_id: str | None = None


class Media(SQLModel, table=True):
    """A stored medium, named by the SHA-256 of its bytes. `facts` holds what was read from it (EXIF, size, hash)."""

    sha256: str = Field(primary_key=True)
    size_bytes: int
    content_type: str = ""
    thumbnail_sha256: str | None = None
    facts: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    stored_at: datetime


class Capture(SQLModel, table=True):
    """What came in, immutable but for being filled: a voice capture gets its media, its transcript is a row apart.

    `source_id` is the identity of the delivery (`wecom:<msg id>`) and makes receiving idempotent.
    `state`: received → (fetched) → read, or failed with `problem`. `reading` says what the text was taken for.
    """

    __table_args__ = (
        sa.Index("ix_capture_person_captured", "person_id", "captured_at", "id"),
        sa.Index("ix_capture_received", "received_at"),
        sa.Index(
            "ix_capture_held",
            "held_correction",
            sqlite_where=sa.text("held_correction is not null"),
            postgresql_where=sa.text("held_correction is not null"),
        ),
    )

    id: str = Field(default_factory=new_id, primary_key=True)
    source_id: str = Field(unique=True)
    kind: str
    person_id: str
    channel: str
    captured_at: datetime
    received_at: datetime
    text: str | None = None
    media_ref: str = ""
    media_format: str = ""
    media_sha256: str | None = Field(default=None, foreign_key="media.sha256")
    lat: float | None = None
    lon: float | None = None
    datum: str = ""
    accuracy_m: float | None = None
    place: str = ""
    visit_id: str | None = Field(default=None, index=True)
    state: str = "received"
    reading: str = ""
    problem: str = ""
    held_correction: str | None = None


class Transcript(SQLModel, table=True):
    """What a recogniser heard in a voice capture, as heard."""

    id: str = Field(default_factory=new_id, primary_key=True)
    capture_id: str = Field(foreign_key="capture.id", unique=True)
    engine: str
    model: str
    text: str
    seconds: float
    took_s: float
    made_at: datetime


class Visit(SQLModel, table=True):
    """Captures of one call on one customer. `source_id` is the first capture's id, the natural key of its birth.

    `state`: draft → confirmed → (undo) draft at version + 1; draft → voided → (restore) draft.
    """

    __table_args__ = (
        sa.Index("ix_visit_person_state", "person_id", "state", "last_capture_at"),
        # For counting all drafts; asked with the state as a literal, or a planner cannot know that it fits.
        sa.Index(
            "ix_visit_draft",
            "state",
            sqlite_where=sa.text("state = 'draft'"),
            postgresql_where=sa.text("state = 'draft'"),
        ),
    )

    id: str = Field(default_factory=new_id, primary_key=True)
    source_id: str = Field(unique=True)
    person_id: str
    customer_id: str | None = Field(default=None, index=True)
    opportunity_id: str | None = None
    playbook: str
    state: str = "draft"
    version: int = 1
    started_at: datetime
    last_capture_at: datetime
    confirmed_at: datetime | None = None
    confirmed_version: int | None = None
    #: what confirming did, so that undo can take exactly that back
    effects: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    distance_m: float | None = None
    photo_count: int = 0
    voice_seconds: float = 0.0
    stage_note: str = ""


class FieldGuess(SQLModel, table=True):
    """The current value of one of a visit's five fields, and how it is known. History is in `change`."""

    __tablename__ = "field_guess"

    __table_args__ = (sa.UniqueConstraint("visit_id", "field"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    visit_id: str = Field(foreign_key="visit.id", index=True)
    field: str
    value: Any = Field(default=None, sa_type=Json, nullable=True)
    confidence: float = 0.0
    known_by: str = "none"
    shown: str = "missing"
    status: str = "proposed"
    reason: str = ""
    alternatives: list[Any] = Field(default_factory=list, sa_type=Json)
    capture_id: str | None = None
    span_start: int | None = None
    span_end: int | None = None
    #: when the words that gave this value were said; an older note never overwrites a newer one
    said_at: datetime | None = None


class TagGuess(SQLModel, table=True):
    """A tag that was proposed for a visit; it counts only once a person has confirmed it."""

    __tablename__ = "tag_guess"

    __table_args__ = (sa.UniqueConstraint("visit_id", "key"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    visit_id: str = Field(foreign_key="visit.id", index=True)
    key: str
    label: str
    word: str
    status: str = "proposed"
    capture_id: str | None = None
    span_start: int = 0
    span_end: int = 0


class TagMute(SQLModel, table=True):
    """A rep's 不再提示此词."""

    __tablename__ = "tag_mute"

    person_id: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    muted_at: datetime


class Task(SQLModel, table=True):
    """A follow-up or a preparation. `source_key` makes its birth idempotent."""

    __table_args__ = (sa.Index("ix_task_due", "due_on", "state"), sa.Index("ix_task_visit", "visit_id"))

    id: str = Field(default_factory=new_id, primary_key=True)
    source_key: str = Field(unique=True)
    kind: str
    person_id: str = Field(index=True)
    customer_id: str | None = None
    title: str
    due_on: date
    state: str = "open"
    visit_id: str | None = None


class Alert(SQLModel, table=True):
    """A rule's finding about an opportunity: once per rule, object, window and level, whatever restarts."""

    __table_args__ = (sa.UniqueConstraint("rule", "object_id", "window", "level"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    rule: str
    object_id: str = Field(index=True)
    window: str
    level: str
    recipient_id: str
    facts: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    state: str = Field(default="raised", index=True)
    raised_at: datetime
    acknowledged_at: datetime | None = None
    resolved_at: datetime | None = None
    version: int = 1


class Delivery(SQLModel, table=True):
    """Something to tell a person: one row, one natural key, sent at least once and shown once.

    `answers` is the source id of what it answers, empty for a push. `outbound` is frozen, and rendering it is pure, so
    that a retry sends the same bytes. `state`: queued → sent | failed | superseded.
    """

    __table_args__ = (sa.Index("ix_delivery_person_sent", "person_id", "sent_at"),)

    id: str = Field(primary_key=True)
    person_id: str
    channel: str
    recipient_id: str
    kind: str
    answers: str = Field(default="", index=True)
    outbound: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    card_id: str | None = None
    #: for an update: the shown card to replace, and whether a new card is sent when that is no longer possible
    update_of: str | None = None
    or_send: bool = True
    push: bool = False
    #: 0 answers, 1 warnings and reminders, 2 digests: under a limit the smaller number goes first
    priority: int = 0
    state: str = Field(default="queued", index=True)
    created_at: datetime
    not_before: datetime | None = None
    attempts: int = 0
    sent_at: datetime | None = None
    platform_message_id: str = ""
    problem: str = ""


class CardShown(SQLModel, table=True):
    """A card that a person sees: of which object and version, and whether it is the live one."""

    __tablename__ = "card"

    __table_args__ = (sa.Index("ix_card_person_shown", "person_id", "shown_at"),)

    id: str = Field(primary_key=True)
    kind: str
    object_id: str = Field(index=True)
    version: int
    person_id: str
    channel: str
    state: str = "live"
    buttons: list[list[str]] = Field(default_factory=list, sa_type=Json)
    shown_at: datetime


class CardCode(SQLModel, table=True):
    """A right to update a shown card once within 72 hours. The code is a bearer secret: never logged."""

    __tablename__ = "card_code"

    id: str = Field(default_factory=new_id, primary_key=True)
    card_id: str = Field(foreign_key="card.id", index=True)
    code: str = Field(unique=True)
    obtained_at: datetime
    expires_at: datetime
    used_at: datetime | None = None


class ForwardedMessage(SQLModel, table=True):
    """One message of a chat that was pasted to us, verbatim. `said_at` is None where the chat gives no time of day.

    `on_card` marks the at most three that the card shows.
    """

    __tablename__ = "forwarded_message"

    capture_id: str = Field(primary_key=True, foreign_key="capture.id")
    position: int = Field(primary_key=True)
    speaker: str
    said_at: datetime | None = None
    text: str
    is_rep: bool = False
    on_card: bool = False


class CorrectionSeen(SQLModel, table=True):
    """A customer or contact that a person put right: which words had been heard for it, and who was meant.

    `heard` is compared, `words` is shown; `customer_id` is empty where a new customer was meant. `contact` is who was
    meant at this customer where `field` is the contact.
    """

    __tablename__ = "correction_seen"

    __table_args__ = (sa.UniqueConstraint("visit_id", "field", "version"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    visit_id: str = Field(foreign_key="visit.id", index=True)
    field: str
    version: int
    capture_id: str
    heard: str = Field(index=True)
    words: str
    customer_id: str = ""
    contact: str = Field(default="", sa_column_kwargs={"server_default": ""})
    person_id: str
    at: datetime


class AliasProposal(SQLModel, table=True):
    """Words that were put right to the same customer more than once, for an administrator to take as an alias.

    With `contact` set, the words are another name of this person at the customer.
    `state`: proposed → accepted → (undo) proposed; proposed → rejected, which is never asked again.
    """

    __tablename__ = "alias_proposal"

    __table_args__ = (sa.UniqueConstraint("customer_id", "heard"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    customer_id: str
    contact: str = Field(default="", sa_column_kwargs={"server_default": ""})
    heard: str
    words: str
    times: int
    state: str = "proposed"
    version: int = 1
    proposed_at: datetime
    decided_by: str = ""
    decided_at: datetime | None = None


class Receipt(SQLModel, table=True):
    """An entry of the ledger of what was received: append-only, numbered and hash-chained per person (MISSION M1).

    `what`: `received` for a capture's words or reference, `stored` once its medium lies in the store.
    """

    __table_args__ = (sa.UniqueConstraint("person_id", "seq"), sa.UniqueConstraint("capture_id", "what"))

    id: str = Field(default_factory=new_id, primary_key=True)
    person_id: str
    seq: int
    capture_id: str = Field(foreign_key="capture.id")
    what: str
    content_sha256: str
    at: datetime
    prev_hash: str
    hash: str


class EventSeen(SQLModel, table=True):
    """An inbound event that is recorded, mostly without words."""

    __tablename__ = "event_seen"

    source_id: str = Field(primary_key=True)
    kind: str
    channel: str
    person_id: str | None = None
    at: datetime


class Tick(SQLModel, table=True):
    """A fired cron line: (job, due time). `missed` marks one that was beyond its grace."""

    job: str = Field(primary_key=True)
    due_at: datetime = Field(primary_key=True)
    missed: bool = False


class Change(SQLModel, table=True):
    """Append-only, hash-chained audit: one chain per customer (or person), commitments instead of values."""

    __table_args__ = (sa.UniqueConstraint("chain", "seq"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    chain: str = Field(index=True)
    seq: int
    at: datetime
    actor_id: str
    via: str
    entity: str
    entity_id: str = Field(index=True)
    field: str
    commitment: str
    prev_hash: str
    hash: str


class ChangeValue(SQLModel, table=True):
    """The values of a `change`, apart from it so that they can be purged."""

    __tablename__ = "change_value"

    change_id: str = Field(primary_key=True, foreign_key="change.id")
    salt: str
    before: Any = Field(default=None, sa_type=Json, nullable=True)
    after: Any = Field(default=None, sa_type=Json, nullable=True)


class Setting(SQLModel, table=True):
    """Small facts that must survive a restart: the directory's version, when we last ran."""

    key: str = Field(primary_key=True)
    value: str


class Process(SQLModel, table=True):
    """A `serve` or `worker` process that shares this database with others; `id` is its executor id.

    `seen_at` is its last sign of life, in seconds of the database's clock. `media` is its media folder, empty where
    media lie in a store that every host reaches. `left` says that it has stopped and its unfinished work is free.
    """

    id: str = Field(primary_key=True)
    host: str = ""
    role: str = ""
    queues: str = ""
    media: str = ""
    seen_at: float = 0.0
    left: bool = False
