"""`waiqin backup`: one consistent copy of everything that is kept, made while the service runs."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.cli.options import Commands


def add_command(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("backup", help="备份全部数据，服务不用停")
    parser.add_argument("folder", type=Path, metavar="目录", help="放备份的目录；照片和录音在里面只存一份")
    parser.add_argument("--keep", type=int, default=0, metavar="份数", help="只留最新的这么多份（默认全留）")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Write one backup."""
    from bot.backup import run_backup

    return run_backup(args)
