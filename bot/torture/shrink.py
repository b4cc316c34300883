"""From a story that fails to a short one that still fails: events are left out as long as the same kind of wrong stays.

Real processes are not deterministic: a shorter story that passed once may fail another time. The tries are bounded, and
what is returned has failed at least once as it is.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator

from bot.torture.plan import Act, Story, Trouble

#: Plays a story; the kinds of wrong that it showed.
Wrongs = Callable[[Story], Awaitable[set[str]]]


async def shrink(story: Story, wrong: set[str], wrongs: Wrongs, *, tries: int = 24) -> Story:
    """Return the shortest story found that still shows one of `wrong`."""
    smallest, left, again = story, tries, True
    while again and left:
        again = False
        for fewer in _shorter(smallest):
            if not left:
                break
            left -= 1
            if wrong & await wrongs(fewer):
                smallest, again = fewer, True
                break
    return smallest


def _shorter(story: Story) -> Iterator[Story]:
    """Yield stories with less in them, the boldest cuts first."""
    every = {act.n for act in story.acts} | {trouble.n for trouble in story.troubles}
    seen: set[frozenset[int]] = set()
    for leave_out in (*_themes(story), *_slices(sorted(every))):
        rest = every - leave_out
        if leave_out and rest and frozenset(rest) not in seen:
            seen.add(frozenset(rest))
            yield story.only(rest)


def _themes(story: Story) -> Iterator[set[int]]:
    """Yield what belongs together: a scene, a rep, a kind of trouble."""
    events: tuple[Act | Trouble, ...] = (*story.acts, *story.troubles)
    for scene in sorted({event.scene for event in events}):
        yield {event.n for event in events if event.scene == scene}
    for who in sorted({act.who for act in story.acts}):
        yield {act.n for act in story.acts if act.who == who}
    for what in sorted({trouble.what for trouble in story.troubles}):
        yield {trouble.n for trouble in story.troubles if trouble.what == what}


def _slices(numbers: list[int]) -> Iterator[set[int]]:
    """Yield stretches of events, from halves down to single ones."""
    size = len(numbers) // 2
    while size:
        for start in range(0, len(numbers), size):
            yield set(numbers[start : start + size])
        size //= 2
