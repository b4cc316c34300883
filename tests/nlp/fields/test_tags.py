"""Tags are asked about where a word of theirs is said and not denied."""

from __future__ import annotations

import pytest

from handlers.playbooks import load as load_playbook
from nlp.fields import models
from nlp.fields.tags import suggest
from nlp.types import Playbook, TagRule

PLAYBOOK = load_playbook("manufacturing").for_nlp()


def _keys(text: str) -> set[str]:
    return {tag.key for tag in suggest(text, PLAYBOOK, models.tag_model())}


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("他们嫌价格高", "价格"),
        ("别家报得比我们低", "竞品"),
        ("交期来不及", "交期"),
        ("账期要九十天", "付款"),
        ("图纸参数都给了", "技术"),
        ("表面有划痕", "质量"),
        ("采购经理离职了", "决策人变更"),
        ("样品寄过去了", "样品"),
    ],
)
def test_each_tag_has_words(text: str, key: str) -> None:
    assert key in _keys(text)


@pytest.mark.parametrize("text", ["今天没谈价格", "价格没聊，就认识了一下", "不谈价格，先看方案"])
def test_a_denied_word_sets_no_tag(text: str) -> None:
    assert "价格" not in _keys(text)


def test_price_not_agreed_is_still_price() -> None:
    assert "价格" in _keys("价格没谈拢，周五再说")


def test_the_prompt_names_the_word_where_it_stands() -> None:
    text = "下午把报价高的事解释了一下，账期也谈了"
    for tag in suggest(text, PLAYBOOK, models.tag_model()):
        assert text[tag.span.start : tag.span.end] == tag.word


def test_an_admins_own_tag_is_recognised() -> None:
    playbook = Playbook("own", (), (TagRule("安装", "安装条件", ("吊车", "地基")),))
    assert [tag.label for tag in suggest("他们地基还没浇", playbook, models.tag_model())] == ["安装条件"]


def test_a_tag_comes_once() -> None:
    assert [tag.key for tag in suggest("价格高，单价贵，报价太贵", PLAYBOOK, models.tag_model())].count("价格") == 1
