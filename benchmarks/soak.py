"""Memory over time under steady load: `python -m benchmarks.soak [--seconds 60] [--rate 5] [--json FILE]`.

The real service is driven with notes and taps at a calm, steady rate, and its resident memory is read all the while.
The first third warms it up and does not count; the slope is fitted over the rest. An hour tells (`--seconds 3600`), a
minute only that nothing leaks fast.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.callback import messages
from benchmarks.service import Service, Shown, running

#: Memory is read this often, seconds.
SAMPLE_S = 1.0
#: More growth than this in an hour would fill a small server in a few weeks.
MOST_MB_PER_HOUR = 8.0
#: Below this duration the slope is told and not judged: what a process warms up on is larger.
JUDGED_FROM_S = 600.0


async def soak(seconds: float, rate: float) -> tuple[list[tuple[float, float]], int]:
    """Drive a fresh service; return (seconds, MB) and how many messages it was sent."""
    with tempfile.TemporaryDirectory(prefix="waiqin-soak-") as folder:
        async with running(Path(folder)) as service:
            sampling = asyncio.create_task(_sample(service, seconds))
            sent = await _drive(service, seconds, rate)
            return await sampling, sent


async def _sample(service: Service, seconds: float) -> list[tuple[float, float]]:
    begun, samples = time.perf_counter(), []
    while (passed := time.perf_counter() - begun) < seconds:
        samples.append((passed, service.rss_mb()))
        await asyncio.sleep(SAMPLE_S)
    return samples


async def _drive(service: Service, seconds: float, rate: float) -> int:
    """Send a note, then confirm the card that came for an earlier one, and so on."""
    begun, told = time.perf_counter(), 0
    for number, (rep, text) in enumerate(itertools.cycle(messages(3000))):
        due_s = number / rate
        if due_s >= seconds:
            return number
        await asyncio.sleep(max(0.0, begun + due_s - time.perf_counter()))
        card, told = _next_card(service.platform.shown, told)
        await service.post(service.tap(card) if number % 2 and card else service.note(rep, text))
    return 0


def _next_card(shown: list[Shown], told: int) -> tuple[Shown | None, int]:
    """Return the next new card with a button, and where to go on looking. (An update of a card names no task.)"""
    for position in range(told, len(shown)):
        if shown[position].button_key and "task_id" in shown[position].body["template_card"]:
            return shown[position], position + 1
    return None, len(shown)


def slope_per_hour(samples: list[tuple[float, float]]) -> float:
    """Return the growth in MB an hour over the last two thirds of the samples."""
    steady = samples[len(samples) // 3 :]
    fitted = statistics.linear_regression([at for at, _ in steady], [mb for _, mb in steady])
    return fitted.slope * 3600


def main() -> int:
    """Soak, print samples and slope; return 1 if a long soak grew too fast."""
    parser = argparse.ArgumentParser(description="memory over time under steady load")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--rate", type=float, default=5.0, help="messages a second")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the samples here as well")
    arguments = parser.parse_args()
    samples, sent = asyncio.run(soak(arguments.seconds, arguments.rate))
    for at, mb in samples[:: max(1, len(samples) // 12)]:
        print(f"  {at:>7.0f} s {mb:>8.1f} MB")
    growth = slope_per_hour(samples)
    judged = arguments.seconds >= JUDGED_FROM_S
    verdict = "" if not judged else "  kept" if growth <= MOST_MB_PER_HOUR else "  MISSED"
    most = f" (≤ {MOST_MB_PER_HOUR:g})" if judged else " (too short to judge)"
    print(
        f"  {sent} messages, {samples[-1][1] - samples[0][1]:+.1f} MB in all; slope {growth:+.1f} MB/h{most}{verdict}"
    )
    if arguments.json:
        arguments.json.write_text(json.dumps({"slope_mb_per_hour": growth, "samples": samples}), encoding="utf-8")
    return 1 if judged and growth > MOST_MB_PER_HOUR else 0


if __name__ == "__main__":
    sys.exit(main())
