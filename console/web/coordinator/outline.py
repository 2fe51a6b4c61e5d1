"""Outlines of areas as paths of a picture: short to write, and alike for neighbours."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple, TypeAlias

Point: TypeAlias = tuple[float, float]
Ring: TypeAlias = tuple[Point, ...]
REMEMBERED = 4_096  # lines: those of the world on a few maps


class Box(NamedTuple):
    """A part of a map."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """From left to right."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """From top to bottom."""
        return self.bottom - self.top

    def meets(self, rings: Iterable[Ring]) -> bool:
        """Whether any of these lines may be seen in it."""
        return any(
            around.right >= self.left
            and around.left <= self.right
            and around.bottom >= self.top
            and around.top <= self.bottom
            for around in map(_around, rings)
        )


def box_of(rings: Iterable[Ring]) -> Box:
    """The smallest part of a map that holds these lines."""
    left, top, right, bottom = zip(*map(_around, rings), strict=True)
    return Box(min(left), min(top), max(right), max(bottom))


def path(rings: Iterable[Ring], fine: float, *, closed: bool = True) -> str:
    """Lines as the text of a path, on a grid of so many steps for a unit: each point by its way from the last."""
    return "".join(_line(ring, fine, closed=closed) for ring in rings)


@lru_cache(REMEMBERED)
def _line(ring: Ring, fine: float, *, closed: bool) -> str:
    steps = _steps(ring, fine)
    if len(steps) < (3 if closed else 2):
        return ""
    (x, y), *more = steps
    ways = "".join(f"{right}{up if up < 0 else f' {up}'} " for right, up in _ways(x, y, more))
    return f"M{x} {y}l{ways.rstrip().replace(' -', '-')}{'z' if closed else ''}"


@lru_cache(REMEMBERED)
def _around(ring: Ring) -> Box:
    xs, ys = zip(*ring, strict=True)
    return Box(min(xs), min(ys), max(xs), max(ys))


def _steps(ring: Sequence[Point], fine: float) -> list[tuple[int, int]]:
    """The points on the grid, none twice in a row."""
    found: list[tuple[int, int]] = []
    for x, y in ring:
        at = round(x * fine), round(y * fine)
        if not found or found[-1] != at:
            found.append(at)
    return found


def _ways(x: int, y: int, points: Sequence[tuple[int, int]]) -> Iterable[tuple[int, int]]:
    for right, down in points:
        yield right - x, down - y
        x, y = right, down
