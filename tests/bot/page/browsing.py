"""What a browser does with the page: fetch it, read its form, send it back; and a look into the tables."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import sqlalchemy as sa
from aiohttp.test_utils import TestClient

from handlers import know
from handlers.confirm_visit import confirm
from storage import tables as t
from tests.bot.page.company import NOW, Company

Client = TestClient[Any, Any]


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
