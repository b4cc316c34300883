"""Three drawn pictures for the demo, as a phone would have taken them: JPEG with EXIF time and position.

Run `python -m bot.sandbox.sample_photos [FOLDER]` to write them again.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from PIL import Image, ImageDraw

from bot.sandbox.clock import DEMO_START

SIZE = (1200, 900)
SAMPLES_DIR = Path(__file__).parent / "samples"
#: A few metres from the first customer of the demo company (D001), WGS-84.
DEMO_GATE = (31.264590, 120.731900)
_SKY, _GROUND, _INK = (214, 228, 240), (196, 199, 196), (52, 64, 76)
#: EXIF tags (Exif 2.3): camera make and model, time taken, the position's block.
_MAKE, _MODEL, _DATETIME, _EXIF_IFD, _GPS_IFD = 0x010F, 0x0110, 0x0132, 0x8769, 0x8825
_ORIGINAL, _OFFSET_ORIGINAL = 0x9003, 0x9011

Drawing = ImageDraw.ImageDraw


def draw_gate(draw: Drawing) -> None:
    """A factory gate: wall, guard house, sliding gate, hall with a saw-tooth roof."""
    draw.rectangle((0, 0, 1200, 560), fill=_SKY)
    draw.rectangle((0, 560, 1200, 900), fill=_GROUND)
    draw.polygon([(0, 900), (430, 600), (780, 600), (1200, 900)], fill=(168, 172, 172))
    draw.rectangle((240, 300, 1060, 590), fill=(233, 231, 224))
    for left in range(240, 1060, 164):
        draw.polygon([(left, 300), (left, 210), (left + 164, 300)], fill=(120, 140, 158))
    for left in range(290, 1020, 110):
        draw.rectangle((left, 370, left + 66, 440), fill=(150, 178, 200))
    draw.rectangle((0, 500, 400, 620), fill=(205, 198, 186))
    draw.rectangle((810, 500, 1200, 620), fill=(205, 198, 186))
    draw.rectangle((60, 400, 300, 640), fill=(245, 244, 240), outline=_INK, width=4)
    draw.rectangle((95, 440, 265, 530), fill=(140, 172, 196), outline=_INK, width=4)
    draw.rectangle((40, 380, 320, 404), fill=(176, 58, 46))
    for left in range(400, 810, 34):
        draw.line((left, 520, left, 640), fill=(96, 106, 114), width=7)
    draw.line((400, 524, 810, 524), fill=(96, 106, 114), width=9)
    draw.line((400, 632, 810, 632), fill=(96, 106, 114), width=9)


def draw_machine(draw: Drawing) -> None:
    """A machine tool in a hall: cabinet, window, panel, chip conveyor."""
    draw.rectangle((0, 0, 1200, 900), fill=(226, 228, 226))
    draw.rectangle((0, 640, 1200, 900), fill=(150, 164, 150))
    draw.line((0, 700, 1200, 760), fill=(226, 190, 70), width=14)
    for left in range(60, 1200, 230):
        draw.rectangle((left, 40, left + 150, 70), fill=(255, 253, 240))
    draw.rounded_rectangle((190, 190, 930, 720), 26, fill=(240, 242, 243), outline=_INK, width=5)
    draw.rectangle((190, 560, 930, 720), fill=(44, 88, 130))
    draw.rounded_rectangle((270, 260, 660, 530), 16, fill=(70, 84, 94), outline=_INK, width=5)
    draw.rectangle((420, 290, 500, 400), fill=(176, 182, 186))
    draw.polygon([(435, 400), (485, 400), (460, 470)], fill=(206, 210, 212))
    draw.rectangle((330, 476, 600, 510), fill=(140, 148, 152))
    draw.rectangle((740, 250, 880, 480), fill=(58, 68, 78))
    draw.rectangle((760, 272, 860, 350), fill=(120, 200, 176))
    for row in range(3):
        for column in range(4):
            draw.ellipse((762 + column * 26, 372 + row * 32, 780 + column * 26, 390 + row * 32), fill=(196, 202, 206))
    draw.polygon([(930, 640), (1130, 520), (1130, 580), (930, 720)], fill=(96, 108, 116), outline=_INK)
    draw.rectangle((1060, 560, 1180, 740), fill=(128, 110, 84))


def draw_sheet(draw: Drawing) -> None:
    """A signed sheet on a desk: lines of writing, a table, a signature, a seal."""
    draw.rectangle((0, 0, 1200, 900), fill=(150, 116, 84))
    for top in range(30, 900, 90):
        draw.line((0, top, 1200, top + 14), fill=(140, 106, 75), width=5)
    draw.polygon([(270, 70), (950, 40), (1000, 870), (300, 890)], fill=(250, 249, 244))
    draw.rectangle((500, 110, 760, 134), fill=_INK)
    for top in range(190, 400, 42):
        draw.rectangle((350, top, 350 + 500 - (top * 37) % 160, top + 10), fill=(150, 156, 160))
    for top in range(430, 651, 55):
        draw.line((350, top, 900, top - 10), fill=(120, 126, 130), width=3)
    for left in (350, 520, 720, 900):
        draw.line((left, 430, left + 6, 645), fill=(120, 126, 130), width=3)
    draw.line([(420, 770), (450, 730), (470, 790), (510, 740), (540, 780), (600, 750)], fill=(36, 52, 110), width=6)
    draw.ellipse((700, 680, 860, 840), outline=(196, 60, 52), width=9)
    draw.regular_polygon((780, 760, 36), 5, rotation=0, fill=(196, 60, 52))
    draw.rounded_rectangle((1020, 300, 1050, 780), 12, fill=(40, 44, 52))


def make_photo(paint: Callable[[Drawing], None], taken_at: datetime, lat: float, lon: float) -> bytes:
    """Return a JPEG of a drawing with time (Shanghai) and WGS-84 position in its EXIF block."""
    picture = Image.new("RGB", SIZE)
    paint(ImageDraw.Draw(picture))
    exif = Image.Exif()
    moment = taken_at.strftime("%Y:%m:%d %H:%M:%S")
    exif[_MAKE], exif[_MODEL], exif[_DATETIME] = "Sandbox", "Phone", moment
    exif.get_ifd(_EXIF_IFD).update({_ORIGINAL: moment, _OFFSET_ORIGINAL: "+08:00"})
    exif.get_ifd(_GPS_IFD).update({1: "N", 2: _degrees(lat), 3: "E", 4: _degrees(lon)})
    out = io.BytesIO()
    picture.resize((1024, 768), Image.Resampling.LANCZOS).save(out, "JPEG", quality=82, exif=exif)
    return out.getvalue()


def write_samples(folder: Path = SAMPLES_DIR, *, at: tuple[float, float] = DEMO_GATE) -> list[Path]:
    """Write the pictures, taken minutes apart on the demo morning, and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for minutes, (name, paint) in enumerate({"gate": draw_gate, "machine": draw_machine, "sheet": draw_sheet}.items()):
        path = folder / f"{name}.jpg"
        path.write_bytes(make_photo(paint, DEMO_START + timedelta(minutes=minutes), *at))
        written.append(path)
    return written


def _degrees(value: float) -> tuple[float, float, float]:
    degrees = int(value)
    minutes = int((value - degrees) * 60)
    return float(degrees), float(minutes), round((value - degrees - minutes / 60) * 3600, 3)


if __name__ == "__main__":
    write_samples(Path(sys.argv[1]) if len(sys.argv) > 1 else SAMPLES_DIR)
