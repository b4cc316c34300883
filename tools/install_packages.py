"""Install a lock file into this virtual environment with uv, from the package index that pip is configured for.

uv is ten times as fast as pip but ignores pip's configuration, and whoever sits behind a mirror has configured pip.
So pip's settings are handed over, and should uv fail all the same, pip itself does the work from the same lock with
the same hashes. Usage: install_packages.py REQUIREMENTS_LOCK
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

UV = "uv>=0.9,<1"
#: pip's setting → uv's variable for the same thing.
TRANSLATION = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "cert": "SSL_CERT_FILE",
    "trusted-host": "UV_INSECURE_HOST",
    "no-index": "UV_NO_INDEX",
}


def main(lock: str) -> int:
    """Install `lock` and then the project itself, editable; return the exit code."""
    environment = os.environ | {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1"}
    python = [sys.executable, "-m"]
    if run([*python, "pip", "install", "-qq", UV], environment):
        uv_environment = environment | uv_settings(read_pip_settings(environment), environment)
        uv = [*python, "uv", "pip", "install", "--quiet", "--python", sys.executable]
        if run([*uv, "--compile-bytecode", "-r", lock], uv_environment) and run([*uv, *PROJECT], uv_environment):
            return 0
    sys.stderr.write("setup: uv could not install the packages, trying pip (about a minute)\n")
    pip = [*python, "pip", "install", "-qq"]
    installed = run([*pip, "--require-hashes", "-r", lock], environment) and run([*pip, *PROJECT], environment)
    return 0 if installed else 1


PROJECT = ["--no-deps", "--editable", str(Path(__file__).resolve().parent.parent)]


def run(command: list[str], environment: Mapping[str, str]) -> bool:
    """Run a command with no standard input and tell whether it succeeded."""
    return subprocess.run(command, env=dict(environment), stdin=subprocess.DEVNULL).returncode == 0  # noqa: S603 (our own words)


def read_pip_settings(environment: Mapping[str, str]) -> dict[str, str]:
    """Return pip's settings as pip itself resolves them: files first, `PIP_…` variables over them."""
    listing = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], env=dict(environment), capture_output=True, text=True
    ).stdout
    settings: dict[str, str] = {}
    for line in sorted(listing.splitlines(), key=lambda line: line.startswith(":env:")):
        name, _, value = line.partition("=")
        scope, _, key = name.rpartition(".")
        if scope in ("global", "install", ":env:"):
            settings[key] = str(ast.literal_eval(value))
    return settings


def uv_settings(pip_settings: Mapping[str, str], environment: Mapping[str, str]) -> dict[str, str]:
    """Translate pip's settings for uv; what the user has set for uv stays.

    pip takes the best file from any index, uv only from the first that knows the name; the lock's hashes make the
    former as safe.
    """
    found = {
        theirs: " ".join(pip_settings[ours].split())
        for ours, theirs in TRANSLATION.items()
        if pip_settings.get(ours) and theirs not in environment
    }
    if "UV_FIND_LINKS" in found:
        found["UV_FIND_LINKS"] = found["UV_FIND_LINKS"].replace(" ", ",")
    if "UV_INDEX" in found and "UV_INDEX_STRATEGY" not in environment:
        found["UV_INDEX_STRATEGY"] = "unsafe-best-match"
    return found


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: install_packages.py REQUIREMENTS_LOCK")
    sys.exit(main(sys.argv[1]))
