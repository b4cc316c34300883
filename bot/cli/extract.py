"""`waiqin extract`: visit notes on standard input, the five fields of each on standard output."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from bot.cli.options import add_directory_options

if TYPE_CHECKING:
    from bot.cli.options import Commands


def add_command(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("extract", help="从拜访记录提取五个字段（标准输入每行一条 JSON）")
    add_directory_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Answer every note of standard input."""
    from bot.cli.known import load_known
    from bot.cli.lines import answer_lines, text_of

    known = load_known(args)
    answer_lines(sys.stdin.buffer, sys.stdout.buffer, lambda line: known.answer(line, text_of(line, "text")))
    return 0
