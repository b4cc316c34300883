"""In a pasted chat or a quotation the customer's 我 is not ours."""

from __future__ import annotations

from nlp.dates.dialogue import customer_turns, not_the_customers


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


def test_the_senders_name_is_ours_beside_another_plain_name() -> None:
    text = "何苗：样品收到，周五我们试\n沈亮：行，下周二我来看结果"
    turns = customer_turns(text, "沈亮")
    assert [text[turn.start : turn.end].strip() for turn in turns] == ["样品收到，周五我们试"]


def test_the_rest_of_a_chat_is_our_messages_and_the_speakers_names() -> None:
    text = "何工：要改图纸\n我：好的，周五给您"
    assert [text[turn.start : turn.end] for turn in not_the_customers(text)] == ["何工：", "我：好的，周五给您"]
    assert not_the_customers("见了何工，他要改图纸") == ()
