"""Something heavy in memory only while it is needed: loaded at first use, let go after a while of no use."""

from __future__ import annotations

import ctypes
import gc
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

T = TypeVar("T")


class Resident(Generic[T]):
    """Holds one `T`, shared by any number of threads.

    `load` makes it (once, under a lock; callers wait), `release` frees what it holds. `idle_s` seconds after the last
    use it is let go; 0 or less keeps it for good.
    """

    def __init__(self, load: Callable[[], T], release: Callable[[T], None], *, idle_s: float) -> None:
        self._load = load
        self._release = release
        self._idle_s = idle_s
        self._lock = threading.Lock()
        self._held: T | None = None
        self._users = 0
        self._timer: threading.Timer | None = None
        #: Set while nothing is held, for those who want to wait for it.
        self.gone = threading.Event()
        self.gone.set()

    @property
    def is_loaded(self) -> bool:
        return self._held is not None

    @contextmanager
    def use(self) -> Iterator[T]:
        """Give the held thing for the length of a block; it is not let go meanwhile."""
        held = self._enter()
        try:
            yield held
        finally:
            self._leave()

    def let_go(self) -> bool:
        """Free what is held now, unless it is in use. Returns whether nothing is held any more."""
        with self._lock:
            if self._users:
                return False
            self._stop_timer()
            if self._held is not None:
                self._release(self._held)
                self._held = None
                give_memory_back()
            self.gone.set()
            return True

    def _enter(self) -> T:
        with self._lock:
            self._stop_timer()
            if self._held is None:
                self._held = self._load()
                give_memory_back()
                self.gone.clear()
            self._users += 1
            return self._held

    def _leave(self) -> None:
        with self._lock:
            self._users -= 1
            if self._users == 0 and self._idle_s > 0:
                self._timer = threading.Timer(self._idle_s, self.let_go)
                self._timer.daemon = True
                self._timer.start()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def give_memory_back() -> None:
    """Return freed memory to the system where the C library can (glibc); elsewhere it stays with the process."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
