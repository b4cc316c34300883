"""Coordinates, distances and check-ins."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.rules.geo import (
    Point,
    distance_m,
    distance_words,
    is_in_china,
    judge_check_in,
    nearest,
    to_gcj02,
    to_wgs84,
)

SUZHOU = Point(31.362273, 120.649767)
inland = st.builds(Point, st.floats(4.0, 53.5), st.floats(74.0, 135.0))
anywhere = st.builds(Point, st.floats(-89.0, 89.0), st.floats(-180.0, 180.0))


def test_the_shift_agrees_with_published_pairs() -> None:
    # Tiananmen and the test pair of the eviltransform project
    shifted = to_gcj02(Point(39.907333, 116.391083))
    assert distance_m(shifted, Point(39.908736, 116.397326)) < 2
    assert distance_m(to_gcj02(Point(31.1774276, 121.5272106)), Point(31.17530398364597, 121.531541859215)) < 2


@given(inland)
def test_there_and_back_is_the_same_place(point: Point) -> None:
    back = to_wgs84(to_gcj02(point))
    assert abs(back.lat - point.lat) < 1e-6
    assert abs(back.lon - point.lon) < 1e-6


@given(inland)
def test_the_shift_is_some_hundred_metres(point: Point) -> None:
    assert 1 < distance_m(point, to_gcj02(point)) < 1500


@given(anywhere)
def test_outside_china_nothing_shifts(point: Point) -> None:
    assert is_in_china(point) or to_gcj02(point) == to_wgs84(point) == point


@given(anywhere, anywhere)
def test_a_distance_is_the_same_both_ways(a: Point, b: Point) -> None:
    assert distance_m(a, b) == pytest.approx(distance_m(b, a))
    assert 0 <= distance_m(a, b) < 20_016_000


def test_a_degree_of_latitude_is_a_hundred_and_eleven_kilometres() -> None:
    assert distance_m(Point(31, 120), Point(32, 120)) == pytest.approx(111_195, rel=1e-3)


@pytest.mark.parametrize(
    ("metres", "words"),
    [
        (38.2, "38 米"),
        (999.4, "999 米"),
        (999.6, "1.0 公里"),
        (1234, "1.2 公里"),
        (9960, "10 公里"),
        (35_400, "35 公里"),
    ],
)
def test_distances_in_words(metres: float, words: str) -> None:
    assert distance_words(metres) == words


@pytest.mark.parametrize(
    ("metres", "accuracy", "verdict"),
    [
        (290, None, "here"),
        (310, None, "away"),
        (310, 20.0, "here"),
        (310, -20.0, "away"),
        (900, 2000.0, "unclear"),
        (200, 2000.0, "here"),
        (9000, 2000.0, "away"),
    ],
)
def test_a_check_in_counts_within_the_radius_and_the_accuracy(
    metres: int, accuracy: float | None, verdict: str
) -> None:
    at = Point(SUZHOU.lat + metres / 111_195, SUZHOU.lon)
    judgement = judge_check_in(at, SUZHOU, radius_m=300, accuracy_m=accuracy)
    assert judgement.verdict == verdict
    assert judgement.distance_m == pytest.approx(metres, abs=1)


def test_a_judgement_says_the_distance() -> None:
    at = Point(SUZHOU.lat + 38 / 111_195, SUZHOU.lon)
    assert judge_check_in(at, SUZHOU, radius_m=300, accuracy_m=10).words == "距客户 38 米"


@given(st.lists(anywhere, max_size=20), inland, st.floats(10, 50_000))
def test_nearest_agrees_with_measuring_every_customer(points: list[Point], at: Point, within_m: float) -> None:
    near = [*points, Point(at.lat + 0.001, at.lon), Point(at.lat, at.lon - 0.002)]
    places = [(str(index), point) for index, point in enumerate(near)]
    measured = sorted((distance_m(at, point), name) for name, point in places if distance_m(at, point) <= within_m)
    found = nearest(at, places, within_m=within_m, limit=50)
    assert [(one.distance_m, one.customer_id) for one in found] == measured
