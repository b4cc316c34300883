"""The torture's servers with a safeguard taken away: `python -m tests.faults.torture_child`.

An order's `without` is `<safeguard>` or `<safeguard>@<point>`: what to do without (see `without`), and where the first
process dies (see `kill_points`). The product knows of neither.
"""

from __future__ import annotations

import os
from pathlib import Path

from bot.torture.child import FOLDER, serve_orders
from tests.faults import kill_points, without


def prepare(order: str) -> None:
    """Maim the server that is about to start."""
    safeguard, _, point = order.partition("@")
    if point:
        kill_points.arm(point, 1, burnt=Path(os.environ[FOLDER]) / "fuse")
    without.remove(safeguard)


if __name__ == "__main__":
    serve_orders(prepare)
