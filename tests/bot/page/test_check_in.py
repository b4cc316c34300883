"""A position sent from the page."""

from __future__ import annotations

from datetime import timedelta

import pytest

from storage import tables as t
from tests.bot.page.browsing import Client, rows, text
from tests.bot.page.company import NOW, Company

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
    assert position.captured_at == NOW
