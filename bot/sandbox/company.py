"""What the stand-in is given: the company with its app's credentials, and the platform's rules."""

from __future__ import annotations

import random
import secrets
import string
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Literal

from nlp.types import Rep

_LETTERS = string.ascii_letters + string.digits
_SUPERVISING = ("supervisor", "director", "admin")


@dataclass(frozen=True, slots=True)
class Company:
    """A company with one self-built app. `people` are members; those in `out_of_range` do not see the app."""

    corpid: str
    agentid: int
    secret: str = field(repr=False)
    token: str = field(repr=False)
    encoding_aes_key: str = field(repr=False)
    people: tuple[Rep, ...] = ()
    out_of_range: frozenset[str] = frozenset()
    app_name: str = "外勤助手"

    def person(self, userid: str) -> Rep | None:
        """Find a member by userid, ignoring case as the platform does."""
        wanted = userid.lower()
        return next((p for p in self.people if p.userid.lower() == wanted), None)

    def can_receive(self, userid: str) -> Rep | None:
        """Return the member if the app may write to them."""
        person = self.person(userid)
        return None if person is None or person.userid in self.out_of_range else person

    def leader_of(self, person: Rep) -> Rep | None:
        """Return the supervisor of the person's team, never the person."""
        return next(
            (p for p in self.people if p.role in _SUPERVISING and p.team == person.team and p.userid != person.userid),
            None,
        )


def invent_company(people: tuple[Rep, ...], *, seed: int | None = None) -> Company:
    """Return a company with random credentials of the platform's shapes; with `seed` always the same ones."""
    source = secrets.SystemRandom() if seed is None else random.Random(seed)

    def letters(count: int) -> str:
        return "".join(source.choice(_LETTERS) for _ in range(count))

    return Company(
        corpid="ww" + "".join(source.choice("0123456789abcdef") for _ in range(16)),
        agentid=1000000 + source.randrange(2, 99),
        secret=letters(43),
        token=letters(24),
        encoding_aes_key=letters(43),
        people=people,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformRules:
    """WeCom's limits as its documentation gives them. Where sources conflict or are silent, the field says so.

    `…_s` are real seconds (divide them for a time scale); `timedelta` values follow the sandbox clock.
    """

    token_life: timedelta = timedelta(seconds=7200)
    #: How many wrong secrets block the address, and for how long. The count is not documented.
    bad_secret_limit: int = 5
    bad_secret_block: timedelta = timedelta(hours=1)
    #: Whether gettoken answers the living token again. Not documented.
    same_token_while_valid: bool = True

    per_minute: int = 30
    per_hour: int = 1000
    #: Person-deliveries a day: account limit × 200, for a company of 200.
    per_day: int = 40_000
    code_life: timedelta = timedelta(hours=72)
    recall_within: timedelta = timedelta(hours=24)
    #: What a send suppressed by the duplicate check answers. Not documented: `bare` has a new msgid and no
    #: response_code (the harder case), `same` repeats the first answer.
    suppressed_answers: Literal["bare", "same"] = "bare"
    #: Whether a used task_id is refused with 42014. Not documented.
    refuse_used_task_id: bool = True

    media_life: timedelta = timedelta(days=3)
    #: Largest medium that may be read without a Range header, bytes.
    whole_read_bytes: int = 20 * 1024 * 1024
    oauth_code_life: timedelta = timedelta(minutes=5)

    callback_timeout_s: float = 5.0
    #: A further try starts this long after the try before it started, at the earliest.
    callback_spacing_s: float = 5.0
    callback_tries: int = 3
    #: D90238 says that a status other than 200 is tried again, D90930 that only failures and timeouts are.
    retry_bad_status: bool = True
    #: Whether a further try has a new timestamp, nonce and ciphertext. Not documented.
    fresh_nonce: bool = False
    verify_timeout_s: float = 1.0

    def at_scale(self, factor: float) -> PlatformRules:
        """Return the rules with all real seconds divided by `factor` (the clock's `rate` does the rest)."""
        return replace(
            self,
            callback_timeout_s=self.callback_timeout_s / factor,
            callback_spacing_s=self.callback_spacing_s / factor,
            verify_timeout_s=self.verify_timeout_s / factor,
        )
