"""How fast a deployment's own time runs: 1 in life; the torture runs days in seconds (DECISIONS 17).

Two kinds of seconds stand in the code. *Waits* are for others to get well or for time to pass: they shrink with the
scale. *Patience* is how long a piece of work may take before it counts as failed; the work itself does not become
quicker, so patience shrinks by at most `LEAST_PATIENCE`.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

#: Patience is never divided by more than this: a callback must still be allowed a second.
LEAST_PATIENCE = 5.0


@dataclass(frozen=True, slots=True)
class Pace:
    """Divides waits by `scale` (at least 1)."""

    scale: float = 1.0

    def wait_s(self, seconds: float) -> float:
        """Return the real seconds of a wait."""
        return seconds / self.scale

    def patience_s(self, seconds: float) -> float:
        """Return the real seconds after which work has taken too long."""
        return seconds / min(self.scale, LEAST_PATIENCE)

    async def sleep(self, seconds: float) -> None:
        """Wait in this process."""
        await asyncio.sleep(self.wait_s(seconds))
