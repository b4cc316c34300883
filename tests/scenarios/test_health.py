"""Health and metrics of a running application: the figures are right, and nobody's name or words are in them."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from aiohttp.test_utils import TestClient, TestServer
from prometheus_client.parser import text_string_to_metric_families

from bot import metrics
from bot.clock import SystemClock
from bot.health import STUCK_AFTER_S, HealthCheck
from bot.health_site import health_app
from handlers.texts import ASK_STATUS
from storage import tables as t
from tests.fakes import make_amr
from tests.scenarios.story import Story

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def ask(check: HealthCheck, path: str) -> tuple[int, str]:
    async with TestClient(TestServer(health_app(check))) as client:
        answer = await client.get(path)
        return answer.status, await answer.text()


async def look(story: Story) -> dict[str, Any]:
    """Look anew at a running application."""
    story.app.health._seen = None
    return (await story.app.health.look()).as_json()


def value(text: str, name: str, **labels: str) -> float:
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name == name and labels.items() <= sample.labels.items():
                return sample.value
    return 0.0


async def test_a_running_application_is_well(story: Story) -> None:
    seen = await look(story)
    assert seen["ok"]
    assert {name for name, check in seen["checks"].items() if not check["ok"]} <= {"model"}
    assert {"database", "queues", "spool", "tick", "deliveries"} <= seen["checks"].keys()
    assert (await ask(story.app.health, "/healthz"))[0] == 200
    assert (await ask(story.app.health, "/livez"))[0] == 200


async def test_a_day_of_a_rep_shows_in_the_figures_and_the_rep_does_not(story: Story) -> None:
    before = (await ask(story.app.health, "/metrics"))[1]
    hero = story.hero()
    await story.draft(hero)
    await story.speak(hero, make_amr(11), hero.note(1))
    story.app.health._seen = None
    after = (await ask(story.app.health, "/metrics"))[1]

    def grew(name: str, **labels: str) -> float:
        return value(after, name, **labels) - value(before, name, **labels)

    assert grew("waiqin_callbacks_total", kind="text", outcome="stored") == 1
    assert grew("waiqin_callbacks_total", kind="voice", outcome="stored") == 1
    assert grew("waiqin_accept_seconds_count") == 2
    assert grew("waiqin_answer_seconds_count") == 3  # a card, a sign of life, and the card of the voice note
    assert grew("waiqin_deliveries_total", outcome="sent", error="none") == 3
    assert grew("waiqin_transcription_seconds_count") == 1
    assert grew("waiqin_database_seconds_count", kind="insert") > 5
    assert value(after, "waiqin_drafts_open") == 2
    assert hero.userid not in after
    assert hero.name not in after
    assert hero.customer.aliases[0] not in after


async def test_every_label_has_few_and_known_values(story: Story) -> None:
    for reason in (f"made up {number}" for number in range(100)):
        metrics.refused(reason)
    labels: dict[tuple[str, str], set[str]] = {}
    for family in metrics.REGISTRY.collect():
        for sample in family.samples:
            for name, said in sample.labels.items():
                labels.setdefault((family.name, name), set()).add(said)
    most = {key: len(found) for key, found in labels.items() if len(found) > 40}
    assert most == {}
    assert {name for _, name in labels} <= {"kind", "outcome", "error", "queue", "state", "role", "check", "le"} | {
        "version",
        "generation",
        "quantile",
    }


async def test_an_administrator_asks_in_words_and_a_rep_learns_nothing(story: Story) -> None:
    hero = story.hero()
    async with story.app.store.begin() as uow:
        await uow.run(sa.update(t.Person).where(sa.column("id") == hero.userid).values(role="admin"))
        await uow.commit()
    other = story.hero()
    for one in (hero, other):
        await story.say(one, ASK_STATUS)
    assert "数据库可写" in hero.phone.texts()[-1]
    assert re.search(r"排队 \d+ 件", hero.phone.texts()[-1])
    assert "数据库" not in "".join(other.phone.texts())


async def test_work_that_nobody_takes_up_is_a_stuck_queue(story: Story) -> None:
    long_ago = int((SystemClock().now().timestamp() - STUCK_AFTER_S - 60) * 1000)
    await _plant(story, long_ago)
    seen = await look(story)
    assert (seen["ok"], seen["checks"]["queues"]["stuck"]) == (False, "nobody_listens")
    assert (await ask(story.app.health, "/healthz"))[0] == 503
    await _plant(story, None)
    assert (await look(story))["ok"]


async def _plant(story: Story, created_at: int | None) -> None:
    """Put work into a queue that nobody listens to, or take it out again."""
    table = "workflow_status" if story.app.store.engine.dialect.name == "sqlite" else "dbos.workflow_status"
    async with story.app.store.begin() as uow:
        if created_at is None:
            await uow.session.execute(sa.text(f"delete from {table} where queue_name = 'nobody_listens'"))
        else:
            await uow.session.execute(
                sa.text(
                    f"insert into {table} (workflow_uuid, status, queue_name, created_at, updated_at, priority)"
                    " values ('planted', 'ENQUEUED', 'nobody_listens', :at, :at, 0)"
                ),
                {"at": created_at},
            )
        await uow.commit()


async def test_a_tick_that_did_not_come_is_named(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    at = story.clock.now() + timedelta(days=1)
    monkeypatch.setattr(story.app.health, "_clock", _Stopped(at))
    seen = await look(story)
    assert "scan_stages" in seen["checks"]["tick"]["late"]
    assert not seen["ok"]


class _Stopped:
    def __init__(self, at: datetime) -> None:
        self._at = at

    def now(self) -> datetime:
        return self._at
