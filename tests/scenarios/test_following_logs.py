"""One id ties all that the logs say of one message, and none of it is what was said."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from bot.logs import configure
from storage import tables as t
from tests.fakes import make_amr
from tests.scenarios.story import Hero, Story

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Log into memory, and leave the process's logging as it was found."""
    root, dbos = logging.getLogger(), logging.getLogger("dbos")
    before = root.handlers[:], root.level, dbos.handlers[:], dbos.level, dbos.propagate
    root.handlers = []
    out = io.StringIO()
    configure("info", out)
    yield out
    logging.captureWarnings(False)
    root.handlers[:], root.level, dbos.handlers[:], dbos.level, dbos.propagate = before


async def steps_of(story: Story, hero: Hero, log: io.StringIO) -> list[str]:
    """Return what was logged under the id of the hero's only capture, in order."""
    capture = await story.one(t.Capture, person_id=hero.userid)
    lines: list[dict[str, Any]] = [json.loads(line) for line in log.getvalue().splitlines()]
    return [line["action"] for line in lines if line.get("message_id") == capture.source_id]


async def test_a_voice_note_is_followed_from_callback_to_card(story: Story, hero: Hero, log: io.StringIO) -> None:
    await story.speak(hero, make_amr(21), hero.note())
    steps = await steps_of(story, hero, log)
    assert sorted(steps) == sorted(
        [
            "callback_accepted",
            "received",
            "delivery_sent",
            "medium_kept",
            "voice_heard",
            "voice_drafted",
            "delivery_sent",
        ]
    )
    assert (steps[0], steps[-1]) == ("callback_accepted", "delivery_sent")


async def test_a_text_is_followed_and_nothing_of_it_is_logged(story: Story, hero: Hero, log: io.StringIO) -> None:
    await story.draft(hero)
    assert await steps_of(story, hero, log) == ["callback_accepted", "received", "delivery_sent"]
    logged = log.getvalue()
    for said in (hero.note(), hero.customer.aliases[0], hero.customer.name, hero.name, "节拍"):
        assert said not in logged
        assert json.dumps(said)[1:-1] not in logged
