"""Pages from templates, and the headers that every answer of the page carries."""

from __future__ import annotations

import secrets
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from bot.page import words
from handlers.texts import day

_TEMPLATES = Path(__file__).parent / "templates"

COMMON_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
}


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["weekday"] = _weekday
    return environment


def _weekday(typed: str) -> str:
    """Return a date input's value with its weekday, for what stands below it."""
    try:
        return day(date.fromisoformat(typed))
    except ValueError:
        return "还没定"


@cache
def _style() -> Markup:
    """Our own style sheet, put into each page: one request, nothing to cache behind a secret address."""
    return Markup((_TEMPLATES / "page.css").read_text(encoding="utf-8"))  # noqa: S704 (a file of ours)


def _policy(nonce: str) -> str:
    return (
        "default-src 'self'; style-src 'self' 'unsafe-inline'; "
        f"script-src 'nonce-{nonce}'; img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors *"
    )


def page(template: str, *, status: int = 200, **values: Any) -> web.Response:
    """Render a template. Every value in it is escaped; scripts run only with this answer's nonce."""
    nonce = secrets.token_urlsafe(12)
    body = _environment().get_template(template).render(style=_style(), nonce=nonce, **values)
    headers = COMMON_HEADERS | {"Cache-Control": "no-store", "Content-Security-Policy": _policy(nonce)}
    return web.Response(text=body, status=status, content_type="text/html", charset="utf-8", headers=headers)


def notice(
    title: str, advice: str, *, status: int = 200, good: bool = False, back: str = "", renew: str = ""
) -> web.Response:
    """Return a page of one sentence and what to do next.

    `back` is an address to go on to, `renew` one that sends a fresh link to the person's chat, if any.
    """
    return page(
        "notice.html",
        status=status,
        title=title,
        advice=advice,
        good=good,
        back=back,
        renew=renew,
        renew_words=words.RENEW,
    )
