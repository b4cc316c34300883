"""Asking WeCom whether an app can work: token, the app itself, callback addresses. Read by people, in Chinese."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.wecom.api import Api
from bot.wecom.errors import ADMIN_APP, ADMIN_RANGE, RefusedForNow, interpret
from handlers.errors import PermanentError, RetryableError


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. `code` is the platform's where it gave one; `fix` names the page to mend it on."""

    name: str
    ok: bool
    text: str
    code: int | str = ""
    fix: str = ""


async def check_app(api: Api, agent_id: int) -> list[Finding]:
    """Look at token, app and callback addresses. Never raises; without a token the rest is not asked."""
    token = await _look("access_token", lambda: _token(api))
    if not token.ok:
        return [token]
    return [
        token,
        await _look("应用", lambda: _agent(api, agent_id)),
        await _look("回调地址", lambda: _callback_addresses(api)),
    ]


async def _look(name: str, ask: Callable[[], Awaitable[Finding]]) -> Finding:
    try:
        return await ask()
    except (RefusedForNow, PermanentError) as exc:
        return _failed(name, exc.code)
    except RetryableError as exc:
        return Finding(name, False, f"企业微信没有应答：{exc}", fix="检查服务器的网络与域名解析后重试")


def _failed(name: str, code: int | str) -> Finding:
    meaning = interpret(code) if isinstance(code, int) else None
    text = meaning.text if meaning else "接口返回了无法识别的结果"
    return Finding(name, False, text, code, meaning.fix if meaning else "")


async def _token(api: Api) -> Finding:
    await api.tokens.token()
    return Finding("access_token", True, "可以取得")


async def _agent(api: Api, agent_id: int) -> Finding:
    agent = await api.get("/cgi-bin/agent/get", agentid=str(agent_id))
    if agent.get("close"):
        return Finding("应用", False, "应用已被停用", fix=ADMIN_APP)
    users = (agent.get("allow_userinfos") or {}).get("user") or []
    parties = (agent.get("allow_partys") or {}).get("partyid") or []
    tags = (agent.get("allow_tags") or {}).get("tagid") or []
    if not (users or parties or tags):
        return Finding("应用", False, "可见范围为空，谁也收不到消息", fix=ADMIN_RANGE)
    return Finding(
        "应用", True, f"“{agent.get('name', '')}”可用，可见范围：成员{len(users)}、部门{len(parties)}、标签{len(tags)}"
    )


async def _callback_addresses(api: Api) -> Finding:
    answer = await api.get("/cgi-bin/getcallbackip")
    addresses = answer.get("ip_list") or []
    return Finding("回调地址", True, f"企业微信回调的来源地址段{len(addresses)}个，防火墙须放行")
