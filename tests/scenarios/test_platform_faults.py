"""The platform throttles, forgets tokens, loses answers and goes away: told later, and once.

Application, queue and sandbox run at `TIME_SCALE` here (DECISIONS 17).
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from bot.sandbox import Faults
from storage import tables as t
from tests.fakes import make_amr
from tests.scenarios.story import Hero, Story, confirm_button, newest, open_story, title

pytestmark = pytest.mark.asyncio(loop_scope="module")

TIME_SCALE = 30.0


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def story(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Story]:
    """The application with all its waits divided by `TIME_SCALE`."""
    async with open_story(tmp_path_factory.mktemp("story"), faults=Faults(), time_scale=TIME_SCALE) as running:
        yield running


@pytest.fixture(autouse=True)
def no_faults_left(story: Story) -> Any:
    """Every test begins and ends with a platform in order."""
    story.standin.faults.clear()
    yield
    story.standin.faults.clear()


async def test_while_throttled_the_card_waits_and_comes_once(story: Story, hero: Hero) -> None:
    story.standin.faults.once("throttle", where="message/send", times=2)
    await story.draft(hero)
    assert len(hero.phone.cards()) == 1
    delivery = await story.one(t.Delivery, person_id=hero.userid)
    assert (delivery.state, delivery.attempts) == ("sent", 3)


async def test_a_revoked_token_is_fetched_again_unnoticed(story: Story, hero: Hero) -> None:
    story.standin.faults.once("revoke_token", where="message/send")
    await story.draft(hero)
    assert len(hero.phone.cards()) == 1
    assert (await story.one(t.Delivery, person_id=hero.userid)).attempts == 1


async def test_a_platform_that_is_away_gets_everything_when_it_is_back(story: Story, hero: Hero) -> None:
    amr = story.hearing.learn(make_amr(20), hero.note())
    story.standin.faults.rate("platform_down", 1.0)
    await hero.phone.voice(amr)
    await hero.phone.say(hero.note(1))
    await story.clock.sleep_until(story.clock.now() + timedelta(seconds=60))
    assert hero.phone.texts() == [] and hero.phone.cards() == []
    story.standin.faults.clear()
    await story.settle()
    assert len(hero.phone.cards()) == 2 and len(await story.visits(hero)) == 2
    assert sum("听写" in text for text in hero.phone.texts()) == 1


async def test_an_answer_that_is_lost_on_the_way_shows_no_second_card(story: Story, hero: Hero) -> None:
    story.standin.faults.once("drop_response", where="message/send", times=2)
    await story.draft(hero)
    assert len(hero.phone.cards()) == 1


async def test_an_update_whose_answer_is_lost_updates_once(story: Story, hero: Hero) -> None:
    item = await story.draft(hero)
    story.standin.faults.once("drop_response", where="message/update_template_card")
    await story.tap(hero, confirm_button(item), item)
    assert item.card is not None and item.card.updates == 1 and len(hero.phone.cards()) == 1
    assert title(item).startswith("已确认 ✓")


async def test_an_update_that_comes_too_late_for_its_code_becomes_a_new_card(story: Story, hero: Hero) -> None:
    item = await story.draft(hero)
    story.standin.faults.rate("platform_down", 1.0)
    await hero.phone.tap(item, confirm_button(item))
    await story.clock.advance(timedelta(hours=73))
    story.standin.faults.clear()
    await story.settle()
    fresh = newest(hero)
    assert fresh is not item and title(fresh).startswith("已确认 ✓")
    assert (await story.visit(hero)).state == "confirmed"


async def test_every_callback_twice_has_one_effect(story: Story, hero: Hero) -> None:
    story.standin.faults.rate("redeliver", 1.0)
    await story.confirmed(hero)
    visit = await story.visit(hero)
    assert (visit.state, visit.version) == ("confirmed", 1)
    assert len(hero.phone.cards()) == 1 and len(await story.rows(t.Capture, person_id=hero.userid)) == 1


async def test_a_recording_that_the_platform_no_longer_has_is_asked_for_again(story: Story, hero: Hero) -> None:
    story.standin.faults.once("media_gone", where="media/get")
    await hero.phone.voice(story.hearing.learn(make_amr(21), hero.note()))
    await story.settle()
    assert "再发一次" in hero.phone.texts()[-1]
    assert (await story.one(t.Capture, person_id=hero.userid)).problem == "media_gone"
