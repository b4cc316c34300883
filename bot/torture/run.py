"""One story from its first scene to the verdict; many stories side by side."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from datetime import time as time_of_day
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.demo import COMPANY_FILES
from bot.sandbox import Company, invent_company
from bot.torture.books import as_time
from bot.torture.mischief import Mischief
from bot.torture.nursery import Nursery
from bot.torture.plan import SCENES, Act, Story, Trouble
from bot.torture.platform import Platform
from bot.torture.reps import Reps
from bot.torture.system import Shape, System, build_system, drop_database, make_template
from bot.torture.verdict import Verdict, finished, judge, unfinished
from nlp.types import Rep
from storage.directory_files import read_customers, read_reps

_SHANGHAI = ZoneInfo("Asia/Shanghai")
_DAY = datetime(2026, 3, 10, tzinfo=_SHANGHAI).date()
_SCENE_TIMES = (time_of_day(10), time_of_day(14), time_of_day(18, 29))
#: When the day is over: pushes that were spread over the evening's half hours are due.
_AFTER = time_of_day(19, 58)
#: The last tick before that; when it is noted, all that were missed have been caught up with.
_LAST_TICK = datetime.combine(_DAY, time_of_day(19, 5), _SHANGHAI).astimezone(UTC)
#: How long the system may get nothing done after everything is well again, virtual seconds: the longest wait between
#: two tries. It may take longer in all: the time scale does not make a busy processor quicker.
SETTLE_S = 600.0
#: So many looks in a row, a tenth of a second apart, must find nothing left to do before the books are read.
QUIET_LOOKS = 6
#: How long a scene waits at its end for everything to finish, virtual seconds.
CALM_S = 180.0


@dataclass(slots=True)
class Outcome:
    """What became of a story."""

    story: Story
    verdict: Verdict
    #: what happened, for the reader: entries, accepted, kills …
    figures: dict[str, float] = field(default_factory=dict)

    @property
    def clean(self) -> bool:
        """Whether nothing was lost, doubled, altered or stuck."""
        return not any(self.verdict.figures().values())


class Lab:
    """Everything that stories share: the loaded product and the prepared company."""

    def __init__(self, shape: Shape, *, module: str = "bot.torture.child", keep: Path | None = None) -> None:
        self.shape = shape
        self._module = module
        self._keep = keep
        self._stack = contextlib.AsyncExitStack()
        self._people = read_reps(COMPANY_FILES / "reps.csv").rows
        self._customers = read_customers(COMPANY_FILES / "customers.csv", people=self._people).rows

    async def __aenter__(self) -> Lab:
        async with contextlib.AsyncExitStack() as stack:
            self._folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="waiqin-torture-")))
            self._nursery = await stack.enter_async_context(Nursery(self._module))
            start = datetime.combine(_DAY, _SCENE_TIMES[0], _SHANGHAI)
            self._template = await make_template(self._folder, self.shape, self._people, self._customers, start)
            stack.callback(drop_database, self.shape, self._template)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self._stack.aclose()

    def company(self, seed: int) -> Company:
        """Return the company of a story, with credentials of its own."""
        return invent_company(tuple(Rep(p.userid, p.name, p.team, p.role) for p in self._people), seed=seed)

    async def tell(self, story: Story, *, without: str = "", time_scale: float | None = None) -> Outcome:
        """Play a story and judge it. `without` is handed to the servers' module (see `bot.torture.child`)."""
        shape = replace(self.shape, time_scale=time_scale or self.shape.time_scale)
        begun = time.monotonic()
        with tempfile.TemporaryDirectory(dir=self._folder, prefix=f"seed-{story.seed}-") as name:
            folder = Path(name)
            start = datetime.combine(_DAY, _SCENE_TIMES[0], _SHANGHAI)
            platform = Platform(self.company(story.seed), folder, start, shape.time_scale, story.seed)
            async with platform.serving() as api_url:
                system = build_system(
                    folder, shape, self._template, self._nursery, platform.standin.company, api_url, without
                )
                try:
                    outcome = await _Play(story, platform, system).perform()
                finally:
                    await system.take_down()
                    drop_database(shape, system.database_url)
                    self._keep_log(folder, story)
        outcome.figures["took_s"] = round(time.monotonic() - begun, 1)
        return outcome

    def _keep_log(self, folder: Path, story: Story) -> None:
        if self._keep is not None and (folder / "server.log").is_file():
            (self._keep / f"seed-{story.seed}.log").write_bytes((folder / "server.log").read_bytes())


class _Play:
    """One performance of a story."""

    def __init__(self, story: Story, platform: Platform, system: System) -> None:
        self._story = story
        self._platform = platform
        self._system = system
        self._reps = Reps(platform, system.folder / "words")
        self._mischief = Mischief(platform, system)

    async def perform(self) -> Outcome:
        callbacks = self._platform.standin.callbacks
        callbacks.url, callbacks.balance = "balanced", self._system.balance
        await self._system.bring_up()
        for scene in self._scenes():
            await self._go_to(_SCENE_TIMES[scene])
            await self._scene(scene)
            await self._calm()
        drained_s = await self._heal()
        verdict = judge(self._platform, self._system.books)
        return Outcome(self._story, verdict, {**self._figures(drained_s), "repeated": verdict.findings.repeated})

    def _scenes(self) -> list[int]:
        """Return the scenes in which anything happens: a shrunk story has fewer."""
        busy = {event.scene for event in self._story.acts} | {event.scene for event in self._story.troubles}
        return [scene for scene in range(len(SCENES)) if scene in busy]

    async def _go_to(self, moment: time_of_day) -> None:
        at = datetime.combine(_DAY, moment, _SHANGHAI).astimezone(UTC)
        if at > self._platform.clock.now():
            await self._platform.clock.set(at)

    async def _scene(self, scene: int) -> None:
        begun = time.monotonic()
        troubles = [t for t in self._story.troubles if t.scene == scene]
        by_rep: dict[str, list[Act]] = {}
        for act in self._story.acts:
            if act.scene == scene:
                by_rep.setdefault(act.who, []).append(act)
        async with asyncio.TaskGroup() as group:
            for trouble in troubles:
                group.create_task(self._trouble(trouble, begun))
            for acts in by_rep.values():
                group.create_task(self._rep(acts, begun))

    async def _rep(self, acts: Sequence[Act], begun: float) -> None:
        for act in acts:
            await self._until(act.at, begun)
            await self._reps.do(act)

    async def _trouble(self, trouble: Trouble, begun: float) -> None:
        await self._until(trouble.at, begun)
        await self._mischief.make(trouble)

    async def _until(self, virtual_s: float, begun: float) -> None:
        await asyncio.sleep(max(0.0, begun + virtual_s / self._system.shape.time_scale - time.monotonic()))

    async def _calm(self) -> None:
        """Between scenes everything gets a moment to finish; troubles that have not struck may strike later."""
        await self._system.bring_up()
        await self._platform.drain()
        deadline = time.monotonic() + CALM_S / self._system.shape.time_scale
        while time.monotonic() < deadline and self._unfinished():  # noqa: ASYNC110 - a database is asked
            await asyncio.sleep(0.1)

    async def _heal(self) -> float:
        """End all trouble; return how many virtual seconds the system then took to finish everything."""
        self._platform.faults.clear()
        self._platform.clock_file.skew(0.0)
        await self._system.bring_up()
        await self._platform.drain()
        await self._go_to(_AFTER)
        begun = last_busy = last_step = time.monotonic()
        done, quiet, settle_s = 0, 0, SETTLE_S / self._system.shape.time_scale
        while quiet < QUIET_LOOKS and time.monotonic() < last_step + settle_s:
            quiet += 1
            if not self._ticked() or self._unfinished():
                quiet, last_busy = 0, time.monotonic()
            await self._system.restart_dead()
            if (now_done := finished(self._system.books)) != done:
                done, last_step = now_done, time.monotonic()
            await asyncio.sleep(0.1)
        if quiet < QUIET_LOOKS:
            for process in self._system.processes:
                process.tell_where_it_stands()
            await asyncio.sleep(1.0)
        return (last_busy - begun) * self._system.shape.time_scale

    def _unfinished(self) -> bool:
        return unfinished(self._platform, self._system.books)

    def _ticked(self) -> bool:
        """Tell whether the schedule has come to the end of the day."""
        return any(as_time(row["due_at"]) >= _LAST_TICK for row in self._system.books.rows("select due_at from tick"))

    def _figures(self, drained_s: float) -> dict[str, float]:
        entries = list(self._platform.ledger)
        return {
            "entries": len(entries),
            "accepted": sum(e.accepted for e in entries),
            "given_up": sum(not e.accepted for e in entries),
            "tries": sum(len(e.delivery.attempts) for e in entries),
            "starts": sum(p.starts for p in self._system.processes),
            "struck": sum(self._platform.faults.struck.values()),
            "drained_s": round(drained_s),
        }


async def tell_all(
    lab: Lab, stories: Iterable[Story], jobs: int, on_done: Callable[[Outcome], None] = lambda outcome: None
) -> list[Outcome]:
    """Play stories, so many at a time; `on_done` hears of each as it ends. The outcomes in the order they ended."""
    left = iter(stories)
    outcomes: list[Outcome] = []

    async def work() -> None:
        for story in left:
            outcome = await lab.tell(story)
            outcomes.append(outcome)
            on_done(outcome)

    async with asyncio.TaskGroup() as group:
        for _ in range(jobs):
            group.create_task(work())
    return outcomes
