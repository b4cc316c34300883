"""Which names are suggested to the recogniser: only those that something in the first reading sounds like."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from nlp.names import nearby_customers
from nlp.speech.hints import hints, hints_of, likeness_within, prompt, sounding_like
from nlp.types import Contact, Context, Customer, Draft, Playbook
from tests.nlp.names.given import corpus_directory, customer, directory

AT = datetime(2026, 3, 12, 8, tzinfo=UTC)


def test_a_misheard_name_is_found_by_its_sound() -> None:
    heard = "无西亚川流体设备有限公司王玉城和同还在他们房屋手里"
    assert sounding_like(["华锐", "亚川", "王玉成", "刘志强"], heard) == ("亚川", "王玉成")


def test_a_name_without_any_sound_of_it_is_not_suggested() -> None:
    assert sounding_like(["华锐", "李敏", "苏州华锐精密"], "今天下大雨路上堵车") == ()


def test_the_likeliest_come_first_and_the_number_is_limited() -> None:
    assert sounding_like(["金岁", "金穗", "金醉", "王五"], "金醉昏采购", limit=2) == ("金醉", "金岁")


def test_a_long_name_needs_more_likeness_than_a_short_one() -> None:
    assert likeness_within("钱伟雄", "前为月金底立高") < 0.7
    assert sounding_like(["钱伟雄"], "前为月金底立高") == ()


def test_blank_single_and_repeated_hints_do_not_count() -> None:
    assert sounding_like(["", " ", "王", " 亚川 ", "亚川"], "亚川流体") == ("亚川",)


def test_nothing_heard_suggests_nothing() -> None:
    assert sounding_like(["亚川"], "") == ()


def test_the_prompt_gives_each_name_a_sentence_before_the_words_of_the_trade() -> None:
    assert prompt(["亚川", "王玉成"]).startswith("亚川。王玉成。")
    assert "合同" in prompt([])


def test_customers_and_their_people_are_called_in_several_ways() -> None:
    people = (Contact("王建国", "采购经理"), Contact("李敏", "总经理"), Contact("赵六"))
    customer = Customer("C1", "苏州华锐精密机械有限公司", ("华锐", "华锐精密"), contacts=people)
    assert hints_of([customer, customer]) == ("华锐", "华锐精密", "王建国", "王经理", "李敏", "李总", "赵六")


def test_a_rep_is_likely_to_say_own_customers_and_their_people_by_surname_and_title() -> None:
    said = hints(corpus_directory(), "zhangwei")
    assert {"华锐", "王建国", "李总监"} <= set(said)
    assert "亚川" not in said
    assert len(said) == len(set(said))


def test_what_is_planned_drafted_and_near_comes_before_ones_own() -> None:
    planned, drafted, near = (
        customer(number, f"{name}有限公司", name) for number, name in enumerate(("亚川", "力凯", "木语"))
    )
    near, own = replace(near, lat=31.36, lon=120.65), customer(4, "金穗有限公司", "金穗", owner="li")
    known = directory(own, *(replace(other, owner="zhao") for other in (planned, drafted, near)))
    draft = Draft("v1", AT, customer=drafted.customer_id)
    context = Context(
        "li", known, Playbook("generic", ()), AT, (draft,), (31.361, 120.651), (planned.customer_id, "gone")
    )
    assert hints(known, "li", context) == ("亚川", "力凯", "木语", "金穗")
    assert hints(known, "li") == ("金穗",)


def test_customers_further_than_a_kilometre_or_without_a_place_are_not_near() -> None:
    here, far = customer(1, "甲", "亚川"), customer(2, "乙", "力凯")
    known = directory(
        replace(here, lat=31.36, lon=120.65), replace(far, lat=31.38, lon=120.65), customer(3, "丙", "木语")
    )
    assert [found.customer_id for found in nearby_customers(known, (31.361, 120.651))] == ["K1"]
