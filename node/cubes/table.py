"""Numbers by place and by who contributed them, and the figures that are their sums.

An atom is the finest place that is counted, in all dimensions that any cube may have; every figure of every cube is a
sum of atoms, so that what several releases tell together can be worked out.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple, TypeAlias

from node.cubes.declaration import AFFECTED, ALL, CUBE_DIMENSIONS, OUTCOMES, Cell, Cube, period_of

JOINT = "+"
Parts: TypeAlias = Mapping[str, int]
"""Numbers by who contributed them; what several reported together stands under `alpha+beta`, and counts once."""


class Atom(NamedTuple):
    """The finest place that is counted; `cube` is that of a number that was contributed to this cube alone."""

    month: str  # 2026-03, 2026-unknown, unknown; in a contributed one a period of the cube
    values: tuple[str, ...]  # of `CUBE_DIMENSIONS`; in a contributed one of the cube's
    measure: str
    cube: str = ""


Counts: TypeAlias = Mapping[Atom, Parts]


def leaf_of(cube: Cube, atom: Atom) -> Cell | None:
    """The innermost cell of a cube that an atom counts in; `None` is none."""
    if atom.measure in cube.leaves:
        measure = atom.measure
    elif atom.measure in OUTCOMES and AFFECTED in cube.leaves:
        measure = AFFECTED
    else:
        return None
    if atom.cube:
        return (atom.month, *atom.values, measure) if atom.cube == cube.title else None
    values = dict(zip(CUBE_DIMENSIONS, atom.values, strict=True))
    return (period_of(cube, atom.month), *(values[name] for name in cube.by), measure)


class Table:
    """One period of a cube: every figure, and who is behind it."""

    def __init__(self, cube: Cube, counts: Mapping[Cell, Parts]) -> None:
        """Add up.

        Args:
            cube: The declaration.
            counts: Numbers by innermost cell, all of one period, none of them zero.
        """
        self.cube = cube
        self.leaves = counts
        self.figures: dict[Cell, list[Cell]] = defaultdict(
            list
        )  # figure -> innermost cells of which it is the sum
        for leaf in sorted(counts):
            for figure in figures_of(cube, leaf):
                self.figures[figure].append(leaf)

    def parts(self, figure: Cell) -> dict[str, int]:
        """Who contributed how much to a figure."""
        found: dict[str, int] = defaultdict(int)
        for leaf in self.figures.get(figure, ()):
            for who, number in self.leaves[leaf].items():
                found[who] += number
        return dict(found)

    def value(self, figure: Cell) -> int:
        """The figure; what nobody reported anything of is zero."""
        return sum(sum(self.leaves[leaf].values()) for leaf in self.figures.get(figure, ()))


def figures_of(cube: Cube, leaf: Cell) -> list[Cell]:
    """Every figure of which an innermost cell is a part, itself first."""
    period, *values, measure = leaf
    places: list[tuple[str, ...]] = [()]
    for value in values:
        places = [(*place, one) for place in places for one in (value, ALL)]
    summed = measure in OUTCOMES and AFFECTED in cube.measures
    measures = (measure, AFFECTED) if summed and measure != AFFECTED else (measure,)
    return [(period, *place, one) for one in measures for place in places]


def members(who: Iterable[str]) -> frozenset[str]:
    """The organizations behind numbers."""
    return frozenset(name for one in who for name in one.split(JOINT))


def shares_of(parts: Parts) -> dict[str, int]:
    """How much of a figure each organization knows: all that it reported, alone or together with others."""
    found: dict[str, int] = defaultdict(int)
    for who, number in parts.items():
        for name in who.split(JOINT):
            found[name] += number
    return dict(found)


def tables(cube: Cube, counts: Counts) -> dict[str, Table]:
    """A table for each period."""
    leaves: dict[str, dict[Cell, dict[str, int]]] = defaultdict(lambda: defaultdict(lambda: defaultdict(int)))
    for atom, parts in counts.items():
        leaf = leaf_of(cube, atom)
        if leaf is not None:
            for who, number in parts.items():
                if number:
                    leaves[leaf[0]][leaf][who] += number
    return {period: Table(cube, found) for period, found in sorted(leaves.items())}
