"""The form: filled, checked, saved once, and never over somebody else's change."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from handlers.tell import thaw
from storage import audit
from storage import tables as t
from tests.bot.page.browsing import Client, confirm_it, form, inputs, rows, save, stored, text
from tests.bot.page.company import NOW, Company


async def test_form_comes_filled_and_unchanged_changes_nothing(client: Client, company: Company) -> None:
    fields = await form(client, company)
    assert fields["customer"] == "苏州华锐精密机械有限公司"
    assert fields["next_followup"] == "2026-03-18" and fields["stage"] == "需求确认"
    assert "没有改动" in await save(client, company, fields)
    assert (await company.visit()).version == 1 and company.told == []


async def test_odd_characters_left_as_they_were_are_no_change(client: Client, company: Company) -> None:
    await company.change(t.FieldGuess, "g-obstacle", value=" 嫌贵\t不签👨‍👩‍👧\r\n再说 ")
    assert "没有改动" in await save(client, company, await form(client, company))


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


async def test_two_taps_at_once_save_once(client: Client, company: Company) -> None:
    fields = await form(client, company) | {"contact": "李敏"}
    pages = await asyncio.gather(*(save(client, company, fields) for _ in range(3)))
    assert sum("新的内容已经发到聊天里了" in page for page in pages) == 1
    assert (await company.visit()).version == 2 and len(await rows(company, t.Delivery)) == 1


async def test_another_form_of_an_old_version_does_not_pass_for_the_saved_one(client: Client, company: Company) -> None:
    fields = await form(client, company)
    await save(client, company, fields | {"contact": "李敏"})
    await save(client, company, fields | {"contact": "李敏", "stage": "技术评审"}, 409)
    assert await stored(company, "stage") == "需求确认"


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


async def test_form_saved_unchanged_leaves_a_confirmed_visit_confirmed(client: Client, company: Company) -> None:
    await confirm_it(company)
    assert "确认照旧有效" in await save(client, company, await form(client, company))
    assert (await company.visit()).state == "confirmed"


async def test_visit_confirmed_long_ago_or_set_aside_takes_no_change(client: Client, company: Company) -> None:
    fields = await form(client, company)
    for values in ({"state": "voided"}, {"state": "confirmed", "confirmed_at": NOW - timedelta(hours=25)}):
        await company.change(t.Visit, "v1", **values)
        await save(client, company, fields | {"contact": "李敏"}, 409)
        assert "/edit" not in await text(client, company.link())
    assert await stored(company, "contact") == "王建国"


@pytest.mark.parametrize(
    "spoil",
    [
        {"version": "x"},
        {"was": "["},
        {"was": "[]"},
        {"was": '{"customer": {"odd": 1}}'},
        {"was": '{"contact": []}', "version": "7"},
    ],
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
