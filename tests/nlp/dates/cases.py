"""Loading the case files beside this module: one JSON object a line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

_HERE = Path(__file__).parent


def load_cases(name: str) -> list[dict[str, Any]]:
    """Return the cases of `name`.jsonl."""
    lines = (_HERE / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines if line.strip()]
