"""`waiqin backup` and `waiqin restore`: the sentences around `storage.backup`, and the queue's part in a restore."""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from dbos import DBOS, DBOSClient
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from bot import engine, logs
from bot.clock import SystemClock
from bot.doctor_checks import LAST_BACKUP
from bot.server import load_settings
from bot.settings import Settings
from storage.backup import MadeBackup, make_backup, prune
from storage.backup_files import BackupError
from storage.engine import is_sqlite, make_sync_engine
from storage.media import MediaError, MediaStore, open_media_store
from storage.restore import Restored, check_backup, restore

#: Where work without a queue of its own (a tick that was running) goes on after a restore.
_QUEUE_FOR_OTHERS = engine.TELL


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)  # noqa: T201


def run_backup(args: argparse.Namespace) -> int:
    """Write one backup beside the running service; exit 1 where something could not be kept."""
    settings = load_settings()
    if settings is None:
        return 2
    logs.configure("WARNING")
    return _told(_backup(settings, args.folder, args.keep))


def run_restore(args: argparse.Namespace) -> int:
    """Check a backup, and put it into an empty place unless `--check` was given."""
    settings = load_settings()
    if settings is None:
        return 2
    logs.configure("WARNING")
    changes = {name: value for name in ("database_url", "media_url") if (value := getattr(args, name)) is not None}
    settings = settings.model_copy(update=changes)
    return _told(_check(args.folder) if args.check else _restore(settings, args.folder))


def _told(work: Coroutine[Any, Any, int]) -> int:
    """Run the work; turn what can go wrong into one sentence."""
    try:
        return asyncio.run(work)
    except (BackupError, engine.DatabaseInUse) as error:
        _say(str(error))
    except ArgumentError:
        _say("数据库地址写得不对，应为 sqlite:///文件 或 postgresql://用户@主机/库名")
    except SQLAlchemyError as error:
        _say(f"数据库出错（{type(error).__name__}），请先用 waiqin doctor 检查")
    except MediaError as error:
        _say(f"照片和录音的存放处出错（{type(error).__name__}），请检查 WAIQIN_MEDIA_URL")
    except (OSError, ValueError) as error:
        _say(f"读写文件出错：{error}")
    return 1


# --- backup ------------------------------------------------------------------------------------------------------


async def _backup(settings: Settings, folder: Path, keep: int) -> int:
    if is_sqlite(settings.database_url) and not sqlite_file(settings.database_url).is_file():
        raise BackupError(f"没有 {sqlite_file(settings.database_url)} 这个数据库文件，请检查 WAIQIN_DATABASE_URL")
    made = await make_backup(
        folder,
        database_url=settings.database_url,
        media=_media(settings),
        spool=settings.spool_dir,
        made_at=SystemClock().now(),
    )
    await asyncio.to_thread(_note_backup, settings.database_url, made.manifest.made_at)
    for sentence in describe_backup(made):
        _say(sentence)
    for gone in prune(folder, keep):
        _say(f"已删除旧备份 {gone.name}")
    return 1 if made.manifest.media_missing else 0


def describe_backup(made: MadeBackup) -> list[str]:
    """Say in Chinese what a backup holds."""
    manifest = made.manifest
    spool = f"，待入库 {len(manifest.spool)} 条" if manifest.spool else ""
    lines = [
        f"备份完成：{made.path}",
        f"表 {len(manifest.tables)} 张、{manifest.rows} 行；"
        f"照片和录音 {manifest.media.rows} 个，其中新增 {made.media_copied} 个{spool}",
    ]
    if manifest.media_missing:
        missing = len(manifest.media_missing)
        lines.append(f"注意：{missing} 个照片或录音在存放处找不到或已损坏，列在 manifest.json 的 media_missing 里")
    return lines


def sqlite_file(database_url: str) -> Path:
    """Return the file that a SQLite URL names."""
    return Path(make_url(database_url).database or "")


def _note_backup(database_url: str, made_at: str) -> None:
    """Let the doctor know that there is a backup, and how old it is."""
    database = make_sync_engine(database_url)
    try:
        with database.begin() as connection:
            connection.execute(sa.text("delete from setting where key = :key"), {"key": LAST_BACKUP})
            connection.execute(
                sa.text("insert into setting (key, value) values (:key, :at)"), {"key": LAST_BACKUP, "at": made_at}
            )
    finally:
        database.dispose()


def _media(settings: Settings) -> MediaStore:
    return open_media_store(settings.media_url)


# --- restore -----------------------------------------------------------------------------------------------------


async def _check(folder: Path) -> int:
    backup, manifest = await check_backup(folder)
    _say(f"{backup} 完好：{manifest.rows} 行、{manifest.media.rows} 个照片和录音，每个校验值都相符")
    return 0


async def _restore(settings: Settings, folder: Path) -> int:
    lock = None
    if is_sqlite(settings.database_url):
        lock = engine.SqliteLock(settings.database_url)
        lock.take()
    try:
        restored = await restore(
            folder,
            database_url=settings.database_url,
            media=_media(settings),
            spool=settings.spool_dir,
            make_engine_tables=make_engine_tables,
        )
        resumed = await asyncio.to_thread(requeue_running, settings.database_url)
    finally:
        if lock is not None:
            lock.release()
    for sentence in describe_restore(restored, resumed):
        _say(sentence)
    return 0


def describe_restore(restored: Restored, resumed: int) -> list[str]:
    """Say in Chinese what was restored."""
    manifest = restored.manifest
    return [
        f"已恢复 {manifest.made_at[:19].replace('T', ' ')}（UTC）的备份 {restored.backup.name}："
        f"{manifest.rows} 行、{manifest.media.rows} 个照片和录音，每个校验值都相符，审计链完整",
        f"当时正在处理的 {resumed} 件工作重新排队，启动 waiqin serve 后继续",
    ]


def make_engine_tables(database_url: str) -> None:
    """Create the workflow engine's tables without starting it."""
    logging.getLogger("dbos").setLevel(logging.WARNING)
    DBOS.migrate(database_url)


def requeue_running(database_url: str) -> int:
    """Put back into its queue what a process was working on when the backup was made: that process is no more."""
    client = DBOSClient(system_database_url=database_url)
    try:
        running = client.list_workflows(status=["PENDING"], load_input=False, load_output=False)
        queues: dict[str, list[str]] = {}
        for workflow in running:
            queues.setdefault(workflow.queue_name or _QUEUE_FOR_OTHERS, []).append(workflow.workflow_id)
        for queue, ids in queues.items():
            client.resume_workflows(ids, queue_name=queue)
    finally:
        client.destroy()
    return len(running)
