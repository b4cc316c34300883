"""The page's routes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

from handlers.know import World
from handlers.links import Links
from handlers.ports import Clock
from storage import Store
from storage.media import MediaStore


def page_routes(
    store: Store,
    world: World,
    links: Links,
    clock: Clock,
    media: MediaStore,
    tell: Callable[[str], Awaitable[None]],
) -> list[web.RouteDef]:
    """Return the page's routes."""
    return []
