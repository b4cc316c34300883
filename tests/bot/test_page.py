"""The page behind a signed link: who may see it, what it shows, what a save and a check-in do."""

from __future__ import annotations

import io
import re
import shutil
from collections.abc import AsyncIterator
from datetime import timedelta
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from aiohttp.test_utils import TestClient
from PIL import Image

from bot.page.evidence import Evidence, cut
from handlers import know
from handlers.capture_media import keep, store_media
from handlers.confirm_visit import confirm
from handlers.ports import Fetched
from handlers.tell import thaw
from storage import audit
from storage import tables as t
from storage.migrate import upgrade
from tests.bot.page_company import NOW, SAID_AT, WORDS, Company, open_company

Client = TestClient[Any, Any]


@pytest.fixture(scope="module")
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


class _Inputs(HTMLParser):
    """Reads a form as a browser would send it."""

    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self._select = self._area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attrs}
        if tag == "input" and (has.get("type") != "radio" or "checked" in has):
            self.values[has["name"]] = has.get("value", "")
        elif tag == "select":
            self._select = has["name"]
        elif tag == "option" and self._select and ("selected" in has or self._select not in self.values):
            self.values[self._select] = has["value"]
        elif tag == "textarea":
            self._area = has["name"]
            self.values[self._area] = ""

    def handle_endtag(self, tag: str) -> None:
        self._select = "" if tag == "select" else self._select
        self._area = "" if tag == "textarea" else self._area

    def handle_data(self, data: str) -> None:
        if self._area:
            self.values[self._area] += data


def inputs(html: str) -> dict[str, str]:
    reader = _Inputs()
    reader.feed(html)
    return reader.values


async def text(client: Client, path: str, status: int = 200) -> str:
    response = await client.get(path)
    assert response.status == status
    return await response.text()


async def form(client: Client, company: Company) -> dict[str, str]:
    return inputs(await text(client, company.link() + "/edit"))


async def save(client: Client, company: Company, fields: dict[str, str], status: int = 200) -> str:
    response = await client.post(company.link() + "/edit", data=fields)
    page = await response.text()
    assert response.status == status, page
    return page


async def stored(company: Company, name: str) -> Any:
    async with company.store.begin() as uow:
        return (await uow.need(t.FieldGuess, f"g-{name}")).value


async def confirm_it(company: Company) -> None:
    async with company.store.begin() as uow:
        person = await know.reach(uow, "zhangwei")
        assert person is not None
        visit = await uow.need(t.Visit, "v1")
        await confirm(uow, visit, person, via="wecom:tap", world=company.world, now=NOW)
        await uow.commit()


async def rows(company: Company, table: Any) -> list[Any]:
    async with company.store.begin() as uow:
        return await uow.all(sa.select(table))


# --- who may see it -----------------------------------------------------------------------------------------------


async def test_forged_link_gets_a_friendly_page(client: Client) -> None:
    assert "链接过期了" in await text(client, "/v/WyJ2MSIsInpoYW5nd2VpIiwxXQ.forged", 403)


async def test_link_ends_after_a_day_and_its_hour(client: Client, company: Company) -> None:
    link = company.link()
    company.clock.at = NOW + timedelta(hours=24)
    assert "华锐" in await text(client, link)
    company.clock.at = NOW + timedelta(hours=25, minutes=1)
    assert "回聊天里再点一次" in await text(client, link, 403)


@pytest.mark.parametrize(("person", "status"), [("chenjing", 200), ("sunli", 200), ("liuyang", 403), ("zhaolei", 403)])
async def test_only_own_supervisor_and_director_see_a_visit(
    client: Client, company: Company, person: str, status: int
) -> None:
    await text(client, company.link(person), status)


async def test_person_who_left_sees_nothing(client: Client, company: Company) -> None:
    await company.change(t.Person, "chenjing", active=False)
    assert "这条你看不了" in await text(client, company.link("chenjing"), 403)


async def test_supervisor_reads_and_cannot_change(client: Client, company: Company) -> None:
    page = await text(client, company.link("chenjing"))
    assert "张伟" in page and "/edit" not in page and "/checkin" not in page
    await text(client, company.link("chenjing") + "/edit", 403)
    fields = await form(client, company)
    response = await client.post(company.link("chenjing") + "/edit", data=fields | {"contact": "李敏"})
    assert response.status == 403
    assert await stored(company, "contact") == "王建国"


async def test_a_purged_visit_is_said_to_be_gone(client: Client, company: Company) -> None:
    assert "找不到这条了" in await text(client, company.link(target="v9"), 404)


async def test_answers_are_neither_kept_nor_leaked(client: Client, company: Company) -> None:
    for path in (company.link(), company.link() + "/edit", "/v/forged"):
        headers = (await client.get(path)).headers
        assert headers["Cache-Control"] == "no-store"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'self'" in headers["Content-Security-Policy"]
        assert "frame-ancestors *" in headers["Content-Security-Policy"]


async def test_page_asks_nobody_else_for_anything(client: Client, company: Company) -> None:
    for path in ("", "/edit", "/checkin"):
        assert not re.findall(r"https?://", await text(client, company.link() + path))


# --- details ------------------------------------------------------------------------------------------------------


async def test_details_show_fields_with_marks_and_their_words(client: Client, company: Company) -> None:
    page = await text(client, company.link())
    assert "待确认" in page and "苏州华锐精密机械有限公司" in page
    assert "3月18日 周三" in page and "<mark>下周三</mark>再去一趟”" in page
    assert page.count('class="mark said">说的') == 5


async def test_words_are_marked_where_each_field_was_read(client: Client, company: Company) -> None:
    page = await text(client, company.link())
    said = re.search(r'<p class="words">(.*?)</p>', page, re.S)
    assert said is not None
    assert '<mark title="下次跟进">下周三</mark><span class="label">下次跟进</span>' in said[1]
    bare = re.sub(r'<span class="label">.*?</span>|<[^>]+>', "", said[1])
    assert unescape(bare) == WORDS


async def test_words_of_a_recording_are_marked_in_its_transcript(client: Client, company: Company) -> None:
    await company.change(t.Capture, "c1", kind="voice", text=None)
    heard = t.Transcript(capture_id="c1", engine="e", model="m", text=WORDS, seconds=19.6, took_s=1.0, made_at=SAID_AT)
    await company.add(heard)
    page = await text(client, company.link())
    assert "语音 20 秒" in page and '<mark title="卡点">交期他们嫌长</mark>' in page


async def test_question_shows_its_choices_and_no_value(client: Client, company: Company) -> None:
    await company.change(t.FieldGuess, "g-customer", shown="question", alternatives=["C2"])
    page = await text(client, company.link())
    assert "苏州华锐" in page and "无锡华锐" in page and 'class="mark open">请选' in page
    assert "还不知道是哪一家" in page


async def test_what_people_wrote_is_never_markup(client: Client, company: Company) -> None:
    nasty = '<script>alert("1")</script>' + WORDS
    await company.change(t.Capture, "c1", text=nasty)
    await company.change(t.FieldGuess, "g-obstacle", value="<b onclick=x>", span_start=0, span_end=5)
    for path in ("", "/edit"):
        page = await text(client, company.link() + path)
        assert "<script>alert" not in page and "<b onclick" not in page


async def test_history_tells_each_change_and_purged_ones(client: Client, company: Company) -> None:
    await save(client, company, await form(client, company) | {"stage": "技术评审"})
    page = await text(client, company.link())
    assert "<del>需求确认</del> → 技术评审" in page and "网页" in page
    async with company.store.begin() as uow:
        await uow.run(sa.delete(t.ChangeValue))
        await uow.commit()
    assert "内容已按规定清除" in await text(client, company.link())


def test_evidence_that_overlaps_or_lies_outside_keeps_the_text_whole() -> None:
    pieces = cut("见了王经理谈价", [Evidence("a", 2, 5), Evidence("b", 4, 7), Evidence("c", 5, 99)])
    assert "".join(p.text for p in pieces) == "见了王经理谈价"
    assert [(p.text, p.labels) for p in pieces if p.labels] == [("王经", ("a",)), ("理", ("a", "b")), ("谈价", ("b",))]


# --- changing -----------------------------------------------------------------------------------------------------


async def test_form_comes_filled_and_unchanged_changes_nothing(client: Client, company: Company) -> None:
    fields = await form(client, company)
    assert fields["customer"] == "苏州华锐精密机械有限公司"
    assert fields["next_followup"] == "2026-03-18" and fields["stage"] == "需求确认"
    assert "没有改动" in await save(client, company, fields)
    assert (await company.visit()).version == 1 and company.told == []


async def test_save_changes_only_what_changed_and_sends_the_card(client: Client, company: Company) -> None:
    fields = await form(client, company) | {"next_followup": "2026-03-20", "obstacle": "嫌交期长\n要八周"}
    assert "已保存，回聊天里点确认" in await save(client, company, fields)
    assert await stored(company, "next_followup") == "2026-03-20"
    assert await stored(company, "obstacle") == "嫌交期长\n要八周"
    changed = [c.field for c in await rows(company, t.Change) if c.via == "page:v1:1"]
    assert sorted(changed) == ["next_followup", "obstacle"]
    assert company.told == ["answer:page:v1:1"]
    (sent,) = await rows(company, t.Delivery)
    assert "3月20日 周五" in str(thaw(sent.outbound))


async def test_second_submit_of_the_same_form_changes_nothing_twice(client: Client, company: Company) -> None:
    fields = await form(client, company) | {"contact": "李敏"}
    await save(client, company, fields)
    assert "已经保存过了" in await save(client, company, fields)
    assert (await company.visit()).version == 2
    assert len(await rows(company, t.Delivery)) == 1
    assert len([c for c in await rows(company, t.Change) if c.via == "page:v1:1"]) == 1
    assert set(company.told) == {"answer:page:v1:1"}


async def test_audit_chain_is_whole_after_a_save(client: Client, company: Company) -> None:
    await save(client, company, await form(client, company) | {"contact": "李敏"})
    async with company.store.begin() as uow:
        assert await audit.broken_links(uow, "customer:C1") == []


async def test_stale_form_shows_the_fresh_values_beside_mine(client: Client, company: Company) -> None:
    old = await form(client, company)
    await save(client, company, old | {"next_followup": "2026-03-19"})
    page = await save(client, company, old | {"next_followup": "2026-03-20"}, 409)
    assert "刚才又改过" in page and "3月19日 周四" in page and "3月20日 周五" in page
    assert await stored(company, "next_followup") == "2026-03-19"
    again = inputs(page)
    assert again["next_followup"] == "2026-03-19" and again["version"] == "2"
    await save(client, company, again | {"pick_next_followup": "2026-03-20"})
    assert await stored(company, "next_followup") == "2026-03-20"


async def test_wrong_values_are_told_beside_the_field_and_nothing_is_stored(client: Client, company: Company) -> None:
    fields = await form(client, company)
    wrong = fields | {"next_followup": "2026-03-01", "contact": "很" * 21, "stage": "没有的阶段", "obstacle": "好"}
    page = await save(client, company, wrong, 422)
    assert "不能早于拜访那天（3月12日 周四）" in page and "最多 20 个字" in page and "请从列表里选一个阶段" in page
    assert inputs(page)["obstacle"] == "好"
    assert (await company.visit()).version == 1 and await stored(company, "obstacle") == "交期他们嫌长"


async def test_emptied_field_becomes_missing(client: Client, company: Company) -> None:
    await save(client, company, await form(client, company) | {"next_followup": "", "stage": ""})
    assert await stored(company, "next_followup") is None and await stored(company, "stage") is None


async def test_ambiguous_customer_is_asked_and_a_pick_settles_it(client: Client, company: Company) -> None:
    page = await save(client, company, await form(client, company) | {"customer": "华锐"}, 422)
    assert "请选是哪一家" in page and "无锡华锐" in page
    await save(client, company, inputs(page) | {"pick_customer": "id:C2"})
    assert (await company.visit()).customer_id == "C2"


async def test_unknown_customer_becomes_new_only_when_picked(client: Client, company: Company) -> None:
    page = await save(client, company, await form(client, company) | {"customer": "蓝海造船"}, 422)
    assert await stored(company, "customer") == "C1"
    again = inputs(page)
    await save(client, company, again | {"pick_customer": "new:蓝海造船"})
    assert await stored(company, "customer") == {"new": "蓝海造船"}


async def test_typing_after_a_pick_was_offered_wins(client: Client, company: Company) -> None:
    page = await save(client, company, await form(client, company) | {"customer": "华锐"}, 422)
    await save(client, company, inputs(page) | {"pick_customer": "id:C2", "customer": "鑫达"})
    assert (await company.visit()).customer_id == "C3"


async def test_question_is_answered_by_its_choice_or_left_open(client: Client, company: Company) -> None:
    await company.change(t.FieldGuess, "g-next_followup", shown="question", alternatives=["2026-03-25"])
    fields = await form(client, company)
    assert fields["next_followup"] == "" and fields["pick_next_followup"] == ""
    assert "没有改动" in await save(client, company, fields)
    await save(client, company, fields | {"pick_next_followup": "2026-03-25"})
    assert await stored(company, "next_followup") == "2026-03-25"


async def test_changing_a_confirmed_visit_makes_it_a_draft_again(client: Client, company: Company) -> None:
    await confirm_it(company)
    assert "保存后回到待确认" in await text(client, company.link() + "/edit")
    await save(client, company, await form(client, company) | {"contact": "李敏"})
    assert (await company.visit()).state == "draft"


async def test_visit_confirmed_long_ago_or_set_aside_takes_no_change(client: Client, company: Company) -> None:
    fields = await form(client, company)
    for values in ({"state": "voided"}, {"state": "confirmed", "confirmed_at": NOW - timedelta(hours=25)}):
        await company.change(t.Visit, "v1", **values)
        await save(client, company, fields | {"contact": "李敏"}, 409)
        assert "/edit" not in await text(client, company.link())
    assert await stored(company, "contact") == "王建国"


@pytest.mark.parametrize(
    "spoil",
    [{"version": "x"}, {"was": "["}, {"was": "[]"}, {"was": '{"customer": {"odd": 1}}'}],
)
async def test_tampered_form_is_refused_whole(client: Client, company: Company, spoil: dict[str, str]) -> None:
    assert "没有收完整" in await save(client, company, await form(client, company) | {"contact": "李敏"} | spoil, 400)
    assert await stored(company, "contact") == "王建国"


async def test_huge_or_foreign_bodies_are_refused(client: Client, company: Company) -> None:
    await save(client, company, await form(client, company) | {"obstacle": "长" * 30_000}, 413)
    assert (await client.post(company.link() + "/edit", json={})).status == 400
    odd = await client.post(
        company.link() + "/edit", data=b"\xff\xfe", headers={"Content-Type": "application/x-www-form-urlencoded"}
    )
    assert odd.status == 400


# --- check-in -----------------------------------------------------------------------------------------------------

HERE = {"lat": "31.3625", "lon": "120.6499", "accuracy": "15", "at": str(int(NOW.timestamp() * 1000))}


async def test_check_in_joins_the_position_and_says_the_distance(client: Client, company: Company) -> None:
    for _ in range(2):
        answer = await client.post(company.link() + "/checkin", data=HERE)
        assert "已签到" in await answer.text()
    (position,) = [c for c in await rows(company, t.Capture) if c.kind == "location"]
    assert (position.visit_id, position.datum, position.accuracy_m) == ("v1", "wgs84", 15.0)
    assert company.link().split("/")[2] not in position.source_id
    assert (await company.visit()).distance_m == pytest.approx(28, abs=3)
    assert "距客户 28 米，在客户处。" in await text(client, company.link())


async def test_check_in_elsewhere_is_recorded_without_reproach(client: Client, company: Company) -> None:
    answer = await client.post(company.link() + "/checkin", data=HERE | {"lat": "31.30"})
    assert "距客户 6.9 公里。位置照实记下了。" in await answer.text()


@pytest.mark.parametrize("spoil", [{"lat": "nan"}, {"lon": "181"}, {"at": ""}, {"accuracy": "-1"}, {"lat": "inf"}])
async def test_position_that_is_none_stores_nothing(client: Client, company: Company, spoil: dict[str, str]) -> None:
    answer = await client.post(company.link() + "/checkin", data=HERE | spoil)
    assert answer.status == 422 and "没有收到位置" in await answer.text()
    assert [c.kind for c in await rows(company, t.Capture)] == ["text"]


async def test_check_in_long_after_the_visit_is_refused(client: Client, company: Company) -> None:
    company.clock.at = NOW + timedelta(hours=3)
    assert "签到要当场做" in await text(client, company.link() + "/checkin", 409)
    assert "/checkin" not in await text(client, company.link())


async def test_phone_with_a_wrong_clock_gets_our_time(client: Client, company: Company) -> None:
    await client.post(company.link() + "/checkin", data=HERE | {"at": "1000"})
    (position,) = [c for c in await rows(company, t.Capture) if c.kind == "location"]
    assert position.captured_at.replace(tzinfo=NOW.tzinfo) == NOW


# --- media --------------------------------------------------------------------------------------------------------


def photo(colour: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (900, 600), colour).save(out, "JPEG")
    return out.getvalue()


async def add_photo(company: Company, name: str, visit_id: str, data: bytes) -> t.Media:
    kept = await store_media(Fetched(data), "photo", company.media)
    async with company.store.begin() as uow:
        await keep(uow, kept, NOW)
        await uow.commit()
        media = await uow.need(t.Media, kept.sha256)
    await company.add(
        t.Capture(
            id=name,
            source_id=f"wecom:{name}",
            kind="photo",
            person_id="zhangwei",
            channel="wecom",
            captured_at=NOW,
            received_at=NOW,
            media_sha256=kept.sha256,
            visit_id=visit_id,
            state="read",
        )
    )
    return media


async def test_photos_of_this_visit_are_shown_and_no_others(client: Client, company: Company) -> None:
    mine, other = (
        await add_photo(company, "p1", "v1", photo("teal")),
        await add_photo(company, "p2", "v2", photo("red")),
    )
    assert f"/media/{mine.thumbnail_sha256}" in await text(client, company.link())
    for digest in (mine.thumbnail_sha256, mine.sha256):
        answer = await client.get(f"{company.link()}/media/{digest}")
        assert answer.content_type == "image/jpeg" and answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"].startswith("private")
        assert Image.open(io.BytesIO(await answer.read())).format == "JPEG"
    for digest in (other.sha256, "0" * 64, "..%2f..%2fetc"):
        assert (await client.get(f"{company.link()}/media/{digest}")).status == 404
    assert (await client.get(f"{company.link('liuyang')}/media/{mine.sha256}")).status == 403


async def test_recording_is_played_as_wav_in_parts(client: Client, company: Company) -> None:
    amr = (Path(__file__).parents[1] / "corpus" / "voice-dev").glob("**/*.amr")
    digest = await company.media.put(next(iter(sorted(amr))).read_bytes())
    await company.add(t.Media(sha256=digest, size_bytes=1, content_type="audio/amr", stored_at=NOW))
    await company.change(t.Capture, "c1", kind="voice", media_sha256=digest)
    whole = await (await client.get(f"{company.link()}/media/{digest}")).read()
    assert whole.startswith(b"RIFF")
    part = await client.get(f"{company.link()}/media/{digest}", headers={"Range": "bytes=4-7"})
    assert part.status == 206 and await part.read() == whole[4:8]


# --- an opportunity, from a warning -------------------------------------------------------------------------------


@pytest.fixture
async def opportunity(company: Company) -> str:
    since = NOW - timedelta(days=12)
    await company.add(
        t.Opportunity(
            id="op1",
            customer_id="C1",
            owner_id="zhangwei",
            playbook="manufacturing",
            stage="商务谈判",
            stage_since=since,
            stage_entry_id="e2",
            last_touch_at=since,
            last_contact="王建国",
            obstacle="价格高了两个点，<老板>没松口",
        ),
        t.StageEntry(
            id="e1", opportunity_id="op1", stage="技术评审", entered_at=since - timedelta(days=6), left_at=since
        ),
        t.StageEntry(id="e2", opportunity_id="op1", stage="商务谈判", entered_at=since),
        t.Alert(
            rule="dwell",
            object_id="op1",
            window="w",
            level="red",
            recipient_id="chenjing",
            facts={"customer": "华锐", "stage": "商务谈判", "days": 12, "limit_days": 7},
            raised_at=NOW - timedelta(days=1),
        ),
    )
    return "o-op1"


async def test_supervisor_reads_where_an_opportunity_stands(client: Client, company: Company, opportunity: str) -> None:
    page = await text(client, company.link("chenjing", opportunity))
    assert "<b>12</b> 天" in page and "<small>上限 7 天</small>" in page and 'pill red">红旗' in page
    assert "价格高了两个点，&lt;老板&gt;没松口" in page and "2月28日 周六 王建国" in page
    assert "技术评审" in page and "停在商务谈判 12 天（上限 7 天）" in page and "“交期他们嫌长”" in page


async def test_opportunity_is_closed_to_strangers_and_has_no_form(
    client: Client, company: Company, opportunity: str
) -> None:
    await text(client, company.link("zhaolei", opportunity), 403)
    await text(client, company.link("zhangwei", opportunity) + "/edit", 404)
