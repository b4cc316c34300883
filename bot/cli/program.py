"""Reads the command line, runs one command, and turns what can go wrong into one sentence and an exit code.

Exit codes: 0 done, 1 could not be done, 2 wrong usage, 130 interrupted.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from bot.cli import (
    backup,
    dates,
    demo,
    doctor,
    export,
    extract,
    import_,
    models,
    restore,
    serve,
    torture,
    voice,
    worker,
)
from bot.cli.parsing import Parser
from bot.cli.usage import UsageError

_COMMANDS = (demo, serve, worker, extract, dates, voice, models, import_, export, backup, restore, doctor, torture)


def build_parser() -> Parser:
    """Return the parser of all commands."""
    parser = Parser(prog="waiqin", description="外勤助手：说二十秒，点一下，拜访就记好了。")
    commands = parser.add_subparsers(title="命令", metavar="命令", dest="command")
    for command in _COMMANDS:
        command.add_command(commands)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    try:
        parser = build_parser()
        args = parser.parse_args(argv)
        if args.command is None:
            parser.error("要写明命令")
        code: int = args.run(args)
        sys.stdout.flush()
    except UsageError as error:
        print(f"waiqin：{error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        _leave_the_pipe()
        return 0
    return code


def _leave_the_pipe() -> None:
    """The reader has gone (`| head`): let the interpreter's last flush go nowhere instead of failing."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
