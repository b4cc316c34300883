"""The papers agree with the code, with each other, and with nobody's machine."""

from __future__ import annotations

import re
import subprocess
import tomllib
from collections import Counter
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import pytest

from bot.cli.program import build_parser

ROOT = Path(__file__).resolve().parent.parent
README, TWIN = ROOT / "README.md", ROOT / "README.zh-CN.md"

#: What belongs to one machine or to nobody's business. Written in pieces, or this file would find itself.
PRIVATE = re.compile("|".join(["/wor" + "k/", "/ro" + "ot/", "/home/[a-z]", r"\.\./sha" + "red", "/Us" + "ers/"]))


@cache
def bundled() -> tuple[Path, ...]:
    """Return the files of the project: what git tracks or would track, else (in an export) what lies in the folder."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if listing.returncode == 0:
        return tuple(path for name in listing.stdout.split("\0") if name and (path := ROOT / name).is_file())
    skipped = {".venv", ".git", "node_modules", "models"}
    return tuple(p for p in ROOT.rglob("*") if p.is_file() and not skipped & set(p.relative_to(ROOT).parts))


def documents() -> list[Path]:
    return [path for path in bundled() if path.suffix == ".md"]


def outside_code(text: str) -> str:
    return re.sub(r"<!--.*?-->|^```.*?^```|`[^`\n]*`", "", text, flags=re.M | re.S)


def anchors_of(text: str) -> set[str]:
    """Return the anchors that GitHub makes of a document's headings."""
    titles = re.findall(r"^#+ +(.+)$", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S), flags=re.M)
    return {re.sub(r"[^\w\- ]", "", title.strip().lower()).replace(" ", "-") for title in titles}


def broken_links(document: Path) -> list[str]:
    text = document.read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)", outside_code(text))
    return [target for target in targets if not resolves(document, target)]


def resolves(document: Path, target: str) -> bool:
    if re.match(r"[a-z]+:", target):
        return True
    name, _, anchor = unquote(target).partition("#")
    file = (document.parent / name).resolve() if name else document
    if not file.exists():
        return False
    return not anchor or (file.suffix == ".md" and anchor in anchors_of(file.read_text(encoding="utf-8")))


@pytest.mark.parametrize("document", documents(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_internal_links_resolve(document: Path) -> None:
    assert broken_links(document) == []


def test_a_broken_link_is_seen(tmp_path: Path) -> None:
    document = tmp_path / "page.md"
    document.write_text("# One two\n[a](#one-two) [b](#three) [c](none.md) `[d](no.md)` ![e](none.png)\n")
    assert broken_links(document) == ["#three", "none.md", "none.png"]


def shape_of(document: Path) -> list[int]:
    text = re.sub(r"^```.*?^```", "", document.read_text(encoding="utf-8"), flags=re.M | re.S)
    return [len(marks) for marks in re.findall(r"^(#+) ", text, flags=re.M)]


def commands_of(document: Path) -> list[str]:
    """Return the command lines of the shell blocks, without their comments."""
    blocks = re.findall(r"^```(?:sh|bash|ini)\n(.*?)^```", document.read_text(encoding="utf-8"), flags=re.M | re.S)
    lines = [re.sub(r"(^|\s)#.*", "", line).rstrip() for block in blocks for line in block.splitlines()]
    return [line for line in lines if line]


def test_the_readme_and_its_twin_have_the_same_shape_and_commands() -> None:
    assert len(shape_of(README)) > 3
    assert shape_of(README) == shape_of(TWIN)
    assert len(commands_of(README)) > 5
    assert commands_of(README) == commands_of(TWIN)


def test_the_readme_and_its_twin_name_the_same_things_in_code_and_link_to_the_same() -> None:
    def named(document: Path) -> set[str]:
        text = re.sub(r"^```.*?^```|<!--.*?-->", "", document.read_text(encoding="utf-8"), flags=re.M | re.S)
        words = {word for word in re.findall(r"`([^`\n]+)`", text) if word.isascii()}
        return words | {link for link in re.findall(r"\]\(([^)\s]+)\)", text) if not link.startswith("README")}

    assert len(named(README)) > 30
    assert named(README) == named(TWIN)


def test_the_make_targets_of_the_readme_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.M))
    named = set(re.findall(r"\bmake ([a-z]+)", "\n".join(commands_of(README))))
    assert {"demo", "test"} <= named <= targets


@pytest.mark.parametrize("document", [README, TWIN], ids=["English", "Chinese"])
def test_the_readme_lists_the_commands_that_there_are(document: Path) -> None:
    listed = re.findall(r"^\| `waiqin ([a-z]+)", document.read_text(encoding="utf-8"), flags=re.M)
    (choices,) = (action.choices for action in build_parser()._actions if action.dest == "command")
    assert sorted(listed) == sorted(choices or ())


def test_every_setting_is_documented() -> None:
    from bot.settings import Settings

    papers = [README, TWIN, *ROOT.glob("docs/configuration*.md")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in papers)
    names = [f"WAIQIN_{name.upper()}" for name in Settings.model_fields]
    assert names
    assert [name for name in names if not re.search(rf"\b{name}\b", text)] == []


def test_every_documented_setting_exists() -> None:
    from bot.settings import Settings

    known = {f"WAIQIN_{name.upper()}" for name in Settings.model_fields} | {"WAIQIN_CHROMIUM"}
    assert set(re.findall(r"WAIQIN_[A-Z_]+", README.read_text(encoding="utf-8"))) - known == set()


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_locks_pin_by_hash_and_name_no_address(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert "://" not in text
    assert "--index-url" not in text
    pins = re.findall(r"^[a-z0-9][^\n]*\\\n    --hash=sha256:", text, flags=re.M)
    assert len(pins) == len(re.findall(r"^[A-Za-z0-9]", text, flags=re.M)) > 20


def test_locks_hold_every_library_that_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    for lock, asked in {
        "requirements.lock": project["project"]["dependencies"],
        "requirements-dev.lock": project["project"]["dependencies"] + project["dependency-groups"]["dev"],
    }.items():
        locked = set(re.findall(r"^([a-z0-9-]+)==", (ROOT / lock).read_text(encoding="utf-8"), flags=re.M))
        wanted = {re.split(r"[^A-Za-z0-9-]", library)[0].lower() for library in asked}
        assert wanted - locked == set()


def test_nothing_refers_to_one_machine() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path in bundled()
        if path.suffix in {".py", ".md", ".toml", ".yaml", ".yml", ".json", ".jsonl", ".sh", ".lock", ".ts", ""}
        if (match := PRIVATE.search(path.read_text(encoding="utf-8", errors="replace")))
    ]
    assert found == []


def test_every_word_of_the_glossary_stands_there_once() -> None:
    text = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", text, flags=re.M)
    words = [word.strip(" `") for word, _, _ in rows if set(word.strip()) != {"-"} and word.strip() != "word"]
    assert len(words) > 40
    assert [word for word, count in Counter(words).items() if count > 1] == []
