"""Sounds for the speech tests: the corpus clips, made-up signals, and files in every format a sender may use."""

from __future__ import annotations

import io
import json
import wave
from pathlib import Path
from typing import Any

import av
import numpy as np

from nlp.speech.decode import RATE, Samples

VOICE_DEV = Path(__file__).parents[2] / "corpus" / "voice-dev"


def index() -> dict[str, dict[str, Any]]:
    """Return the clips of voice-dev by id."""
    lines = (VOICE_DEV / "index.jsonl").read_text(encoding="utf-8").splitlines()
    return {clip["id"]: clip for clip in map(json.loads, lines)}


def clip(name: str) -> bytes:
    """Return one clip of voice-dev as the messenger delivers it (AMR-NB)."""
    return (VOICE_DEV / f"{name}.amr").read_bytes()


def tone(seconds: float, hertz: float = 440.0) -> Samples:
    """Return a steady tone."""
    return (0.3 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * RATE)) / RATE)).astype(np.float32)


def noise(seconds: float, level: float = 0.1) -> Samples:
    """Return white noise, the same every time."""
    return np.random.default_rng(7).normal(0, level, int(seconds * RATE)).astype(np.float32)


def silence(seconds: float) -> Samples:
    return np.zeros(int(seconds * RATE), np.float32)


def wav(samples: Samples, rate: int = RATE) -> bytes:
    """Return 16-bit mono WAV."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((samples * 32767).astype("<i2").tobytes())
    return out.getvalue()


def encoded(samples: Samples, container: str, codec: str, rate: int = 48_000) -> bytes:
    """Return samples in any container and codec that PyAV can write."""
    out = io.BytesIO()
    pcm = av.AudioFrame.from_ndarray((samples[None] * 32767).astype(np.int16), format="s16", layout="mono")
    pcm.sample_rate = RATE
    with av.open(out, "w", format=container) as file:
        stream = file.add_stream(codec, rate=rate)
        stream.layout = "mono"
        size = stream.codec_context.frame_size or 1024
        resampler = av.AudioResampler(format=stream.format.name, layout="mono", rate=rate, frame_size=size)
        for frame in (*resampler.resample(pcm), *resampler.resample(None)):
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return out.getvalue()


def amr_wb(frames: int) -> bytes:
    """Return AMR-WB of 20 ms frames: speech at 23.85 kbit/s (any bits are valid), then silence description, no data."""
    bits = np.random.default_rng(7).integers(0, 256, (frames, 60), dtype=np.uint8)
    speech = b"".join(bytes([8 << 3 | 4]) + row.tobytes() for row in bits)
    return b"#!AMR-WB\n" + speech + bytes([9 << 3 | 4, 0, 0, 0, 0, 0]) + bytes([15 << 3 | 4]) * 10


def speex(frames: int) -> bytes:
    """Return Ogg/Speex at 8 kHz whose 20 ms frames carry mode 0, that is silence."""
    header = b"Speex   " + b"1.2".ljust(20, b"\0")
    header += np.array([1, 80, 8000, 0, 4, 1, -1, 160, 0, 1, 0, 0, 0], "<i4").tobytes()
    pages = [_ogg_page(header, 0, flags=2), _ogg_page(b"\0" * 8, 1)]
    pages += [_ogg_page(b"\x07", i + 2, granule=160 * (i + 1)) for i in range(frames)]
    return b"".join(pages)


def _ogg_page(packet: bytes, number: int, *, flags: int = 0, granule: int = 0) -> bytes:
    """Return an Ogg page (RFC 3533) with one packet shorter than 255 bytes."""
    head = b"OggS\0" + bytes([flags]) + granule.to_bytes(8, "little") + b"\1\0\0\0" + number.to_bytes(4, "little")
    tail = bytes([1, len(packet)]) + packet
    return head + _ogg_crc(head + b"\0" * 4 + tail).to_bytes(4, "little") + tail


def _ogg_crc(data: bytes) -> int:
    crc = 0
    for byte in data:
        crc ^= byte << 24
        for _ in range(8):
            crc = (crc << 1 ^ 0x04C11DB7 if crc & 0x80000000 else crc << 1) & 0xFFFFFFFF
    return crc
