"""One application for each module of scenarios."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.scenarios.story import Hero, Story, open_story
from tests.storage import databases


def pytest_configure(config: pytest.Config) -> None:
    databases.kind_for_stories = config.getoption("--database")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def story(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Story]:
    async with open_story(tmp_path_factory.mktemp("story")) as running:
        yield running


@pytest.fixture
def hero(story: Story) -> Hero:
    """A rep who has done nothing yet."""
    return story.hero()
