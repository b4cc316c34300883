"""The stand-in for WeCom: a local server that speaks the platform's protocol, with phones to drive it."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Mapping
from typing import Any

from aiohttp import web

from bot.sandbox.api import add_api
from bot.sandbox.callbacks import Callbacks, Delivery
from bot.sandbox.clock import SandboxClock
from bot.sandbox.company import Company, PlatformRules
from bot.sandbox.envelopes import Xml, event_xml, message_xml
from bot.sandbox.faults import Faults
from bot.sandbox.media import MediaShelf
from bot.sandbox.phones import Phone
from bot.sandbox.screens import Screens
from bot.sandbox.sending import Postbox
from bot.sandbox.tokens import OAuthCodes, Tokens
from bot.sandbox.traffic import Feed, Traffic

#: Uploads up to the platform's 20 MB for files must fit.
_MAX_BODY = 24 * 1024 * 1024
_WORDS = {"text": "文字", "voice": "语音", "image": "图片", "location": "位置", "link": "链接"}


class WeComStandIn:
    """One company with one app on the platform's side.

    `build_app()` gives the aiohttp application to serve; `configure(url)` verifies and saves the callback URL;
    `phone(userid)` is a member's phone. Everything that expires follows `clock`.
    """

    def __init__(
        self,
        company: Company,
        *,
        clock: SandboxClock | None = None,
        rules: PlatformRules | None = None,
        faults: Faults | None = None,
    ) -> None:
        self.company = company
        self.clock = clock or SandboxClock()
        self.rules = rules or PlatformRules()
        self.faults = faults or Faults()
        self.feed = Feed()
        self.traffic = Traffic(self.feed)
        self.tokens = Tokens(company, self.rules, self.clock)
        self.oauth_codes = OAuthCodes(self.rules, self.clock)
        self.shelf = MediaShelf(self.rules, self.clock)
        self.screens = Screens(self.clock.now, self.feed)
        self.postbox = Postbox(company, self.rules, self.clock, self.screens, self.shelf)
        self.callbacks = Callbacks(company, self.rules, self.clock, self.faults, self.traffic)
        self.menu: list[dict[str, Any]] = []
        self.agent_settings: dict[str, Any] = {
            "report_location_flag": 0,
            "isreportenter": 1,
            "redirect_domain": "",
            "home_url": "",
        }
        self._next_msgid = 7_000_000_000_000_000_000 + secrets.randbelow(10**17)
        self._phones: dict[str, Phone] = {}

    def build_app(self) -> web.Application:
        """Return the application: the API, and the callback client while it runs."""
        app = web.Application(client_max_size=_MAX_BODY)
        app.cleanup_ctx.append(self._running)
        app.on_shutdown.append(self._say_goodbye)
        add_api(app, self)
        return app

    async def configure(self, callback_url: str) -> None:
        """Save the callback URL as an administrator does. Raises `VerificationFailed`."""
        await self.callbacks.verify(callback_url)

    def phone(self, userid: str) -> Phone:
        """Return the member's phone. Raises `KeyError` for a stranger."""
        person = self.company.person(userid)
        if person is None:
            raise KeyError(userid)
        if person.userid not in self._phones:
            self._phones[person.userid] = Phone(
                person.userid,
                self.screens,
                post_message=self._post_message,
                post_event=self.post_event,
                keep_media=self.shelf.put,
                new_code=self.postbox.new_code,
                reports_entering=lambda: bool(self.agent_settings["isreportenter"]),
            )
        return self._phones[person.userid]

    def set_menu(self, buttons: list[dict[str, Any]]) -> None:
        self.menu = buttons
        self.feed.publish({"type": "menu", "menu": buttons})

    def post_event(self, userid: str, event: str, fields: Mapping[str, Xml]) -> asyncio.Task[Delivery]:
        """Send any event callback, also those that no act of a phone causes (`subscribe`, `inactive_alert` …)."""
        return self.callbacks.post(userid, event, event_xml(self.company, userid, self.clock.now(), event, fields))

    def _post_message(self, userid: str, kind: str, fields: Mapping[str, Xml]) -> asyncio.Task[Delivery]:
        self._next_msgid += 1 + secrets.randbelow(1000)
        xml = message_xml(self.company, userid, self.clock.now(), kind, fields, self._next_msgid)
        return self.callbacks.post(userid, _WORDS.get(kind, kind), xml)

    async def _running(self, _app: web.Application) -> AsyncIterator[None]:
        await self.callbacks.open()
        yield
        await self.callbacks.close()

    async def _say_goodbye(self, _app: web.Application) -> None:
        """End the pages' streams, or the server would wait for them."""
        self.feed.close()
