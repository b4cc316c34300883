"""`waiqin torture`: days of virtual reps with everything going wrong, and a ledger that must balance at the end."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from bot.cli.usage import UsageError

if TYPE_CHECKING:
    from bot.cli.options import Commands
    from bot.torture.plan import Story


def add_command(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("torture", help="故障演练：按种子反复折磨真实进程，核对一条不丢、不重、不改、不卡")
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--seed", type=int, metavar="N", help="演一个种子")
    which.add_argument("--seeds", metavar="A-B", help="演一段种子")
    which.add_argument("--story", type=Path, metavar="文件", help="重演一个写下来的故事")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="同时演几个（默认 2）")
    parser.add_argument("--time-scale", type=float, default=60.0, metavar="N", help="时间压缩倍数（默认 60）")
    parser.add_argument("--servers", type=int, default=1, metavar="N", help="serve 进程数（多于 1 需要 PostgreSQL）")
    parser.add_argument("--workers", type=int, default=0, metavar="N", help="worker 进程数（需要 PostgreSQL）")
    parser.add_argument("--database-url", default="", metavar="URL", help="可建库的 PostgreSQL；不写用 SQLite")
    parser.add_argument("--record", type=Path, metavar="文件", help="每个通过的种子记一行；已有的不再演")
    parser.add_argument("--keep", type=Path, metavar="目录", help="留下各进程的日志和失败的故事")
    parser.add_argument("--shrink-tries", type=int, default=24, metavar="N", help="失败后最多重演几次来缩短故事")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Torture, print, and return 1 unless all four counts are 0."""
    from bot.torture.session import Order
    from bot.torture.session import run as play
    from bot.torture.system import Shape

    if not args.database_url and (args.servers, args.workers) != (1, 0):
        raise UsageError("SQLite 只容一个进程：多个 --servers 或 --workers 要写 --database-url")
    order = Order(
        seeds=_seeds(args),
        story=_story(args.story),
        shape=Shape(args.servers, args.workers, args.database_url, args.time_scale),
        jobs=max(1, args.jobs),
        record=args.record,
        keep=args.keep,
        shrink_tries=args.shrink_tries,
    )
    return play(order)


def _seeds(args: argparse.Namespace) -> tuple[int, ...]:
    if args.seed is not None:
        return (args.seed,)
    if args.seeds is None:
        return ()
    first, _, last = args.seeds.partition("-")
    if not first.isdigit() or not last.isdigit() or int(first) > int(last):
        raise UsageError(f"--seeds 要写成 1-40 这样，不是 {args.seeds}")
    return tuple(range(int(first), int(last) + 1))


def _story(path: Path | None) -> Story | None:
    from bot.torture.plan import Story

    if path is None:
        return None
    try:
        return Story.from_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} 不是一个故事：{error}") from error
