"""SQLite admits one process; settings name all that is missing at once and never print a secret."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from bot.engine import DatabaseInUse, SqliteLock
from bot.server import run_serve, run_worker
from bot.settings import Settings
from storage.engine import is_away, make_sync_engine


def test_a_second_process_on_one_sqlite_file_is_refused_in_words(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'a.db'}"
    first, second = SqliteLock(url), SqliteLock(url)
    first.take()
    with pytest.raises(DatabaseInUse, match="PostgreSQL"):
        second.take()
    first.release()
    second.take()
    second.release()


def test_all_missing_settings_are_named_at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    missing = Settings(wecom_corp_id="ww1").missing_for_serving()
    assert "WAIQIN_WECOM_CORP_ID" not in missing
    assert {"WAIQIN_WECOM_SECRET", "WAIQIN_PUBLIC_URL", "WAIQIN_LINK_SECRET"} <= set(missing)


def test_secrets_never_print(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAIQIN_WECOM_SECRET", "very-secret")
    assert "very-secret" not in repr(Settings())


@pytest.fixture
def complete(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """All settings that serving needs, on SQLite."""
    monkeypatch.chdir(tmp_path)
    for name in Settings().missing_for_serving():
        monkeypatch.setenv(name, "1" * 43)
    monkeypatch.setenv("WAIQIN_DATABASE_URL", f"sqlite:///{tmp_path / 'a.db'}")


@pytest.mark.usefixtures("complete")
@pytest.mark.parametrize(
    ("run", "queues", "words"),
    [
        (run_worker, None, "WAIQIN_DATABASE_URL"),
        (run_serve, "inbox,media,tell", "WAIQIN_DATABASE_URL"),
        (run_serve, "none", "WAIQIN_DATABASE_URL"),
        (run_serve, "transcribe,post", "unknown queue 'post'"),
    ],
)
def test_sharing_the_work_needs_postgresql_and_known_queues(
    capsys: pytest.CaptureFixture[str], run: object, queues: str | None, words: str
) -> None:
    assert callable(run)
    assert run(Namespace(queues=queues)) == 2
    assert words in capsys.readouterr().err


def test_a_database_that_may_come_back_is_told_from_a_fault_of_ours(tmp_path: Path) -> None:
    engine = make_sync_engine(f"sqlite:///{tmp_path / 'a.db'}")
    with engine.connect() as connection, pytest.raises(sa.exc.OperationalError) as fault:
        connection.execute(sa.text("select nothing from nowhere"))
    engine.dispose()
    gone = make_sync_engine(f"postgresql://nobody@/none?host={tmp_path}")
    with pytest.raises(sa.exc.OperationalError) as away:
        gone.connect()
    assert is_away(away.value) and away.value.connection_invalidated
    assert isinstance(away.value.orig, psycopg.OperationalError)
    assert not is_away(fault.value)
