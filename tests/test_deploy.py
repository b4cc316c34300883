"""The files for putting waiqin up name settings, commands and folders that there are."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.cli.program import build_parser
from bot.engine import ALL_QUEUES
from bot.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
UNITS = sorted((ROOT / "deploy").glob("*.service")) + sorted((ROOT / "deploy").glob("*.timer"))
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
PAPERS = [ROOT / "Containerfile", ROOT / "compose.yaml", ROOT / "deploy" / "waiqin.env.example", *UNITS]


@pytest.mark.parametrize("paper", PAPERS, ids=lambda path: path.name)
def test_only_settings_that_exist_are_named(paper: Path) -> None:
    known = {f"WAIQIN_{name.upper()}" for name in Settings.model_fields}
    named = set(re.findall(r"\bWAIQIN_[A-Z_]+", paper.read_text(encoding="utf-8")))
    assert named - known == set()


def test_the_example_names_every_setting_that_serving_needs() -> None:
    example = (ROOT / "deploy" / "waiqin.env.example").read_text(encoding="utf-8")
    needed = Settings(_env_file=None).missing_for_serving()
    assert [name for name in needed if f"{name}=" not in example] == []


def test_the_image_holds_every_package_and_nothing_else() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    packages = set(project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"])
    copied = set(re.findall(r"^COPY (\w+) \1$", (ROOT / "Containerfile").read_text(encoding="utf-8"), flags=re.M))
    sent = set(re.findall(r"^!(\w+)$", (ROOT / ".dockerignore").read_text(encoding="utf-8"), flags=re.M))
    assert copied == packages == sent - {"LICENSE"}


def test_the_composed_processes_serve_every_queue_once() -> None:
    queues: list[str] = []
    for name in ("serve", "hear"):
        arguments = build_parser().parse_args(COMPOSE["services"][name]["command"])
        queues += arguments.queues.split(",")
    assert sorted(queues) == sorted(ALL_QUEUES)


def test_the_composed_processes_share_one_media_folder_and_one_host_name() -> None:
    serve, hear = (COMPOSE["services"][name] for name in ("serve", "hear"))
    assert serve["environment"] == hear["environment"]
    assert serve["volumes"] == hear["volumes"] == ["data:/data"]
    assert serve["hostname"] == hear["hostname"]
    assert {volume.split(":")[0] for one in COMPOSE["services"].values() for volume in one["volumes"]} == set(
        COMPOSE["volumes"]
    )


def test_nothing_is_published_beyond_this_machine() -> None:
    published = [port for one in COMPOSE["services"].values() for port in one.get("ports", [])]
    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_systemd_understands_the_units(unit: Path) -> None:
    said = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False).stderr
    about_it = [line for line in said.splitlines() if unit.name in line or "waiqin" in line]
    assert [line for line in about_it if "is not executable" not in line] == []


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_the_units_run_commands_that_exist(unit: Path) -> None:
    for command in re.findall(r"^ExecStart=\S+/waiqin (.+)$", unit.read_text(encoding="utf-8"), flags=re.M):
        assert build_parser().parse_args(command.split()).run
