"""Any voice clip to 16 kHz mono: what messengers, phones and browsers send, told apart by its first bytes.

The demuxer is named to FFmpeg instead of being probed, so that nothing which refers to other files or addresses
(playlists, concatenations) is ever opened. AMR is decoded by OpenCORE: FFmpeg's own decoders refuse the silence
frames of discontinuous transmission, which phones send.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Literal

import av
import numpy as np
from numpy.typing import NDArray

RATE = 16_000
MAX_BYTES = 20 * 1024 * 1024
MAX_SECONDS = 600.0
MIN_SECONDS = 0.3

#: Mono samples in −1…1 at `RATE`.
Samples = NDArray[np.float32]
Format = Literal["amr-nb", "amr-wb", "ogg", "webm", "mp4", "mp3", "aac", "wav", "flac"]
Why = Literal["empty", "too_large", "too_long", "too_short", "silk", "unknown", "broken"]

_DEMUXERS: dict[Format, str] = {
    "amr-nb": "amr",
    "amr-wb": "amr",
    "ogg": "ogg",
    "webm": "matroska",
    "mp4": "mov",
    "mp3": "mp3",
    "aac": "aac",
    "wav": "wav",
    "flac": "flac",
}
_OPENCORE: dict[Format, tuple[str, int]] = {
    "amr-nb": ("libopencore_amrnb", 8_000),
    "amr-wb": ("libopencore_amrwb", 16_000),
}
_RATES = range(4_000, 384_001)
_MAX_CHANNELS = 16
_MAX_BAD_PACKETS = 200


class SpeechUnreadable(Exception):
    """A clip that cannot be used. `why` is for choosing the sentence that the person reads."""

    def __init__(self, why: Why, message: str) -> None:
        super().__init__(message)
        self.why = why


def detect(data: bytes) -> Format:
    """Tell the format by the first bytes. Raises `SpeechUnreadable` for an empty, SILK or unknown clip."""
    if not data:
        raise SpeechUnreadable("empty", "the recording is empty")
    if data.startswith((b"#!SILK_V3", b"\x02#!SILK_V3")):
        raise SpeechUnreadable("silk", "SILK v3 recordings cannot be decoded; send AMR, Ogg, M4A, MP3 or WAV")
    found = _by_magic(data) or _by_frame_sync(data)
    if found is None:
        raise SpeechUnreadable("unknown", f"not a known audio format (starts with {data[:8].hex(' ')})")
    return found


def decode(data: bytes) -> Samples:
    """Decode a recording of at most 20 MB and 10 minutes.

    A broken or truncated recording gives what could be decoded of it. Raises `SpeechUnreadable` when that is less
    than 0.3 s, for unknown formats and beyond the limits.
    """
    if len(data) > MAX_BYTES:
        raise SpeechUnreadable("too_large", f"the recording has {len(data)} bytes, more than {MAX_BYTES}")
    kind = detect(data)
    pieces: list[NDArray[np.int16]] = []
    broken: Exception | None = None
    try:
        for piece in _resampled(_frames(data, kind)):
            pieces.append(piece)
    except (av.FFmpegError, ValueError, IndexError, MemoryError) as error:
        broken = error
    samples = np.concatenate(pieces) if pieces else np.zeros(0, np.int16)
    if duration_s(samples) < MIN_SECONDS:
        _refuse_short(samples, kind, broken)
    return samples.astype(np.float32) / 32768.0


def duration_s(samples: NDArray[np.generic]) -> float:
    """Return the length in seconds of samples at `RATE`."""
    return len(samples) / RATE


def _by_magic(data: bytes) -> Format | None:
    """Formats that announce themselves."""
    if data.startswith(b"#!AMR-WB\n"):
        return "amr-wb"
    if data.startswith(b"#!AMR\n"):
        return "amr-nb"
    if data.startswith(b"OggS"):
        return "ogg"
    if data.startswith(b"\x1aE\xdf\xa3"):
        return "webm"
    if data[4:8] == b"ftyp":
        return "mp4"
    if data.startswith(b"RIFF") and data[8:12] == b"WAVE":
        return "wav"
    if data.startswith(b"fLaC"):
        return "flac"
    return "mp3" if data.startswith(b"ID3") else None


def _by_frame_sync(data: bytes) -> Format | None:
    """MPEG audio without a tag starts with eleven set bits; layer bits 00 mean ADTS, that is AAC."""
    if len(data) < 4 or data[0] != 0xFF or data[1] & 0xE0 != 0xE0:
        return None
    return "aac" if data[1] & 0xF6 == 0xF0 else "mp3"


def _frames(data: bytes, kind: Format) -> Iterator[av.AudioFrame]:
    """Yield decoded frames; single packets that do not decode are left out, up to a bound."""
    bad = 0
    with av.open(io.BytesIO(data), mode="r", format=_DEMUXERS[kind], metadata_errors="ignore") as container:
        stream = next(iter(container.streams.audio), None)
        codec = _opencore(kind) or (stream and stream.codec_context)
        if stream is None or codec is None:
            raise ValueError("no sound track that can be decoded")
        for packet in container.demux(stream):
            try:
                yield from codec.decode(packet if packet.size else None)
            except av.EOFError:
                return
            except av.FFmpegError:
                bad += 1
                if bad > _MAX_BAD_PACKETS:
                    raise


def _opencore(kind: Format) -> av.CodecContext | None:
    """Return OpenCORE's decoder for AMR, `None` for all other formats."""
    if kind not in _OPENCORE:
        return None
    name, rate = _OPENCORE[kind]
    codec = av.CodecContext.create(name, "r")
    codec.sample_rate = rate
    codec.layout = "mono"
    return codec


def _resampled(frames: Iterator[av.AudioFrame]) -> Iterator[NDArray[np.int16]]:
    """Yield 16 kHz mono pieces. A change of rate or layout within the clip starts a new resampler."""
    setup: tuple[object, ...] = ()
    resampler = None
    seconds = 0.0
    for frame in frames:
        _require_sane(frame)
        seconds += frame.samples / frame.sample_rate
        if seconds > MAX_SECONDS:
            raise SpeechUnreadable("too_long", f"the recording is longer than {MAX_SECONDS:.0f} s")
        if setup != (setup := (frame.sample_rate, frame.format.name, frame.layout.name)) or resampler is None:
            if resampler is not None:
                yield from _mono(resampler.resample(None))
            resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
        frame.pts = None
        yield from _mono(resampler.resample(frame))
    if resampler is not None:
        yield from _mono(resampler.resample(None))


def _require_sane(frame: av.AudioFrame) -> None:
    """A header may claim a rate that makes seconds of a few bytes: such frames end the decoding."""
    if frame.sample_rate not in _RATES or frame.layout.nb_channels > _MAX_CHANNELS:
        raise ValueError(f"{frame.sample_rate} Hz with {frame.layout.nb_channels} channels is not a voice recording")


def _mono(frames: list[av.AudioFrame]) -> Iterator[NDArray[np.int16]]:
    for frame in frames:
        yield frame.to_ndarray()[0]


def _refuse_short(samples: NDArray[np.int16], kind: Format, broken: Exception | None) -> None:
    if broken is None and len(samples):
        raise SpeechUnreadable("too_short", f"the recording has only {duration_s(samples):.2f} s of sound")
    raise SpeechUnreadable(
        "broken", f"the {kind} recording cannot be decoded: {broken or 'no sound in it'}"
    ) from broken
