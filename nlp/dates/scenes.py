"""The words around each date: its sentence, its clause, and who speaks."""

from __future__ import annotations

import re
from dataclasses import dataclass

from nlp.dates import cues
from nlp.dates.dialogue import spoken_by_customer
from nlp.dates.mention import DateMention

_HARD = re.compile(r"[。！？!?；;\n]")
_SOFT = re.compile(r"[，,、：:—…（(]| (?=[^\d])|(?<=[\u4e00-\u9fff]{4}) $")
#: How many characters before and behind a date are looked at; a gap longer than the last is not kept.
_REACH, _AHEAD, _LONGEST_GAP = 26, 40, 30
_NEXT_SUBJECT = re.compile(
    r"[，,\s]*(?:那|但是?|所以|然后|说好|说)?(?:我们?|咱们?|他们?|她们?)(?:就|得|要|也|那|最晚|最迟|大概|争取|"
    r"说|想|再|先|还|改|约|准备|打算|跟他|和他|约好|讲好|说好|定)*$"
)


@dataclass(frozen=True, slots=True)
class Scene:
    """A mention with the words around it.

    `before` and `after` are the words of its sentence up to the neighbouring dates, `near_…` those of its clause.
    `gap` is the text up to the next date, `beyond` what follows the sentence. `theirs` says that the customer speaks,
    `proxy` that a colleague reports for the rep.
    """

    mention: DateMention
    words: str
    before: str
    near_before: str
    after: str
    near_after: str
    gap: str
    beyond: str
    theirs: bool
    proxy: bool


def scenes_of(text: str, mentions: tuple[DateMention, ...], ours: str = "") -> list[Scene]:
    """Return the naming mentions with the words around them, which end at the next such mention.

    `ours` is the sender's name, as a pasted chat shows it.
    """
    spoken = spoken_by_customer(text, ours)
    proxy = cues.ON_BEHALF.search(text) is not None
    scenes = []
    for index, mention in enumerate(mentions):
        start, end = mention.span
        left = mentions[index - 1].span.end if index else 0
        right = mentions[index + 1].span.start if index + 1 < len(mentions) else len(text)
        before = _tail(text[max(left, start - _REACH) : start], _HARD)
        after = _after(text, end, right)
        scenes.append(
            Scene(
                mention=mention,
                words=text[start:end],
                before=before,
                near_before=_tail(before, _SOFT),
                after=after,
                near_after=_near_after(after),
                gap=text[end:right] if right - end <= _LONGEST_GAP else "",
                beyond=text[end + len(after) : min(right, end + _AHEAD)],
                theirs=bool(spoken[start]),
                proxy=proxy,
            )
        )
    return scenes


def _after(text: str, end: int, right: int) -> str:
    """Return what follows in the sentence; the subject that belongs to the next date is left to that date."""
    after = _head(text[end : min(right, end + _AHEAD)], _HARD)
    cut_by_date = len(after) == right - end and right < len(text)
    return _NEXT_SUBJECT.sub("", after) if cut_by_date else after


def _tail(text: str, stop: re.Pattern[str]) -> str:
    matches = list(stop.finditer(text))
    return text[matches[-1].end() :] if matches else text


def _head(text: str, stop: re.Pattern[str]) -> str:
    match = stop.search(text)
    return text[: match.start()] if match else text


def _near_after(after: str) -> str:
    """Return the first clause behind the date; a very short one (a time of day) takes the next along."""
    for match in _SOFT.finditer(after):
        if match.start() >= 2 and not re.fullmatch(cues.FILLER, after[: match.start()]):
            return after[: match.start()]
    return after
