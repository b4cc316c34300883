"""AMR as WeCom delivers it, made from what a browser records."""

from __future__ import annotations

import pytest

from nlp.speech.decode import SpeechUnreadable, decode, detect, duration_s
from nlp.speech.encode import encode_amr, to_amr
from tests.nlp.speech.clips import clip, encoded, tone, wav


@pytest.mark.parametrize(("container", "codec"), [("webm", "libopus"), ("ogg", "libopus"), ("ipod", "aac")])
def test_a_browser_recording_becomes_amr(container: str, codec: str) -> None:
    amr = to_amr(encoded(tone(2.0), container, codec))
    assert amr.startswith(b"#!AMR\n") and detect(amr) == "amr-nb"
    assert duration_s(decode(amr)) == pytest.approx(2.0, abs=0.1)


def test_the_bit_rate_is_the_messengers() -> None:
    amr = to_amr(wav(tone(2.0)))
    assert amr[6] >> 3 & 15 == 7, "mode 7 is 12.2 kbit/s"
    assert len(amr) == pytest.approx(2.0 * 50 * 32, rel=0.05)


def test_amr_stays_as_it_is() -> None:
    assert to_amr(clip("d119")) == clip("d119")


def test_a_second_round_keeps_the_length() -> None:
    spoken = decode(clip("d152"))
    assert duration_s(decode(encode_amr(spoken))) == pytest.approx(duration_s(spoken), abs=0.1)


def test_what_cannot_be_read_cannot_be_sent() -> None:
    with pytest.raises(SpeechUnreadable):
        to_amr(b"no recording")
