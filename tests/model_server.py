"""A stand-in for a language model behind an OpenAI-compatible endpoint: answers what the test tells it to."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

#: What a model writes about a question: a JSON object.
Opinion = Callable[[Mapping[str, Any]], Mapping[str, Any]]


class ModelServer:
    """Remembers what it was asked. `opinion` answers well; `replies` (bodies with a status) come first, once each."""

    def __init__(self) -> None:
        self.url = ""
        self.bodies: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.opinion: Opinion = lambda _: {}
        self.replies: list[tuple[int, str]] = []
        #: answers wait until this is set
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        #: the body comes compressed, or a byte at a time for as long as somebody reads
        self.compressed = False
        self.drips = False

    @property
    def questions(self) -> list[dict[str, Any]]:
        """Return what the user's part of each request held."""
        return [json.loads(body["messages"][-1]["content"]) for body in self.bodies]

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer one `chat/completions`."""
        self.bodies.append(await request.json())
        self.keys.append(request.headers.get("Authorization", ""))
        await self.may_answer.wait()
        if self.drips:
            return await self._drip(request)
        if self.replies:
            status, text = self.replies.pop(0)
            return web.Response(status=status, text=text, content_type="text/html")
        written = json.dumps(self.opinion(self.questions[-1]), ensure_ascii=False)
        response = web.json_response(completion(written))
        if self.compressed:
            response.enable_compression(web.ContentCoding.gzip)
        return response

    async def _drip(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while self.drips:
            try:
                await response.write(b" ")
            except ConnectionError:
                break
            await asyncio.sleep(0.02)
        return response


def completion(written: str) -> dict[str, Any]:
    """Return the body of an answer in which the model wrote this."""
    return {
        "object": "chat.completion",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": written}}],
    }


@contextlib.asynccontextmanager
async def open_model_server() -> AsyncIterator[ModelServer]:
    """Run the stand-in on loopback."""
    model = ModelServer()
    app = web.Application()
    app.router.add_post("/v1/chat/completions", model.answer)
    server = TestServer(app)
    await server.start_server()
    model.url = str(server.make_url("/v1"))
    try:
        yield model
    finally:
        model.may_answer.set()
        model.drips = False
        await server.close()
