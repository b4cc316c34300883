"""No query that runs with every message, tick or look at the health reads a table that grows from end to end."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bot import engine
from storage.engine import is_sqlite
from tests.fakes import make_amr
from tests.scenarios.story import Hero, Story

pytestmark = pytest.mark.asyncio(loop_scope="module")

#: Tables with a row or more for every message. The directory, of which there is one, is read whole on purpose.
GROWING = {
    "alert",
    "capture",
    "card",
    "card_code",
    "change",
    "change_value",
    "correction_seen",
    "delivery",
    "event_seen",
    "field_guess",
    "forwarded_message",
    "media",
    "operation_outputs",
    "receipt",
    "stage_entry",
    "tag_guess",
    "task",
    "transcript",
    "visit",
    "workflow_status",
}
#: Work of the workflow engine's own that runs once at a start or a stop.
_AT_START = "application_version"


#: Indexes of only what is under way: reading one whole is no more than that.
_PARTIAL = re.compile(r"INDEX (?:ix_visit_draft|idx_workflow_status_in_flight)")


@contextmanager
def listening(*engines: sa.Engine) -> Iterator[dict[str, Any]]:
    """Collect every statement that reads or changes rows, with one set of its values."""
    heard: dict[str, Any] = {}

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, _context: Any, many: bool) -> None:
        heard.setdefault(statement, values[0] if many else values)

    for one in engines:
        sa.event.listen(one, "before_cursor_execute", note)
    yield heard
    for one in engines:
        sa.event.remove(one, "before_cursor_execute", note)


def scans(database_url: str, heard: dict[str, Any]) -> list[str]:
    """Return the plans that read a growing table from end to end, with their statements."""
    found = []
    with sqlite3.connect(database_url.removeprefix("sqlite:///")) as database:
        for statement, values in heard.items():
            if not re.match(r"(?i)\s*(select|update|delete|with)", statement) or _AT_START in statement:
                continue
            plan = database.execute(f"explain query plan {statement}", values or ()).fetchall()
            for *_, step in plan:
                table = re.match(r"SCAN (\w+)", step)
                if table and _named(table[1], statement) in GROWING and not _PARTIAL.search(step):
                    found.append(f"{step}: {' '.join(statement.split())[-400:]}")
    database.close()
    return sorted(found)


def _named(alias: str, statement: str) -> str:
    """Return the table behind an alias of a statement."""
    behind = re.search(rf"(\w+) AS {alias}\b", statement)
    return behind[1] if behind else alias


async def a_busy_day(story: Story, hero: Hero) -> None:
    """Let everything happen once that happens often."""
    await story.confirmed(hero)
    await story.say(hero, "跟进改周五", "撤销", f"客户 {hero.customer.aliases[0]}", "草稿", "收据", "好的", "文字版")
    await story.say(hero, hero.note(1), "1", "卡片版")
    await story.speak(hero, make_amr(5), hero.note(1))
    await hero.phone.location(hero.point().lat, hero.point().lon)
    await story.settle()
    await story.move(story.clock.now() + timedelta(days=1))
    await story.app.watchdog.look()
    story.app.health._seen = None
    await story.app.health.look()


async def test_no_frequent_query_reads_a_growing_table_from_end_to_end(story: Story, hero: Hero) -> None:
    url = story.app.settings.database_url
    if not is_sqlite(url):
        pytest.skip("PostgreSQL plans by the rows that there are, and here are few")
    with listening(story.app.store.engine.sync_engine, *engine._opened) as heard:
        await a_busy_day(story, hero)
    assert len(heard) > 60
    found = scans(url, heard)
    print("\n".join(found))
    assert found == []


async def test_a_scan_is_seen(tmp_path: Any) -> None:
    path = tmp_path / "x.db"
    with sqlite3.connect(path) as database:
        database.execute("create table visit (id text primary key, state text)")
    database.close()
    assert scans(f"sqlite:///{path}", {"select v.id from visit AS v where v.state = ?": ("draft",)}) != []
    assert scans(f"sqlite:///{path}", {"select id from visit where id = ?": ("1",)}) == []
