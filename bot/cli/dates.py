"""`waiqin dates`: texts on standard input, the first date of each on standard output."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.cli.lines import Answer, Line
    from bot.cli.options import Commands


def add_command(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("dates", help="读出文字里的日期（标准输入每行一条 JSON：id、text、reference）")
    parser.add_argument("--follow-up", action="store_true", help="给出整条记录的下次跟进日，而不是第一个日期")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Answer every text of standard input."""
    from bot.cli.lines import answer_lines

    answer_lines(sys.stdin.buffer, sys.stdout.buffer, follow_up_day if args.follow_up else first_day)
    return 0


def first_day(line: Line) -> Answer:
    """Return the first date expression of a text, resolved from its reference time (DECISIONS 20)."""
    from bot.cli.lines import text_of
    from bot.cli.notes import read_time, to_plain
    from nlp.dates import resolve_first

    found = resolve_first(text_of(line, "text"), read_time(line, "reference"))
    return {
        "id": line.get("id"),
        "date": to_plain(found.date) if found else None,
        "end": to_plain(found.end) if found else None,
        "span": list(found.span) if found else None,
        "alternatives": [to_plain(day) for day in found.alternatives] if found else [],
    }


def follow_up_day(line: Line) -> Answer:
    """Return the day on which the note owes the customer an action; null where it names none."""
    from bot.cli.lines import text_of
    from bot.cli.notes import read_time, to_plain
    from nlp.dates import follow_up

    guess = follow_up(text_of(line, "text"), read_time(line, "reference"))
    return {
        "id": line.get("id"),
        "date": to_plain(guess.value),
        "end": None,
        "span": list(guess.span) if guess.span is not None else None,
        "alternatives": [to_plain(day) for day in guess.alternatives],
    }
