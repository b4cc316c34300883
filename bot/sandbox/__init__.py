"""Local stand-ins for the messengers, and the page with two phones and a clock."""

from bot.sandbox.callbacks import Attempt, Delivery, VerificationFailed
from bot.sandbox.clock import DEMO_START, SandboxClock
from bot.sandbox.company import Company, PlatformRules, invent_company
from bot.sandbox.faults import FAULTS, Fault, Faults
from bot.sandbox.phones import NotTappable, Phone
from bot.sandbox.screens import CardCopy, Item
from bot.sandbox.wecom import WeComStandIn

__all__ = [
    "DEMO_START",
    "FAULTS",
    "Attempt",
    "CardCopy",
    "Company",
    "Delivery",
    "Fault",
    "Faults",
    "Item",
    "NotTappable",
    "Phone",
    "PlatformRules",
    "SandboxClock",
    "VerificationFailed",
    "WeComStandIn",
    "invent_company",
]
