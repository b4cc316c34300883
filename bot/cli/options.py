"""Options that several commands share."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.cli.parsing import Parser

    Commands = argparse._SubParsersAction[Parser]


def add_directory_options(parser: Parser) -> None:
    """Add `--customers`, `--reps` and `--playbook`."""
    parser.add_argument("--customers", type=Path, required=True, metavar="文件", help="客户名录，CSV 或 XLSX")
    parser.add_argument("--reps", type=Path, required=True, metavar="文件", help="人员名单，CSV 或 XLSX")
    parser.add_argument("--playbook", metavar="名称", help="行没有写明时用的规则包名，或 .yaml 文件（默认 generic）")


def add_data_option(parser: Parser) -> None:
    """Add `--data`."""
    parser.add_argument("--data", type=Path, metavar="目录", help="数据目录")


def port(text: str) -> int:
    """Read a TCP port; 0 lets the system choose one."""
    number = int(text) if text.isdecimal() else -1
    if not 0 <= number <= 65535:
        raise argparse.ArgumentTypeError(f"端口应为 0 到 65535 的整数，不能是 “{text}”")
    return number
