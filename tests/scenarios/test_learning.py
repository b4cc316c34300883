"""What reps put right twice is put to the administrator, and one tap later the bot knows it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from storage import tables as t
from tests.scenarios.story import Hero, Story, body_text, buttons, newest, title

pytestmark = pytest.mark.asyncio(loop_scope="module")

HEARD = "鑫海传动"
#: Long enough that the next note is another visit, and that pushes have left.
NEXT_VISIT = timedelta(hours=4)


async def director_of(story: Story) -> Hero:
    """The corpus's company has no administrator: its director decides."""
    (person,) = await story.rows(t.Person, role="director")
    return Hero(person.id, person.name, story.standin.phone(person.id), ())


async def correct(story: Story, hero: Hero) -> None:
    await story.say(hero, f"去了{HEARD}，方案看完了，节拍不够，下周三再去", f"客户是{hero.customer.name}")
    assert (await story.visits(hero))[-1].customer_id == hero.customer.customer_id
    await story.move(story.clock.now() + NEXT_VISIT)


async def test_two_corrections_one_tap_and_the_name_is_known(story: Story, hero: Hero) -> None:
    director = await director_of(story)
    await correct(story, hero)
    await correct(story, hero)
    card = newest(director)
    assert f"“{HEARD}”两次被改成" in body_text(card) and buttons(card) == ["加为别名", "不加", "看详情"]
    await story.tap(director, "加为别名", card)
    assert "已加 ✓" in title(newest(director)) and "撤销" in buttons(newest(director))
    await story.say(hero, f"去了{HEARD}，方案看完了，节拍不够，下周三再去")
    assert (await story.visits(hero))[-1].customer_id == hero.customer.customer_id
    await story.tap(director, "撤销", newest(director))
    customer = await story.one(t.Customer, id=hero.customer.customer_id)
    assert HEARD not in customer.aliases


async def test_anothers_tap_on_the_card_changes_nothing(story: Story, hero: Hero) -> None:
    proposal = t.AliasProposal(
        customer_id=hero.customer.customer_id, heard="没人叫", words="没人叫", times=2, proposed_at=story.clock.now()
    )
    async with story.app.store.begin() as uow:
        uow.add(proposal)
        await uow.commit()
    await hero.phone.press("p-x", f"1|alias|{proposal.id}|1||")
    await story.settle()
    assert "管理员" in hero.phone.texts()[-1]
    assert (await story.one(t.AliasProposal, id=proposal.id)).state == "proposed"
