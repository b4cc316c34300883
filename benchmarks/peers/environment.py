"""The peers' own virtual environment `.venv-peers`: made on demand, apart from ours, left out of the repository."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from tools.install_packages import read_pip_settings, uv_settings

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv-peers"
PYTHON = VENV / "bin" / "python"
REQUIREMENTS = Path(__file__).with_name("requirements.txt")
READER = Path(__file__).with_name("reader.py")
#: A library that needs longer than this to install, or for all cases of a task, does not take part.
INSTALL_WITHIN_S, ANSWER_WITHIN_S = 300, 300


class Absent(RuntimeError):
    """A peer cannot take part; the message says why in one line."""


def wanted() -> list[str]:
    """Return the requirements, without comments."""
    lines = (line.partition("#")[0].strip() for line in REQUIREMENTS.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line]


def set_up() -> dict[str, str]:
    """Make the environment and install what can be installed; return the failures by requirement, one line each."""
    environment = os.environ | uv_settings(read_pip_settings(os.environ), os.environ)
    uv = [sys.executable, "-m", "uv"]
    if not PYTHON.exists():
        made = _run([*uv, "venv", "--quiet", "--python", sys.executable, str(VENV)], environment)
        if made:
            return dict.fromkeys(wanted(), made)
    install = [*uv, "pip", "install", "--quiet", "--python", str(PYTHON)]
    if not _run([*install, "-r", str(REQUIREMENTS)], environment):
        return {}
    failures = {name: _run([*install, name], environment) for name in wanted()}
    return {name: why for name, why in failures.items() if why}


def _run(command: Sequence[str], environment: dict[str, str]) -> str:
    """Run a command; return nothing on success, else its last line of complaint."""
    try:
        done = subprocess.run(
            command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=INSTALL_WITHIN_S
        )
    except subprocess.TimeoutExpired:
        return f"not finished after {INSTALL_WITHIN_S} s"
    if done.returncode == 0:
        return ""
    return (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1].strip()


def versions() -> dict[str, str]:
    """Return the installed version of every requirement that is there."""
    code = (
        "import importlib.metadata as m, json, sys\n"
        "print(json.dumps({d.metadata['Name'].lower(): d.version for d in m.distributions()}))"
    )
    if not PYTHON.exists():
        return {}
    found = json.loads(subprocess.run([PYTHON, "-c", code], capture_output=True, text=True, check=True).stdout)
    names = [requirement.partition(">")[0].partition("<")[0] for requirement in wanted()]
    return {name: found[name] for name in names if name in found}


def ask(peer: str, task: str, cases: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Let a peer answer all cases in a process of its own; one answer a case, in order. Raises `Absent`."""
    lines = "\n".join(json.dumps(case, ensure_ascii=False) for case in cases) + "\n"
    try:
        done = subprocess.run(
            [PYTHON, "-W", "ignore", READER, peer, task],
            input=lines,
            capture_output=True,
            text=True,
            timeout=ANSWER_WITHIN_S,
            cwd=ROOT,
        )
    except OSError:
        raise Absent("no .venv-peers") from None
    except subprocess.TimeoutExpired:
        raise Absent(f"no end after {ANSWER_WITHIN_S} s") from None
    if done.returncode != 0:
        raise Absent((done.stderr.strip().splitlines() or ["it stopped"])[-1][:100])
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith('{"answer"')]
