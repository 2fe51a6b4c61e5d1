"""What somebody asked for passes, what is too far away does not, and what is not shown is never dropped."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.anonymize import anonymize
from node.disclose import cut
from node.interest import BANDS_KM, Interest, Nearness, distance_km, is_asked_for, nearness
from node.ladders import Chains, chains_of
from node.model import Place, Point
from tests.support.incidents import SHOOTING

JUBA, MALAKAL, NAIROBI = Point(4.85, 31.6), Point(9.53, 31.66), Point(-1.29, 36.82)
COARSE, WITHOUT_POINT = (0, 0, 1, 1, -1, -1, 0), (2, 2, 3, 3, 1, 2, 1)  # finest levels that are shown
points = st.builds(Point, st.floats(-90, 90), st.floats(-180, 180))


def at(point: Point) -> Chains:
    """An incident at a place that is shown to the last."""
    place = Place("SSD", "Central Equatoria", "Juba", "Juba", point)
    return chains_of(replace(SHOOTING, where=place))


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Interest(), True),
        (Interest(countries=frozenset({"SSD", "SDN"})), True),
        (Interest(countries=frozenset({"SDN"})), False),
        (Interest(means=frozenset({"shooting"})), True),
        (Interest(means=frozenset({"robbery"})), False),
        (Interest(frozenset({"SSD"}), frozenset({"robbery"})), False),
    ],
)
def test_a_record_is_asked_for_by_country_and_means(wanted: Interest, expected: object) -> None:
    seen = cut(anonymize(SHOOTING, rcrc_named=False), COARSE)
    assert is_asked_for(seen, wanted) is expected


def test_what_is_not_shown_is_not_dropped() -> None:
    nothing: Chains = ((),) * 7
    wanted = Interest(frozenset({"SDN"}), frozenset({"robbery"}), JUBA, 25)
    assert is_asked_for(nothing, wanted)
    assert nearness(nothing, wanted) is Nearness.UNKNOWN


@pytest.mark.parametrize(
    ("point", "within_km", "expected"),
    [
        (Point(4.9, 31.7), 25, Nearness.NEAR),
        (MALAKAL, 250, Nearness.FAR),
        (Point(6.8, 31.6), 250, Nearness.NEAR),
        (Point(6.8, 31.6), 100, Nearness.FAR),
    ],
)
def test_a_place_is_near_or_far(point: Point, within_km: int, expected: Nearness) -> None:
    assert within_km in BANDS_KM
    assert nearness(at(point), Interest(near=JUBA, within_km=within_km)) is expected
    assert nearness(at(point), Interest()) is Nearness.ANY


def test_a_view_without_a_point_says_that_its_distance_is_unknown() -> None:
    seen = cut(at(MALAKAL), WITHOUT_POINT)
    assert nearness(seen, Interest(near=JUBA, within_km=25)) is Nearness.UNKNOWN


def test_distances_are_those_of_the_globe() -> None:
    assert distance_km(JUBA, NAIROBI) == pytest.approx(897, rel=0.01)
    assert distance_km(Point(0, 179.5), Point(0, -179.5)) == pytest.approx(111.2, rel=0.01)
    assert distance_km(Point(90, 0), Point(-90, 0)) == pytest.approx(20_015, rel=0.01)


@given(points, points)
def test_distance_goes_both_ways_and_is_never_more_than_half_around(one: Point, other: Point) -> None:
    assert distance_km(one, other) == pytest.approx(distance_km(other, one), abs=1e-3)
    assert 0 <= distance_km(one, other) <= 20_016
    assert distance_km(one, one) == 0
