"""Choosing the note's follow-up day: whose date is it, which act, corrected, cancelled, conditional, past."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, datetime

from nlp.dates import cues
from nlp.dates.dialogue import spoken_by_customer
from nlp.dates.mention import DateMention, Reference
from nlp.dates.scan import find_dates, fold
from nlp.types import Guess

_HARD = re.compile(r"[。！？!?；;\n]")
_SOFT = re.compile(r"[，,、：:—…]| (?=[^\d])")
_REACH = 26
_AHEAD = 40
_NEXT_SUBJECT = re.compile(
    r"[，,\s]*(?:那|但是?|所以|然后|说好|说)?(?:我们?|咱们?|他们?|她们?)(?:就|得|要|也|那|最晚|最迟|大概|争取|说|想|再|先|还|改|约|准备|打算|跟他|和他|约好|讲好|说好|定)*$"
)
_WEEKDAYS = "一二三四五六日"
#: A candidate needs at least this score, and may not fall this far behind the best.
_ENOUGH = 0.0
_MARGIN = 2.6


@dataclass(frozen=True, slots=True)
class Scene:
    """A mention with the words around it."""

    mention: DateMention
    words: str
    before: str
    near_before: str
    after: str
    near_after: str
    gap: str
    theirs: bool


@dataclass(frozen=True, slots=True)
class Candidate:
    """A mention that may be the follow-up day, with its score."""

    mention: DateMention
    day: date
    score: float
    conditional: bool
    words: str


def follow_up(text: str, sent_at: datetime) -> Guess:
    """Return the note's next follow-up day: the earliest future day on which we owe this customer an act."""
    ref = Reference.at(sent_at)
    folded = fold(text)
    mentions = tuple(mention for mention in find_dates(text, sent_at) if _names_a_day(mention, folded))
    if not mentions:
        return Guess(confidence=0.97, reason="没有提到日期")
    if cues.GREETING.search(folded):
        return Guess(confidence=0.7, reason="像是问候或玩笑，不是跟进安排")
    scenes = _scenes(folded, mentions)
    living = [
        scene
        for index, scene in enumerate(scenes)
        if not _is_replaced(scenes, index) and not _is_called_off(scenes, index)
    ]
    candidates = [found for scene in living if (found := _candidate(scene, ref, folded)) is not None]
    return _decide(_shared(candidates, folded), ref)


def _names_a_day(mention: DateMention, text: str) -> bool:
    """Return whether the mention can carry an act: not 过几天, not the attribute 明年的."""
    long = mention.kind in {"year", "half_year", "quarter"}
    return not mention.vague and not (long and text[mention.span.end : mention.span.end + 1] == "的")


def _shared(candidates: list[Candidate], text: str) -> list[Candidate]:
    """Give the first of two days offered (下周三或者下周四) the better score of the two."""
    result = list(candidates)
    for index in range(len(result) - 2, -1, -1):
        first, second = result[index], result[index + 1]
        if cues.OFFERED.match(text[first.mention.span.end : second.mention.span.start]):
            result[index] = replace(first, score=max(first.score, second.score))
    return result


def _decide(candidates: list[Candidate], ref: Reference) -> Guess:
    able = [candidate for candidate in candidates if candidate.score > _ENOUGH]
    firm = [candidate for candidate in able if not candidate.conditional] or able
    if not firm:
        others = tuple(dict.fromkeys(c.day for c in sorted(candidates, key=lambda c: -c.score) if c.score > -2.5))
        return Guess(confidence=0.75 if others else 0.9, alternatives=others[:2], reason="提到的日期都不是我们的跟进日")
    firm = [
        candidate for index, candidate in enumerate(firm) if not _is_refined(candidate, firm[index + 1 : index + 5])
    ]
    best = max(candidate.score for candidate in firm)
    chosen = min((c for c in firm if c.score >= best - _MARGIN), key=lambda c: (c.day, -c.score))
    return _guess(chosen, candidates, ref)


_PERIODS = {"week", "this_week", "weekend", "month", "this_month", "month_part", "quarter", "half_year", "year"}


def _is_refined(candidate: Candidate, others: list[Candidate]) -> bool:
    """Return whether a period is made precise by another day inside it (下个月中旬，大概15号)."""
    mention = candidate.mention
    if mention.kind not in _PERIODS or mention.end is None:
        return False
    return any(other.mention.kind not in _PERIODS and mention.date <= other.day <= mention.end for other in others)


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


def _scenes(text: str, mentions: tuple[DateMention, ...]) -> list[Scene]:
    """Return the naming mentions with the words around them, which end at the next such mention."""
    spoken = spoken_by_customer(text)
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
                gap=text[end:right] if right - end <= 30 else "",
                theirs=bool(spoken[start]),
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
        if match.start() >= 3 and not re.fullmatch(cues.FILLER, after[: match.start()]):
            return after[: match.start()]
    return after


#: 明天…后天: the speaker broke off and said another day.
_BROKEN_OFF = re.compile(r"[…\.—]{1,6}(?:哦|啊|呃|不|嗯)?")


def _is_replaced(scenes: list[Scene], index: int) -> bool:
    """Return whether the next date corrects this one (周三，不对，周四)."""
    scene = scenes[index]
    if index + 1 >= len(scenes) or not scene.gap:
        return cues.NEGATED.search(scene.near_before) is not None
    if cues.NEGATED.search(scene.near_before) and re.search("[是系]", scene.gap):
        return True
    if _BROKEN_OFF.fullmatch(scene.gap):
        return True
    if scene.gap in {"，", ","} and cues.SETTLED.match(scenes[index + 1].after):
        return True
    gap = scene.gap
    found = cues.CORRECTED.search(gap)
    if found is None:
        return False
    return len(gap) <= 12 or found.end() >= len(gap) - 4


def _is_called_off(scenes: list[Scene], index: int) -> bool:
    """Return whether a later word on the same day says that it does not suit (约了周二，后来他说周二有会)."""
    day = scenes[index].mention.date
    return any(
        later.mention.date == day and (cues.UNABLE.match(later.near_after) or cues.CANCELLED.search(later.near_after))
        for later in scenes[index + 1 : index + 5]
    )


def _candidate(scene: Scene, ref: Reference, text: str) -> Candidate | None:
    mention = scene.mention
    if mention.past or _is_dead(scene, text):
        return None
    day = mention.date if mention.date >= ref.day else mention.end
    if mention.kind == "this_week":
        day = max(ref.day, ref.monday.fromordinal(ref.monday.toordinal() + 4))
    if day is None or day < ref.day:
        return None
    score = _score(scene, day == ref.day)
    return Candidate(mention, day, score, _is_conditional(scene), scene.words)


def _is_dead(scene: Scene, text: str) -> bool:
    """Return whether the day is out: cancelled, original, standing, another customer's, already done."""
    after = scene.near_after
    if cues.ORIGINALLY.search(scene.before) or cues.STANDING.search(scene.near_before):
        return True
    if cues.CANCELLED.search(scene.after) or cues.POSTPONED.search(after) or cues.NOT_THIS_ONE.search(scene.after):
        return True
    if cues.ALREADY.match(after):
        return True
    return scene.mention.kind not in _DEADLINES and cues.DONE.match(after) is not None


_DEADLINES = {"deadline", "holiday_before"}


def _is_conditional(scene: Scene) -> bool:
    return cues.CONDITION.search(scene.before) is not None


def _score(scene: Scene, is_today: bool) -> float:
    """Add up the cues: positive is our act, negative is their day."""
    tonight = scene.words in {"今晚", "今夜"} or scene.mention.kind == "deadline"
    score = 0.6 + _act_score(scene) + _frame_score(scene)
    subject = _subject_score(scene)
    if is_today and not tonight:
        return score + min(subject, 0.4) - 2.6
    score += subject
    if not scene.theirs and subject < 2.0 and (cues.THEN_WE.search(scene.after) or cues.THEN_AGAIN.search(scene.after)):
        score = max(score, 0.0) + 2.4
    if scene.mention.kind in {"year", "half_year", "quarter"}:
        score -= 1.5
    return score - (0.6 if is_today else 0.0)


def _subject_score(scene: Scene) -> float:
    """Score who acts: the subject right behind the date, else the nearest one before it."""
    if scene.theirs:
        return _subject_in_their_words(scene)
    after, before = scene.near_after, scene.near_before
    if cues.AWAY.match(after):
        return -4.0
    if cues.FIELD.search(scene.before):
        return 3.0
    if cues.LEADS_WITH_US.match(after) or cues.FOR_US.match(after):
        return 3.0
    if cues.TOLD_US.search(before) or cues.WE_SEND.search(before):
        return 2.6
    if cues.LEADS_WITH_THEM.match(after):
        return -2.4
    if cues.REQUIRED.search(before):
        return 1.2
    if cues.DOES.match(after):
        return 1.6
    return _subject_before(before)


def _subject_in_their_words(scene: Scene) -> float:
    """Score a date that the customer says: 你 is us, 我们 is them, 给我 asks us."""
    if cues.TO_YOU.search(scene.near_before) or re.match(rf"{cues.FILLER}(?:你|您)", scene.near_after):
        return 3.0
    if re.search(r"(?:给|发|寄|送|报)(?:给)?(?:我|咱)", scene.near_after):
        return 4.0
    if cues.LEADS_WITH_US.match(scene.near_after) or re.search(rf"{cues.OURS}[^，。]{{0,4}}$", scene.near_before):
        return -2.6
    return -1.0


def _subject_before(before: str) -> float:
    """Score the nearest free subject before the date; the object of 跟, 给, 约了 does not act."""
    best, weight = -1, 0.0
    for match in cues.OUR_SUBJECT.finditer(before):
        if match.end() > best:
            best, weight = match.end(), -0.6 if cues.OBJECT_OF.search(before[: match.start()]) else 2.6
    for match in cues.THEIR_SUBJECT.finditer(before):
        if match.end() > best and not cues.OBJECT_OF.search(before[: match.start()]):
            best, weight = match.end(), -2.4
    distance = len(before) - best
    return 0.0 if best < 0 else weight * (1.0 if distance <= 4 else 0.7 if distance <= 9 else 0.35)


def _act_score(scene: Scene) -> float:
    after = scene.near_after
    ours, theirs = cues.OUR_ACT.search(after), cues.THEIR_ACT.search(after)
    score = 0.0
    if ours:
        score += 1.6 if ours.start() <= 8 else 0.9
        if cues.AGAIN.search(after):
            score += 1.2
    if theirs and (not ours or theirs.start() <= ours.start()) and not cues.DOES.match(after):
        score -= 2.4 if theirs.start() <= 8 else 1.2
    if not ours and not theirs and cues.OUR_ACT.search(scene.after):
        score += 0.5
    return score


#: What the words around a date add: (pattern, where it looks, weight).
_FRAMES: tuple[tuple[re.Pattern[str], str, float], ...] = (
    (cues.AGREED, "near_before", 1.5),
    (cues.POLICY, "near_before", -2.6),
    (cues.DELIVERY, "near_before", -2.6),
    (cues.UNTIL, "near_before", -3.0),
    (cues.SOONEST, "near_before", -1.2),
    (cues.OTHER_CUSTOMER, "before", -2.0),
)
_FRAMES_BEHIND: tuple[tuple[re.Pattern[str], str, float], ...] = (
    (cues.NOUN_USE, "after", -1.4),
    (cues.QUESTION, "after", -1.0),
    (cues.UNABLE, "near_after", -4.0),
    (cues.NEGATIVE, "near_after", -2.2),
    (cues.STARTS, "near_after", -3.0),
    (cues.THING_DOES, "near_after", -2.2),
    (cues.BACK_THEN, "near_after", 4.0),
    (cues.ELSEWHERE, "after", -2.6),
)


def _frame_score(scene: Scene) -> float:
    score = sum(weight for pattern, where, weight in _FRAMES if pattern.search(getattr(scene, where)))
    return score + sum(weight for pattern, where, weight in _FRAMES_BEHIND if pattern.match(getattr(scene, where)))
