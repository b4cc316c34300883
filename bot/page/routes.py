"""The page's routes: read the link, load or change in one transaction, render."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from aiohttp import web

from bot.page import words
from bot.page.access import (
    OPPORTUNITY,
    PageExpired,
    PageRefused,
    open_opportunity,
    open_visit,
    read_expired_token,
    read_token,
    why_no_check_in,
    why_not_editable,
)
from bot.page.check_in_page import check_in, check_in_page, read_position
from bot.page.edit_form import BrokenForm, EditPage, Posted, read_posted
from bot.page.editing import edit_page, open_for_editing, save
from bot.page.media_files import kind_of, media_response
from bot.page.opportunity_page import opportunity_page
from bot.page.rendering import notice, page
from bot.page.visit_page import visit_page
from handlers import texts
from handlers.know import World, reach
from handlers.links import Links, LinkTarget
from handlers.messages import OutboundText
from handlers.ports import Clock
from handlers.tell import tell
from storage import Store
from storage import tables as t
from storage.media import MediaStore

logger = logging.getLogger("bot.page")

#: Far above the longest form, far below what could hurt.
FORM_LIMIT_BYTES = 64 * 1024

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def page_routes(
    store: Store,
    world: World,
    links: Links,
    clock: Clock,
    media: MediaStore,
    tell: Callable[[str], Awaitable[None]],
) -> list[web.RouteDef]:
    """Return the routes of the page behind a signed link. `tell` sends a queued delivery (called after the commit)."""
    pages = _Pages(store, world, links, clock, media, tell)
    return [
        web.get("/v/{token}", _guarded(pages.details)),
        web.get("/v/{token}/edit", _guarded(pages.edit)),
        web.post("/v/{token}/edit", _guarded(pages.save)),
        web.get("/v/{token}/checkin", _guarded(pages.check_in_form)),
        web.post("/v/{token}/checkin", _guarded(pages.check_in)),
        web.post("/v/{token}/renew", _guarded(pages.renew)),
        web.get("/v/{token}/media/{sha256}", _guarded(pages.medium)),
    ]


def _guarded(handler: Handler) -> Handler:
    """The error boundary: refusals and faults become friendly pages. The address holds the token: it is not logged."""

    async def guarded(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except PageExpired as expired:
            renew = f"/v/{request.match_info['token']}/renew"
            return notice(expired.title, expired.advice, status=expired.status, renew=renew)
        except PageRefused as refusal:
            logger.info("page refused", extra={"action": "page_refused", "status": refusal.status})
            return notice(refusal.title, refusal.advice, status=refusal.status)
        except BrokenForm:
            return notice(*words.NOT_A_FORM, status=400)
        except web.HTTPException:
            raise
        except Exception:
            logger.exception("page failed", extra={"action": "page_failed"})
            return notice(*words.OUR_FAULT, status=500)

    return guarded


async def _form(request: web.Request) -> dict[str, Any]:
    """Return the posted fields. Raises `BrokenForm`, or `PageRefused` beyond the size limit."""
    if request.content_type != "application/x-www-form-urlencoded":
        raise BrokenForm
    try:
        return dict(await request.clone(client_max_size=FORM_LIMIT_BYTES).post())
    except web.HTTPRequestEntityTooLarge as error:
        raise PageRefused(413, words.TOO_LARGE) from error
    except (LookupError, ValueError) as error:
        raise BrokenForm from error


class _Pages:
    """The handlers, with what they need bound once."""

    def __init__(
        self,
        store: Store,
        world: World,
        links: Links,
        clock: Clock,
        media: MediaStore,
        tell: Callable[[str], Awaitable[None]],
    ) -> None:
        self._store = store
        self._world = world
        self._links = links
        self._clock = clock
        self._media = media
        self._tell = tell

    async def renew(self, request: web.Request) -> web.StreamResponse:
        """Send a fresh link to the chat of the person whom the old one was made for; nobody else learns it."""
        now = self._clock.now()
        target = read_expired_token(self._links, request.match_info["token"], now)
        async with self._store.begin() as uow:
            person = await reach(uow, target.person_id)
            if person is None:
                raise PageRefused(403, words.FOREIGN)
            link = OutboundText(texts.fresh_link(self._links.visit(target.visit_id, person.id, now)))
            hour = now.replace(minute=0, second=0, microsecond=0).isoformat()
            key = await tell(uow, person, link, key=f"renew:{target.visit_id}:{person.id}:{hour}", now=now)
            await uow.commit()
        await self._tell(key)
        return notice(*words.RENEWED, good=True)

    async def details(self, request: web.Request) -> web.StreamResponse:
        token, now = request.match_info["token"], self._clock.now()
        target = read_token(self._links, token, now)
        async with self._store.begin() as uow:
            if target.visit_id.startswith(OPPORTUNITY):
                opportunity, owner = await open_opportunity(uow, target)
                seen = await opportunity_page(uow, opportunity, owner, self._world, now)
                return page("opportunity.html", seen=seen)
            opened = await open_visit(uow, target)
            playbook = self._world.playbook(opened.visit.playbook)
            return page(
                "visit.html",
                seen=await visit_page(uow, opened, self._world),
                here=f"./{token}",
                may_edit=opened.is_own and why_not_editable(opened.visit, now) is None,
                may_check_in=opened.is_own and why_no_check_in(opened.visit, playbook, now) is None,
            )

    async def edit(self, request: web.Request) -> web.StreamResponse:
        token, now = request.match_info["token"], self._clock.now()
        target = read_token(self._links, token, now)
        async with self._store.begin() as uow:
            opened = await open_for_editing(uow, target, now, to_write=False)
            form = await edit_page(uow, opened, self._world)
        return page("edit.html", form=form, back=f"../{token}")

    async def save(self, request: web.Request) -> web.StreamResponse:
        token, now = request.match_info["token"], self._clock.now()
        target = read_token(self._links, token, now)
        posted = read_posted(await _form(request))
        # To the end, though the phone may hang up: what was committed must also be told.
        return await asyncio.shield(self._save(token, target, posted, now))

    async def _save(self, token: str, target: LinkTarget, posted: Posted, now: datetime) -> web.StreamResponse:
        async with self._store.begin() as uow:
            opened = await open_for_editing(uow, target, now, to_write=True)
            outcome = await save(uow, opened, posted, self._world, now)
            if isinstance(outcome, EditPage):
                status = 409 if outcome.banner == words.SEE_FRESH else 422
                return page("edit.html", status=status, form=outcome, back=f"../{token}")
            await uow.commit()
        if outcome.delivery:
            await self._tell(outcome.delivery)
        logger.info("saved on the page", extra={"action": "page_saved", "queued": bool(outcome.delivery)})
        return notice(*outcome.sentences, good=True, back=f"../{token}")

    async def check_in_form(self, request: web.Request) -> web.StreamResponse:
        token, now = request.match_info["token"], self._clock.now()
        target = read_token(self._links, token, now)
        async with self._store.begin() as uow:
            opened = await open_visit(uow, target)
            if not opened.is_own:
                raise PageRefused(403, words.OWN_ONLY)
            self._require_check_in(opened.visit, now)
            seen = await check_in_page(uow, opened, self._world)
        return page("checkin.html", seen=seen, problem="", back=f"../{token}")

    async def check_in(self, request: web.Request) -> web.StreamResponse:
        token, now = request.match_info["token"], self._clock.now()
        target = read_token(self._links, token, now)
        position = read_position(await _form(request))
        async with self._store.begin() as uow:
            opened = await open_visit(uow, target, to_write=True)
            self._require_check_in(opened.visit, now)
            if position is None:
                seen = await check_in_page(uow, opened, self._world)
                return page("checkin.html", status=422, seen=seen, problem=words.NO_POSITION, back=f"../{token}")
            sentence = await check_in(uow, opened, token, position, self._world, now)
            await uow.commit()
        logger.info("checked in on the page", extra={"action": "page_checked_in"})
        return notice("已签到", sentence, good=True, back=f"../{token}")

    def _require_check_in(self, visit: t.Visit, now: datetime) -> None:
        refusal = why_no_check_in(visit, self._world.playbook(visit.playbook), now)
        if refusal is not None:
            raise PageRefused(409, refusal)

    async def medium(self, request: web.Request) -> web.StreamResponse:
        target = read_token(self._links, request.match_info["token"], self._clock.now())
        sha256 = request.match_info["sha256"]
        async with self._store.begin() as uow:
            opened = await open_visit(uow, target)
            kind = await kind_of(uow, opened.visit.id, sha256)
        return await media_response(self._media, sha256, kind, request.headers.get("Range", ""))
