"""Photos, files and positions: gathered into one answer, joined to the right visit, measured to the right point."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from datetime import timedelta

import pillow_heif
import pytest
import pytest_asyncio
from PIL import Image
from PIL.ExifTags import Base

from bot.sandbox.envelopes import Xml, message_xml, seal
from bot.sandbox.sample_photos import draw_gate, make_photo
from handlers.rules.geo import Point, to_gcj02
from storage import tables as t
from tests.company import CUSTOMERS
from tests.scenarios.story import Hero, Story, buttons, newest, open_story

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def story(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Story]:
    """The application four times faster, for answers to photos are gathered for four seconds."""
    async with open_story(tmp_path_factory.mktemp("story"), time_scale=4.0) as running:
        yield running


def jpeg(shade: int, *, size: tuple[int, int] = (64, 48), orientation: int = 1) -> bytes:
    """Return a small picture; every shade is another one."""
    exif = Image.Exif()
    exif[Base.Orientation] = orientation
    out = io.BytesIO()
    Image.new("RGB", size, (shade, 90, 120)).save(out, "JPEG", exif=exif)
    return out.getvalue()


async def post(story: Story, hero: Hero, kind: str, fields: dict[str, Xml], number: int) -> None:
    """Send a message of a kind that the phone has no button for."""
    xml = message_xml(story.standin.company, hero.userid, story.clock.now(), kind, fields, 9 * 10**18 + number)
    sent = await story.standin.callbacks.send(seal(story.standin.company, xml, story.clock.now()))
    assert sent.status == 200
    await story.settle()


async def test_nine_photos_are_answered_once(story: Story, hero: Hero) -> None:
    await story.draft(hero)
    before = len(hero.phone.texts())
    for shade in range(9):
        hero.phone.start_photo(jpeg(shade))
    await story.settle()
    answers = hero.phone.texts()[before:]
    assert len(answers) == 1 and "9 张照片" in answers[0]
    assert (await story.visit(hero)).photo_count == 9


async def test_a_photo_before_any_words_waits_for_its_customer(story: Story, hero: Hero) -> None:
    photo = jpeg(200)
    await hero.phone.photo(photo)
    await story.settle()
    assert "还不知道是哪一家" in hero.phone.texts()[-1]
    await story.say(hero, hero.note())
    visit = await story.visit(hero)
    assert (visit.photo_count, visit.customer_id) == (1, hero.customer.customer_id)
    capture = await story.one(t.Capture, visit_id=visit.id, kind="photo")
    assert await story.app.media.get(capture.media_sha256 or "") == photo


async def test_heic_and_rotated_photos_are_read_upright_and_kept_as_sent(story: Story, hero: Hero) -> None:
    out = io.BytesIO()
    pillow_heif.from_pillow(Image.new("RGB", (64, 48), (20, 90, 200))).save(out)
    for data, content_type in ((out.getvalue(), "image/heic"), (jpeg(30, orientation=6), "image/jpeg")):
        await hero.phone.photo(data, content_type)
    await story.settle()
    facts = []
    for capture in await story.rows(t.Capture, person_id=hero.userid):
        medium = await story.one(t.Media, sha256=capture.media_sha256)
        facts.append((medium.facts["format"], medium.facts["width"], medium.facts["height"]))
    assert facts == [("heic", 64, 48), ("jpeg", 48, 64)]
    assert not any("打不开" in text for text in hero.phone.texts())


async def test_a_photo_says_when_and_how_far_away_it_was_taken(story: Story, hero: Hero) -> None:
    await story.draft(hero)
    point = hero.point()
    await hero.phone.photo(make_photo(draw_gate, story.clock.now().replace(tzinfo=None), point.lat, point.lon))
    await story.settle()
    assert "照片自带时间" in hero.phone.texts()[-1] and "距客户" in hero.phone.texts()[-1]


async def test_videos_and_files_are_kept_and_answered(story: Story, hero: Hero) -> None:
    await story.draft(hero)
    for number, kind in enumerate(("video", "file")):
        media_id = story.standin.shelf.put(b"%d bytes of a medium" % number, "application/octet-stream", "方案.bin")
        await post(story, hero, kind, {"MediaId": media_id, "FileName": "方案.bin"}, number)
        assert "文件已记到" in hero.phone.texts()[-1]
    visit = await story.visit(hero)
    kept = [c for c in await story.rows(t.Capture, visit_id=visit.id) if c.media_sha256]
    assert sorted(c.kind for c in kept) == ["file", "video"]


async def test_a_position_that_the_client_reports_by_itself_is_recorded_without_a_word(
    story: Story, hero: Hero
) -> None:
    point = hero.point()
    fields: dict[str, Xml] = {"Latitude": point.lat, "Longitude": point.lon, "Precision": 20}
    await story.standin.post_event(hero.userid, "LOCATION", fields)
    await story.settle()
    assert hero.phone.screen() == [] and await story.visits(hero) == []
    assert len(await story.rows(t.EventSeen, person_id=hero.userid)) == 1


async def test_a_pin_on_the_map_at_the_customer_is_near_it(story: Story, hero: Hero) -> None:
    await story.draft(hero)
    pin = to_gcj02(hero.point())
    await hero.phone.location(pin.lat, pin.lon, hero.customer.address)
    await story.settle()
    visit = await story.visit(hero)
    assert visit.distance_m is not None and visit.distance_m < 5
    assert "已签到" in hero.phone.texts()[-1]


async def test_a_pin_far_away_is_kept_with_its_distance(story: Story, hero: Hero) -> None:
    await story.draft(hero)
    pin = to_gcj02(Point(hero.point().lat + 0.05, hero.point().lon))
    await hero.phone.location(pin.lat, pin.lon)
    await story.settle()
    visit = await story.visit(hero)
    assert visit.distance_m is not None and 5000 < visit.distance_m < 6000
    assert "位置已记" in hero.phone.texts()[-1]


async def test_a_pin_first_offers_the_nearest_customers_and_a_tap_checks_in(story: Story, hero: Hero) -> None:
    pin = to_gcj02(hero.point())
    await hero.phone.location(pin.lat, pin.lon)
    await story.settle()
    card = newest(hero)
    assert 2 <= len(buttons(card)) <= 4 and buttons(card)[-1] == "都不是"
    await story.tap(hero, buttons(card)[0], card)
    visit = await story.visit(hero)
    assert visit.distance_m is not None and visit.distance_m < 500 and visit.state == "draft"
    chosen = next(c for c in CUSTOMERS if c.customer_id == visit.customer_id)
    assert chosen.owner == hero.userid and "已签到" in hero.phone.texts()[-1]


async def test_a_note_after_the_check_in_joins_it(story: Story, hero: Hero) -> None:
    pin = to_gcj02(hero.point())
    await hero.phone.location(pin.lat, pin.lon)
    await story.settle()
    await story.clock.advance(timedelta(minutes=20))
    await story.say(hero, hero.note())
    visit = await story.visit(hero)
    assert visit.customer_id == hero.customer.customer_id
    assert visit.distance_m is not None and visit.distance_m < 5


async def test_a_pin_in_the_middle_of_nowhere_is_kept(story: Story, hero: Hero) -> None:
    await hero.phone.location(40.0, 90.0, "罗布泊")
    await story.settle()
    assert "附近没有你的客户" in hero.phone.texts()[-1]
    assert len(await story.rows(t.Capture, person_id=hero.userid, kind="location")) == 1
