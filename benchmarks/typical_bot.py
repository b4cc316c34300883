"""A bot as tutorials write it: wechatpy in a web handler that does the work before it answers.

It opens the callback, reads the note, writes one row, sends its answer to the platform and only then returns 200. What
it has not finished when it dies is lost. Run by `benchmarks.many_processes`:
`python -m benchmarks.typical_bot PORT TOKEN AES_KEY CORP_ID PLATFORM_URL DATABASE_URL`.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import aiohttp
import psycopg
from aiohttp import web
from wechatpy.enterprise import parse_message
from wechatpy.enterprise.crypto import WeChatCrypto

from handlers.playbooks import load as load_playbook
from nlp import Directory, extract
from nlp import types as nt
from tests.nlp.corpus import load_customers, load_reps


class TypicalBot:
    """The handler, and what it keeps open."""

    def __init__(self, crypto: WeChatCrypto, platform_url: str, database_url: str) -> None:
        self._crypto = crypto
        self._platform_url = platform_url
        self._database_url = database_url
        self._directory = Directory(load_customers(), load_reps())
        self._playbook = load_playbook("manufacturing").for_nlp()

    async def run(self, _app: web.Application) -> AsyncIterator[None]:
        """Keep one HTTP session and one database connection open."""
        self._database = await psycopg.AsyncConnection.connect(self._database_url, autocommit=True)
        await self._database.execute(
            "create table if not exists note (id text primary key, person text, customer text)"
        )
        async with aiohttp.ClientSession() as self._session:
            yield
        await self._database.close()

    async def receive(self, request: web.Request) -> web.Response:
        """Do everything, then answer."""
        query = request.query
        xml = self._crypto.decrypt_message(
            await request.read(), query["msg_signature"], query["timestamp"], query["nonce"]
        )
        message = parse_message(xml)
        note = nt.Note(message.content, datetime.now(UTC), message.source, "text")
        found = extract(note, self._directory, self._playbook)
        await self._database.execute(
            "insert into note values (%s, %s, %s) on conflict do nothing",
            (str(message.id), message.source, str(found.customer.value)),
        )
        body = {"touser": message.source, "msgtype": "text", "text": {"content": f"已记录：{found.customer.value}"}}
        async with self._session.post(f"{self._platform_url}/cgi-bin/message/send", json=body) as response:
            await response.read()
        return web.Response()


def main() -> None:
    """Serve until ended."""
    port, token, aes_key, corp_id, platform_url, database_url = sys.argv[1:]
    bot = TypicalBot(WeChatCrypto(token, aes_key, corp_id), platform_url, database_url)
    app = web.Application()
    app.cleanup_ctx.append(bot.run)
    app.router.add_post("/wecom/callback", bot.receive)
    web.run_app(app, host="127.0.0.1", port=int(port), access_log=None, print=None)


if __name__ == "__main__":
    main()
