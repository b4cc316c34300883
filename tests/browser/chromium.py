"""Where the browser tests find Chromium, and how they start it."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

#: No sandbox (containers forbid it) and not a packet to anybody but the page under test.
LAUNCH_ARGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@cache
def find_chromium() -> str | None:
    """Return the browser that `WAIQIN_CHROMIUM` names, else one on PATH, else `None`: Playwright's own download.

    For `playwright.chromium.launch(executable_path=find_chromium(), args=[*LAUNCH_ARGS])`.
    """
    if chosen := os.environ.get("WAIQIN_CHROMIUM"):
        return chosen
    return next((path for path in map(shutil.which, _NAMES) if path and _starts(path)), None)


def _starts(path: str) -> bool:
    """Tell a browser from Ubuntu's stub, which is on PATH and only points to a snap."""
    return subprocess.run([path, "--version"], capture_output=True).returncode == 0
