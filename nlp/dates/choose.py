"""Choosing the note's follow-up day: whose date is it, which act, corrected, cancelled, conditional, past."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from nlp.dates import cues
from nlp.dates.mention import DateMention, Reference
from nlp.dates.scan import find_dates, fold
from nlp.dates.scenes import Scene, scenes_of
from nlp.dates.scoring import is_called_off, is_conditional, is_dead, is_preparation, is_replaced, score_of
from nlp.types import Guess

_WEEKDAYS = "一二三四五六日"
#: Days without a year that lie further ahead were last year's (合同7月25日签好, sent on the 31st).
_YEARLESS, _TOO_FAR = {"month_day", "month", "month_part", "range"}, 300
#: 立夏以后打电话，那就五月11号打: so many characters further on the day is made precise.
_NEAR = 20
#: Kinds that tell of no single day to act on.
_NO_DAY = {"era", "season", "nth_day"}
#: A candidate needs at least this score, and may not fall this far behind the best.
_ENOUGH = 0.0
_MARGIN = 2.6


@dataclass(frozen=True, slots=True)
class Candidate:
    """A mention that may be the follow-up day, with its score."""

    mention: DateMention
    day: date
    score: float
    conditional: bool
    words: str
    prepares: bool


def follow_up(text: str, sent_at: datetime, ours: str = "") -> Guess:
    """Return the note's next follow-up day: the earliest future day on which we owe this customer an act.

    `ours` is the sender's name: who speaks for us in a pasted chat.
    """
    ref = Reference.at(sent_at)
    folded = fold(text)
    mentions = tuple(mention for mention in find_dates(text, sent_at) if _names_a_day(mention, folded))
    if not mentions:
        return Guess(confidence=0.97, reason="没有提到日期")
    if cues.GREETING.search(folded):
        return Guess(confidence=0.7, reason="像是问候或玩笑，不是跟进安排")
    scenes = scenes_of(folded, mentions, ours)
    living = [
        scene
        for index, scene in enumerate(scenes)
        if not is_replaced(scenes, index) and not is_called_off(scenes, index)
    ]
    candidates = [found for scene in living if (found := _candidate(scene, ref)) is not None]
    return _decide(_shared(candidates, folded), ref)


def _names_a_day(mention: DateMention, text: str) -> bool:
    """Return whether the mention can carry an act: not 过几天, not the attribute 明年的."""
    long = mention.kind in {"year", "half_year", "quarter"}
    return (
        not mention.vague
        and mention.kind not in _NO_DAY
        and not (long and text[mention.span.end : mention.span.end + 1] == "的")
    )


def _shared(candidates: list[Candidate], text: str) -> list[Candidate]:
    """Give the first of two days offered (下周三或者下周四) the better score of the two."""
    result = list(candidates)
    for index in range(len(result) - 2, -1, -1):
        first, second = result[index], result[index + 1]
        if cues.OFFERED.match(text[first.mention.span.end : second.mention.span.start]):
            result[index] = replace(first, score=max(first.score, second.score))
    return result


def _decide(candidates: list[Candidate], ref: Reference) -> Guess:
    """Choose the earliest of our days; one that hangs on a condition counts only where nothing else stands."""
    able = [candidate for candidate in candidates if candidate.score > _ENOUGH]
    firm = [candidate for candidate in able if not candidate.conditional] or able
    firm = [candidate for candidate in firm if not candidate.prepares] or firm
    if not firm:
        ranked = sorted(candidates, key=lambda candidate: -candidate.score)
        others = tuple(dict.fromkeys(candidate.day for candidate in ranked))[:2]
        close = bool(ranked) and ranked[0].score > -2.5
        return Guess(confidence=0.75 if close else 0.9, alternatives=others, reason="提到的日期都不是我们的跟进日")
    firm = [
        candidate for index, candidate in enumerate(firm) if not _is_refined(candidate, firm[index + 1 : index + 5])
    ]
    best = max(candidate.score for candidate in firm)
    chosen = min((c for c in firm if c.score >= best - _MARGIN), key=lambda c: (c.day, -c.score))
    return _guess(chosen, candidates, ref)


#: Kinds that name a stretch of days.
_STRETCHES = {
    "week",
    "this_week",
    "weekend",
    "month",
    "this_month",
    "month_part",
    "quarter",
    "half_year",
    "year",
    "range",
}


def _is_refined(candidate: Candidate, others: list[Candidate]) -> bool:
    """Return whether a later day makes this one precise (下个月中旬，大概15号; 周三以后吧，先约周三)."""
    mention = candidate.mention
    if mention.kind == "after":
        return any(
            other.day in mention.alternatives
            or (other.day > candidate.day and other.mention.span.start - mention.span.end <= _NEAR)
            for other in others
        )
    if mention.kind not in _STRETCHES or mention.end is None:
        return False
    return any(other.mention.kind not in _STRETCHES and mention.date <= other.day <= mention.end for other in others)


def _says_year(words: str) -> bool:
    return "年" in words or any(piece.isdigit() and len(piece) == 4 for piece in re.split(r"\D", words))


def _guess(chosen: Candidate, candidates: list[Candidate], ref: Reference) -> Guess:
    mention = chosen.mention
    rivals = sorted((c for c in candidates if c.day != chosen.day and c.score > -1), key=lambda c: -c.score)
    alternatives = [c.day for c in rivals] + [day for day in mention.alternatives if day >= ref.day]
    unique = tuple(dict.fromkeys(day for day in alternatives if day != chosen.day))[:2]
    confidence = 0.6 + min(max(chosen.score, 0.0), 4.0) * 0.085
    confidence -= (
        0.08 * min(len(rivals), 2) + (0.12 if chosen.conditional else 0.0) + (0.0 if mention.certain else 0.25)
    )
    return Guess(
        value=chosen.day, confidence=round(min(max(confidence, 0.2), 0.97), 3), span=mention.span, alternatives=unique,
        reason=_reason(chosen), known_by="said",
    )  # fmt: skip


def _reason(chosen: Candidate) -> str:
    day = chosen.day
    said = f"“{chosen.words}”即{day.month}月{day.day}日周{_WEEKDAYS[day.weekday()]}"
    if not chosen.mention.certain:
        return f"{said}；{day.year}年调休安排尚未公布，按法定假日推算"
    return f"{said}，带条件" if chosen.conditional else f"{said}，是我们的下一步"


def _candidate(scene: Scene, ref: Reference) -> Candidate | None:
    """Return the mention as a candidate, or None where it cannot be a future day of ours at all."""
    mention = scene.mention
    if mention.past or is_dead(scene):
        return None
    day = mention.date if mention.date >= ref.day else mention.end
    if mention.kind == "this_week":
        day = max(ref.day, ref.monday + timedelta(days=4))
    if day is None or day < ref.day:
        return None
    if mention.kind in _YEARLESS and (day - ref.day).days > _TOO_FAR and not _says_year(scene.words):
        return None
    score = score_of(scene, day == ref.day)
    return Candidate(mention, day, score, is_conditional(scene), scene.words, is_preparation(scene))
