"""`waiqin serve`: the production service, edges and workers in one process."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from bot.cli.options import port

if TYPE_CHECKING:
    from bot.cli.options import Commands


def add_command(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("serve", help="启动正式服务")
    parser.add_argument("--host", metavar="地址", help="监听地址")
    parser.add_argument("--port", type=port, metavar="端口", help="监听端口")
    parser.add_argument(
        "--queues",
        metavar="队列",
        help="只处理这些队列，用逗号隔开（默认全部；none 只接收，由 worker 处理；需 PostgreSQL）",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run until interrupted."""
    from bot.server import run_serve

    return run_serve(args)
