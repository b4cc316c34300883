"""`waiqin import`: customers and people from CSV or XLSX, all or nothing."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.cli.options import Commands


def add_command(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("import", help="导入客户名录或人员名单（CSV、XLSX）")
    parser.add_argument("files", type=Path, nargs="+", metavar="文件", help="CSV 或 XLSX 文件")
    parser.add_argument("--kind", choices=("customers", "reps"), help="文件内容；不写则看列名")
    parser.add_argument("--dry-run", action="store_true", help="只报告会有哪些变化，不写入")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Import the files and report what changed."""
    from bot.admin import run_import

    return run_import(args)
