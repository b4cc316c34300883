"""`waiqin restore`: puts a backup into an empty place, also from SQLite into PostgreSQL."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.cli.options import Commands


def add_command(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("restore", help="把备份恢复到空的数据库，SQLite 和 PostgreSQL 可以互换")
    parser.add_argument("folder", type=Path, metavar="备份", help="一份备份，或放备份的目录（取最新的一份）")
    parser.add_argument("--check", action="store_true", help="只检查备份是否完好，什么都不写")
    parser.add_argument("--database-url", metavar="地址", help="恢复到这个数据库（默认按设置）")
    parser.add_argument("--media-url", metavar="地址", help="照片和录音放到这里（默认按设置）")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Check and restore."""
    from bot.backup import run_restore

    return run_restore(args)
