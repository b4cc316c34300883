"""The administrator's port: `/livez`, `/healthz` and `/metrics`, on this machine only unless the settings differ.

The public port tells whoever asks nothing but whether callbacks can be kept. What is here names no person either, but
sizes and rates of a company are nobody else's business; who opens the port to a network puts a firewall around it.
"""

from __future__ import annotations

import contextlib
import errno
import logging
from collections.abc import AsyncIterator

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST

from bot import metrics
from bot.health import HealthCheck

logger = logging.getLogger("bot.health")


def health_app(check: HealthCheck) -> web.Application:
    """Return the application of the administrator's port."""

    async def live(_request: web.Request) -> web.Response:
        return web.json_response({"ok": True})

    async def health(_request: web.Request) -> web.Response:
        seen = await check.look()
        return web.json_response(seen.as_json(), status=200 if seen.ok else 503)

    async def measured(_request: web.Request) -> web.Response:
        await check.look()
        return web.Response(body=metrics.page(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    app = web.Application()
    app.router.add_get("/livez", live)
    app.router.add_get("/healthz", health)
    app.router.add_get("/metrics", measured)
    return app


@contextlib.asynccontextmanager
async def health_site(check: HealthCheck, host: str, port: int) -> AsyncIterator[int | None]:
    """Serve the administrator's port (0: none); yield its number. One that is taken is told of and done without."""
    metrics.name_build()
    if not port:
        yield None
        return
    runner = web.AppRunner(health_app(check), access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        yield await _listen(runner, host, port)
    finally:
        await runner.cleanup()


async def _listen(runner: web.AppRunner, host: str, port: int) -> int | None:
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        logger.warning("admin port is taken, no metrics", extra={"action": "admin_port_taken", "port": port})
        return None
    return int(runner.addresses[0][1])
