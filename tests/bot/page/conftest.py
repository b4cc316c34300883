"""A company on a fresh database, and a browser-like client of its page."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from storage.migrate import upgrade
from tests.bot.page.browsing import Client
from tests.bot.page.company import Company, open_company


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Migrating takes a second: once for all tests, who work on copies."""
    path = tmp_path_factory.mktemp("page") / "empty.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture
async def company(tmp_path: Path, empty_database: Path) -> AsyncIterator[Company]:
    shutil.copy(empty_database, tmp_path / "waiqin.db")
    company = await open_company(tmp_path)
    yield company
    await company.store.close()


@pytest.fixture
async def client(company: Company, aiohttp_client: Any) -> Client:
    made: Client = await aiohttp_client(company.app())
    return made
