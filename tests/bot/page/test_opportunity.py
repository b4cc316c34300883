"""The details behind a warning."""

from __future__ import annotations

from datetime import timedelta

import pytest

from storage import tables as t
from tests.bot.page.browsing import Client, text
from tests.bot.page.company import NOW, Company


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
