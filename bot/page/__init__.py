"""The one page behind a signed link (修改, 看详情, 签到): server-rendered, for a phone (DECISIONS 16)."""

from __future__ import annotations

from bot.page.routes import page_routes

__all__ = ["page_routes"]
