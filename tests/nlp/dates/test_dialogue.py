"""In a pasted chat or a quotation the customer's 我 is not ours."""

from __future__ import annotations

from nlp.dates.dialogue import customer_turns


def _said_by_customer(text: str) -> list[str]:
    return [text[turn.start : turn.end].strip() for turn in customer_turns(text)]


def test_chat_with_me_leaves_the_others_to_the_customer() -> None:
    assert _said_by_customer("王总 16:20\n我们周五开会\n我 16:25\n好的") == ["我们周五开会"]


def test_plain_name_among_titled_ones_is_ours() -> None:
    assert _said_by_customer("惠邻秦总 09:40\n贵两毛\n赵蕾 09:55\n收到秦总，15号我来") == ["贵两毛"]


def test_signed_quotation_is_the_customers() -> None:
    assert _said_by_customer("“下周一我们自己先测”——何工") == ["下周一我们自己先测"]


def test_form_labels_are_no_speakers() -> None:
    assert _said_by_customer("客户：鑫源\n联系人：赵工\n下次跟进：下周二") == []
