"""`waiqin export`: everything that is kept, as files without formulas."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.cli.options import Commands


def add_command(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("export", help="导出数据（CSV、XLSX）")
    parser.add_argument("--out", type=Path, required=True, metavar="目录", help="导出到这个目录")
    parser.add_argument("--format", choices=("csv", "xlsx"), default="csv", help="文件格式（默认 csv）")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Write the files and report their names."""
    from bot.admin import run_export

    return run_export(args)
