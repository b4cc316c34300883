"""`waiqin doctor`: checks settings, database, folders, model and the live platform."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.cli.options import Commands


def add_command(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("doctor", help="检查配置，并说明到哪一页去改")
    parser.add_argument("--audit", action="store_true", help="也核对每一条审计链（数据多时要几分钟）")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Check everything; exit 1 where something fails."""
    from bot.doctor import run_doctor

    return run_doctor(args)
