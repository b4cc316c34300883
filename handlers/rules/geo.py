"""Positions: the two coordinate systems, distances, and whether a check-in is at the customer.

Devices give WGS-84; maps and pins in China are GCJ-02, shifted by some hundred metres. Everything here that takes a
`Point` means WGS-84 unless its name says otherwise (MISSION E6).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import asin, cos, hypot, pi, radians, sin, sqrt
from typing import Literal, NamedTuple

#: Krasovsky 1940 ellipsoid, on which GCJ-02 is defined: semi-major axis in metres and squared eccentricity.
_AXIS_M = 6378245.0
_ECCENTRICITY = 0.00669342162296594323
_EARTH_RADIUS_M = 6371008.8
_METRES_PER_DEGREE = 111_320.0
#: A worse position than this (a cell tower's) proves neither presence nor absence.
USABLE_ACCURACY_M = 1000.0

Verdict = Literal["here", "away", "unclear"]


class Point(NamedTuple):
    """Latitude and longitude in degrees."""

    lat: float
    lon: float


def is_in_china(point: Point) -> bool:
    """Return whether the GCJ-02 shift applies: the rectangle that all converters use, not a border."""
    return 0.8293 <= point.lat <= 55.8271 and 72.004 <= point.lon <= 137.8347


def to_gcj02(wgs84: Point) -> Point:
    """Convert WGS-84 to GCJ-02. Outside China the two are the same."""
    if not is_in_china(wgs84):
        return wgs84
    x, y = wgs84.lon - 105.0, wgs84.lat - 35.0
    root = sqrt(abs(x))
    waves = (20.0 * sin(6.0 * x * pi) + 20.0 * sin(2.0 * x * pi)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + waves
    north += (20.0 * sin(y * pi) + 40.0 * sin(y / 3.0 * pi)) * 2.0 / 3.0
    north += (160.0 * sin(y / 12.0 * pi) + 320.0 * sin(y * pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + waves
    east += (20.0 * sin(x * pi) + 40.0 * sin(x / 3.0 * pi)) * 2.0 / 3.0
    east += (150.0 * sin(x / 12.0 * pi) + 300.0 * sin(x / 30.0 * pi)) * 2.0 / 3.0
    angle = radians(wgs84.lat)
    magic = 1.0 - _ECCENTRICITY * sin(angle) ** 2
    lat = wgs84.lat + north * 180.0 / (_AXIS_M * (1.0 - _ECCENTRICITY) / (magic * sqrt(magic)) * pi)
    return Point(lat, wgs84.lon + east * 180.0 / (_AXIS_M / sqrt(magic) * cos(angle) * pi))


def to_wgs84(gcj02: Point) -> Point:
    """Convert GCJ-02 to WGS-84 by iteration, exact to the last digits. Outside China the two are the same."""
    if not is_in_china(gcj02):
        return gcj02
    guess = gcj02
    for _ in range(30):
        shifted = to_gcj02(guess)
        off_lat, off_lon = shifted.lat - gcj02.lat, shifted.lon - gcj02.lon
        guess = Point(guess.lat - off_lat, guess.lon - off_lon)
        if hypot(off_lat, off_lon) < 1e-13:
            break
    return guess


def distance_m(a: Point, b: Point) -> float:
    """Return the great-circle distance in metres (haversine; off by at most 0.5 % from the ellipsoid)."""
    lat_a, lat_b = radians(a.lat), radians(b.lat)
    half = sin((lat_b - lat_a) / 2) ** 2 + cos(lat_a) * cos(lat_b) * sin(radians(b.lon - a.lon) / 2) ** 2
    return 2 * _EARTH_RADIUS_M * asin(sqrt(min(half, 1.0)))


def distance_words(metres: float) -> str:
    """Return a distance as people say it: 38 米, 1.2 公里, 35 公里."""
    if round(metres) < 1000:
        return f"{round(metres)} 米"
    kilometres = metres / 1000
    return f"{kilometres:.1f} 公里" if kilometres < 9.95 else f"{round(kilometres)} 公里"


@dataclass(frozen=True, slots=True)
class CheckInJudgement:
    """How a position compares with the customer's point. `words` is “距客户 38 米”."""

    distance_m: float
    verdict: Verdict
    words: str


def judge_check_in(at: Point, customer: Point, *, radius_m: float, accuracy_m: float | None) -> CheckInJudgement:
    """Return whether `at` is at the customer: within `radius_m` plus the position's accuracy (MISSION E5).

    A position that is too inexact is `unclear` unless it is within the radius as it stands or surely away.
    """
    metres = distance_m(at, customer)
    accuracy = max(accuracy_m or 0.0, 0.0)
    verdict: Verdict = "here" if metres <= radius_m + accuracy else "away"
    if accuracy > USABLE_ACCURACY_M and radius_m < metres <= radius_m + accuracy:
        verdict = "unclear"
    return CheckInJudgement(metres, verdict, f"距客户 {distance_words(metres)}")


@dataclass(frozen=True, slots=True)
class Nearby:
    """A customer near a position."""

    customer_id: str
    distance_m: float


def nearest(at: Point, places: Iterable[tuple[str, Point]], *, within_m: float, limit: int = 5) -> tuple[Nearby, ...]:
    """Return the customers within `within_m` of `at`, nearest first, ties by id."""
    lat_reach = within_m / _METRES_PER_DEGREE * 1.01
    lon_reach = lat_reach / max(cos(radians(min(abs(at.lat) + lat_reach, 89.0))), 0.01)
    found = [
        Nearby(customer_id, metres)
        for customer_id, point in places
        if abs(point.lat - at.lat) <= lat_reach and abs((point.lon - at.lon + 180) % 360 - 180) <= lon_reach
        if (metres := distance_m(at, point)) <= within_m
    ]
    return tuple(sorted(found, key=lambda near: (near.distance_m, near.customer_id))[:limit])
