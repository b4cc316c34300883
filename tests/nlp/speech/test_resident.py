"""Something heavy in memory: loaded once, shared, let go when idle."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from nlp.speech.resident import Resident


class Factory:
    """Counts how often its thing is made and freed."""

    def __init__(self) -> None:
        self.made: list[object] = []
        self.freed: list[object] = []

    def make(self) -> object:
        self.made.append(object())
        return self.made[-1]

    def resident(self, idle_s: float = 0.0) -> Resident[object]:
        return Resident(self.make, self.freed.append, idle_s=idle_s)


def test_nothing_is_loaded_before_the_first_use() -> None:
    factory = Factory()
    resident = factory.resident()
    assert not resident.is_loaded and resident.gone.is_set()
    with resident.use() as thing:
        assert factory.made == [thing]
    assert resident.is_loaded, "without an idle time it stays"


def test_threads_that_come_together_share_one() -> None:
    factory = Factory()
    resident = factory.resident()
    together = threading.Barrier(4)

    def use() -> object:
        together.wait()
        with resident.use() as thing:
            return thing

    with ThreadPoolExecutor(4) as threads:
        assert len({id(made) for made in [threads.submit(use) for _ in range(4)] for made in [made.result()]}) == 1
    assert len(factory.made) == 1


def test_it_is_not_let_go_while_in_use() -> None:
    factory = Factory()
    resident = factory.resident()
    with resident.use() as thing:
        assert not resident.let_go()
        assert factory.freed == []
    assert resident.let_go() and factory.freed == [thing]
    assert resident.let_go(), "a second time there is nothing to do"


def test_it_goes_by_itself_after_the_idle_time_and_comes_back() -> None:
    factory = Factory()
    resident = factory.resident(idle_s=0.01)
    with resident.use():
        assert not resident.gone.is_set()
    assert resident.gone.wait(10)
    with resident.use() as thing:
        assert thing is factory.made[1]


def test_a_failed_load_is_tried_again() -> None:
    attempts: list[int] = []

    def load() -> str:
        attempts.append(1)
        if len(attempts) == 1:
            raise OSError("disk")
        return "model"

    resident = Resident(load, lambda model: None, idle_s=0)
    try:
        with resident.use():
            raise AssertionError("the first load must fail")
    except OSError:
        assert not resident.is_loaded
    with resident.use() as model:
        assert model == "model"
