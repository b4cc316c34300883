"""What sounds alike in Mandarin."""

from __future__ import annotations

import pytest

from nlp.names.sound import alike, folded, folded_variants, normal, plain, readings


@pytest.mark.parametrize(
    ("heard", "meant"),
    [
        ("自", "志"),
        ("仓", "昌"),
        ("苏", "书"),
        ("因", "英"),
        ("真", "正"),
        ("班", "帮"),
        ("牛", "刘"),
        ("湖", "福"),
        ("让", "浪"),
    ],
)
def test_the_usual_confusions_fold_together(heard: str, meant: str) -> None:
    assert folded(heard) == folded(meant)
    assert plain(heard) != plain(meant)


def test_different_syllables_stay_apart() -> None:
    assert folded("华锐") != folded("恒川")
    assert alike("华锐", "恒川") < 0.5


def test_tones_do_not_matter() -> None:
    assert plain("会诊") == plain("慧诊")
    assert alike("会诊", "慧诊") > alike("会真", "慧诊") > alike("开会", "慧诊")


def test_sounds_keep_positions_whatever_the_text_holds() -> None:
    text = "İ华A锐🙂\n𠮷ｂ"
    assert len(folded(text)) == len(plain(text)) == len(normal(text)) == len(text)
    assert normal("ＡbC") == "abc"


def test_every_reading_of_a_name_is_a_variant() -> None:
    assert set(readings("长")) >= {"chang", "zhang"}
    assert folded("昌城") in folded_variants("长城")
    assert folded("张城") in folded_variants("长城")
