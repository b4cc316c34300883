"""An argument parser that speaks Chinese and refuses in one sentence."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable
from typing import NoReturn

from bot.cli.usage import UsageError

#: argparse's own English messages and what they mean.
_MESSAGES = (
    (re.compile(r"the following arguments are required: (.+)"), r"缺少 \1"),
    (re.compile(r"unrecognized arguments: (.+)"), r"不认识 \1"),
    (re.compile(r"argument (.+?): invalid choice: (.+?) \(choose from (.+)\)"), r"\1 不能是 \2，应为 \3 之一"),
    (re.compile(r"argument (.+?): expected (?:one|at least one) argument"), r"\1 后面要有一个值"),
    (re.compile(r"argument (.+?): invalid int value: (.+)"), r"\1 应为整数，不能是 \2"),
    (re.compile(r"argument (.+?): ignored explicit argument (.+)"), r"\1 不带值，不能写 \2"),
    (re.compile(r"argument (.+?): (.+)"), r"\1 不对：\2"),
)


class Parser(argparse.ArgumentParser):
    """`argparse.ArgumentParser` without abbreviations, with one-sentence errors and Chinese headings."""

    def __init__(self, **settings: object) -> None:
        super().__init__(allow_abbrev=False, add_help=False, formatter_class=_Help, **settings)  # type: ignore[arg-type]
        self._positionals.title = "参数"
        self._optionals.title = "选项"
        self.add_argument("-h", "--help", action="help", help="显示这段说明")

    def error(self, message: str) -> NoReturn:
        """Refuse in one sentence. Raises `UsageError`."""
        raise UsageError(f"{_in_chinese(message)}；用法见 {self.prog} --help")


class _Help(argparse.HelpFormatter):
    """Help under the heading 用法."""

    def add_usage(
        self,
        usage: str | None,
        actions: Iterable[argparse.Action],
        groups: Iterable[argparse._MutuallyExclusiveGroup],
        prefix: str | None = None,
    ) -> None:
        """Add the usage line; an empty prefix is argparse asking for a subcommand's name."""
        super().add_usage(usage, actions, groups, "用法：" if prefix is None else prefix)


def _in_chinese(message: str) -> str:
    for pattern, words in _MESSAGES:
        if pattern.fullmatch(message):
            return pattern.sub(words, message)
    return message
