"""`waiqin doctor`: looks at everything that a deployment needs, and says where to fix what is not well.

A line begins with ✓ (well), ！ (works, but look at it) or ✗ (does not work). Exit codes: 0 nothing fails, 1 something
does, 2 the settings cannot be read. The doctor never starts the queues, so it may run at any time.
"""

from __future__ import annotations

import argparse
import asyncio
import sys

import aiohttp
import sqlalchemy as sa

from bot import logs, wecom
from bot.clock import SystemClock
from bot.doctor_checks import (
    Check,
    check_clock,
    check_database,
    check_directory,
    check_disks,
    check_media,
    check_model,
    check_playbooks,
    check_processes,
    check_settings,
    failed,
    warned,
    well,
)
from bot.health import HealthCheck
from bot.proposer import check_proposer
from bot.server import load_settings
from bot.settings import Settings
from bot.spool import Spool
from storage import Store
from storage.engine import make_async_engine, make_sync_engine
from storage.restore import broken_chains
from storage.table_dump import snapshot

MARKS = {"ok": "✓", "warning": "！", "failed": "✗"}
#: Findings of the health check that the doctor repeats, and what they are called here.
_FROM_HEALTH = {"queues": "队列", "deliveries": "待发消息", "tick": "定时任务", "spool": "暂存"}


def run_doctor(args: argparse.Namespace) -> int:
    """Print every check; exit 1 where something fails."""
    settings = load_settings()
    if settings is None:
        return 2
    logs.configure("ERROR")
    checks = asyncio.run(examine(settings, audit=bool(getattr(args, "audit", False))))
    for check in checks:
        fix = f"\n    去改：{check.fix}" if check.fix and check.level != "ok" else ""
        print(f"{MARKS[check.level]} {check.name}：{check.words}{fix}", file=sys.stdout)  # noqa: T201
    return 1 if any(check.level == "failed" for check in checks) else 0


async def examine(settings: Settings, *, audit: bool = False) -> list[Check]:
    """Return all findings, in the order in which an administrator would mend them."""
    checks = check_settings(settings)
    database = await check_database(settings)
    checks += database
    if all(check.level != "failed" for check in database):
        checks += await _what_lies_in_the_database(settings, audit=audit)
    checks += [*await check_media(settings), *check_disks(settings), check_model(settings), *check_playbooks(settings)]
    async with aiohttp.ClientSession() as session:
        if settings.proposer_url:
            checks.append(await _proposer(settings, session))
        if settings.wecom_corp_id and settings.wecom_secret.get_secret_value():
            checks += [await check_clock(settings, session), *await _wecom(settings, session)]
    return checks


async def _what_lies_in_the_database(settings: Settings, *, audit: bool) -> list[Check]:
    store = Store(make_async_engine(settings.database_url))
    try:
        checks = [
            await check_processes(settings, store),
            *await check_directory(store),
            *await _health(settings, store),
        ]
    finally:
        await store.close()
    if audit:
        checks.append(await asyncio.to_thread(_audit, settings.database_url))
    return checks


async def _health(settings: Settings, store: Store) -> list[Check]:
    """Ask what a running process would say of the queues; where none ever ran there are none."""
    if not await asyncio.to_thread(_has_queues, settings.database_url):
        return [well("队列", "还没有启动过")]
    look = HealthCheck(
        store, SystemClock(), Spool(settings.spool_dir), model_dir=settings.model_dir, stopping=lambda: False
    )
    findings = {finding.name: finding for finding in (await look.look()).findings}
    checks = []
    for name, title in _FROM_HEALTH.items():
        finding = findings[name]
        words, _, fix = finding.words.partition("：")
        worse = warned if finding.warning else failed
        checks.append(well(title, finding.words) if finding.ok else worse(title, words, fix))
    return checks


def _has_queues(database_url: str) -> bool:
    engine = make_sync_engine(database_url)
    try:
        schema = None if engine.dialect.name == "sqlite" else "dbos"
        return sa.inspect(engine).has_table("workflow_status", schema=schema)
    finally:
        engine.dispose()


def _audit(database_url: str) -> Check:
    with snapshot(database_url) as connection:
        broken = list(broken_chains(connection))
    if broken:
        names = "、".join(broken[:5])
        return failed("审计链", f"{len(broken)} 条对不上：{names}", "留存现在的数据库，从对得上的备份里查是何时改的")
    return well("审计链", "每一条都完整")


async def _proposer(settings: Settings, session: aiohttp.ClientSession) -> Check:
    """Ask the model about a made-up sentence."""
    said = await check_proposer(
        session,
        url=settings.proposer_url,
        model=settings.proposer_model,
        key=settings.proposer_key,
        clock=SystemClock(),
    )
    return well("外接模型", said.text) if said.ok else warned("外接模型", said.text, said.fix)


async def _wecom(settings: Settings, session: aiohttp.ClientSession) -> list[Check]:
    messenger = wecom.WeComMessenger(
        session,
        corp_id=settings.wecom_corp_id,
        agent_id=settings.wecom_agent_id,
        secret=settings.wecom_secret.get_secret_value(),
        clock=SystemClock(),
        base_url=settings.wecom_api_url,
    )
    return [Check(f"企业微信 {f.name}", "ok" if f.ok else "failed", f.text, f.fix) for f in await messenger.check()]
