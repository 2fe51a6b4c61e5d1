"""Audiences by name, and what each of them sees of a record that was released as several views."""

import pytest

from node.audience import (
    ALL_CLOSED,
    FINEST,
    Audience,
    Levels,
    Tier,
    chartered_name,
    chartered_of,
    levels_for,
    members_of,
    opened,
    read_views,
    request_name,
    requests_of,
    tiers_of,
    write_views,
)
from node.disclose import cut
from node.ladders import DIMENSIONS, chains_of
from node.model import Incident, PartialDate

COARSE, FINE, FINER = (0,) * len(DIMENSIONS), (1,) * len(DIMENSIONS), FINEST
VIEWS = {"public": COARSE, "peer": FINE, "@alpha": FINER}
WRITTEN = "@alpha=2,3,3,3,1,3,1 peer=1,1,1,1,1,1,1 public=0,0,0,0,0,0,0"


def test_audiences_have_names() -> None:
    assert [Audience(tier).name for tier in Tier] == ["public", "peer", "coordinator"]
    assert Audience(Tier.PEER, "alpha").name == "@alpha"
    assert tiers_of(VIEWS) == {Tier.PUBLIC, Tier.PEER}
    assert members_of(VIEWS) == {"alpha"}
    assert [int(tier) for tier in Tier] == [1, 2, 3]  # as the contract and the store have them


def test_a_mark_tells_members_charters_and_requests_apart() -> None:
    uid = bytes.fromhex("00e1")
    asked = "f00d"
    assert (chartered_name(uid), request_name(asked)) == ("#00e1", "?f00d")  # as the store holds them
    names = ["peer", "@beta", chartered_name(uid), request_name(asked)]
    assert tiers_of(names) == {Tier.PEER}
    assert members_of(names) == {"beta"}
    assert chartered_of(names) == {uid}
    assert requests_of(names) == {asked}


def test_what_is_closed_shows_nothing() -> None:
    assert opened({"public": ALL_CLOSED, "peer": FINE}) == {"peer": FINE}
    assert cut(chains_of(Incident(PartialDate(2024))), ALL_CLOSED) == ((),) * len(DIMENSIONS)


@pytest.mark.parametrize(
    ("audience", "seen"),
    [
        (Audience(Tier.PUBLIC), COARSE),
        (Audience(Tier.PEER), FINE),
        (Audience(Tier.COORDINATOR), FINE),
        (Audience(Tier.PEER, "alpha"), FINER),
        (Audience(Tier.PUBLIC, "alpha"), FINER),
        (Audience(Tier.PEER, "beta"), FINE),
        (Audience(Tier.PUBLIC, "beta"), COARSE),
    ],
)
def test_a_member_sees_its_own_view_and_others_that_of_the_finest_tier_which_they_reach(
    audience: Audience, seen: Levels
) -> None:
    assert levels_for(VIEWS, audience) == seen


def test_whoever_reaches_no_view_sees_nothing() -> None:
    assert levels_for({"coordinator": FINE, "@alpha": FINER}, Audience(Tier.PEER, "beta")) is None
    assert levels_for({}, Audience(Tier.COORDINATOR)) is None


def test_views_are_written_in_one_form() -> None:
    assert write_views(VIEWS) == write_views(dict(reversed(VIEWS.items()))) == WRITTEN
    assert read_views(WRITTEN) == VIEWS
    assert read_views("") == {}


@pytest.mark.parametrize(
    "text",
    [
        "peer",
        "peer=1,1,1,1,1,1",
        "peer=1,1,1,1,1,1,1,1",
        "guest=1,1,1,1,1,1,1",
        "peer=a,1,1,1,1,1,1",
        "@alpha=1",
    ],
)
def test_what_is_no_view_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"peer|guest|@alpha|invalid literal"):
        read_views(text)
