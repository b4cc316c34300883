"""Who may open a link, and what every answer carries."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlmodel import col

from storage import tables as t
from tests.bot.page.browsing import Client, form, stored, text
from tests.bot.page.company import NOW, Company


async def test_forged_link_gets_a_friendly_page(client: Client) -> None:
    assert "这个链接打不开" in await text(client, "/v/WyJ2MSIsInpoYW5nd2VpIiwxXQ.forged", 403)
    assert (await client.post("/v/WyJ2MSIsInpoYW5nd2VpIiwxXQ.forged/renew")).status == 403


async def test_link_ends_after_a_day_and_its_hour(client: Client, company: Company) -> None:
    link = company.link()
    company.clock.at = NOW + timedelta(hours=24)
    assert "华锐" in await text(client, link)
    company.clock.at = NOW + timedelta(hours=25, minutes=1)
    assert "链接过期了" in await text(client, link, 403)


async def test_an_old_link_sends_a_new_one_to_its_own_persons_chat_once(client: Client, company: Company) -> None:
    link = company.link()
    company.clock.at = NOW + timedelta(days=3)
    for _ in range(2):
        response = await client.post(link + "/renew")
        assert "新链接已发到你的聊天" in await response.text()
    async with company.store.begin() as uow:
        sent = await uow.all(sa.select(t.Delivery).where(col(t.Delivery.id).startswith("renew:")))
    assert [(d.person_id, "/v/" in d.outbound["text"]) for d in sent] == [("zhangwei", True)]
    assert link not in sent[0].outbound["text"]


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


async def test_our_own_fault_is_said_without_details(
    client: Client, company: Company, caplog: pytest.LogCaptureFixture
) -> None:
    await company.change(t.Visit, "v1", playbook="no such playbook")
    page = await text(client, company.link(), 500)
    assert "管理员会看到" in page and "playbook" not in page
    assert "page failed" in caplog.text and company.link().split("/")[2] not in caplog.text
