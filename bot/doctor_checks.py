"""What `waiqin doctor` looks at on this machine: settings, database, folders, disks, clock, model, playbooks."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import aiohttp
import sqlalchemy as sa
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlmodel import col

from bot.clock import SystemClock
from bot.engine import DatabaseInUse, SqliteLock
from bot.processes import DEAD_AFTER_S
from bot.settings import Settings
from handlers.playbooks import Playbooks
from nlp.speech import models
from storage import Store, migrate
from storage import tables as t
from storage.engine import is_sqlite, make_sync_engine
from storage.media import MediaError, open_media_store
from storage.table_dump import versions

Level = Literal["ok", "warning", "failed"]

#: Bytes left on a disk: below the first it is about to stop, below the second somebody should see to it.
DISK_FULL, DISK_TIGHT = 500 * 2**20, 5 * 2**30
#: Seconds by which this machine's clock may be off. Callbacks more than ten minutes off are refused as replays.
CLOCK_OFF_S, CLOCK_WRONG_S = 10.0, 300.0
SHORTEST_SECRET = 32
#: The name under which `waiqin backup` notes that it was here, and the age at which the doctor reminds.
LAST_BACKUP = "last_backup_at"
BACKUP_OLD_DAYS = 8
_PROBE = b"waiqin doctor"


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the doctor: what was looked at, how it is, and where to mend it."""

    name: str
    level: Level
    words: str
    fix: str = ""


def well(name: str, words: str) -> Check:
    """Say that something is as it should be."""
    return Check(name, "ok", words)


def warned(name: str, words: str, fix: str) -> Check:
    """Say that something works, and what to see to."""
    return Check(name, "warning", words, fix)


def failed(name: str, words: str, fix: str) -> Check:
    """Say that something does not work, and where to mend it."""
    return Check(name, "failed", words, fix)


def check_settings(settings: Settings) -> list[Check]:
    """Look at the settings without asking anybody."""
    missing = settings.missing_for_serving()
    readme = "README 的“接上真的企业微信”一节"
    checks = [failed("设置", f"缺 {'、'.join(missing)}", readme) if missing else well("设置", "齐全")]
    secret = settings.link_secret.get_secret_value()
    if secret and len(secret) < SHORTEST_SECRET:
        checks.append(failed("链接密钥", f"只有 {len(secret)} 位，太短", "WAIQIN_LINK_SECRET，至少 32 位随机字符"))
    address = urlsplit(settings.public_url)
    if settings.public_url and address.scheme != "https":
        checks.append(warned("对外地址", "不是 https，手机上的链接和回调都不安全", "WAIQIN_PUBLIC_URL，前面加反向代理"))
    if settings.admin_port and settings.admin_host not in ("127.0.0.1", "::1", "localhost"):
        words = f"监控口开在 {settings.admin_host}:{settings.admin_port}，能连上的人都看得到数量和速度"
        checks.append(warned("监控口", words, "WAIQIN_ADMIN_HOST，或用防火墙只放行监控服务器"))
    return checks


# --- the database ------------------------------------------------------------------------------------------------


async def check_database(settings: Settings) -> list[Check]:
    """See whether the database answers, takes writes, and has the tables of this version."""
    try:
        return await asyncio.wait_for(asyncio.to_thread(_look_at_database, settings.database_url), 10)
    except ArgumentError:
        return [failed("数据库", "地址写得不对", "WAIQIN_DATABASE_URL，sqlite:///文件 或 postgresql://用户@主机/库名")]
    except (OSError, TimeoutError, SQLAlchemyError) as error:
        return [failed("数据库", f"连不上（{type(error).__name__}）", "WAIQIN_DATABASE_URL，并确认数据库在运行")]


def _look_at_database(url: str) -> list[Check]:
    if is_sqlite(url) and not Path(make_url(url).database or "").is_file():
        return [failed("数据库", "还没有这个文件", "先运行 waiqin import 或 waiqin serve，会自动建好")]
    engine = make_sync_engine(url)
    try:
        with engine.connect() as connection:
            ours, _ = versions(connection)
        checks = [well("数据库", "能连上"), _schema(ours)]
        return [*checks, _writable(engine)] if checks[-1].level == "ok" else checks
    finally:
        engine.dispose()


def _schema(found: str) -> Check:
    newest = migrate.newest()
    if found == newest:
        return well("表结构", f"最新（{found}）")
    if found and not migrate.knows(found):
        return failed("表结构", f"{found}，比本程序新", "升级本程序，或用 waiqin restore 回到升级前的备份")
    return failed("表结构", f"{found or '没有'}，本程序要 {newest}", "先备份，再启动 waiqin serve，会自动升级")


def _writable(engine: sa.Engine) -> Check:
    try:
        with engine.connect() as connection, connection.begin() as transaction:
            connection.execute(sa.text("insert into setting (key, value) values ('doctor', 'was here')"))
            transaction.rollback()
    except SQLAlchemyError as error:
        words = f"写不进去（{type(error).__name__}）"
        return failed("数据库写入", words, "磁盘是否已满、文件权限、数据库是否只读")
    return well("数据库写入", "能写")


async def check_processes(settings: Settings, store: Store) -> Check:
    """See whether anybody is at work."""
    if is_sqlite(settings.database_url):
        running = await asyncio.to_thread(_is_locked, settings.database_url)
        return well("进程", "waiqin serve 在运行") if running else _nobody()
    now = sa.cast(sa.func.extract("epoch", sa.func.clock_timestamp()), sa.Float)
    alive = ~col(t.Process.left) & (col(t.Process.host) != "") & (col(t.Process.seen_at) > now - DEAD_AFTER_S)
    async with store.begin() as uow:
        rows = await uow.tuples(
            sa.select(col(t.Process.role), col(t.Process.host), sa.func.count())
            .where(alive)
            .group_by(col(t.Process.role), col(t.Process.host))
            .order_by(col(t.Process.role), col(t.Process.host))
        )
    if not any(role == "serve" for role, _, _ in rows):
        return _nobody()
    return well("进程", "、".join(f"{host} 上 {role} {count} 个" for role, host, count in rows))


def _nobody() -> Check:
    return warned("进程", "waiqin serve 没有在运行", "systemctl status waiqin，或启动 waiqin serve")


def _is_locked(database_url: str) -> bool:
    lock = SqliteLock(database_url)
    try:
        lock.take()
    except DatabaseInUse:
        return True
    lock.release()
    return False


async def check_directory(store: Store) -> list[Check]:
    """See whether there is anybody to talk to and about, somebody to warn, and a backup."""
    async with store.begin() as uow:
        roles = dict(
            map(
                tuple,
                await uow.tuples(
                    sa.select(col(t.Person.role), sa.func.count())
                    .where(col(t.Person.active))
                    .group_by(col(t.Person.role))
                ),
            )
        )
        ((customers,),) = await uow.tuples(sa.select(sa.func.count()).select_from(t.Customer))
        backup = await uow.get(t.Setting, LAST_BACKUP)
    return [_people(roles, customers), _backup(backup.value if backup else "", SystemClock().now())]


def _people(roles: dict[str, int], customers: int) -> Check:
    words = f"业务员 {roles.get('rep', 0)}，主管 {roles.get('supervisor', 0)}，客户 {customers}"
    lacking = [
        title for role, title in (("rep", "业务员"), ("supervisor", "主管"), ("admin", "管理员")) if not roles.get(role)
    ]
    if not customers:
        lacking.append("客户")
    if lacking:
        return warned("名录", f"{words}；没有{'、'.join(lacking)}", "waiqin import，role 写 rep、supervisor 或 admin")
    return well("名录", words)


def _backup(noted: str, now: datetime) -> Check:
    fix = "每天运行 waiqin backup，见 docs/operations.md"
    if not noted:
        return warned("备份", "还没有做过", fix)
    days = (now - datetime.fromisoformat(noted)).days
    words = f"最近一次在 {days} 天前" if days else "最近一次在一天之内"
    return warned("备份", words, fix) if days > BACKUP_OLD_DAYS else well("备份", words)


# --- the machine -------------------------------------------------------------------------------------------------


async def check_media(settings: Settings) -> list[Check]:
    """Write, read and remove a medium."""
    try:
        store = open_media_store(settings.media_url)
        there = await store.has(_digest_of_probe())
        digest = await store.put(_PROBE)
        kept = await store.get(digest) == _PROBE
        if not there:
            await store.purge(digest)
    except (MediaError, OSError, ValueError) as error:
        return [failed("照片和录音", f"写不进去（{type(error).__name__}）", "WAIQIN_MEDIA_URL")]
    return [well("照片和录音", "能写能读") if kept else failed("照片和录音", "读出来不一样", "检查磁盘")]


def _digest_of_probe() -> str:
    return hashlib.sha256(_PROBE).hexdigest()


def check_disks(settings: Settings) -> list[Check]:
    """See how much room is left where things are kept; folders on one disk are one line."""
    seen: dict[int, Check] = {}
    for folder in _folders(settings):
        device = folder.stat().st_dev
        if device not in seen:
            seen[device] = _room(folder)
    return list(seen.values())


def _folders(settings: Settings) -> Iterable[Path]:
    wanted = [settings.spool_dir]
    if is_sqlite(settings.database_url):
        wanted.append(Path(make_url(settings.database_url).database or ".").parent)
    if "://" not in settings.media_url:
        wanted.append(Path(settings.media_url).expanduser())
    for folder in wanted:
        for place in (folder, *folder.absolute().parents):
            if place.is_dir():
                yield place
                break


def _room(folder: Path) -> Check:
    free = shutil.disk_usage(folder).free
    words = f"{folder} 还剩 {free / 2**30:.1f} GB"
    if free < DISK_FULL:
        return failed("磁盘", f"{words}，马上就写不进去了", "清理或扩容；照片、录音和数据库都要写盘")
    return warned("磁盘", words, "清理或扩容") if free < DISK_TIGHT else well("磁盘", words)


async def check_clock(settings: Settings, session: aiohttp.ClientSession) -> Check:
    """Compare this machine's clock with the platform's."""
    with suppress(aiohttp.ClientError, OSError, TimeoutError, ValueError, KeyError):
        async with session.get(settings.wecom_api_url, timeout=aiohttp.ClientTimeout(total=5)) as answer:
            theirs = parsedate_to_datetime(answer.headers["Date"])
        off_s = abs((SystemClock().now() - theirs.astimezone(UTC)).total_seconds())
        words = f"与企业微信相差 {off_s:.0f} 秒"
        if off_s >= CLOCK_WRONG_S:
            return failed(
                "时钟", f"{words}，回调会被当作重放而拒收", "打开时间同步（systemctl enable --now systemd-timesyncd）"
            )
        if off_s >= CLOCK_OFF_S:
            return warned("时钟", words, "打开时间同步（systemctl enable --now systemd-timesyncd）")
        return well("时钟", words)
    return warned("时钟", "没问到企业微信的时间，没法比较", "检查服务器的网络与域名解析")


def check_model(settings: Settings) -> Check:
    """See whether the speech model is there byte for byte."""
    if models.find(settings.model_dir) is None:
        return failed("语音模型", "没有，语音听不了", "运行 waiqin models pull base")
    if not models.verify(settings.model_dir):
        return failed("语音模型", "文件损坏", "删除模型目录后运行 waiqin models pull base")
    return well("语音模型", "已就绪")


def check_playbooks(settings: Settings) -> list[Check]:
    """Read all playbooks."""
    playbooks = Playbooks(settings.playbook_dir)
    problems = playbooks.problems()
    if not problems:
        return [well("规则包", "、".join(playbooks.names()))]
    return [failed(f"规则包 {name}", str(error), f"{name}.yaml") for name, error in problems.items()]
