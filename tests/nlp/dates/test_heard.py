"""Date words that a recogniser broke are mended for reading; the length and everyday words stay."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.playbooks import load as load_playbook
from nlp import extract
from nlp.dates.heard import mended
from nlp.types import Note
from tests.nlp.dialogue import directory

SENT = datetime.fromisoformat("2026-03-12T16:40:00+08:00")


@pytest.mark.parametrize(
    ("heard", "meant"),
    [
        ("四月下行我再去", "四月下旬我再去"),
        ("四月中寻把样品送去", "四月中旬把样品送去"),
        ("都谈好了,夜中我去签", "都谈好了,月中我去签"),
        ("样品月第送去", "样品月第送去"),
        ("就这样,月第我去送样", "就这样,月底我去送样"),
        ("名后监给他报价", "明后天给他报价"),
        ("下走四再去", "下周四再去"),
        ("下周武我去送样", "下周五我去送样"),
        ("二十五号钱把图发他", "二十五号前把图发他"),
        ("二十八分之三我到现场", " 3月28日我到现场"),
        ("在去一躺", "再去一趟"),
    ],
)
def test_a_broken_date_word_is_mended(heard: str, meant: str) -> None:
    assert mended(heard, SENT) == meant


@pytest.mark.parametrize(
    "text",
    [
        "三月下行情不好",
        "三分之一付款",
        "下周已经约了",
        "下走一趟看看",
        "1月重新报",
        "六个月的,我说不行",
        "三月中心店",
        "",
        "号",
    ],
)
def test_everyday_words_stay(text: str) -> None:
    assert mended(text, SENT) == text


@given(st.text(max_size=60) | st.text("下周走三四月底第夜中号好前钱在去一趟,分之六二十", max_size=30))
def test_the_length_stays(text: str) -> None:
    assert len(mended(text, SENT)) == len(text)


def test_the_evidence_is_what_was_heard() -> None:
    text = "今天去了华锐,见了王经理,嫌报价高,四月下行我再去"
    found = extract(Note(text, SENT, "zhangwei", "voice"), directory(), load_playbook("manufacturing").for_nlp())
    assert found.next_followup.value == date(2026, 4, 21)
    assert found.next_followup.span is not None
    assert text[slice(*found.next_followup.span)] == "四月下行"


def test_typed_notes_are_read_as_typed() -> None:
    text = "今天去了华锐,见了王经理,嫌报价高,名后监给他报价"
    found = extract(Note(text, SENT, "zhangwei", "text"), directory(), load_playbook("manufacturing").for_nlp())
    assert found.next_followup.value is None
