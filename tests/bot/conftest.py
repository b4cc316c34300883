from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage import Store
from storage.engine import make_async_engine
from storage.migrate import upgrade


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """A fresh SQLite database."""
    url = f"sqlite:///{tmp_path / 'test.db'}"
    upgrade(url)
    store = Store(make_async_engine(url))
    yield store
    await store.close()
