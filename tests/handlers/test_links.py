"""Page links: one visit, one person, 24 hours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from handlers.links import LinkRefused, Links

NOW = datetime(2026, 3, 10, 2, 20, tzinfo=UTC)
LINKS = Links("https://waiqin.example.com/", "secret")


def token_of(url: str) -> str:
    return url.removesuffix("/edit").rsplit("/", 1)[1]


def test_a_link_opens_its_visit_for_its_person() -> None:
    target = LINKS.open(token_of(LINKS.visit("v1", "zhangwei", NOW, edit=True)), NOW)
    assert (target.visit_id, target.person_id) == ("v1", "zhangwei")


def test_a_link_is_refused_after_a_day() -> None:
    token = token_of(LINKS.visit("v1", "zhangwei", NOW))
    LINKS.open(token, NOW + timedelta(hours=24))
    with pytest.raises(LinkRefused):
        LINKS.open(token, NOW + timedelta(hours=26))


@pytest.mark.parametrize("token", ["", "x", "WyJ2MSJd.abc", "…"])
def test_a_forged_link_is_refused(token: str) -> None:
    with pytest.raises(LinkRefused):
        LINKS.open(token, NOW)


def test_a_link_signed_with_another_secret_is_refused() -> None:
    token = token_of(Links("https://x", "other").visit("v1", "zhangwei", NOW))
    with pytest.raises(LinkRefused):
        LINKS.open(token, NOW)


def test_the_address_stays_the_same_within_the_hour_so_that_retries_send_the_same_bytes() -> None:
    assert LINKS.visit("v1", "p", NOW) == LINKS.visit("v1", "p", NOW + timedelta(minutes=20))
