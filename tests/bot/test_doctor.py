"""The doctor finds each trouble, names the place to mend it, and its exit code says whether anything fails."""

from __future__ import annotations

import argparse
import asyncio
import shutil
from collections import namedtuple
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from bot.doctor import examine, run_doctor
from bot.doctor_checks import DISK_FULL, Check
from bot.engine import SqliteLock
from bot.settings import Settings
from storage import Store
from storage import tables as t
from storage.audit import record
from storage.engine import make_async_engine, make_sync_engine
from storage.migrate import upgrade
from tests.model_server import open_model_server
from tests.scenarios.story import open_story
from tests.storage.databases import fresh_url

NOW = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A deployment with a migrated database and no platform."""
    url = f"sqlite:///{tmp_path / 'w.db'}"
    upgrade(url)
    return Settings(
        _env_file=None, database_url=url, media_url=str(tmp_path / "media"), spool_dir=tmp_path / "spool", admin_port=0
    )


def look(settings: Settings, **changes: Any) -> dict[str, Check]:
    audit = changes.pop("audit", False)
    checks = asyncio.run(examine(settings.model_copy(update=changes), audit=audit))
    return {check.name: check for check in checks}


def test_what_is_well_is_said_and_what_is_missing_is_named(settings: Settings) -> None:
    seen = look(settings)
    for name in ("数据库", "表结构", "数据库写入", "照片和录音", "规则包"):
        assert seen[name].level == "ok", seen[name]
    assert seen["设置"].level == "failed"
    assert "WAIQIN_LINK_SECRET" in seen["设置"].words
    assert (seen["进程"].level, seen["名录"].level, seen["备份"].level) == ("warning", "warning", "warning")


def test_the_probe_leaves_no_medium_behind(settings: Settings, tmp_path: Path) -> None:
    look(settings)
    assert [path for path in (tmp_path / "media").rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(
    ("changes", "name", "level", "fix"),
    [
        ({"database_url": "sqlite:////nowhere/at/all.db"}, "数据库", "failed", "waiqin import"),
        ({"database_url": "no address"}, "数据库", "failed", "WAIQIN_DATABASE_URL"),
        ({"database_url": "postgresql://nobody@127.0.0.1:9/none"}, "数据库", "failed", "WAIQIN_DATABASE_URL"),
        ({"media_url": "/proc/media"}, "照片和录音", "failed", "WAIQIN_MEDIA_URL"),
        ({"model_dir": Path("none")}, "语音模型", "failed", "waiqin models pull"),
        ({"link_secret": SecretStr("short")}, "链接密钥", "failed", "WAIQIN_LINK_SECRET"),
        ({"public_url": "http://example.com"}, "对外地址", "warning", "WAIQIN_PUBLIC_URL"),
        ({"admin_port": 8081, "admin_host": "0.0.0.0"}, "监控口", "warning", "WAIQIN_ADMIN_HOST"),
    ],
)
def test_each_trouble_names_the_place_to_mend_it(
    settings: Settings, changes: dict[str, Any], name: str, level: str, fix: str
) -> None:
    check = look(settings, **changes)[name]
    assert (check.level, fix in check.fix) == (level, True), check


@pytest.mark.parametrize(("revision", "words"), [("0001", "先备份"), ("9999", "升级本程序")])
def test_another_schema_is_told(tmp_path: Path, settings: Settings, revision: str, words: str) -> None:
    _do(settings, f"update waiqin_schema set version_num = '{revision}'")
    check = look(settings)["表结构"]
    assert (check.level, words in check.fix) == ("failed", True)


def _do(settings: Settings, statement: str) -> None:
    engine = make_sync_engine(settings.database_url)
    with engine.begin() as connection:
        connection.execute(sa.text(statement))
    engine.dispose()


@pytest.mark.parametrize(("free", "level"), [(DISK_FULL - 1, "failed"), (DISK_FULL * 2, "warning"), (2**40, "ok")])
def test_a_disk_that_fills_is_told(settings: Settings, monkeypatch: pytest.MonkeyPatch, free: int, level: str) -> None:
    usage = namedtuple("usage", "total used free")(2**41, 0, free)
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: usage)
    assert look(settings)["磁盘"].level == level


def test_a_running_service_is_seen(settings: Settings) -> None:
    lock = SqliteLock(settings.database_url)
    lock.take()
    assert look(settings)["进程"].level == "ok"
    lock.release()


async def test_processes_are_counted_on_postgresql(tmp_path: Path, settings: Settings) -> None:
    for url in fresh_url("postgresql", tmp_path):
        upgrade(url)
        there = settings.model_copy(update={"database_url": url})
        _do(there, "insert into process values ('w-1', 'h', 'serve', '', '', extract(epoch from now()), false)")
        _do(there, "insert into process values ('w-2', 'h', 'worker', '', '', extract(epoch from now()) - 99, false)")
        seen = {check.name: check for check in await examine(there)}
    assert (seen["进程"].level, seen["进程"].words) == ("ok", "h 上 serve 1 个")


@pytest.mark.parametrize(("days", "level"), [(1, "ok"), (20, "warning")])
def test_the_age_of_the_last_backup_is_told(settings: Settings, days: int, level: str) -> None:
    at = (datetime.now(UTC) - timedelta(days=days)).isoformat()
    _do(settings, f"insert into setting values ('last_backup_at', '{at}')")
    assert look(settings)["备份"].level == level


async def test_a_broken_audit_chain_is_named_when_asked_for(settings: Settings) -> None:
    store = Store(make_async_engine(settings.database_url))
    async with store.begin() as uow:
        await record(uow, chain="C7", at=NOW, actor_id="a", via="1", entity="visit", entity_id="v", field="stage")
        await uow.commit()
    await store.close()
    assert await _audit(settings) == "ok"
    _do(settings, f"update {t.Change.__tablename__} set actor_id = 'b'")
    assert await _audit(settings) == "failed"


async def _audit(settings: Settings) -> str:
    return next(check.level for check in await examine(settings, audit=True) if check.name == "审计链")


async def test_a_proposer_that_answers_is_told_from_one_that_does_not(settings: Settings) -> None:
    async with open_model_server() as model:
        model.opinion = lambda _: {"contact": {"value": "张经理", "words": "张经理"}}
        for replies, level in (([], "ok"), ([(500, "")] * 5, "warning")):
            model.replies += replies
            there = settings.model_copy(update={"proposer_url": model.url, "proposer_model": "m"})
            seen = {check.name: check for check in await examine(there)}
            assert seen["外接模型"].level == level


async def test_a_working_app_passes_with_its_platform_and_its_clock(tmp_path: Path) -> None:
    async with open_story(tmp_path, start=datetime.now(UTC)) as story:
        seen = {check.name: check for check in await examine(story.app.settings)}
    for name in (
        "设置",
        "时钟",
        "企业微信 access_token",
        "企业微信 应用",
        "队列",
        "待发消息",
        "定时任务",
        "进程",
        "暂存",
    ):
        assert seen[name].level == "ok", seen[name]


def test_exit_codes(settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("bot.doctor.logs.configure", lambda _level: None)
    monkeypatch.setattr("bot.doctor.load_settings", lambda: settings)
    assert run_doctor(argparse.Namespace()) == 1
    assert "✗ 设置：缺 WAIQIN_PUBLIC_URL" in capsys.readouterr().out
    monkeypatch.setattr("bot.doctor.examine", _all_well)
    assert run_doctor(argparse.Namespace()) == 0
    monkeypatch.setattr("bot.doctor.load_settings", lambda: None)
    assert run_doctor(argparse.Namespace()) == 2


async def _all_well(_settings: Settings, *, audit: bool) -> list[Check]:
    return [Check("设置", "ok", "齐全"), Check("备份", "warning", "还没有做过", "waiqin backup")]
