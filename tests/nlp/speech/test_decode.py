"""Any recording to samples: every format, broken files, limits, and bytes that are no recording at all."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
import pytest

from nlp.speech.decode import MAX_BYTES, SpeechUnreadable, decode, detect, duration_s
from nlp.speech.encode import encode_amr
from tests.nlp.speech.clips import amr_wb, clip, encoded, index, silence, speex, tone, wav

WRITABLE = {
    "ogg/opus": ("ogg", "libopus", 48_000),
    "webm/opus": ("webm", "libopus", 48_000),
    "m4a/aac": ("ipod", "aac", 44_100),
    "adts/aac": ("adts", "aac", 44_100),
    "mp3": ("mp3", "libmp3lame", 44_100),
    "wav": ("wav", "pcm_s16le", 8_000),
    "wav/alaw": ("wav", "pcm_alaw", 8_000),
    "flac": ("flac", "flac", 44_100),
}


def why(data: bytes) -> str:
    """Return the reason for which a recording is refused."""
    with pytest.raises(SpeechUnreadable) as refused:
        decode(data)
    return refused.value.why


def dominant_hertz(samples: np.ndarray) -> float:
    return float(np.argmax(np.abs(np.fft.rfft(samples[:16_000]))))


@pytest.mark.parametrize("name", WRITABLE)
def test_a_tone_survives_every_container_and_codec(name: str) -> None:
    samples = decode(encoded(tone(2.0), *WRITABLE[name]))
    assert duration_s(samples) == pytest.approx(2.0, abs=0.1)
    assert dominant_hertz(samples) == pytest.approx(440, abs=3)
    assert samples.dtype == np.float32 and np.abs(samples).max() <= 1.0


@pytest.mark.parametrize("name", sorted(index()))
def test_a_clip_from_the_messenger_has_its_length(name: str) -> None:
    assert duration_s(decode(clip(name))) == pytest.approx(index()[name]["seconds"], abs=0.1)


def test_amr_with_discontinuous_transmission_keeps_its_pauses() -> None:
    spoken = np.concatenate([decode(clip("d119")), silence(4.0), decode(clip("d152"))])
    sparse = encode_amr(spoken, dtx=True)
    assert len(sparse) < 0.8 * len(encode_amr(spoken))
    assert duration_s(decode(sparse)) == pytest.approx(duration_s(spoken), abs=0.1)


def test_amr_wide_band_with_silence_frames_is_decoded() -> None:
    samples = decode(amr_wb(100))
    assert duration_s(samples) == pytest.approx(2.22, abs=0.02)
    assert np.abs(samples).max() > 0.01


def test_speex_is_decoded() -> None:
    assert duration_s(decode(speex(100))) == pytest.approx(2.0, abs=0.05)


def test_the_name_of_a_format_is_never_asked() -> None:
    assert detect(wav(tone(1.0))) == "wav"
    assert detect(b"#!AMR\n" + bytes(10)) == "amr-nb"
    assert detect(b"\xff\xf1P@") == "aac"
    assert detect(b"\xff\xfb\x90\x00") == "mp3"


@pytest.mark.parametrize("head", [b"#!SILK_V3", b"\x02#!SILK_V3"])
def test_silk_is_refused_by_name(head: bytes) -> None:
    with pytest.raises(SpeechUnreadable, match="SILK") as refused:
        decode(head + bytes(1000))
    assert refused.value.why == "silk"


def test_what_is_no_recording_is_refused() -> None:
    assert why(b"") == "empty"
    assert why(b"#") == "unknown"
    assert why(b"#EXTM3U\nhttp://127.0.0.1/secret") == "unknown"
    assert why(b"ffconcat version 1.0\nfile /etc/passwd") == "unknown"
    assert why(b"#!AMR\n") == "broken"


def test_a_truncated_recording_gives_what_it_holds() -> None:
    whole = clip("d002")
    assert duration_s(decode(whole[: len(whole) // 2])) == pytest.approx(6.05, abs=0.1)
    assert why(whole[:200]) == "too_short"


def test_a_broken_stretch_does_not_cost_the_rest() -> None:
    data = bytearray(clip("d002"))
    data[5_000:5_400] = bytes([0xFF]) * 400
    assert duration_s(decode(bytes(data))) > 11.0


def test_size_and_length_are_limited() -> None:
    assert why(wav(silence(0.5)) + bytes(MAX_BYTES)) == "too_large"
    assert why(wav(silence(301), 8_000)) == "too_long"


@pytest.mark.parametrize(
    ("offset", "width", "value"),
    [(24, 4, 1), (24, 4, 2**31 - 1), (22, 2, 65_535), (22, 2, 0), (34, 2, 255)],
    ids=["1 Hz", "2 GHz", "65535 channels", "no channel", "255 bits"],
)
def test_a_header_that_claims_the_impossible_is_refused(offset: int, width: int, value: int) -> None:
    data = bytearray(wav(tone(1.0)))
    data[offset : offset + width] = value.to_bytes(width, "little")
    assert why(bytes(data)) == "broken"


def test_a_header_that_claims_four_gigabytes_costs_nothing() -> None:
    data = bytearray(wav(tone(1.0)))
    data[40:44] = b"\xff\xff\xff\xff"
    assert duration_s(decode(bytes(data))) == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize("name", ["amr", "amr-wb", "speex", *WRITABLE])
def test_damaged_bytes_are_decoded_or_refused_and_nothing_else(name: str) -> None:
    made = {"amr": clip("d119"), "amr-wb": amr_wb(100), "speex": speex(100)}
    whole = made[name] if name in made else encoded(tone(1.0), *WRITABLE[name])
    random = np.random.default_rng(11)
    for round_ in range(40):
        data = bytearray(whole)
        if round_ % 2:
            data[random.integers(4, len(data)) :] = random.bytes(500)
        for place in random.integers(0, len(data), 12):
            data[place] = random.integers(256)
        with suppress(SpeechUnreadable):
            assert duration_s(decode(bytes(data))) >= 0.3
