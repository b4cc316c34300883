"""`waiqin worker`: more hands for the queues, on this or another machine."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.cli.options import Commands


def add_command(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("worker", help="启动处理进程")
    parser.add_argument("--queues", metavar="队列", help="只处理这些队列，用逗号隔开，例如 transcribe（默认全部）")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run until interrupted."""
    from bot.server import run_worker

    return run_worker(args)
