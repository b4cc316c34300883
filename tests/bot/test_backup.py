"""Backup and restore: the drill under load, both databases, and every refusal with its sentence."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.backup import make_engine_tables
from bot.engine import SqliteLock
from bot.sandbox import SandboxClock, WeComStandIn
from bot.spool import Spool
from storage import Store
from storage import tables as t
from storage.audit import record
from storage.backup import MadeBackup, make_backup, prune
from storage.backup_files import MANIFEST, BackupError, complete_backups, read_manifest
from storage.engine import make_async_engine, make_sync_engine
from storage.media import FolderMediaStore
from storage.migrate import newest, upgrade
from storage.restore import Restored, restore
from storage.table_dump import LEFT_OUT
from tests.bot.restoring import ROOT, Place, application_on, finish, waiqin
from tests.fakes import FakeTranscriber, make_amr
from tests.scenarios.story import Hero, Story, open_story
from tests.storage.databases import fresh_url

NOW = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgresql"])
def elsewhere(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """An empty place on either database."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    for url in fresh_url(request.param, folder):
        yield Place(url, folder)


def place_of(story: Story) -> Place:
    return Place(story.app.settings.database_url, story.app.settings.spool_dir.parent)


class Ledger:
    """What the platform saw accepted, in order: kept outside the system."""

    def __init__(self) -> None:
        self.texts: list[tuple[str, str]] = []
        self.recordings: list[tuple[str, bytes]] = []

    async def talk(self, story: Story, hero: Hero, stop: asyncio.Event) -> None:
        """Type, and speak what the recogniser takes its time for, until stopped."""
        number = 0
        while not stop.is_set():
            number += 1
            text = f"{hero.note(number % len(hero.customers))}，第{number}条"
            if (await hero.phone.say(text)).delivered:
                self.texts.append((hero.userid, text))
            if number % 3 == 0:
                amr = story.hearing.learn(make_amr(hash((hero.userid, number)) % 2**31), hero.note())
                if (await hero.phone.voice(amr)).delivered:
                    self.recordings.append((hero.userid, amr))
            await asyncio.sleep(0.4)


async def test_a_backup_under_load_is_restored_and_finishes_what_was_accepted(elsewhere: Place, tmp_path: Path) -> None:
    ledger, stop = Ledger(), asyncio.Event()
    async with open_story(make_folder(tmp_path / "live")) as story:
        talking = [asyncio.create_task(ledger.talk(story, story.hero(), stop)) for _ in range(5)]
        await asyncio.sleep(2)
        before = (list(ledger.texts), list(ledger.recordings))
        code, said = await waiqin(place_of(story), "backup", str(tmp_path / "backups"))
        assert code == 0, said
        stop.set()
        await asyncio.gather(*talking)
        platform, hearing = story.standin, story.hearing
    assert len(ledger.texts) > len(before[0]) > 10
    code, said = await waiqin(elsewhere, "restore", str(tmp_path / "backups"))
    assert code == 0, said
    assert "审计链完整" in said
    await goes_on(elsewhere, platform, hearing, before)


def make_folder(folder: Path) -> Path:
    folder.mkdir()
    return folder


async def goes_on(
    place: Place,
    platform: WeComStandIn,
    hearing: FakeTranscriber,
    before: tuple[list[tuple[str, str]], list[tuple[str, bytes]]],
) -> None:
    """Start on the restored place; everything of the ledger must end up there once, byte for byte."""
    clock = SandboxClock(platform.clock.now())
    async with application_on(place, platform, clock, hearing) as application:
        await finish(application)
    texts = place.rows("select person_id, text from capture where kind = 'text'")
    assert [wanted for wanted in before[0] if texts.count(wanted) != 1] == []
    voices = place.rows("select person_id, media_sha256 from capture where kind = 'voice' and state = 'read'")
    for userid, amr in before[1]:
        digest = hashlib.sha256(amr).hexdigest()
        assert voices.count((userid, digest)) == 1
        assert FolderMediaStore(place.media).path(digest).read_bytes() == amr
    assert place.rows("select id from delivery where state = 'queued' and not push") == []


async def test_every_row_and_every_byte_comes_back_as_it_was(tmp_path: Path) -> None:
    async with open_story(make_folder(tmp_path / "live")) as story:
        hero = story.hero()
        await story.confirmed(hero)
        await story.speak(hero, make_amr(1), hero.note(1))
        live = place_of(story)
    there = Place(f"sqlite:///{tmp_path / 'there' / 'w.db'}", tmp_path / "there")
    assert (await waiqin(live, "backup", str(tmp_path / "backups")))[0] == 0
    assert (await waiqin(there, "restore", str(tmp_path / "backups")))[0] == 0
    names = [str(row[0]) for row in live.rows("select name from sqlite_master where type = 'table'")]
    assert len(names) > 30
    for name in set(names) - LEFT_OUT:
        assert contents(live, name) == contents(there, name), name
    assert files(live.media) == files(there.media) != {}


def contents(place: Place, table: str) -> list[str]:
    """Return a table's rows; that a backup was made is noted after it."""
    return sorted(row for row in map(repr, place.rows(f"select * from {table}")) if "last_backup_at" not in row)


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def documented(heading: str) -> list[list[str]]:
    """Return the backup and restore commands that the operator's paper gives under a heading."""
    paper = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    (section,) = re.findall(rf"^## {heading}$(.*?)^## ", paper, flags=re.M | re.S)
    commands = re.findall(r"^\S*waiqin (?:backup|restore) .*$", section, flags=re.M)
    assert len(commands) == 2
    return [command.split() for command in commands]


async def test_a_move_to_postgresql_and_back_changes_no_value(tmp_path: Path) -> None:
    async with open_story(make_folder(tmp_path / "live")) as story:
        await story.confirmed(story.hero())
        live = place_of(story)
    # The queue engine took the loop's threads with it.
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(2))
    back = Place(f"sqlite:///{make_folder(tmp_path / 'back') / 'w.db'}", tmp_path / "back")
    for url in fresh_url("postgresql", tmp_path):
        for command in documented("From SQLite to PostgreSQL"):
            wanted = [{"move": str(tmp_path / "1")}.get(part, part) for part in command[1:]]
            wanted = [url if part.startswith("postgresql://") else part for part in wanted]
            code, said = await waiqin(live, *wanted)
            assert code == 0, said
        await back_up(Place(url, live.folder), tmp_path / "2", NOW)
    await restore_into(back, tmp_path / "2")
    for name in ("visit", "field_guess", "change", "change_value", "delivery", "person", "opportunity", "setting"):
        assert values(live, name) == values(back, name), name


def values(place: Place, table: str) -> list[list[object]]:
    """Return a table's rows with JSON columns read: PostgreSQL keeps a document, not its spelling."""
    rows = [[_read(value) for value in row] for row in place.rows(f"select * from {table}")]
    return sorted((row for row in rows if "last_backup_at" not in row), key=repr)


def _read(value: object) -> object:
    return json.loads(value) if isinstance(value, str) and value[:1] in ("{", "[", '"') else value


@pytest.fixture
async def made(tmp_path: Path) -> tuple[Place, Path]:
    """A place with a little data, and a folder with one backup of it."""
    live = Place(f"sqlite:///{make_folder(tmp_path / 'live') / 'w.db'}", tmp_path / "live")
    upgrade(live.database_url)
    make_engine_tables(live.database_url)
    store = Store(make_async_engine(live.database_url))
    digest = await FolderMediaStore(live.media).put(b"a photo")
    async with store.begin() as uow:
        uow.add(t.Person(id="lin", name="林"), t.Media(sha256=digest, size_bytes=7, stored_at=NOW))
        uow.add(t.Visit(source_id="c1", person_id="lin", playbook="generic", started_at=NOW, last_capture_at=NOW))
        await record(uow, chain="C1", at=NOW, actor_id="lin", via="1", entity="visit", entity_id="v", field="stage")
        await uow.commit()
    await store.close()
    await back_up(live, tmp_path / "backups", NOW)
    return live, tmp_path / "backups"


async def back_up(live: Place, folder: Path, at: datetime) -> MadeBackup:
    return await make_backup(
        folder, database_url=live.database_url, media=FolderMediaStore(live.media), spool=live.spool, made_at=at
    )


async def restore_into(place: Place, folder: Path) -> Restored:
    return await restore(
        folder,
        database_url=place.database_url,
        media=FolderMediaStore(place.media),
        spool=place.spool,
        make_engine_tables=make_engine_tables,
    )


@pytest.fixture
def there(tmp_path: Path) -> Place:
    return Place(f"sqlite:///{make_folder(tmp_path / 'there') / 'w.db'}", tmp_path / "there")


async def test_a_second_backup_copies_no_medium_again_and_old_ones_go(made: tuple[Place, Path]) -> None:
    live, folder = made
    again = await back_up(live, folder, NOW + timedelta(days=1))
    assert (again.manifest.media.rows, again.media_copied) == (1, 0)
    first, second = complete_backups(folder)
    assert prune(folder, 1) == [first]
    assert complete_backups(folder) == [second]
    assert len(list(folder.glob("media/??/*"))) == 1


async def test_media_that_no_backup_holds_any_more_go_with_the_last_that_did(made: tuple[Place, Path]) -> None:
    live, folder = made
    (digest,) = await FolderMediaStore(live.media).digests()
    await FolderMediaStore(live.media).purge(digest)
    again = await back_up(live, folder, NOW + timedelta(days=1))
    assert again.manifest.media_missing == (digest,)
    prune(folder, 1)
    assert list(folder.glob("media/??/*")) == []


async def test_callbacks_in_the_spool_are_kept(made: tuple[Place, Path], there: Place) -> None:
    live, folder = made
    await Spool(live.spool).put("wecom:1", "lin", {"channel": "wecom", "xml": "<xml/>"})
    await back_up(live, folder, NOW + timedelta(days=1))
    await restore_into(there, folder)
    assert files(there.spool) == files(live.spool) != {}


async def test_a_filled_database_is_not_restored_into(made: tuple[Place, Path]) -> None:
    live, folder = made
    before = live.rows("select * from visit")
    with pytest.raises(BackupError, match="已经有数据"):
        await restore_into(live, folder)
    assert live.rows("select * from visit") == before


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        ("change a row", r"visit\.jsonl\.gz 与清单不符"),
        ("cut a table", r"visit\.jsonl\.gz 已损坏"),
        ("lose a table", r"缺 visit\.jsonl\.gz"),
        ("spoil a medium", "照片或录音 .* 已损坏"),
        ("lose a medium", "缺照片或录音"),
        ("change the manifest", "校验值不符"),
        ("lose the manifest", "没有完整的备份"),
    ],
)
async def test_a_damaged_backup_is_refused_and_nothing_is_written(
    made: tuple[Place, Path], there: Place, damage: str, words: str
) -> None:
    _, folder = made
    (backup,) = complete_backups(folder)
    _damage(damage, backup)
    with pytest.raises(BackupError, match=words):
        await restore_into(there, folder)
    assert files(there.folder) == {}


def _damage(kind: str, backup: Path) -> None:
    table, manifest = backup / "tables" / "visit.jsonl.gz", backup / MANIFEST
    (medium,) = (backup.parent / "media").glob("??/*")
    if kind == "change a row":
        table.write_bytes(gzip.compress(gzip.decompress(table.read_bytes()).replace(b'"draft"', b'"voided"')))
    elif kind == "cut a table":
        table.write_bytes(table.read_bytes()[:-12])
    elif kind == "spoil a medium":
        medium.write_bytes(b"A photo")
    elif kind == "change the manifest":
        manifest.write_text(manifest.read_text(encoding="utf-8").replace('"rows": 1', '"rows": 2'), encoding="utf-8")
    else:
        {"lose a table": table, "lose a medium": medium, "lose the manifest": manifest}[kind].unlink()


async def test_an_audit_chain_that_was_changed_before_the_backup_is_noticed(
    made: tuple[Place, Path], there: Place
) -> None:
    live, folder = made
    engine = make_sync_engine(live.database_url)
    with engine.begin() as connection:
        connection.execute(sa.text("update change set actor_id = 'somebody else'"))
    engine.dispose()
    await back_up(live, folder, NOW + timedelta(days=1))
    with pytest.raises(BackupError, match="审计链 C1 对不上"):
        await restore_into(there, folder)


async def test_a_backup_of_a_newer_version_is_refused(made: tuple[Place, Path], there: Place) -> None:
    _, folder = made
    (backup,) = complete_backups(folder)
    replace(read_manifest(backup), schema="9999").write(backup)
    with pytest.raises(BackupError, match="先升级"):
        await restore_into(there, folder)


async def test_a_backup_of_an_older_version_is_brought_forward(tmp_path: Path, there: Place) -> None:
    old = Place(f"sqlite:///{make_folder(tmp_path / 'old') / 'w.db'}", tmp_path / "old")
    upgrade(old.database_url, "0001")
    make_engine_tables(old.database_url)
    engine = make_sync_engine(old.database_url)
    with engine.begin() as connection:
        connection.execute(sa.text("insert into team (name) values ('华东')"))
    engine.dispose()
    await back_up(old, tmp_path / "backups", NOW)
    await restore_into(there, tmp_path / "backups")
    assert there.rows("select name from team") == [("华东",)]
    assert there.rows("select version_num from waiqin_schema") == [(newest(),)]


async def test_a_running_service_is_not_restored_over(made: tuple[Place, Path], there: Place) -> None:
    _, folder = made
    lock = SqliteLock(there.database_url)
    lock.take()
    code, said = await waiqin(there, "restore", str(folder))
    lock.release()
    assert (code, "another waiqin process" in said) == (1, True)


async def test_an_empty_folder_or_database_is_told_in_a_sentence(tmp_path: Path) -> None:
    nowhere = Place(f"sqlite:///{tmp_path / 'none.db'}", tmp_path)
    assert await waiqin(nowhere, "restore", str(tmp_path), "--check") == (1, f"{tmp_path} 里没有完整的备份\n")
    code, said = await waiqin(nowhere, "backup", str(tmp_path / "b"))
    assert (code, "没有" in said) == (1, True)
    assert not (tmp_path / "none.db").exists()
