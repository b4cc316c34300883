"""What is known when a message is read: people, the directory, the playbook of a rep."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlmodel import col

import nlp
from handlers.links import Links
from handlers.playbooks import Playbook, Playbooks
from nlp import types as nt
from storage import UnitOfWork
from storage import tables as t
from storage.media import MediaStore

DIRECTORY_VERSION = "directory_version"


@dataclass(frozen=True, slots=True)
class Person:
    """A person as handlers see them, with the channel they were met in. `playbook` may be empty (the default)."""

    id: str
    name: str
    team: str
    role: str
    channel: str
    recipient_id: str
    playbook: str = ""
    text_mode: bool = False


_VERSION = sa.select(col(t.Setting.value)).where(col(t.Setting.key) == sa.bindparam("key"))
_VERSION_TO_CHANGE = (
    sa.select(t.Setting)
    .where(col(t.Setting.key) == DIRECTORY_VERSION)
    .with_for_update()
    .execution_options(populate_existing=True)
)
_WHOSE = sa.select(col(t.Capture.person_id)).where(col(t.Capture.id) == sa.bindparam("capture_id"))
#: The columns of a `Person`, in its order.
_PERSON_OF = (
    sa.select(
        col(t.Person.id),
        col(t.Person.name),
        col(t.Person.team),
        col(t.Person.role),
        col(t.Identity.channel),
        col(t.Identity.channel_user_id),
        col(t.Person.playbook),
        col(t.Person.text_mode),
    )
    .join(t.Identity, col(t.Identity.person_id) == t.Person.id)
    .where(col(t.Identity.channel) == sa.bindparam("channel"))
    .where(col(t.Identity.channel_user_id) == sa.bindparam("channel_user_id"))
    .where(col(t.Person.active))
)


def _as_person(row: t.Person, identity: t.Identity) -> Person:
    return Person(
        id=row.id,
        name=row.name,
        team=row.team,
        role=row.role,
        channel=identity.channel,
        recipient_id=identity.channel_user_id,
        playbook=row.playbook,
        text_mode=row.text_mode,
    )


async def person_of(uow: UnitOfWork, channel: str, channel_user_id: str) -> Person | None:
    """Return the active person behind a messenger id, or None."""
    found = await uow.tuples(_PERSON_OF, {"channel": channel, "channel_user_id": channel_user_id.lower()})
    return Person(*found[0]) if found else None


async def reach(uow: UnitOfWork, person_id: str) -> Person | None:
    """Return a person with the channel by which they can be told something, or None."""
    row = await uow.get(t.Person, person_id)
    if row is None or not row.active:
        return None
    identity = await uow.first(
        sa.select(t.Identity).where(col(t.Identity.person_id) == person_id).order_by(col(t.Identity.channel))
    )
    return _as_person(row, identity) if identity is not None else None


async def capture_alone(uow: UnitOfWork, capture_id: str) -> t.Capture:
    """Return a capture to work on, alone with its person: the same person's photos may be joined in other processes."""
    if not uow.is_sqlite:
        await uow.alone(str(await uow.first(_WHOSE, {"capture_id": capture_id})))
    return await uow.need(t.Capture, capture_id)


async def supervisors_of(uow: UnitOfWork, team: str) -> list[str]:
    """Return the ids of a team's supervisors; without one, of the directors."""
    for query in (
        sa.select(col(t.Person.id)).where(col(t.Person.team) == team, col(t.Person.role) == "supervisor"),
        sa.select(col(t.Person.id)).where(col(t.Person.role) == "director"),
    ):
        found = await uow.all(query.where(col(t.Person.active)).order_by(col(t.Person.id)))
        if found:
            return [str(f) for f in found]
    return []


async def directory_version(uow: UnitOfWork) -> int:
    """Return the number that grows with every change of customers, contacts or people."""
    found = await uow.first(_VERSION, {"key": DIRECTORY_VERSION})
    return int(found) if found is not None else 0


async def bump_directory(uow: UnitOfWork) -> None:
    """Say that customers, contacts or people have changed, in the transaction that changes them.

    Of two changes at once in two processes, none may hide the other: the second waits here for the first.
    """
    await uow.insert_new(t.Setting(key=DIRECTORY_VERSION, value="0"))
    row: t.Setting = await uow.first(_VERSION_TO_CHANGE)
    row.value = str(int(row.value) + 1)
    uow.add(row)
    await uow.flush()


async def load_directory(uow: UnitOfWork) -> nlp.Directory:
    """Read all customers and people into the index that extraction uses."""
    contacts: dict[str, list[nt.Contact]] = {}
    for c in await uow.all(sa.select(t.Contact).order_by(col(t.Contact.customer_id), col(t.Contact.position))):
        contacts.setdefault(c.customer_id, []).append(nt.Contact(c.name, c.title, tuple(c.aliases)))
    stages = {
        row[0]: row[1]
        for row in await uow.tuples(
            sa.select(col(t.Opportunity.customer_id), col(t.Opportunity.stage)).where(
                col(t.Opportunity.state) == "open"
            )
        )
    }
    customers = [
        nt.Customer(
            customer_id=c.id,
            name=c.name,
            aliases=tuple(c.aliases),
            industry=c.industry,
            region=c.region,
            city=c.city,
            address=c.address,
            lat=c.lat,
            lon=c.lon,
            owner=c.owner_id,
            stage=stages.get(c.id),
            contacts=tuple(contacts.get(c.id, ())),
            group=c.group,
        )
        for c in await uow.all(sa.select(t.Customer).order_by(col(t.Customer.id)))
    ]
    reps = [nt.Rep(p.id, p.name, p.team, p.role) for p in await uow.all(sa.select(t.Person).order_by(col(t.Person.id)))]
    return nlp.Directory(customers, reps)


class World:
    """What every use case may look things up in: the directory index (rebuilt when its version moves), the
    playbooks, the maker of page links, and the media store (None in tools that show nobody anything)."""

    def __init__(
        self, playbooks: Playbooks, default_playbook: str, links: Links, media: MediaStore | None = None
    ) -> None:
        self.media = media
        self.playbooks = playbooks
        self.links = links
        self.default_playbook = default_playbook
        self._directory: nlp.Directory | None = None
        self._version = -1

    async def directory(self, uow: UnitOfWork) -> nlp.Directory:
        """Return the index for the directory as this transaction sees it."""
        version = await directory_version(uow)
        if self._directory is None or version != self._version:
            self._directory, self._version = await load_directory(uow), version
        return self._directory

    def playbook(self, name: str) -> Playbook:
        """Return a playbook by name, the default one for an empty name."""
        return self.playbooks.get(name or self.default_playbook)
