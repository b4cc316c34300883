"""Photos as phones make them: turned, dated, placed, stripped, cut off, hostile."""

from __future__ import annotations

import io
import random
import struct
import warnings
import zlib
from datetime import UTC, datetime
from typing import Any, Literal

import numpy as np
import pillow_heif
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageEnhance
from PIL.ExifTags import GPS, IFD, Base

from handlers import photos
from handlers.errors import Unreadable
from handlers.photos import display_copy, hamming, read_photo

pillow_heif.register_heif_opener(thumbnails=False)
SUZHOU = {1: "N", 2: (31.0, 18.0, 36.0), 3: "E", 4: (120.0, 37.0, 12.0)}


def picture(width: int = 1200, height: int = 800, seed: int = 7) -> Image.Image:
    """A shop front of coloured boxes with one red corner at the top left."""
    rng = random.Random(seed)
    image = Image.new("RGB", (width, height), "grey")
    draw = ImageDraw.Draw(image)
    for _ in range(40):
        x, y = rng.randrange(width), rng.randrange(height)
        colour = tuple(rng.randrange(256) for _ in range(3))
        draw.rectangle((x, y, x + rng.randrange(20, 300), y + rng.randrange(20, 300)), fill=colour)
    draw.rectangle((0, 0, width // 4, height // 4), fill="red")
    return image


def encode(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def exif_of(main: dict[int, Any] | None = None, shot: dict[int, Any] | None = None, gps: Any = None) -> Image.Exif:
    exif = Image.Exif()
    exif.update(main or {})
    exif.get_ifd(IFD.Exif).update(shot or {})
    exif.get_ifd(IFD.GPSInfo).update(gps or {})
    return exif


def jpeg_with(**parts: Any) -> bytes:
    return encode(picture(120, 80), exif=exif_of(**parts))


def reopened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def is_red(image: Image.Image, x: int, y: int) -> bool:
    red, green, blue = image.getpixel((x, y))
    return red > 200 and green < 60 and blue < 60


@pytest.mark.parametrize(("kind", "name"), [("JPEG", "jpeg"), ("PNG", "png"), ("WEBP", "webp"), ("HEIF", "heic")])
def test_each_format_gives_its_size_and_a_small_jpeg(kind: str, name: str) -> None:
    photo = read_photo(encode(picture(), kind))
    assert (photo.width, photo.height, photo.format) == (1200, 800, name)
    small = reopened(photo.thumbnail)
    assert small.format == "JPEG"
    assert small.size == (480, 320)
    assert (photo.taken_at, photo.lat, photo.lon, photo.taken_at_assumed_zone) == (None, None, None, False)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_photo_is_shown_upright(orientation: int) -> None:
    upright = picture()
    undo = {6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270}
    turn = undo.get(orientation, photos._TURNS.get(orientation))
    stored = upright.transpose(turn) if turn is not None else upright
    photo = read_photo(encode(stored, exif=exif_of({Base.Orientation: orientation})))
    assert (photo.width, photo.height) == (1200, 800)
    small = reopened(photo.thumbnail)
    assert small.size == (480, 320)
    assert is_red(small, 10, 10)
    assert hamming(photo.dhash, read_photo(encode(upright)).dhash) <= 3


def test_a_turned_heic_is_turned_once() -> None:
    stored = picture().transpose(Image.Transpose.ROTATE_90)
    photo = read_photo(encode(stored, "HEIF", exif=exif_of({Base.Orientation: 6}).tobytes()))
    assert (photo.width, photo.height) == (1200, 800)
    assert is_red(reopened(photo.thumbnail), 10, 10)


def test_time_with_an_offset_is_taken_as_said() -> None:
    shot = {Base.DateTimeOriginal: "2026:03:12 16:40:05", Base.OffsetTimeOriginal: "+09:00"}
    photo = read_photo(jpeg_with(shot=shot))
    assert photo.taken_at == datetime(2026, 3, 12, 7, 40, 5, tzinfo=UTC)
    assert not photo.taken_at_assumed_zone


def test_time_without_an_offset_is_shanghai_time_and_says_so() -> None:
    photo = read_photo(jpeg_with(main={Base.DateTime: "2026:03:12 16:40:05"}))
    assert photo.taken_at == datetime(2026, 3, 12, 8, 40, 5, tzinfo=UTC)
    assert photo.taken_at_assumed_zone


@pytest.mark.parametrize("text", ["0000:00:00 00:00:00", "    :  :     :  :  ", "昨天", "2026:13:40 25:61:00", ""])
def test_a_time_that_is_none_is_left_out_and_the_place_stays(text: str) -> None:
    photo = read_photo(jpeg_with(shot={Base.DateTimeOriginal: text.encode()}, gps=SUZHOU))
    assert photo.taken_at is None
    assert photo.lat == pytest.approx(31.31)


def test_the_first_and_last_years_do_not_overflow() -> None:
    assert read_photo(jpeg_with(shot={Base.DateTimeOriginal: "0001:01:01 00:00:00"})).taken_at is None


def test_the_place_is_read_in_degrees_with_its_side() -> None:
    photo = read_photo(jpeg_with(gps=SUZHOU | {1: "S", 3: "W"}))
    assert (photo.lat, photo.lon) == (pytest.approx(-31.31), pytest.approx(-120.62))


@pytest.mark.parametrize(
    "change",
    [
        {2: (91.0, 0.0, 0.0)},
        {1: "Q"},
        {2: (0.0, 0.0, 0.0), 4: (0.0, 0.0, 0.0)},
        {GPS.GPSMapDatum: "GCJ-02"},
        {2: (31.0,)},
    ],
    ids=["beyond the pole", "no such side", "no fix", "another datum", "one number"],
)
def test_a_place_that_cannot_be_trusted_is_left_out(change: dict[int, Any]) -> None:
    photo = read_photo(jpeg_with(gps=SUZHOU | change))
    assert (photo.lat, photo.lon) == (None, None)


def test_copies_carry_no_metadata() -> None:
    secret = "张伟的手机"
    shot = {Base.DateTimeOriginal: "2026:03:12 16:40:05"}
    exif = exif_of({Base.Make: "SecretMaker", Base.ImageDescription: secret}, shot, SUZHOU)
    data = encode(picture(), exif=exif, comment=secret.encode(), icc_profile=b"secret profile" * 20)
    assert b"SecretMaker" in data
    for copy in (read_photo(data).thumbnail, display_copy(data)):
        assert not dict(reopened(copy).getexif())
        assert set(reopened(copy).info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        assert b"ecret" not in copy
        assert secret.encode() not in copy


def test_display_copy_is_larger_than_the_thumbnail_and_never_blown_up() -> None:
    assert reopened(display_copy(encode(picture(3200, 2400)))).size == (1600, 1200)
    assert reopened(display_copy(encode(picture(300, 200)))).size == (300, 200)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16"])
def test_odd_pixel_modes_are_shown(mode: str) -> None:
    image = Image.new("I;16", (60, 40), 32768) if mode == "I;16" else picture(60, 40).convert(mode)
    data = encode(image, "JPEG" if mode == "CMYK" else "PNG")
    assert reopened(read_photo(data).thumbnail).mode == "RGB"


def test_sixteen_bit_grey_stays_grey() -> None:
    small = reopened(read_photo(encode(Image.new("I;16", (60, 40), 32768), "PNG")).thumbnail)
    assert small.getpixel((30, 20)) == pytest.approx((128, 128, 128), abs=3)


def test_transparency_is_shown_on_white() -> None:
    data = encode(Image.new("RGBA", (60, 40), (0, 0, 0, 0)), "PNG")
    assert reopened(read_photo(data).thumbnail).getpixel((30, 20)) == (255, 255, 255)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF"])
def test_a_photo_cut_off_on_the_way_is_refused_with_a_next_step(kind: str) -> None:
    data = encode(picture(), kind)
    with pytest.raises(Unreadable) as refused:
        read_photo(data[: len(data) * 2 // 3])
    assert refused.value.sentence == photos.BROKEN_PHOTO


@pytest.mark.parametrize("data", [b"", b"#!AMR\n\x3c", b"GIF89a" + bytes(40), b"%PDF-1.7", "一段文字".encode()])
def test_what_is_no_photo_is_refused_in_words(data: bytes) -> None:
    with pytest.raises(Unreadable) as refused:
        read_photo(data)
    assert refused.value.sentence == photos.NOT_A_PHOTO


@pytest.mark.parametrize("warned", ["error", "ignore"])
@pytest.mark.parametrize("side", [7_072, 60_000], ids=["just over the limit", "far over"])
def test_a_decompression_bomb_is_refused_before_it_is_decoded(side: int, warned: Literal["error", "ignore"]) -> None:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
    bomb = b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(1000)))
    with warnings.catch_warnings():
        warnings.simplefilter(warned, Image.DecompressionBombWarning)
        with pytest.raises(Unreadable) as refused:
            read_photo(bomb)
    assert refused.value.sentence == photos.TOO_MANY_PIXELS


SAMPLE = encode(
    picture(160, 120), exif=exif_of({Base.Orientation: 6}, {Base.DateTimeOriginal: "2026:03:12 16:40:05"}, SUZHOU)
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(SAMPLE) - 1), st.integers(0, 255)), min_size=1, max_size=12))
def test_damaged_bytes_give_a_photo_or_a_refusal_and_nothing_else(damage: list[tuple[int, int]]) -> None:
    data = bytearray(SAMPLE)
    for at, value in damage:
        data[at % 400 if at % 2 else at] = value
    try:
        thumbnail = read_photo(bytes(data)).thumbnail
    except Unreadable:
        return
    assert reopened(thumbnail).format == "JPEG"


def test_the_same_scene_resized_and_recompressed_looks_alike_and_another_does_not() -> None:
    scene = picture(1600, 1200)
    brighter = ImageEnhance.Brightness(scene).enhance(1.15).resize((1080, 810))
    first = read_photo(encode(scene, quality=95)).dhash
    assert hamming(first, read_photo(encode(brighter, quality=40)).dhash) <= 6
    others = [read_photo(encode(picture(800, 600, seed))).dhash for seed in range(20, 30)]
    assert min(hamming(first, other) for other in others) > 10


def test_dhash_compares_each_cell_with_its_right_neighbour() -> None:
    falling_then_rising = np.array([[8, 7, 6, 5, 4, 5, 6, 7, 8]] * 8, dtype=np.uint8) * 20
    assert photos._dhash(Image.fromarray(falling_then_rising)) == int("0F" * 8, 16)
