"""message/send, update_template_card and recall: what the platform accepts and what then appears on which phone."""

from __future__ import annotations

import copy
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.sandbox.clock import SandboxClock
from bot.sandbox.company import Company, PlatformRules
from bot.sandbox.errcodes import ApiError
from bot.sandbox.media import MediaShelf, amr_seconds
from bot.sandbox.quotas import DuplicateCheck, MemberQuota
from bot.sandbox.screens import CardCopy, Kind, Screens
from bot.wecom.card_schema import check_template_card

TEXT_LIMIT_BYTES = 2048
_MEDIA_KINDS: dict[str, Kind] = {"image": "photo", "voice": "voice", "video": "video", "file": "file"}
_INTERACTIVE = ("button_interaction", "vote_interaction", "multiple_interaction")


@dataclass(frozen=True, slots=True)
class SentMessage:
    """A message that the platform accepted."""

    msgid: str
    sent_at: datetime
    receivers: frozenset[str]


@dataclass(slots=True)
class ResponseCode:
    """A code that updates one card once, within 72 hours."""

    task_id: str
    obtained_at: datetime
    used: bool = False


@dataclass(frozen=True, slots=True)
class SentCard:
    """A card by its task_id: who may be named in an update."""

    task_id: str
    receivers: frozenset[str] = field(default_factory=frozenset)


class Postbox:
    """All that the app has sent. `callback_known` tells whether a callback URL is configured (43012)."""

    def __init__(
        self, company: Company, rules: PlatformRules, clock: SandboxClock, screens: Screens, shelf: MediaShelf
    ) -> None:
        self.quota = MemberQuota(rules, clock)
        self.suppressed = 0
        self._company = company
        self._rules = rules
        self._clock = clock
        self._screens = screens
        self._shelf = shelf
        self._duplicates = DuplicateCheck(clock)
        self._messages: dict[str, SentMessage] = {}
        self._cards: dict[str, SentCard] = {}
        self._codes: dict[str, ResponseCode] = {}

    def send(self, body: dict[str, Any], *, callback_known: bool) -> dict[str, Any]:
        """Answer message/send. Raises `ApiError`; partial failure is errcode 0 with `invaliduser`."""
        self._check_agent(body)
        valid, invalid = self._receivers(body)
        earlier = self._duplicates.earlier_answer(body)
        if earlier is not None:
            self.suppressed += 1
            return earlier if self._rules.suppressed_answers == "same" else self._accepted(invalid)
        content = self._content(body, callback_known=callback_known)
        if not self.quota.take_day(len(valid)):
            raise ApiError(45009, "deliveries of the day used up")
        answer = self._accepted(invalid)
        self._messages[answer["msgid"]] = SentMessage(answer["msgid"], self._clock.now(), frozenset(valid))
        if isinstance(content, CardCopy) and is_interactive(content.body):
            self._cards[content.task_id] = SentCard(content.task_id, frozenset(valid))
            answer["response_code"] = self.new_code(content.task_id)
        self._show(valid, body["msgtype"], content, answer["msgid"])
        self._duplicates.remember(body, answer)
        return answer

    def update_card(self, body: dict[str, Any]) -> dict[str, Any]:
        """Answer update_template_card. The code is used up only by an update that is carried out."""
        if body.get("agentid") != self._company.agentid:
            raise ApiError(42015)
        code = self._living_code(str(body.get("response_code", "")))
        card = self._cards[code.task_id]
        named, invalid = self._update_targets(body, card)
        change = self._card_change(body)
        code.used = True
        for item in self._screens.copies_of(card.task_id):
            if item.userid in named and item.card is not None:
                _apply(item.card, change)
                self._screens.touch(item)
        return {"errcode": 0, "errmsg": "ok", "invaliduser": invalid}

    def recall(self, msgid: str) -> None:
        """Take a message back within 24 hours. Raises 40058 and 42052."""
        message = self._messages.get(msgid)
        if message is None:
            raise ApiError(40058, "msgid")
        if self._clock.now() - message.sent_at > self._rules.recall_within:
            raise ApiError(42052)
        self._screens.recall(msgid)

    def new_code(self, task_id: str) -> str:
        """Give out a code for one update of the card (with the send, and with every click)."""
        code = secrets.token_urlsafe(48)
        self._codes[code] = ResponseCode(task_id, self._clock.now())
        return code

    def _accepted(self, invalid: list[str]) -> dict[str, Any]:
        return {
            "errcode": 0,
            "errmsg": "ok",
            "invaliduser": "|".join(invalid),
            "invalidparty": "",
            "invalidtag": "",
            "unlicenseduser": "",
            "msgid": secrets.token_urlsafe(48),
        }

    def _check_agent(self, body: Mapping[str, Any]) -> None:
        agentid = body.get("agentid")
        if not isinstance(agentid, int) or isinstance(agentid, bool):
            raise ApiError(40056)
        if agentid != self._company.agentid:
            raise ApiError(301002)

    def _receivers(self, body: Mapping[str, Any]) -> tuple[list[str], list[str]]:
        """Return (userids as the directory spells them, unknown ones lower-cased)."""
        touser = str(body.get("touser") or "")
        if touser == "@all":
            return [p.userid for p in self._company.people if self._company.can_receive(p.userid)], []
        asked = list(dict.fromkeys(u for u in touser.split("|") if u))
        if not asked and not body.get("toparty") and not body.get("totag"):
            raise ApiError(82001)
        if len(asked) > 1000:
            raise ApiError(40032)
        found = [self._company.can_receive(u) for u in asked]
        valid = list(dict.fromkeys(p.userid for p in found if p is not None))
        if not valid:
            raise ApiError(81013)
        return valid, [u.lower() for u, p in zip(asked, found, strict=True) if p is None]

    def _content(self, body: Mapping[str, Any], *, callback_known: bool) -> str | CardCopy:
        msgtype = body.get("msgtype")
        part = body.get(str(msgtype))
        if msgtype in ("text", "markdown"):
            return _text(str(msgtype), part)
        if msgtype in _MEDIA_KINDS:
            return self._shelf.get(str((part or {}).get("media_id", ""))).media_id
        if msgtype in ("textcard", "news"):
            return _as_words(str(msgtype), part)
        if msgtype == "template_card":
            return self._checked_card(part, callback_known=callback_known)
        raise ApiError(40008, str(msgtype))

    def _checked_card(self, card: Any, *, callback_known: bool) -> CardCopy:
        _check(card)
        task_id = str(card.get("task_id", ""))
        if is_interactive(card) and not callback_known:
            raise ApiError(43012)
        if task_id and task_id in self._cards and self._rules.refuse_used_task_id:
            raise ApiError(42014, "task_id already used")
        return CardCopy(task_id, card)

    def _show(self, receivers: list[str], msgtype: str, content: str | CardCopy, msgid: str) -> None:
        for userid in receivers:
            if not self.quota.take(userid):
                continue
            if isinstance(content, CardCopy):
                own = CardCopy(content.task_id, copy.deepcopy(content.body))
                self._screens.add(userid, "card", mine=False, msgid=msgid, card=own)
            elif msgtype in _MEDIA_KINDS:
                seconds = amr_seconds(self._shelf.get(content).data)
                kind = _MEDIA_KINDS[msgtype]
                self._screens.add(userid, kind, mine=False, msgid=msgid, media_id=content, seconds=seconds)
            else:
                self._screens.add(userid, "text", mine=False, msgid=msgid, text=content)

    def _living_code(self, code: str) -> ResponseCode:
        known = self._codes.get(code)
        if known is None or known.used or self._clock.now() - known.obtained_at > self._rules.code_life:
            raise ApiError(60140)
        if known.task_id not in self._cards:
            raise ApiError(60140)
        return known

    @staticmethod
    def _update_targets(body: Mapping[str, Any], card: SentCard) -> tuple[set[str], list[str]]:
        if body.get("atall") == 1:
            return set(card.receivers), []
        asked = body.get("userids") or []
        if not isinstance(asked, list):
            raise ApiError(40035, "userids is an array here")
        if not asked:
            raise ApiError(82101)
        by_lower = {u.lower(): u for u in card.receivers}
        named = {by_lower[str(u).lower()] for u in asked if str(u).lower() in by_lower}
        if not named:
            raise ApiError(82102)
        return named, [str(u).lower() for u in asked if str(u).lower() not in by_lower]

    @staticmethod
    def _card_change(body: Mapping[str, Any]) -> str | dict[str, Any]:
        """Return the new card, or the words that grey the buttons."""
        button, new_card = body.get("button"), body.get("template_card")
        if isinstance(new_card, dict):
            _check(new_card, updating=True)
            return new_card
        if isinstance(button, dict) and button.get("replace_name"):
            return str(button["replace_name"])
        raise ApiError(40035, "neither button.replace_name nor template_card")


def is_interactive(card: Mapping[str, Any]) -> bool:
    """Tell whether a card produces events and may be updated (§3.5)."""
    return card.get("card_type") in _INTERACTIVE or bool(card.get("action_menu"))


def cut_text(text: str) -> str:
    """Cut at 2,048 bytes of UTF-8 without breaking a character, as the platform does without a word."""
    return text.encode()[:TEXT_LIMIT_BYTES].decode(errors="ignore")


def _check(card: Any, *, updating: bool = False) -> None:
    if not isinstance(card, dict):
        raise ApiError(40035, "template_card")
    problems = check_template_card(card, update=updating)
    if problems:
        code, message = problems[0]
        raise ApiError(code, message)


def _text(msgtype: str, part: Any) -> str:
    content = str((part or {}).get("content", "")) if isinstance(part, dict) else ""
    if not content:
        raise ApiError(44004)
    if msgtype == "markdown" and len(content.encode()) > TEXT_LIMIT_BYTES:
        raise ApiError(45002)
    return cut_text(content)


def _as_words(msgtype: str, part: Any) -> str:
    """Return what a text card or news shows, as plain lines (the phones draw only template cards as cards)."""
    if not isinstance(part, dict):
        raise ApiError(40035, msgtype)
    entries = [part] if msgtype == "textcard" else list(part.get("articles") or [])
    if not entries:
        raise ApiError(44004)
    return "\n".join(f"{e.get('title', '')}\n{e.get('description', '')}\n{e.get('url', '')}" for e in entries)


def _apply(card: CardCopy, change: str | dict[str, Any]) -> None:
    card.updates += 1
    card.pressed_key = ""
    if isinstance(change, str):
        card.greyed = change
    else:
        card.body, card.greyed, card.chosen = copy.deepcopy(change), str(change.get("replace_text", "")), {}
