"""What the details of a visit show."""

from __future__ import annotations

import re
from html import unescape

import sqlalchemy as sa

from bot.page.evidence import Evidence, cut
from storage import tables as t
from tests.bot.page.browsing import Client, form, save, text
from tests.bot.page.company import SAID_AT, WORDS, Company


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
