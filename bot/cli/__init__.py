"""The `waiqin` command. Commands import what they need only when they run, so that `--help` is quick."""

from bot.cli.program import main

__all__ = ["main"]
