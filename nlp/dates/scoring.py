"""Whose day is it: cues around a date rule it out or add up to a score."""

from __future__ import annotations

import re

from nlp.dates import cues
from nlp.dates.scenes import Scene

#: 明天…后天: the speaker broke off and said another day.
_BROKEN_OFF = re.compile(r"[…\.—]{1,6}(?:哦|啊|呃|不|嗯|算了|不对|错了|哦不)?")


def is_replaced(scenes: list[Scene], index: int) -> bool:
    """Return whether the next date corrects this one (周三，不对，周四)."""
    scene = scenes[index]
    if index + 1 >= len(scenes) or not scene.gap:
        return cues.NEGATED.search(scene.near_before) is not None
    if cues.NEGATED.search(scene.near_before) and re.search("[是系]", scene.gap):
        return True
    if _BROKEN_OFF.fullmatch(scene.gap):
        return True
    if cues.NAMELY.search(scenes[index + 1].near_before):
        return True
    settled = scene.gap in {"，", ","} or scene.gap.endswith("就") or _is_hindered(scene.gap)
    if settled and cues.SETTLED.match(scenes[index + 1].after):
        return True
    gap = scene.gap
    found = cues.CORRECTED.search(gap)
    if found is None:
        return False
    return len(gap) <= 12 or found.end() >= len(gap) - 4


def _is_hindered(gap: str) -> bool:
    """Return whether a few words of ours stand against the day (周四我妈体检周五吧)."""
    return len(gap) <= 8 and gap.startswith(("我", "咱")) and not cues.OUR_ACT.search(gap)


def is_called_off(scenes: list[Scene], index: int) -> bool:
    """Return whether a later word on the same day says that it does not suit (约了周二，后来他说周二有会)."""
    day = scenes[index].mention.date
    return any(
        later.mention.date == day
        and (
            cues.UNABLE.match(later.near_after)
            or cues.CANCELLED.search(later.near_after)
            or (cues.AWAY.match(later.near_after) and not later.theirs)
        )
        for later in scenes[index + 1 : index + 5]
    )


def is_dead(scene: Scene) -> bool:
    """Return whether the day is out: cancelled, original, standing, another customer's, already done."""
    after = scene.near_after
    if cues.ORIGINALLY.search(scene.before) or cues.STANDING.search(scene.near_before):
        return True
    if (
        cues.CANCELLED.search(cues.FEARED.split(scene.after)[0])
        or cues.POSTPONED.search(after)
        or cues.NOT_THIS_ONE.search(scene.after)
    ):
        return True
    if cues.RESTS_UNTIL.search(scene.near_before) or cues.ALREADY.match(after) or _has_come(scene):
        return True
    return scene.mention.kind in _LOOKS_BACK and cues.DONE.match(after) is not None


#: Kinds whose words can also name a past day (周一去了一趟); 明天 and 下周三 cannot.
_LOOKS_BACK = {"weekday", "today", "day", "month_day", "holiday", "weekend", "this_month", "this_week", "year", "term"}


def is_conditional(scene: Scene) -> bool:
    """Return whether the day hangs on a condition (行的话周四再上门)."""
    return cues.CONDITION.search(scene.before) is not None


def _has_come(scene: Scene) -> bool:
    """Return whether the words say that it is that time already (年底了)."""
    return scene.mention.kind in {"deadline", "month_part", "year"} and cues.HAS_COME.match(scene.after) is not None


def is_preparation(scene: Scene) -> bool:
    """Return whether the day is for work of our own before the customer sees anything (周末把方案改好)."""
    return cues.PREPARES.match(scene.near_after) is not None and not cues.DELIVERS.search(scene.near_after)


def score_of(scene: Scene, is_today: bool) -> float:
    """Add up the cues: positive is our act, negative is their day."""
    said_tonight = scene.words in {"今晚", "今夜"} or scene.after.startswith(("晚上", "夜里", "下班", "晚点", "待会"))
    tonight = said_tonight or scene.mention.kind == "deadline"
    score = 0.6 + _act_score(scene) + _frame_score(scene)
    subject = _subject_score(scene)
    if is_today and not tonight:
        return score + min(subject, 0.4) - 2.6
    score += subject
    if (
        not scene.theirs
        and subject < 2.0
        and (
            cues.THEN_WE.search(scene.after)
            or cues.THEN_AGAIN.search(scene.after)
            or cues.REFERS_BACK.match(scene.beyond)
        )
    ):
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
    if scene.proxy and cues.COLLEAGUE.match(after):
        return 2.6
    if cues.FIELD.search(scene.before):
        return 3.0
    if cues.LEADS_WITH_US.match(after) or cues.FOR_US.match(after) or cues.INVITES_US.match(after):
        return 3.0
    if cues.TOLD_US.search(before) or cues.WE_SEND.search(before) or cues.TOLD_YOU.search(before):
        return 2.6
    if cues.TRAILS.search(scene.before) and cues.NOTHING_MORE.match(after):
        return 3.8
    if cues.TO_THE_CUSTOMER.match(after):
        return 2.6
    if cues.LEADS_WITH_THEM.match(after):
        return -2.4
    if cues.REQUIRED.search(before):
        return 1.2
    if cues.FOUND_OUT.search(before):
        return -1.0
    if cues.DOES.match(after):
        return 1.6
    if cues.DONE_TO_THEM.match(after) or _is_reply(scene):
        return 2.0
    return _subject_before(before)


def _subject_in_their_words(scene: Scene) -> float:
    """Score a date that the customer says: 你 is us, 我们 is them, 给我 asks us."""
    if cues.TO_YOU.search(scene.near_before) or re.match(rf"{cues.FILLER}(?:你|您)", scene.near_after):
        return 3.0
    if cues.COME_TO_ME.match(scene.near_after):
        return 3.0
    if cues.PROMISED_TO_US.match(scene.near_after):
        return -3.0
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
        lead = before[: match.start()]
        if match.end() > best and not cues.OBJECT_OF.search(lead) and not cues.OUR_OWN.search(lead):
            best, weight = match.end(), -2.4
    distance = len(before) - best
    return 0.0 if best < 0 else weight * (1.0 if distance <= 4 else 0.7 if distance <= 9 else 0.35)


def _act_score(scene: Scene) -> float:
    """Score the acts behind the date: ours (再去, 发, 打电话) against theirs (开会, 出差, 付款)."""
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
    (cues.CARRIER, "near_before", -3.0),
    (cues.PICKED, "near_before", 6.0),
    (cues.HEARSAY, "near_before", -0.7),
    (cues.NAMELY, "near_before", 2.4),
    (cues.OTHER_CUSTOMER, "before", -2.0),
)
_FRAMES_BEHIND: tuple[tuple[re.Pattern[str], str, float], ...] = (
    (cues.NOUN_USE, "after", -1.4),
    (cues.QUESTION, "after", -1.0),
    (cues.UNABLE, "near_after", -4.0),
    (cues.NEGATIVE, "near_after", -2.2),
    (cues.STARTS, "near_after", -3.0),
    (cues.THING_DOES, "near_after", -2.2),
    (cues.DESK_WORK, "near_after", -2.4),
    (cues.JOINT, "near_after", 3.2),
    (cues.BACK_THEN, "near_after", 4.0),
    (cues.ELSEWHERE, "after", -2.6),
    (cues.AVAILABLE, "near_after", -1.5),
)


def _frame_score(scene: Scene) -> float:
    """Score the frame: agreed, delivery, until, another customer's, not possible."""
    if cues.GOODS.search(scene.near_before) and cues.ARRIVES.match(scene.near_after):
        return -4.0
    score = sum(weight for pattern, where, weight in _FRAMES if pattern.search(getattr(scene, where)))
    return score + sum(weight for pattern, where, weight in _FRAMES_BEHIND if _stands_behind(pattern, where, scene))


def _stands_behind(pattern: re.Pattern[str], where: str, scene: Scene) -> bool:
    """Return whether the words follow the day; a reply without a subject is no return of theirs."""
    if pattern is cues.THING_DOES and (_is_reply(scene) or cues.REQUIRED.search(scene.near_before)):
        return False
    words: str = getattr(scene, where)
    return pattern.match(words.lstrip("，, ") if pattern is cues.NEGATIVE else words) is not None


def _is_reply(scene: Scene) -> bool:
    """Return whether a bare 回 is our answer (她要再降，后天回), not their return (老板在三亚，5号回)."""
    bare = not scene.near_before and cues.REPLIES.match(scene.near_after)
    return bool(bare) and not cues.GONE.search(scene.before)
