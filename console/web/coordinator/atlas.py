"""Shapes of countries for maps, from the packaged atlas, after the practice of the United Nations.

Shapes that are no country of the code list are folded into the one that they lie in, the world is cut in the Pacific,
and boundaries that are disputed or not determined are told apart from the others. Areas on the map are equal to those
on the ground in proportion (Equal Earth: Šavrič, Patterson, Jenny 2018).
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from itertools import pairwise
from math import asin, cos, pi, radians, sin, sqrt
from typing import Any, NamedTuple, TypeAlias

from console.web.coordinator.outline import Point, Ring

MIDDLE = 11.0  # degrees east, of the map; it is cut at the other side of the earth, in the Bering Strait
SCALE = 400.0  # units of the map for one of the projection
_FOLDED = {"SOL": "SOM", "CYN": "CYP"}
_LEFT_OUT = frozenset({"ATA"})
_WORLD = (-180.0, -90.0, 180.0, 90.0)
_Box: TypeAlias = tuple[float, float, float, float]  # west, south, east, north
# Boundaries that the United Nations draw dashed or dotted, by the two countries of the atlas and in which box.
_DASHED: Mapping[frozenset[str], _Box] = {
    frozenset({"ESH", "MAR"}): _WORLD,
    frozenset({"ISR", "PSE"}): _WORLD,
    frozenset({"JOR", "PSE"}): _WORLD,
    frozenset({"ISR", "SYR"}): _WORLD,
    frozenset({"SRB", "XKX"}): _WORLD,
    frozenset({"SDN", "SSD"}): _WORLD,
    frozenset({"KOR", "PRK"}): _WORLD,
    frozenset({"EGY", "SDN"}): (33.0, 20.0, 38.0, 25.0),
    frozenset({"IND", "PAK"}): (72.0, 32.4, 80.0, 38.0),
    frozenset({"CHN", "IND"}): (76.0, 31.0, 80.6, 37.0),
    frozenset({"CHN", "PAK"}): (72.0, 34.0, 80.0, 38.0),
}


class Country(NamedTuple):
    """One country on the map, in its units; one without rings is too small for it and stands at a point."""

    rings: tuple[Ring, ...]
    middle: Point


class World(NamedTuple):
    """All countries by code, and the boundaries between two: those that are agreed, and the others."""

    countries: Mapping[str, Country]
    boundaries: tuple[Ring, ...]
    dashed: tuple[Ring, ...]


@cache
def world() -> World:
    """The packaged atlas, read once."""
    folder = files("console.web").joinpath("atlas")
    plain = json.loads(folder.joinpath("world.json").read_bytes())
    arcs = _arcs(plain)
    rings: dict[str, list[Ring]] = {}
    sides: dict[int, set[str]] = {}
    for shape in plain["objects"]["countries"]["geometries"]:
        code = shape["properties"]["a3"]
        code = _FOLDED.get(code, code)
        if code in _LEFT_OUT:
            continue
        for polygon in shape["arcs"] if shape["type"] == "MultiPolygon" else [shape["arcs"]]:
            for indexes in polygon:
                rings.setdefault(code, []).append(_projected(_joined(arcs, indexes)))
                for index in indexes:
                    sides.setdefault(max(index, ~index), set()).add(code)
    countries = {code: Country(tuple(some), _middle(some)) for code, some in rings.items()}
    points = json.loads(folder.joinpath("points.json").read_bytes())
    countries |= {code: Country((), project(*at)) for code, at in points.items() if code not in countries}
    agreed: list[Ring] = []
    dashed: list[Ring] = []
    for index, codes in sides.items():
        if len(codes) == 2:
            for far, part in _parted(arcs[index], _DASHED.get(frozenset(codes))):
                (dashed if far else agreed).append(_projected(part))
    return World(countries, tuple(agreed), tuple(dashed))


def project(longitude: float, latitude: float) -> Point:
    """A place on the map: x to the east, y to the south."""
    turned = (longitude - MIDDLE + 180) % 360 - 180
    return _equal_earth(turned, latitude)


def _equal_earth(turned: float, latitude: float) -> Point:
    one, two, three, four = 1.340264, -0.081106, 0.000893, 0.003796
    theta = asin(sqrt(3) / 2 * sin(radians(latitude)))
    square = theta * theta
    sixth = square**3
    x = 2 * sqrt(3) * radians(turned) * cos(theta)
    x /= 3 * (9 * four * sixth * square + 7 * three * sixth + 3 * two * square + one)
    y = theta * (four * sixth * square + three * sixth + two * square + one)
    return SCALE * (x + pi), SCALE * (pi / 2 - y)


def _arcs(plain: Any) -> list[list[Point]]:
    """The lines of a TopoJSON as longitude and latitude: each point is told by its distance from the one before."""
    (wide, high), (west, south) = plain["transform"]["scale"], plain["transform"]["translate"]
    found = []
    for arc in plain["arcs"]:
        x = y = 0
        points = []
        for right, up in arc:
            x, y = x + right, y + up
            points.append((x * wide + west, y * high + south))
        found.append(points)
    return found


def _joined(arcs: Sequence[list[Point]], indexes: Iterable[int]) -> list[Point]:
    points: list[Point] = []
    for index in indexes:
        part = arcs[index] if index >= 0 else arcs[~index][::-1]
        points += part[1:] if points else part
    return points


def _projected(points: Sequence[Point]) -> Ring:
    """A line on the map; where it crosses the edge it goes on beyond it, and no line runs across the world."""
    ring = []
    before: float | None = None
    for longitude, latitude in points:
        turned = (longitude - MIDDLE + 180) % 360 - 180
        if before is not None and abs(turned - before) > 180:
            turned += 360 if before > turned else -360
        before = turned
        ring.append(_equal_earth(turned, latitude))
    return tuple(ring)


def _parted(points: Sequence[Point], box: _Box | None) -> list[tuple[bool, list[Point]]]:
    """A boundary in parts: whether each lies in a box, and its points."""
    found: list[tuple[bool, list[Point]]] = []
    for start, end in pairwise(points):
        inside = box is not None and all(_within(box, point) for point in (start, end))
        if found and found[-1][0] == inside:
            found[-1][1].append(end)
        else:
            found.append((inside, [start, end]))
    return found


def _within(box: _Box, point: Point) -> bool:
    west, south, east, north = box
    return west <= point[0] <= east and south <= point[1] <= north


def _middle(rings: Sequence[Ring]) -> Point:
    """The middle of the largest part."""
    largest = max(rings, key=len)
    xs, ys = zip(*largest, strict=True)
    return (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2
