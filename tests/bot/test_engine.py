"""SQLite admits one process; settings name all that is missing at once and never print a secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.engine import DatabaseInUse, SqliteLock
from bot.settings import Settings


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
