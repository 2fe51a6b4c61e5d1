"""Choose what a release hides: what rests on too few, and as much more as keeps that from being worked out."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from node.cubes.attack import WIDTH
from node.cubes.declaration import AFFECTED, ALL, INCIDENTS, Cell, Cube
from node.cubes.knowledge import Knowledge, Pinned, Told
from node.cubes.table import Counts, Parts, Table, members, shares_of, tables
from node.errors import CubeError

_SUM = (ALL, AFFECTED)  # what a sum stands under: in a dimension, and among measures


class Hiding(NamedTuple):
    """What a release hides: because of what stands there, and because of what could be worked out."""

    few: frozenset[Cell]
    more: frozenset[Cell]

    @property
    def all(self) -> frozenset[Cell]:
        """Everything that is hidden."""
        return self.few | self.more


def is_thin(cube: Cube, parts: Parts) -> bool:
    """Whether a figure may not be shown by itself: too few organizations, one of them nearly all, or too small."""
    value = sum(parts.values())
    if not value:
        return False
    if value < cube.smallest or len(members(parts)) < cube.contributors:
        return True
    return 100 * max(shares_of(parts).values()) > cube.dominance * value


def thin(table: Table) -> set[Cell]:
    """Every figure of a table that may not be shown by itself."""
    return {figure for figure in table.figures if is_thin(table.cube, table.parts(figure))}


def protect(
    cube: Cube,
    counts: Counts,
    kept: Mapping[str, Hiding],
    history: Sequence[Told] = (),
    before: Collection[Cell] = (),
) -> Hiding:
    """Choose what a release hides.

    Args:
        cube: The declaration.
        counts: What is counted.
        kept: What stays hidden, by period, in periods that were released before and did not change.
        history: Every release that others have seen.
        before: What the release before hid, which stays hidden as long as there is anything: two releases that hide
            different figures tell more than each.

    Raises:
        CubeError: What was released before is given away whatever is hidden.
        SolverError: No solver is installed.
    """
    found = tables(cube, counts)
    few = {figure for period, table in found.items() if period not in kept for figure in thin(table)}
    few |= {figure for hiding in kept.values() for figure in hiding.few}
    more = {figure for hiding in kept.values() for figure in hiding.more}
    more |= {figure for table in found.values() for figure in table.figures if figure in set(before)} - few
    fixed = {figure for period, table in found.items() if period in kept for figure in table.figures}
    for period, table in found.items():
        if period not in kept:
            more |= _lone(table, few | more) - few
    while True:
        told = Told(cube, counts, frozenset(few | more))
        knowledge = Knowledge((*history, told))
        pinned = knowledge.pinned()
        if not pinned:
            return Hiding(frozenset(few), frozenset(more))
        shown = {one for table in found.values() for one in table.figures} - few - more - fixed
        grown = more | _beside(pinned, found, _Known(knowledge, frozenset(shown), len(history)))
        if grown == more:
            raise CubeError(
                "what an earlier release hides would be given away whatever this one hides; nothing can be released"
            )
        more = grown


def _lone(table: Table, few: Collection[Cell]) -> set[Cell]:
    """One more of each line in which a single figure is hidden: the first that anybody would work out."""
    more: set[Cell] = set()
    for figure in sorted(few):
        if figure not in table.figures:
            continue
        for _, line in _lines(table, figure):
            hidden = [one for one in line if one in few or one in more]
            if len(hidden) == 1:
                shown = [one for one in line if one not in hidden and table.value(one)]
                if shown:
                    more.add(min(shown, key=lambda one: (table.value(one), one)))
    return more


def _beside(pinned: Sequence[Pinned], table_of: Mapping[str, Table], known: "_Known") -> set[Cell]:
    """What to hide so that these figures can not be worked out: what serves most of them, then what costs least."""
    choices = [cells for one in pinned for cells in _choices(one, table_of.get(one.place[1][0]), known)]
    serves = Counter(cell for cells in choices for cell in cells)
    chosen: set[Cell] = set()
    for cells in choices:
        if cells and not chosen & set(cells):
            chosen.add(min(cells, key=lambda cell: (-serves[cell], table_of[cell[0]].value(cell), cell)))
    return chosen


def _choices(one: Pinned, table: Table | None, known: "_Known") -> list[list[Cell]]:
    """For each line in which a pinned figure has no room: the figures of which hiding one would give it room."""
    at, figure = one.place
    if at != known.newest or table is None:
        near = [cell for place, cell in known.tells.shared_by(one.place) if place == known.newest]
        return [[cell for cell in near if cell in known.shown] or sorted(known.shown)]

    def stake(cell: Cell) -> int:
        return known.tells.alone((at, cell), one.alone) if one.alone else table.value(cell)

    found = []
    for axis, line in _lines(table, figure):
        others = [cell for cell in line if cell not in known.shown and cell != figure]
        sums = [cell for cell in line if cell[axis] == _SUM[axis == len(figure) - 1]]
        roomy = sum(map(stake, others)) >= WIDTH or (figure in sums and others) or set(sums) & set(others)
        if len(line) > 1 and not roomy:
            beside = [
                cell for cell in line if cell in known.shown and cell not in sums and stake(cell) >= WIDTH
            ]
            found.append(beside or [cell for cell in line if cell in known.shown])
    if any(found):
        return found
    near = [cell for _, line in _lines(table, figure) for cell in line if cell in known.shown]
    return [near or [cell for cell in table.figures if cell in known.shown] or sorted(known.shown)]


class _Known(NamedTuple):
    """What is told as things stand: by this release, of which these figures may still be hidden, and those before."""

    tells: Knowledge
    shown: frozenset[Cell]
    newest: int


def _lines(table: Table, figure: Cell) -> list[tuple[int, list[Cell]]]:
    """The lines of a table in which a figure stands: along each dimension its neighbours, itself and their sum."""
    *_, measure = figure
    parts_too = AFFECTED in table.cube.measures and measure != INCIDENTS
    return [
        (
            axis,
            [
                one
                for one in table.figures
                if (one[:axis], one[axis + 1 :]) == (figure[:axis], figure[axis + 1 :])
                and (one[-1] == INCIDENTS) == (measure == INCIDENTS)
            ],
        )
        for axis in range(1, len(figure))
        if axis < len(figure) - 1 or parts_too
    ]
