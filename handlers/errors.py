"""The error tree, by who acts.

- the rep: `DomainError` – expected; carries a sentence for the person and the next step
- the worker: `RetryableError` – try again after `retry_after_s`
- the operator: `PermanentError` – will not heal by itself; shown by `waiqin doctor` and in the log
"""

from __future__ import annotations


class WaiqinError(Exception):
    """Base of all errors that the application raises on purpose."""


class DomainError(WaiqinError):
    """An expected refusal. `sentence` is what the person reads (Simplified Chinese, ends with a next step)."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class Unreadable(DomainError):
    """Media that cannot be opened: broken, too large or of an unknown format."""


class NothingHeard(DomainError):
    """Silence, or a recogniser's known hallucination."""


class MalformedAction(WaiqinError):
    """A button key that we did not make."""


class RetryableError(WaiqinError):
    """Something outside did not answer or asked us to wait. `retry_after_s` in seconds."""

    def __init__(self, message: str, *, retry_after_s: float = 5.0) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class Throttled(RetryableError):
    """The platform says that the whole app calls too often: everybody waits `retry_after_s`."""


class PermanentError(WaiqinError):
    """Wrong secret, user left, media gone: repeating will not help. `code` is the platform's."""

    def __init__(self, message: str, *, code: int | str = "") -> None:
        super().__init__(message)
        self.code = code


class MediaGone(PermanentError):
    """The platform no longer has the media (three days)."""


class CardCodeSpent(PermanentError):
    """A card's update code was used or has expired (72 hours); a new card must be sent instead."""
