"""Which names are suggested to the recogniser: only those that something in the first reading sounds like."""

from __future__ import annotations

from nlp.speech.hints import hints, hints_of, likeness_within, prompt, sounding_like
from nlp.types import Contact, Customer
from tests.nlp.names.given import corpus_directory


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
