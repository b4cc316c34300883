"""What can go wrong at the WeCom edge, and what to do about each of the platform's error codes.

- `Rejected`: a callback that is not the platform's, not for us, or not readable. Answered 403, counted by reason.
- `NotAccepted`: a good callback that could not be kept anywhere. The connection is dropped, so the platform retries.
- `IllegalMessage`: a message of ours that the platform would refuse. A bug, found before sending.
- `RefusedForNow` and, for a token gone stale early, `TokenRefused`: retryable, with the platform's code.
- `interpret(code)`: the platform's error codes as data (documents 90313 and 90236, read 2026-08).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from handlers.errors import CardCodeSpent, MediaGone, PermanentError, RetryableError, Throttled, WaiqinError


class Rejected(WaiqinError):
    """A callback we refuse. `reason` is stable and free of anything the request held:

    `signature_invalid`, `base64_invalid`, `decrypt_failed`, `padding_invalid`, `length_invalid`,
    `receiveid_mismatch`, `text_decoding`, `xml_malformed`, `xml_forbidden`, `body_malformed`, `body_too_large`,
    `body_too_slow`, `body_broken` (cut off or wrongly coded), `timestamp_out_of_window`.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class RefusedForNow(RetryableError):
    """The platform said no with an error `code` that passes, or passes once an administrator has acted (60020)."""

    def __init__(self, message: str, *, code: int = 0, retry_after_s: float = 5.0) -> None:
        super().__init__(message, retry_after_s=retry_after_s)
        self.code = code


class TokenRefused(RefusedForNow):
    """The platform refused our token. `TokenKeeper.use` fetches a new one and repeats the call once."""


class CalledTooOften(RefusedForNow, Throttled):
    """45009: the company's calls are over the limit; hammering on prolongs it (document 90313)."""


class NotAccepted(WaiqinError):
    """Neither the database nor the spool took a callback. The platform gets no answer and sends it again."""


class IllegalMessage(PermanentError):
    """A card, text or menu beyond the platform's limits. `faults` are (error code, what is wrong)."""

    def __init__(self, faults: Sequence[tuple[int, str]]) -> None:
        super().__init__("; ".join(f"{code} {message}" for code, message in faults), code=faults[0][0])
        self.faults = tuple(faults)

    def __reduce__(self) -> tuple[type[IllegalMessage], tuple[tuple[tuple[int, str], ...]]]:
        """Be copyable: a durable step stores the error that it ended with."""
        return type(self), (self.faults,)


Reaction = Literal["retry", "throttled", "refresh", "stop", "media_gone", "card_code_spent", "already_sent"]


@dataclass(frozen=True, slots=True)
class Meaning:
    """One error code: what we do, what it means and where an administrator mends it (both read by people).

    `retry` waits `retry_after_s`; `refresh` fetches a new token once and repeats once; `stop` needs the operator.
    """

    reaction: Reaction
    text: str
    fix: str = ""
    retry_after_s: float = 5.0


ADMIN_APP = "管理后台 → 应用管理 → 自建 → 本应用"
ADMIN_CREDENTIALS = "管理后台 → 应用管理 → 本应用 → Secret；配置项 corpid 与 secret"
ADMIN_RANGE = "管理后台 → 应用管理 → 本应用 → 可见范围"
ADMIN_IP = "管理后台 → 应用管理 → 本应用 → 企业可信IP"
ADMIN_CALLBACK = "管理后台 → 应用管理 → 本应用 → 接收消息 → 设置API接收"
ADMIN_DOMAIN = "管理后台 → 应用管理 → 本应用 → 网页授权及JS-SDK"
DEV_CONSOLE = "开发者中心 → 接口调用频率"
OUR_BUG = "程序问题：请带上错误码反馈给维护者"

_BUSY = Meaning("retry", "企业微信系统繁忙", "稍后自动重试", 2.0)
_CROWDED = Meaning("retry", "接口并发过高或写入冲突", "稍后自动重试", 5.0)
_SECRET = Meaning("stop", "corpid 或 Secret 不正确，或应用已停用（反复尝试会让整个 IP 被封一小时）", ADMIN_CREDENTIALS)
# Seen only when a call has failed again with a fresh token: the keeper has already refreshed and repeated once.
_TOKEN = Meaning("refresh", "access_token 失效", "已自动刷新；反复出现时检查是否有别的程序在用同一 Secret", 60.0)
_USER = Meaning("stop", "成员不存在或已离职", ADMIN_RANGE)
_MEDIA = Meaning("media_gone", "素材不存在或已过期（企业微信只保存三天）")
_BUG = Meaning("stop", "请求参数不正确", OUR_BUG)
_CARD = Meaning("stop", "卡片字段缺失、超长或重复", OUR_BUG)
_MENU = Meaning("stop", "菜单按钮的个数、名称、KEY 或链接不符合要求", OUR_BUG)
_AGENT = Meaning("stop", "agentid 不存在，或不属于这个 Secret", ADMIN_APP)
_MEDIA_FORM = Meaning("stop", "素材大小、时长或格式不符合要求", OUR_BUG)
_RIGHTS = Meaning("stop", "没有权限，或对象不在应用可见范围内", ADMIN_RANGE)
_CLOSED = Meaning("stop", "应用或接口已被停用（如长期未使用）", ADMIN_APP)
_RECEIVERS = Meaning("stop", "接收人全部无效或为空，通常是不在应用可见范围内", ADMIN_RANGE)
_SIZE = Meaning("stop", "内容为空、过长或客户端无法显示", OUR_BUG)
_IP = Meaning("retry", "服务器出口 IP 不在企业可信IP名单中（保存后约一分钟生效）", ADMIN_IP, 300.0)
_OAUTH = Meaning("stop", "授权 code 无效、过期或已用过", "重新打开页面")
_RANGE = Meaning("stop", "素材分段下载的区间不被接受", OUR_BUG)
_DOMAIN = Meaning("stop", "可信域名未配置、未验证或次数用尽", ADMIN_DOMAIN)
_WEBHOOK = Meaning("stop", "群机器人地址失效或被停用", "群设置 → 群机器人")

_CODES: dict[Meaning, tuple[int, ...]] = {
    _BUSY: (-1,),
    _CROWDED: (6000, 45033, 45035, 45036, 301022),
    _SECRET: (40001, 40091, 40013),
    _TOKEN: (40014, 42001, 41001),
    _USER: (40003, 40031, 46004, 60111),
    _MEDIA: (40007, 40145, 41006),
    _BUG: (40004, 40008, 40032, 40033, 40035, 40058, 40063, 42015, 42016, 42052, 44001, 82002, 82003, 82101, 82102),
    _MENU: (*range(40016, 40021), 40022, 40023),
    _CARD: (*range(42017, 42021), *range(42027, 42052)),
    _AGENT: (40056, 301002),
    _MEDIA_FORM: (40006, 40009, 40011, 45001, 45007, 301016, 301017),
    _RIGHTS: (48001, 48002, 48009, 50002, 60011, 60021, 92000),
    _CLOSED: (48006, 50003, 60031, 301007),
    _RECEIVERS: (81013, 82001),
    _SIZE: (44004, 45002, 82004),
    _IP: (60020, 301042),
    _OAUTH: (40029, 42003, 42022),
    _RANGE: (40146, 830002),
    _DOMAIN: (40093, 42012, 50001, 85004, 85005),
    _WEBHOOK: (93000, 93004, 93008),
    Meaning("already_sent", "同一 task_id 已发送过"): (42014,),
    Meaning("throttled", "调用过于频繁", DEV_CONSOLE, 60.0): (45009,),
    Meaning("stop", "应用没有设置接收消息的网址，不能发送按钮卡片", ADMIN_CALLBACK): (43012,),
    Meaning("stop", "服务器的 TLS 版本过旧", "升级服务器的 TLS"): (48010,),
    Meaning("card_code_spent", "卡片更新码已用过或已过 72 小时"): (60140,),
}

MEANINGS: dict[int, Meaning] = {code: meaning for meaning, codes in _CODES.items() for code in codes}

UNKNOWN = Meaning("stop", "文档中没有的错误码", "open.work.weixin.qq.com/devtool/query?e=错误码")

#: Stop asking for tokens: a wrong secret, asked repeatedly, blocks the IP for an hour (document 90313).
BAD_SECRET = frozenset(_CODES[_SECRET])
#: `media/get` wants a range, or another one.
RANGE_WANTED = 830002
RANGE_REFUSED = 40146


def interpret(code: int) -> Meaning:
    """Return what an error code means; an undocumented one stops, so that it is seen rather than repeated."""
    return MEANINGS.get(code, UNKNOWN)


def error_of(code: int, call: str) -> RetryableError | PermanentError:
    """Return the exception for a failed `call` (the API's path). `errmsg` is left out: it may quote what we sent."""
    meaning = interpret(code)
    message = f"wecom {call}: {code} {meaning.text}"
    match meaning.reaction:
        case "refresh":
            return TokenRefused(message, code=code, retry_after_s=meaning.retry_after_s)
        case "retry":
            return RefusedForNow(message, code=code, retry_after_s=meaning.retry_after_s)
        case "throttled":
            return CalledTooOften(message, code=code, retry_after_s=meaning.retry_after_s)
        case "media_gone":
            return MediaGone(message, code=code)
        case "card_code_spent":
            return CardCodeSpent(message, code=code)
        case _:
            return PermanentError(message, code=code)
