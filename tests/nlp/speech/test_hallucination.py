"""Texts that Whisper writes when nobody speaks, and notes that only look like them."""

from __future__ import annotations

import pytest

from nlp.speech.hallucination import is_hallucination, is_loop
from nlp.speech.simplified import to_simplified


@pytest.mark.parametrize(
    "text",
    [
        "字幕by索兰娅",
        "字幕由Amara.org社区提供",
        "中文字幕志愿者 李宗盛",
        "谢谢观看",
        "感谢您的观看！",
        "谢谢大家的收看。谢谢大家的收看。",
        "请不吝点赞 订阅 转发 打赏支持明镜与点点栏目",
        "明镜需要您的支持 欢迎订阅明镜",
        "优优独播剧场——YoYo Television Series Exclusive",
        "词曲 李宗盛",
        "以下是普通话的句子。",
        "我们下期再见",
        "……。",
        "",
        "嗯嗯嗯嗯嗯嗯嗯嗯嗯嗯嗯嗯",
        "好的好的好的好的好的好的",
    ],
)
def test_known_inventions_are_refused(text: str) -> None:
    assert is_hallucination(text)


@pytest.mark.parametrize(
    "text",
    [
        "好的",
        "确认",
        "第二个",
        "华锐王经理，谢谢观看我们的样机，下周三报价",
        "客户要字幕机，华锐的李工说下周给方案",
        "他说订阅制不行，要一次买断",
        "下期货款月底前付清，他们财务催着要发票",
        "试了三遍三遍三遍三遍都不行，样机要退回去重新调",
        "刘总刘总，华锐那边价格定了",
    ],
)
def test_notes_are_kept(text: str) -> None:
    assert not is_hallucination(text)


def test_a_loop_is_most_of_the_text_or_none() -> None:
    assert is_loop("我们的产品我们的产品我们的产品我们的产品我们的")
    assert not is_loop("哈哈哈哈")


def test_simplified_changes_characters_only() -> None:
    assert to_simplified("他接著談，著名的無錫亞川，軟體報價") == "他接着谈，著名的无锡亚川，软体报价"
    assert to_simplified("华锐 OK 3.5万") == "华锐 OK 3.5万"
