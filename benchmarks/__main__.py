"""All measured comparisons in order: `python -m benchmarks [NAME…]`.

Each is also a program of its own (`python -m benchmarks.callback --help`). One that fails is named at the end and does
not keep the others from running.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time

from benchmarks.service import ROOT

#: What runs, in this order: name, what it says, arguments.
ALL: dict[str, tuple[str, tuple[str, ...]]] = {
    "extraction": ("fields right on annotated notes", ()),
    "voice": ("recognising speech with our hints and without", ()),
    "voice_fields": ("fields right from speech, with our hints and without", ()),
    "names_stress": ("names under wear: invented companies, damaged by recogniser and thumb", ()),
    "noisy_notes": ("names in voice notes damaged by sound", ()),
    "names_growth": ("finding names in directories of 400 to 100,000 customers", ()),
    "peers": ("dates and customers beside other libraries, in an environment of their own", ()),
    "growth": ("what a message costs with 10 and 100 thousand visits stored", ()),
    "soak": ("memory under steady load for a minute", ()),
    "callback": ("accepting, doing and answering callbacks, beside the bare limits", ()),
    "many_processes": ("several processes on PostgreSQL: rate, drain, transcription, text beside waiting voice", ()),
}


def run(name: str) -> int:
    """Run one comparison in a process of its own; return its exit code."""
    title, arguments = ALL[name]
    print(f"\n== {name}: {title}", flush=True)
    begun = time.monotonic()
    code = subprocess.run([sys.executable, "-m", f"benchmarks.{name}", *arguments], cwd=ROOT, check=False).returncode
    print(f"   ({time.monotonic() - begun:.0f} s)", flush=True)
    return code


def main() -> int:
    """Run the named comparisons, or all; return 1 if one failed."""
    parser = argparse.ArgumentParser(description="measured comparisons", epilog=f"names: {', '.join(ALL)}")
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these")
    wanted = parser.parse_args().names or list(ALL)
    unknown = [name for name in wanted if name not in ALL]
    if unknown:
        parser.error(f"unknown {unknown[0]!r}; there are {', '.join(ALL)}")
    print(f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f} before the start")
    failed = [name for name in wanted if run(name) != 0]
    if failed:
        print(f"\nfailed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
