"""`waiqin doctor`: checks the configuration against the live platform, and says where to fix what fails."""

from __future__ import annotations

import argparse
import asyncio
import sys
from dataclasses import dataclass

import aiohttp
from sqlalchemy.exc import SQLAlchemyError

from bot import wecom
from bot.clock import SystemClock
from bot.server import load_settings
from bot.settings import Settings
from handlers.playbooks import Playbooks
from nlp.speech import models
from storage import Store
from storage.engine import make_async_engine
from storage.media import open_media_store


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the doctor: what was looked at, whether it is well, and what to do if not."""

    name: str
    ok: bool
    words: str
    fix: str = ""


def run_doctor(_args: argparse.Namespace) -> int:
    """Print every check; exit 1 where something fails."""
    settings = load_settings()
    if settings is None:
        return 2
    checks = asyncio.run(_examine(settings))
    for check in checks:
        mark = "✓" if check.ok else "✗"
        fix = f"\n    去改：{check.fix}" if check.fix and not check.ok else ""
        print(f"{mark} {check.name}：{check.words}{fix}", file=sys.stdout)  # noqa: T201
    return 0 if all(check.ok for check in checks) else 1


async def _examine(settings: Settings) -> list[Check]:
    checks = [_settings(settings), await _database(settings), await _media(settings), _model(settings)]
    checks += _playbooks(settings)
    if settings.wecom_corp_id and settings.wecom_secret.get_secret_value():
        checks += await _wecom(settings)
    return checks


def _settings(settings: Settings) -> Check:
    missing = settings.missing_for_serving()
    words = f"缺 {'、'.join(missing)}" if missing else "齐全"
    return Check("设置", not missing, words, "README 的“接上真的企业微信”一节")


async def _database(settings: Settings) -> Check:
    store = Store(make_async_engine(settings.database_url))
    try:
        await asyncio.wait_for(store.ping(), 5)
    except (OSError, TimeoutError, SQLAlchemyError) as error:
        return Check("数据库", False, f"连不上（{type(error).__name__}）", "WAIQIN_DATABASE_URL")
    finally:
        await store.close()
    return Check("数据库", True, "能连上")


async def _media(settings: Settings) -> Check:
    try:
        store = open_media_store(settings.media_url)
        digest = await store.put(b"waiqin doctor")
        kept = await store.get(digest) == b"waiqin doctor"
    except (OSError, ValueError) as error:
        return Check("照片和录音", False, f"写不进去（{type(error).__name__}）", "WAIQIN_MEDIA_URL")
    return Check("照片和录音", kept, "能写能读")


def _model(settings: Settings) -> Check:
    found = models.find(settings.model_dir)
    return Check("语音模型", found is not None, "已就绪" if found else "没有", "运行 waiqin models pull base")


def _playbooks(settings: Settings) -> list[Check]:
    playbooks = Playbooks(settings.playbook_dir)
    problems = playbooks.problems()
    if not problems:
        return [Check("规则包", True, "、".join(playbooks.names()))]
    return [Check(f"规则包 {name}", False, str(error), f"{name}.yaml") for name, error in problems.items()]


async def _wecom(settings: Settings) -> list[Check]:
    async with aiohttp.ClientSession() as session:
        messenger = wecom.WeComMessenger(
            session,
            corp_id=settings.wecom_corp_id,
            agent_id=settings.wecom_agent_id,
            secret=settings.wecom_secret.get_secret_value(),
            clock=SystemClock(),
            base_url=settings.wecom_api_url,
        )
        findings = await messenger.check()
    return [Check(f"企业微信 {f.name}", f.ok, f.text, f.fix) for f in findings]
