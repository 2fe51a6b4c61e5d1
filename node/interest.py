"""Which alerts somebody wants to hear: by country, by means of attack, and by how far away it was.

Country and means are told to the members who send alerts, so that they send no others. The place from which distances
count is told to nobody: where an organization's people are is not for a whole network to know. Distance is therefore
judged by who receives, and what shows no point is never dropped for it.
"""

import re
from enum import StrEnum
from math import asin, cos, radians, sin, sqrt
from typing import NamedTuple

from node.ladders import WHAT, WHERE, Chains
from node.model import Point
from node.urgent import Subscription

BANDS_KM = (25, 50, 100, 250)
_EARTH_KM = 6371.0
_POINT = re.compile(r".*@(-?[0-9]{1,3}\.[0-9]{1,5}),(-?[0-9]{1,3}\.[0-9]{1,5})")


class Nearness(StrEnum):
    """How an alert lies to the place that somebody watches."""

    NEAR = "near"
    FAR = "far"
    UNKNOWN = "distance unknown"
    ANY = ""  # no place is watched


class Interest(NamedTuple):
    """What a node wants to hear; nothing given means everything."""

    countries: frozenset[str] = frozenset()
    means: frozenset[str] = frozenset()
    near: Point | None = None
    within_km: int = BANDS_KM[-1]


def is_asked_for(chains: Chains, wanted: Subscription | Interest) -> bool:
    """Whether a record is of the countries and means that somebody asked for; what is not opened passes."""
    if wanted.countries and (country := country_of(chains)) and country not in wanted.countries:
        return False
    return not (wanted.means and (means := means_of(chains)) and means not in wanted.means)


def nearness(chains: Chains, interest: Interest) -> Nearness:
    """How far away a record is, as far as it shows."""
    if interest.near is None:
        return Nearness.ANY
    point = _point_of(chains)
    if point is None:
        return Nearness.UNKNOWN
    return Nearness.NEAR if distance_km(interest.near, point) <= interest.within_km else Nearness.FAR


def distance_km(one: Point, other: Point) -> float:
    """Great-circle distance (haversine) on a sphere of 6,371 km."""
    north, south = radians(one.latitude), radians(other.latitude)
    apart = (
        sin((south - north) / 2) ** 2
        + cos(north) * cos(south) * sin(radians(other.longitude - one.longitude) / 2) ** 2
    )
    return 2 * _EARTH_KM * asin(min(1.0, sqrt(apart)))


def country_of(chains: Chains) -> str:
    """Country that a record shows, or nothing."""
    where = chains[WHERE.number] if chains else ()
    return where[0] if where else ""


def means_of(chains: Chains) -> str:
    """Means of attack that a record shows, or nothing."""
    what = chains[WHAT.number] if chains else ()
    return what[1].split("/")[1] if len(what) > 1 else ""


def _point_of(chains: Chains) -> Point | None:
    where = chains[WHERE.number] if chains else ()
    found = _POINT.fullmatch(where[-1]) if len(where) == len(WHERE.levels) else None
    return Point(float(found[1]), float(found[2])) if found else None
