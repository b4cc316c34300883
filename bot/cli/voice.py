"""`waiqin voice`: recordings named on standard input, transcript and five fields of each on standard output."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from bot.cli.options import add_directory_options

if TYPE_CHECKING:
    from bot.cli.known import Known
    from bot.cli.lines import Answer, Line
    from bot.cli.options import Commands
    from bot.cli.recordings import Recogniser


def add_command(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("voice", help="从语音提取五个字段（标准输入每行一条 JSON：file、sent_at、rep）")
    add_directory_options(parser)
    parser.add_argument("--model", type=Path, metavar="目录", help="语音识别模型所在目录（默认用已下载的 base）")
    parser.add_argument("--dir", type=Path, default=Path(), metavar="目录", help="file 相对的目录（默认当前目录）")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Answer every recording of standard input."""
    from bot.cli.known import load_known
    from bot.cli.lines import answer_lines
    from bot.cli.recordings import open_recogniser

    known = load_known(args)
    with open_recogniser(args.model) as recognise:
        answer_lines(sys.stdin.buffer, sys.stdout.buffer, lambda line: hear(line, args.dir, known, recognise))
    return 0


def hear(line: Line, folder: Path, known: Known, recognise: Recogniser) -> Answer:
    """Return the fields and the transcript of one recording. Raises `LineError`."""
    from bot.cli.lines import read_bytes
    from bot.cli.notes import read_time

    read_time(line, "sent_at")  # a line that cannot be dated is refused before seconds are spent on its sound
    transcript = recognise(read_bytes(folder, line), known.hints(line))
    return known.answer(line, transcript, channel="voice") | {"transcript": transcript}
