"""Facts of a photo: size, when and where it was taken as far as it says so, a small display copy, a fingerprint.

Pure: bytes in, values out. The original is stored elsewhere, untouched; every copy made here is re-encoded and
carries no metadata. EXIF is read when present and never required (MISSION E9): a phone or a messenger may have
stripped it, and a broken entry is as good as none.

Decoding 24 million pixels takes 0.1 s and 20 MB for a JPEG, 1.7 s and 190 MB for a HEIC (measured): callers run it
in a thread, two at a time.
"""

from __future__ import annotations

import io
import math
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pillow_heif
from PIL import Image, UnidentifiedImageError
from PIL.ExifTags import GPS, IFD, Base

from handlers.errors import Unreadable

#: Above any phone's ordinary photo (12–49 million); a HEIC at the limit takes about 400 MB to decode.
PIXEL_LIMIT = 50_000_000
THUMBNAIL_PX = 480
DISPLAY_PX = 1600

NOT_A_PHOTO = "这个文件不是能看的照片（支持 JPG、PNG、WebP、HEIC）。请重拍一张，或截图后再发。"
BROKEN_PHOTO = "这张照片打不开，可能没传完。请重新拍一张，或从相册再发一次。"
TOO_MANY_PIXELS = f"这张照片太大（超过 {PIXEL_LIMIT // 10_000} 万像素）。请用普通模式重拍一张再发。"

_FORMATS = {"JPEG": "jpeg", "MPO": "jpeg", "PNG": "png", "WEBP": "webp", "HEIF": "heic"}
_SHANGHAI = ZoneInfo("Asia/Shanghai")
#: What Pillow and libheif raise on broken bytes. `Warning` too, for a process may turn warnings into errors.
_BROKEN = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    EOFError,
    LookupError,
    ArithmeticError,
    RuntimeError,
    struct.error,
    Warning,
)
#: What can be shrunk smoothly as it is; other modes (palette, 16 bit) are converted first.
_SMOOTH_MODES = ("L", "LA", "RGB", "RGBA", "CMYK", "YCbCr")
#: EXIF orientation → how to turn the pixels upright (EXIF 2.32, table 6).
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
#: (time, its offset from UTC), best first: shutter, scan, file.
_TIME_TAGS = (
    (Base.DateTimeOriginal, Base.OffsetTimeOriginal),
    (Base.DateTimeDigitized, Base.OffsetTimeDigitized),
    (Base.DateTime, Base.OffsetTime),
)


@dataclass(frozen=True, slots=True)
class Photo:
    """What a photo shows of itself. All of EXIF can be forged: it is evidence, never proof.

    `width` and `height` are pixels as a person sees the photo, turned upright; `format` is jpeg, png, webp or heic.
    `taken_at` is aware, in UTC; where the camera named no offset, `taken_at_assumed_zone` is true and its wall
    clock was read as Asia/Shanghai. `lat`, `lon` are WGS-84 degrees, both or neither.
    `thumbnail` is a JPEG of at most `THUMBNAIL_PX` a side; `dhash` an unsigned 64-bit fingerprint (see `hamming`).
    """

    width: int
    height: int
    format: str
    taken_at: datetime | None
    taken_at_assumed_zone: bool
    lat: float | None
    lon: float | None
    thumbnail: bytes
    dhash: int


Image.MAX_IMAGE_PIXELS = PIXEL_LIMIT  # Pillow's own guard, for whatever else in this process opens an image


def read_photo(data: bytes) -> Photo:
    """Read a photo. Raises `Unreadable` if it is broken, cut off, larger than `PIXEL_LIMIT` or no photo at all."""
    with _open(data) as image:
        exif = _read_exif(image)
        width, height = image.size
        if exif.orientation >= 5:
            width, height = height, width
        small = _shrink(image, exif.orientation, THUMBNAIL_PX)
        return Photo(
            width=width,
            height=height,
            format=_FORMATS[image.format or ""],
            taken_at=exif.taken_at,
            taken_at_assumed_zone=exif.assumed_zone,
            lat=exif.lat,
            lon=exif.lon,
            thumbnail=_to_jpeg(small),
            dhash=_dhash(small),
        )


def display_copy(data: bytes, longest_px: int = DISPLAY_PX) -> bytes:
    """Return the photo as an upright JPEG of at most `longest_px` a side, without metadata. Raises `Unreadable`."""
    with _open(data) as image:
        return _to_jpeg(_shrink(image, _read_exif(image).orientation, longest_px))


def hamming(one: int, other: int) -> int:
    """Count the differing bits of two fingerprints: 0–64; up to about 10 the photos look alike."""
    return (one ^ other).bit_count()


# --- pixels ------------------------------------------------------------------------------------------------------


@cache
def _enable_heif() -> None:
    # Without the embedded thumbnail, which need not show the same picture as the photo does.
    pillow_heif.register_heif_opener(thumbnails=False)


def _open(data: bytes) -> Image.Image:
    """Read the header only; no pixel is decoded before the size is known."""
    _enable_heif()
    try:
        image = Image.open(io.BytesIO(data), formats=("JPEG", "PNG", "WEBP", "HEIF"))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Unreadable(TOO_MANY_PIXELS) from None
    except UnidentifiedImageError:
        raise Unreadable(NOT_A_PHOTO) from None
    except _BROKEN:
        raise Unreadable(BROKEN_PHOTO) from None
    if image.width * image.height > PIXEL_LIMIT:
        raise Unreadable(TOO_MANY_PIXELS)
    return image


def _shrink(image: Image.Image, orientation: int, longest_px: int) -> Image.Image:
    """Decode, shrink and turn upright; `draft` lets a JPEG be decoded at an eighth of its size or more at once."""
    try:
        image.draft(None, (2 * longest_px, 2 * longest_px))
        smooth = image if image.mode in _SMOOTH_MODES else _to_smooth(image)
        smooth.thumbnail((longest_px, longest_px))
        return _on_white(smooth.transpose(_TURNS[orientation]) if orientation in _TURNS else smooth)
    except _BROKEN:
        raise Unreadable(BROKEN_PHOTO) from None


def _to_smooth(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I;16"):  # Pillow would clip the upper byte's worth of greys to white
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    return image.convert("RGBA" if image.has_transparency_data else "RGB")


def _on_white(image: Image.Image) -> Image.Image:
    """Return fresh RGB pixels on white: nothing of the source (comment, profile, EXIF) travels with them."""
    canvas = Image.new("RGB", image.size, "white")
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        canvas.paste(layer, mask=layer)
    else:
        canvas.paste(image.convert("RGB"))
    return canvas


def _to_jpeg(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=82, optimize=True)
    return out.getvalue()


def _dhash(image: Image.Image) -> int:
    """Difference hash: is each of 8×8 grey cells darker than its right neighbour? Survives resizing and JPEG."""
    grey = np.asarray(image.convert("L").resize((9, 8), Image.Resampling.LANCZOS))
    bits = (grey[:, 1:] > grey[:, :-1]).flatten()
    return int.from_bytes(np.packbits(bits).tobytes(), "big")


# --- EXIF --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Exif:
    orientation: int = 1
    taken_at: datetime | None = None
    assumed_zone: bool = False
    lat: float | None = None
    lon: float | None = None


def _read_exif(image: Image.Image) -> _Exif:
    """Return what the EXIF says and can be understood; each fact stands alone, so one bad entry spoils no other."""
    try:
        exif = image.getexif()
        main = dict(exif)
    except _BROKEN:
        return _Exif()
    orientation = main.get(Base.Orientation)
    taken_at, assumed_zone = _taken_at(main | _folder(exif, IFD.Exif))
    lat, lon = _position(_folder(exif, IFD.GPSInfo))
    known = orientation if isinstance(orientation, int) and orientation in _TURNS else 1
    return _Exif(known, taken_at, assumed_zone, lat, lon)


def _folder(exif: Image.Exif, name: IFD) -> dict[int, Any]:
    try:
        return dict(exif.get_ifd(name))
    except _BROKEN:
        return {}


def _taken_at(tags: dict[int, Any]) -> tuple[datetime | None, bool]:
    """Return (time in UTC, whether its zone was assumed)."""
    for time_tag, offset_tag in _TIME_TAGS:
        wall = _parse_time(_text(tags.get(time_tag)))
        if wall is None:
            continue
        aware = _parse_time(_text(tags.get(time_tag)) + _text(tags.get(offset_tag)))
        try:
            if aware is not None and aware.tzinfo is not None:
                return aware.astimezone(UTC), False
            return wall.replace(tzinfo=_SHANGHAI).astimezone(UTC), True
        except OverflowError:
            continue
    return None, False


def _parse_time(text: str) -> datetime | None:
    """Read `2026:03:12 16:40:05`, with or without `+08:00`; `0000:00:00 00:00:00` and blanks are no time."""
    for layout in ("%Y:%m:%d %H:%M:%S%z", "%Y:%m:%d %H:%M:%S"):
        try:
            parsed = datetime.strptime(text, layout)
        except ValueError:
            continue
        offset = parsed.utcoffset()
        if offset is None or abs(offset) <= timedelta(hours=14):
            return parsed
    return None


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        value = value.decode("ascii", "replace")
    return value.strip(" \x00") if isinstance(value, str) else ""


def _position(tags: dict[int, Any]) -> tuple[float | None, float | None]:
    """Return WGS-84 (lat, lon), or nothing where it is absent, impossible, 0/0 (no fix) or of another datum."""
    datum = "".join(c for c in _text(tags.get(GPS.GPSMapDatum)).upper() if c.isalnum())
    lat = _degrees(tags.get(GPS.GPSLatitude), _text(tags.get(GPS.GPSLatitudeRef)), "NS", 90)
    lon = _degrees(tags.get(GPS.GPSLongitude), _text(tags.get(GPS.GPSLongitudeRef)), "EW", 180)
    if lat is None or lon is None or (lat == 0 and lon == 0) or (datum and not datum.startswith("WGS")):
        return None, None
    return lat, lon


def _degrees(parts: Any, side: str, sides: str, limit: int) -> float | None:
    """Turn (degrees, minutes, seconds) and a side into signed degrees; `sides` is plus then minus (NS, EW)."""
    try:
        degrees, minutes, seconds = (float(part) for part in parts)
    except _BROKEN:
        return None
    total = degrees + minutes / 60 + seconds / 3600
    if side.upper() not in tuple(sides) or not math.isfinite(total) or not 0 <= total <= limit:
        return None
    return -total if side.upper() == sides[1] else total
