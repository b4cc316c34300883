"""What the page is given by the application, and how its state is written as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from bot.sandbox.clock import SandboxClock
from bot.sandbox.wecom import WeComStandIn


@dataclass(frozen=True, slots=True)
class Sample:
    """A clip or picture that the page offers; `hint` is what is said in it."""

    title: str
    path: Path
    kind: Literal["voice", "photo"] = "voice"
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """A point on the small map, WGS-84 degrees. `owner` is the userid whose customer it is."""

    name: str
    lat: float
    lon: float
    kind: Literal["customer", "city"] = "customer"
    address: str = ""
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Offers:
    """What the page offers to try: clips and pictures, points of the map, sentences."""

    samples: tuple[Sample, ...] = ()
    places: tuple[Place, ...] = ()
    phrases: tuple[str, ...] = ("跟进改周五", "联系人是曹立新", "卡在账期", "帮助")


def state_view(standin: WeComStandIn, offers: Offers) -> dict[str, Any]:
    """Return everything that a page needs to draw itself from nothing."""
    people = standin.company.people
    return {
        "app_name": standin.company.app_name,
        "people": [{"userid": p.userid, "name": p.name, "team": p.team, "role": p.role} for p in people],
        "screens": {p.userid: [i.view() for i in standin.screens.of(p.userid)] for p in people},
        "samples": [
            {"index": n, "title": s.title, "kind": s.kind, "hint": s.hint} for n, s in enumerate(offers.samples)
        ],
        "places": [
            {"name": p.name, "lat": p.lat, "lon": p.lon, "kind": p.kind, "address": p.address, "owner": p.owner}
            for p in offers.places
        ],
        "phrases": list(offers.phrases),
        "menu": standin.menu,
        "clock": clock_view(standin.clock),
        "traffic": [e.view() for e in standin.traffic.exchanges],
    }


def clock_view(clock: SandboxClock) -> dict[str, Any]:
    """Return the clock's reading; `from` and `to` only while an advance is played."""
    view: dict[str, Any] = {"now": clock.now().isoformat(), "rate": clock.rate, "start": clock.start.isoformat()}
    if clock.moving is not None:
        view |= {"from": clock.moving[0].isoformat(), "to": clock.moving[1].isoformat()}
    return view


def selection_of(body: Mapping[str, Any]) -> dict[str, str]:
    """Return the drop-downs' choices of a tap, question key → option id."""
    chosen = body.get("selected") or {}
    return {str(k): str(v) for k, v in chosen.items()} if isinstance(chosen, dict) else {}
