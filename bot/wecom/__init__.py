"""WeCom's edge: callbacks in (`routes`, `from_update`), messages out (`WeComMessenger`)."""

from bot.wecom.client import WeComMessenger
from bot.wecom.crypto import Crypto
from bot.wecom.doctor import Finding
from bot.wecom.errors import IllegalMessage, NotAccepted, Rejected
from bot.wecom.limits import CallbackLimits, ClientLimits
from bot.wecom.parse import from_update
from bot.wecom.webhook import Accept, routes

__all__ = [
    "Accept",
    "CallbackLimits",
    "ClientLimits",
    "Crypto",
    "Finding",
    "IllegalMessage",
    "NotAccepted",
    "Rejected",
    "WeComMessenger",
    "from_update",
    "routes",
]
