"""One token for all callers: fetched once, renewed once, never hammered."""

from __future__ import annotations

import asyncio

import pytest

from bot.wecom.errors import error_of
from bot.wecom.tokens import Grant, TokenKeeper
from handlers.errors import PermanentError, RetryableError
from tests.bot.wecom.fakes import FakeClock


class Issuer:
    """Gives numbered tokens of two hours, or raises what it is told to."""

    def __init__(self) -> None:
        self.issued = 0
        self.error: Exception | None = None

    async def fetch(self) -> Grant:
        self.issued += 1
        await asyncio.sleep(0)
        if self.error is not None:
            raise self.error
        return Grant(f"t{self.issued}", 7200)


class Caller:
    """A call that takes every token but the refused ones."""

    def __init__(self, *refused: str) -> None:
        self.refused = refused
        self.seen: list[str] = []

    async def attempt(self, token: str) -> str:
        self.seen.append(token)
        await asyncio.sleep(0)
        if token in self.refused:
            raise error_of(42001, "call")
        return token


async def test_token_is_fetched_once_for_parallel_callers() -> None:
    issuer = Issuer()
    keeper = TokenKeeper(issuer.fetch, FakeClock())
    assert await asyncio.gather(*(keeper.token() for _ in range(20))) == ["t1"] * 20
    assert issuer.issued == 1


async def test_refused_token_is_renewed_once_and_the_call_repeated_once() -> None:
    issuer, caller = Issuer(), Caller("t1")
    assert await TokenKeeper(issuer.fetch, FakeClock()).use(caller.attempt) == "t2"
    assert (caller.seen, issuer.issued) == (["t1", "t2"], 2)


async def test_parallel_callers_with_a_refused_token_renew_it_once() -> None:
    issuer, caller = Issuer(), Caller("t1")
    keeper = TokenKeeper(issuer.fetch, FakeClock())
    assert await asyncio.gather(*(keeper.use(caller.attempt) for _ in range(20))) == ["t2"] * 20
    assert issuer.issued == 2


async def test_second_refusal_is_left_to_a_later_retry() -> None:
    issuer, caller = Issuer(), Caller("t1", "t2")
    with pytest.raises(RetryableError):
        await TokenKeeper(issuer.fetch, FakeClock()).use(caller.attempt)
    assert (caller.seen, issuer.issued) == (["t1", "t2"], 2)


async def test_token_is_renewed_before_it_expires() -> None:
    issuer, clock = Issuer(), FakeClock()
    keeper = TokenKeeper(issuer.fetch, clock, margin_s=300)
    await keeper.token()
    clock.advance(7200 - 301)
    assert await keeper.token() == "t1"
    clock.advance(1)
    assert await keeper.token() == "t2"


@pytest.mark.parametrize("code", [40001, 40091])
async def test_wrong_secret_stops_all_fetching_for_a_while(code: int) -> None:
    issuer, clock = Issuer(), FakeClock()
    issuer.error = error_of(code, "gettoken")
    keeper = TokenKeeper(issuer.fetch, clock, pause_s=600)
    for _ in range(10):
        with pytest.raises(PermanentError) as error:
            await keeper.token()
        assert error.value.code == code
    assert issuer.issued == 1
    clock.advance(600)
    issuer.error = None
    assert await keeper.token() == "t2"


async def test_platform_out_of_reach_is_asked_again() -> None:
    issuer = Issuer()
    keeper = TokenKeeper(issuer.fetch, FakeClock())
    issuer.error = RetryableError("busy")
    with pytest.raises(RetryableError):
        await keeper.token()
    issuer.error = None
    assert await keeper.token() == "t2"


def test_tokens_are_not_printed() -> None:
    assert "secret" not in repr(Grant("secret", 1)) + repr(TokenKeeper(Issuer().fetch, FakeClock()))
