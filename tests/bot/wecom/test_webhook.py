"""The callback endpoint over real HTTP: what is kept, what is refused, what is never answered."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlencode

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient
from pytest_aiohttp.plugin import AiohttpClient

from bot.wecom.errors import NotAccepted
from bot.wecom.limits import CallbackLimits
from bot.wecom.parse import from_update
from bot.wecom.webhook import PATH, routes
from handlers.messages import InboundText
from tests.bot.wecom.fakes import RECEIVED_AT, TOKEN, VECTORS, FakeClock, make_crypto, message_xml

Client = TestClient[web.Request, web.Application]


@dataclass
class Inbox:
    """Keeps updates by id, as the application does; `full` makes it keep nothing."""

    kept: dict[str, tuple[str, dict[str, Any]]] = field(default_factory=dict)
    full: bool = False

    async def accept(self, update_id: str, sender_id: str, update: dict[str, Any]) -> Literal["stored", "duplicate"]:
        if self.full:
            raise NotAccepted
        if update_id in self.kept:
            return "duplicate"
        self.kept[update_id] = (sender_id, update)
        return "stored"


@dataclass
class Edge:
    client: Client
    inbox: Inbox
    clock: FakeClock
    refusals: Counter[str]

    async def post(self, query: dict[str, str], body: bytes | str) -> aiohttp.ClientResponse:
        return await self.client.post(f"{PATH}?{urlencode(query)}", data=body)

    async def deliver(self, xml: bytes | str, timestamp: str = "1791000002") -> aiohttp.ClientResponse:
        data = xml.encode() if isinstance(xml, str) else xml
        sealed = make_crypto().encrypt(data, timestamp=timestamp, nonce="n1")
        query = {"msg_signature": sealed.signature, "timestamp": timestamp, "nonce": "n1"}
        return await self.post(query, f"<xml><Encrypt><![CDATA[{sealed.encrypt}]]></Encrypt></xml>")


@pytest.fixture
async def edge(aiohttp_client: AiohttpClient) -> Edge:
    return await make_edge(aiohttp_client, CallbackLimits(body_bytes=4096))


async def make_edge(aiohttp_client: AiohttpClient, limits: CallbackLimits) -> Edge:
    inbox, clock, refusals = Inbox(), FakeClock(), Counter[str]()

    def count(reason: str) -> None:
        refusals[reason] += 1

    app = web.Application()
    app.add_routes(routes(inbox.accept, make_crypto(), clock, limits, count))
    return Edge(await aiohttp_client(app), inbox, clock, refusals)


async def test_saving_the_address_gets_the_bare_plaintext(edge: Edge) -> None:
    vector = VECTORS["url_verification"][0]
    response = await edge.client.get(f"{PATH}?{vector['query_string']}")
    assert (response.status, await response.text()) == (200, vector["expected_response_body"])


async def test_unsigned_visitor_learns_nothing(edge: Edge) -> None:
    response = await edge.client.get(PATH)
    assert (response.status, await response.read()) == (403, b"")


async def test_recorded_delivery_is_kept_and_answered_empty(edge: Edge) -> None:
    vector = VECTORS["inbound_messages"][0]
    response = await edge.client.post(f"{PATH}?{vector['query_string']}", data=vector["body"])
    assert (response.status, await response.read()) == (200, b"")
    sender, update = edge.inbox.kept["wecom:7291846350017263541"]
    assert sender == "lin.wei"
    assert update == {
        "channel": "wecom",
        "xml": vector["expected_plaintext"],
        "received_at": RECEIVED_AT.isoformat(),
    }
    assert isinstance(from_update(update), InboundText)


async def test_second_delivery_of_the_same_is_answered_and_changes_nothing(edge: Edge) -> None:
    statuses = [(await edge.deliver(message_xml("text"))).status for _ in range(2)]
    assert (statuses, len(edge.inbox.kept)) == ([200, 200], 1)


async def test_what_cannot_be_kept_is_not_answered(edge: Edge) -> None:
    edge.inbox.full = True
    with pytest.raises(aiohttp.ClientError):
        await edge.deliver(message_xml("text"))
    edge.inbox.full = False
    assert (await edge.deliver(message_xml("text"))).status == 200


@pytest.mark.parametrize("seconds", [-601, 601])
async def test_replay_outside_ten_minutes_is_refused(edge: Edge, seconds: int) -> None:
    edge.clock.time = RECEIVED_AT
    timestamp = str(int(RECEIVED_AT.timestamp()) + seconds)
    assert (await edge.deliver(message_xml("text"), timestamp)).status == 403
    assert (dict(edge.refusals), edge.inbox.kept) == ({"timestamp_out_of_window": 1}, {})


@pytest.mark.parametrize("seconds", [-600, 0, 600])
async def test_retry_within_ten_minutes_is_kept(edge: Edge, seconds: int) -> None:
    timestamp = str(int(RECEIVED_AT.timestamp()) + seconds)
    assert (await edge.deliver(message_xml("text"), timestamp)).status == 200


@pytest.mark.parametrize("timestamp", ["", "soon", "-1791000002", "9" * 40, "１７９１００００００"])
async def test_signed_nonsense_for_a_time_is_refused(edge: Edge, timestamp: str) -> None:
    assert (await edge.deliver(message_xml("text"), timestamp)).status == 403


async def test_wrong_signature_is_refused_and_counted(edge: Edge) -> None:
    vector = VECTORS["negative_cases"][0]
    response = await edge.post(vector["query"], vector["body"])
    assert (response.status, await response.read()) == (403, b"")
    assert edge.refusals == {"signature_invalid": 1}


@pytest.mark.parametrize(
    ("xml", "reason"),
    [
        (b"\xcd\xe2\xc7\xda", "text_decoding"),
        (b"<xml>", "xml_malformed"),
        (b'<!DOCTYPE x [<!ENTITY a "b">]><xml>&a;</xml>', "xml_forbidden"),
    ],
)
async def test_signed_but_unreadable_is_refused(edge: Edge, xml: bytes, reason: str) -> None:
    assert (await edge.deliver(xml)).status == 403
    assert edge.refusals == {reason: 1}


async def test_unknown_kind_is_kept_all_the_same(edge: Edge) -> None:
    assert (await edge.deliver(message_xml("hologram"))).status == 200
    assert len(edge.inbox.kept) == 1


async def test_oversized_body_is_refused_before_it_is_read(edge: Edge) -> None:
    response = await edge.post({}, b"x" * 5000)
    assert (response.status, dict(edge.refusals)) == (403, {"body_too_large": 1})


async def test_oversized_body_without_a_length_is_refused(edge: Edge) -> None:
    async def pieces() -> Any:
        for _ in range(10):
            yield b"x" * 1000

    response = await edge.client.post(PATH, data=pieces())
    assert (response.status, dict(edge.refusals)) == (403, {"body_too_large": 1})


async def send_raw(edge: Edge, head: str, body: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    server = edge.client.server
    reader, writer = await asyncio.open_connection(str(server.host), int(server.port or 0))
    writer.write(f"POST {PATH} HTTP/1.1\r\nHost: x\r\n{head}\r\n\r\n".encode() + body)
    return reader, writer


async def test_body_that_never_ends_is_refused(aiohttp_client: AiohttpClient) -> None:
    edge = await make_edge(aiohttp_client, CallbackLimits(read_timeout_s=0.05))
    reader, writer = await send_raw(edge, "Content-Length: 100", b"half")
    assert (await reader.readline()).split()[1] == b"403"
    assert edge.refusals == {"body_too_slow": 1}
    writer.close()
    await writer.wait_closed()


async def test_body_that_is_not_what_its_coding_says_is_refused(edge: Edge) -> None:
    reader, writer = await send_raw(edge, "Content-Encoding: gzip\r\nContent-Length: 5", b"hello")
    assert (await reader.readline()).split()[1] == b"403"
    assert edge.refusals == {"body_broken": 1}
    writer.close()
    await writer.wait_closed()


async def test_log_holds_neither_secret_nor_signature_nor_content(edge: Edge, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    vector = VECTORS["negative_cases"][0]
    await edge.post(vector["query"], vector["body"])
    await edge.deliver(message_xml("text", "<Content>华锐的报价</Content>"))
    shown = "\n".join(str(record.__dict__) for record in caplog.records if record.name.startswith("bot"))
    assert "callback_refused" in shown
    for secret in (TOKEN, vector["query"]["msg_signature"], vector["query"]["nonce"], "lin.wei", "华锐"):
        assert secret not in shown
