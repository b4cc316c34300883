"""What should not come in, and what comes in broken: refused at the door, or kept and answered in words."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot import bootstrap
from bot.sandbox.envelopes import Sealed, message_xml, seal
from storage import tables as t
from tests.fakes import make_amr
from tests.scenarios.story import Hero, Story

pytestmark = pytest.mark.asyncio(loop_scope="module")


def text_xml(story: Story, userid: str, text: str) -> str:
    """Return a text message as the platform writes it, with an id of its own."""
    number = 8_000_000_000_000_000_000 + secrets.randbelow(10**17)
    return message_xml(story.standin.company, userid, story.clock.now(), "text", {"Content": text}, number)


def sealed(story: Story, xml: str, *, age: timedelta = timedelta(0)) -> Sealed:
    """Sign and encrypt a callback body as of some time ago."""
    return seal(story.standin.company, xml, story.clock.now() - age)


async def status_of(story: Story, request: Sealed) -> int:
    """Post one request and return the HTTP status, 0 for a cut connection."""
    return (await story.standin.callbacks.send(request)).status


async def captures(story: Story, hero: Hero) -> list[t.Capture]:
    return await story.rows(t.Capture, person_id=hero.userid)


async def test_a_wrong_signature_is_refused_and_leaves_nothing(story: Story, hero: Hero) -> None:
    good = sealed(story, text_xml(story, hero.userid, hero.note()))
    forged = Sealed({**good.query, "msg_signature": "0" * 40}, good.body)
    assert await status_of(story, forged) == 403
    await story.settle()
    assert await captures(story, hero) == []
    assert story.app.counters.rejected["signature_invalid"] >= 1


async def test_a_recording_of_an_old_callback_is_refused(story: Story, hero: Hero) -> None:
    old = sealed(story, text_xml(story, hero.userid, hero.note()), age=timedelta(minutes=11))
    assert await status_of(story, old) == 403
    await story.settle()
    assert await captures(story, hero) == []


async def test_a_repeated_callback_is_answered_and_has_no_second_effect(story: Story, hero: Hero) -> None:
    once = sealed(story, text_xml(story, hero.userid, hero.note()))
    assert [await status_of(story, once) for _ in range(3)] == [200, 200, 200]
    await story.settle()
    assert len(await captures(story, hero)) == len(hero.phone.cards()) == 1
    assert await status_of(story, once) == 200
    await story.settle()
    assert len(await captures(story, hero)) == len(hero.phone.cards()) == 1


async def test_an_oversized_body_is_refused_and_the_next_message_passes(story: Story, hero: Hero) -> None:
    huge = sealed(story, text_xml(story, hero.userid, "长" * 150_000))
    assert await status_of(story, huge) == 403
    await story.say(hero, hero.note())
    assert len(await captures(story, hero)) == len(hero.phone.cards()) == 1


@pytest.mark.parametrize(
    "prolog",
    [
        '<!DOCTYPE xml [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>',
        '<!DOCTYPE xml [<!ENTITY a SYSTEM "file:///etc/hostname">]>',
        '<!DOCTYPE xml SYSTEM "http://127.0.0.1/x.dtd">',
    ],
)
async def test_xml_with_a_document_type_is_refused_unread(story: Story, prolog: str) -> None:
    before = len(await story.rows(t.Capture))
    xml = prolog + text_xml(story, "zhangwei", "&a;").replace("<![CDATA[&a;]]>", "&a;")
    assert await status_of(story, sealed(story, xml)) == 403
    await story.settle()
    assert len(await story.rows(t.Capture)) == before


async def test_an_unknown_kind_of_message_is_answered_in_words(story: Story, hero: Hero) -> None:
    xml = text_xml(story, hero.userid, "x").replace("<MsgType><![CDATA[text]]>", "<MsgType><![CDATA[hologram]]>")
    assert await status_of(story, sealed(story, xml)) == 200
    await story.settle()
    assert "hologram" in hero.phone.texts()[-1] and "看不懂" in hero.phone.texts()[-1]


async def test_somebody_who_is_not_in_the_directory_is_told_so(story: Story, hero: Hero) -> None:
    async with story.app.store.begin() as uow:
        person = await uow.need(t.Person, hero.userid)
        person.active = False
        uow.add(person)
        await uow.commit()
    await story.say(hero, hero.note())
    assert len(hero.phone.texts()) == 1 and "还不认识你" in hero.phone.texts()[0]
    assert await captures(story, hero) == [] and await story.visits(hero) == []


async def test_an_empty_text_is_answered(story: Story, hero: Hero) -> None:
    await story.say(hero, "  \n ")
    assert "空的" in hero.phone.texts()[-1]
    assert await story.visits(hero) == []


async def test_twenty_thousand_characters_are_kept_whole_and_the_limit_is_told(story: Story, hero: Hero) -> None:
    text = (hero.note() + "。" + "后面是会议纪要的原文。" * 2000)[:20_000]
    await story.say(hero, text)
    (capture,) = await captures(story, hero)
    assert capture.text == text
    assert len(hero.phone.cards()) == 1
    assert any("20000 字" in line and "2000 字" in line for line in hero.phone.texts())


async def test_a_broken_recording_is_kept_and_answered(story: Story, hero: Hero) -> None:
    broken = make_amr(1)[:3] + b"\x00" * 400  # goes through the real decoder, which cannot open it
    await hero.phone.voice(broken)
    await story.settle()
    assert "打不开" in hero.phone.texts()[-1]
    (capture,) = await captures(story, hero)
    assert (capture.state, capture.problem) == ("failed", "unreadable")
    assert await story.app.media.get(capture.media_sha256 or "") == broken


async def test_a_recording_that_the_recogniser_refuses_is_answered(story: Story, hero: Hero) -> None:
    await hero.phone.voice(story.hearing.learn(make_amr(2), None))
    await story.settle()
    assert "打不开" in hero.phone.texts()[-1] and hero.phone.cards() == []


async def test_silence_is_answered_with_a_request_to_repeat(story: Story, hero: Hero) -> None:
    await hero.phone.voice(story.hearing.learn(make_amr(3), ""))
    await story.settle()
    assert "没听清" in hero.phone.texts()[-1] and await story.visits(hero) == []


async def test_a_broken_photo_is_kept_and_answered(story: Story, hero: Hero) -> None:
    broken = b"\xff\xd8\xff\xe0" + b"not a picture" * 20
    await hero.phone.photo(broken)
    await story.settle()
    assert "照片打不开" in hero.phone.texts()[-1]
    (capture,) = await captures(story, hero)
    assert await story.app.media.get(capture.media_sha256 or "") == broken


async def test_with_the_database_away_a_note_waits_in_the_spool(
    story: Story, hero: Hero, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hang(*_args: Any) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(bootstrap, "ENQUEUE_WITHIN_S", 0.2)
    monkeypatch.setattr(story.app, "workflows", replace(story.app.workflows, enqueue_update=hang))
    delivery = await hero.phone.say(hero.note())
    assert [a.status for a in delivery.attempts] == [200]
    assert len(story.app.spool.waiting()) == 1 and await captures(story, hero) == []
    monkeypatch.undo()
    await story.settle()
    assert len(await captures(story, hero)) == len(hero.phone.cards()) == 1


async def test_what_can_be_kept_nowhere_is_not_acknowledged(
    story: Story, hero: Hero, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_args: Any) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(story.app, "workflows", replace(story.app.workflows, enqueue_update=refuse))
    monkeypatch.setattr(story.app.spool, "put", refuse)
    note = sealed(story, text_xml(story, hero.userid, hero.note()))
    assert await status_of(story, note) == 0
    monkeypatch.undo()
    assert await status_of(story, note) == 200
    await story.settle()
    assert len(await captures(story, hero)) == len(hero.phone.cards()) == 1
