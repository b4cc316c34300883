"""The error of a command that was called wrongly."""

from __future__ import annotations


class UsageError(Exception):
    """Wrong arguments or unusable input files. The message is one Chinese sentence; the exit code is 2."""
