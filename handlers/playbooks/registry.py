"""The playbooks in use: bundled ones, overridden or added to by a deployment's folder, reloaded when a file changes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from handlers.playbooks.load import PlaybookError, bundled_names, bundled_text, load_text, read_file
from handlers.playbooks.schema import NAME, Playbook

#: What tells whether a file changed: modification time in ns and size; None for the bundled text.
_Stamp = tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class _Entry:
    stamp: _Stamp
    playbook: Playbook | None
    text: str
    error: PlaybookError | None


class Playbooks:
    """Serves playbooks by name. A broken new version is reported, and the last good one stays in use."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._entries: dict[str, _Entry] = {}

    def names(self) -> tuple[str, ...]:
        """Return the names of all playbooks, bundled and in the folder."""
        own = {path.stem for path in self._files() if NAME.fullmatch(path.stem)}
        return tuple(sorted(own.union(bundled_names())))

    def get(self, name: str) -> Playbook:
        """Return the newest good version. Raises `PlaybookError` where there never was one, `KeyError` if unknown."""
        entry = self._refresh(name)
        if entry.playbook is None:
            assert entry.error is not None
            raise entry.error
        return entry.playbook

    def text(self, name: str) -> str:
        """Return the YAML of the version that `get` serves, for keeping every version that decided something."""
        self.get(name)
        return self._entries[name].text

    def problems(self) -> dict[str, PlaybookError]:
        """Return, by name, why the newest version of a playbook is not in use. Empty when all is well."""
        entries = {name: self._refresh(name) for name in {*self.names(), *self._entries}}
        found = {name: entry.error for name, entry in sorted(entries.items()) if entry.error is not None}
        for path in self._files():
            if not NAME.fullmatch(path.stem):
                found[path.stem] = PlaybookError([f"{path.name}：文件名应为小写英文，例如 retail.yaml"])
        return found

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob("*.yaml")) if self._folder is not None else []

    def _refresh(self, name: str) -> _Entry:
        known = self._entries.get(name)
        stamp = self._stamp(name)
        if stamp is None and name not in bundled_names():
            if known is None:
                raise KeyError(name)
            gone = PlaybookError([f"{name}.yaml：文件不见了，沿用上一版"])
            return replace(known, error=gone) if known.playbook is not None else known
        if known is None or known.stamp != stamp:
            self._entries[name] = self._read(name, stamp, known)
        return self._entries[name]

    def _read(self, name: str, stamp: _Stamp, known: _Entry | None) -> _Entry:
        if stamp is None:
            text = bundled_text(name)
            return _Entry(None, load_text(text, f"{name}.yaml"), text, None)
        try:
            text = read_file(self._path(name))
            playbook = load_text(text, self._path(name).name)
            if playbook.name != name:
                raise PlaybookError([f"{name}.yaml：name 写的是“{playbook.name}”；应与文件名“{name}”相同"])
        except PlaybookError as error:
            kept = known or self._bundled(name)
            return _Entry(stamp, kept.playbook if kept else None, kept.text if kept else "", error)
        return _Entry(stamp, playbook, text, None)

    def _bundled(self, name: str) -> _Entry | None:
        return self._read(name, None, None) if name in bundled_names() else None

    def _path(self, name: str) -> Path:
        assert self._folder is not None
        return self._folder / f"{name}.yaml"

    def _stamp(self, name: str) -> _Stamp:
        """Return what tells versions of the folder's file apart, None where there is none."""
        if self._folder is None or not NAME.fullmatch(name):
            return None
        try:
            status = self._path(name).stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_size
