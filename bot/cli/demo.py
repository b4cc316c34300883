"""`waiqin demo`: the application with stand-ins for the platforms and two phones in the browser."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from bot.cli.options import add_data_option, port

if TYPE_CHECKING:
    from bot.cli.options import Commands


def add_command(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("demo", help="本机演示：不需要企业微信账号")
    parser.add_argument("--port", type=port, default=8787, metavar="端口", help="网页端口（默认 8787，0 为任选）")
    parser.add_argument("--no-browser", action="store_true", help="不打开浏览器，只打印网址")
    add_data_option(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run until interrupted."""
    from bot.demo import run_demo

    return run_demo(args)
