"""The client of a language model: what it sends, and that nothing the other side does gets further than None."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from datetime import timedelta

import aiohttp
import pytest
from pydantic import SecretStr, ValidationError

from bot.proposer import Limits, ModelProposer, check_proposer
from bot.settings import Settings
from handlers.ports import Ask, Candidate
from tests.bot.doubles import START, StoppedClock
from tests.model_server import ModelServer, completion, open_model_server

ASK = Ask(
    "刚从华锐出来，见了李敏",
    START,
    (Candidate("C1", "苏州华锐", ("华锐",), (("李敏", "采购"),)),),
    ("签约",),
    ("价格",),
)
SOON = Limits(answer_within_s=0.2, rest=timedelta(minutes=2))


@pytest.fixture
async def model() -> AsyncIterator[ModelServer]:
    async with open_model_server() as server:
        yield server


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as opened:
        yield opened


def client(
    session: aiohttp.ClientSession, model: ModelServer, clock: StoppedClock | None = None, limits: Limits | None = None
) -> ModelProposer:
    return ModelProposer(
        session, url=model.url, model="m", key=SecretStr("geheim"), clock=clock or StoppedClock(), limits=limits
    )


async def test_a_good_answer_comes_back_as_it_is(session: aiohttp.ClientSession, model: ModelServer) -> None:
    model.opinion = lambda _: {"obstacle": {"words": "交期"}}
    assert await client(session, model).propose(ASK) == {"obstacle": {"words": "交期"}}
    assert model.keys == ["Bearer geheim"]


async def test_only_note_day_candidates_stages_and_tags_are_sent(
    session: aiohttp.ClientSession, model: ModelServer
) -> None:
    await client(session, model).propose(ASK)
    assert model.questions == [
        {
            "day": "2026-03-10 周二",
            "note": "刚从华锐出来，见了李敏",
            "customers": [{"id": "C1", "name": "苏州华锐", "aliases": ["华锐"], "contacts": ["李敏（采购）"]}],
            "stages": ["签约"],
            "tags": ["价格"],
        }
    ]
    assert set(model.bodies[0]) == {"model", "temperature", "max_tokens", "response_format", "messages"}


async def test_an_answer_between_fences_is_read(session: aiohttp.ClientSession, model: ModelServer) -> None:
    model.replies = [(200, json.dumps(completion('```json\n{"tags": []}\n```')))]
    assert await client(session, model).propose(ASK) == {"tags": []}


@pytest.mark.parametrize(
    "text",
    [
        "<html><body>Bad gateway</body></html>",
        "",
        "[]",
        '{"choices": []}',
        json.dumps(completion("我不知道")),
        json.dumps(completion("} {")),
        json.dumps(completion("{" * 5000 + "}")),
        json.dumps({"choices": [{"message": {"content": None}}]}),
    ],
)
async def test_an_answer_that_is_no_answer_is_none(
    session: aiohttp.ClientSession, model: ModelServer, text: str
) -> None:
    model.replies = [(200, text)]
    assert await client(session, model).propose(ASK) is None
    assert len(model.bodies) == 1


async def test_a_server_error_is_tried_once_more(session: aiohttp.ClientSession, model: ModelServer) -> None:
    model.replies = [(500, "oops")]
    assert await client(session, model).propose(ASK) == {}
    model.replies = [(500, "oops"), (503, "oops"), (500, "oops")]
    assert await client(session, model).propose(ASK) is None
    assert len(model.bodies) == 4


async def test_a_refused_key_is_not_tried_again(session: aiohttp.ClientSession, model: ModelServer) -> None:
    model.replies = [(401, "no"), (200, "never read")]
    assert await client(session, model).propose(ASK) is None
    assert len(model.bodies) == 1


async def test_a_redirect_is_not_followed(session: aiohttp.ClientSession, model: ModelServer) -> None:
    model.replies = [(307, "elsewhere")]
    assert await client(session, model).propose(ASK) is None
    assert len(model.bodies) == 1


async def test_an_answer_of_a_megabyte_is_not_read(session: aiohttp.ClientSession, model: ModelServer) -> None:
    model.replies = [(200, json.dumps(completion('{"obstacle": "' + "长" * 1_000_000 + '"}'), ensure_ascii=False))]
    assert await client(session, model).propose(ASK) is None


async def test_an_answer_that_takes_too_long_is_not_waited_for(
    session: aiohttp.ClientSession, model: ModelServer
) -> None:
    model.may_answer.clear()
    assert await client(session, model, limits=SOON).propose(ASK) is None


async def test_an_unreachable_server_is_none(session: aiohttp.ClientSession, model: ModelServer) -> None:
    away = ModelProposer(session, url="http://127.0.0.1:9/v1", model="m", key=SecretStr(""), clock=StoppedClock())
    assert await away.propose(ASK) is None


async def test_after_three_failures_it_rests_two_minutes(session: aiohttp.ClientSession, model: ModelServer) -> None:
    clock = StoppedClock()
    proposer = client(session, model, clock)
    model.replies = [(400, "no")] * 3
    for _ in range(5):
        assert await proposer.propose(ASK) is None
    assert len(model.bodies) == 3
    clock.forward(minutes=2)
    assert await proposer.propose(ASK) == {}


async def test_while_enough_are_asked_the_next_note_goes_without(
    session: aiohttp.ClientSession, model: ModelServer
) -> None:
    model.may_answer.clear()
    proposer = client(session, model, limits=Limits(at_once=1))
    first = asyncio.create_task(proposer.propose(ASK))
    await asyncio.sleep(0)
    assert await proposer.propose(ASK) is None
    model.may_answer.set()
    assert await first == {}
    assert await proposer.propose(ASK) == {}


async def test_neither_words_nor_key_get_into_the_log(
    session: aiohttp.ClientSession, model: ModelServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    model.replies = [(500, "华锐"), (200, "李敏")]
    proposer = client(session, model)
    assert await proposer.propose(ASK) is None
    logged = "\n".join(str(record.__dict__) for record in caplog.records if record.name.startswith("bot"))
    assert "not_json" in logged
    assert not any(word in logged for word in ("华锐", "李敏", "geheim"))


async def test_a_compressed_answer_is_not_unfolded(session: aiohttp.ClientSession, model: ModelServer) -> None:
    model.compressed = True
    assert await client(session, model).propose(ASK) is None
    assert len(model.bodies) == 1


async def test_an_answer_that_comes_drop_by_drop_is_not_waited_for(
    session: aiohttp.ClientSession, model: ModelServer
) -> None:
    model.drips = True
    assert await client(session, model, limits=SOON).propose(ASK) is None


@pytest.mark.parametrize(
    ("status", "text", "outcome", "word"),
    [
        (200, json.dumps(completion('{"contact": {"name": "张经理", "words": "张经理"}}')), "ok", "能用"),
        (200, json.dumps(completion('{"contact": {"name": "李四", "words": "李四"}}')), "no_quote", "照抄"),
        (200, json.dumps(completion("好的")), "not_json", "格式"),
        (401, "no", "http_401", "密钥"),
        (404, "no", "http_404", "地址"),
    ],
)
async def test_the_check_says_what_is_wrong(
    session: aiohttp.ClientSession, model: ModelServer, status: int, text: str, outcome: str, word: str
) -> None:
    model.replies = [(status, text)]
    found = await check_proposer(session, url=model.url, model="m", key=SecretStr("k"), clock=StoppedClock())
    assert (found.outcome, found.ok) == (outcome, outcome == "ok")
    assert word in found.text


async def test_the_check_sends_nothing_of_the_companys_and_does_not_wait_for_ever(
    session: aiohttp.ClientSession, model: ModelServer
) -> None:
    model.may_answer.clear()
    key = SecretStr("k")
    found = await check_proposer(session, url=model.url, model="m", key=key, clock=StoppedClock(), limits=SOON)
    assert found.outcome == "too_slow" and "不影响使用" in found.fix
    assert model.questions[0]["customers"] == [] and "样例" in model.questions[0]["note"]


async def test_the_check_of_an_unreachable_model_says_so(session: aiohttp.ClientSession) -> None:
    away = "http://127.0.0.1:9/v1"
    found = await check_proposer(session, url=away, model="m", key=SecretStr(""), clock=StoppedClock())
    assert "连不上" in found.text and not found.ok


def test_it_is_off_by_default_and_needs_a_model_when_on() -> None:
    assert Settings(_env_file=None).proposer_url == ""
    on = Settings(_env_file=None, proposer_url="http://127.0.0.1:1/v1")
    assert "WAIQIN_PROPOSER_MODEL" in on.missing_for_serving()
    with pytest.raises(ValidationError):
        Settings(_env_file=None, proposer_url="ftp://example.com")
