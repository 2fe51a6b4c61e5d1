"""What may change between one release and the next.

A period that was released stays as it was until a day of revision that the cube declares. Even then a place changes
only if its change could be released by itself: the difference of two releases is a figure too. What may not change yet
waits for the next revision.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import NamedTuple

from node.cubes.declaration import Cell, Cube
from node.cubes.table import Atom, Counts, Parts, leaf_of, members, shares_of


class Settled(NamedTuple):
    """What a release counts, and how much of what is known now has to wait.

    Attributes:
        counts: By atom.
        moved: Periods in which something changed that had been released.
        waiting: How many innermost places would be otherwise if they were counted anew.
    """

    counts: dict[Atom, Parts]
    moved: frozenset[str]
    waiting: int


def settle(cube: Cube, now: Counts, before: Counts, released: Collection[str], *, revise: bool) -> Settled:
    """Decide what a release counts.

    Args:
        cube: The declaration.
        now: What is known, of periods that are closed.
        before: What the release before counted.
        released: Periods that it told.
        revise: Whether a day of revision has come.
    """
    new, old = _by_place(cube, now), _by_place(cube, before)
    counts: dict[Atom, Parts] = {}
    moved: set[str] = set()
    waiting = 0
    for place in sorted({*new, *old}):
        there, was = new.get(place, {}), old.get(place, {})
        if place[0] in released and there != was:
            if not (revise and _may_move(cube, there, was)):
                waiting += 1
                there = was
            else:
                moved.add(place[0])
        counts |= there
    return Settled(counts, frozenset(moved), waiting)


def change(there: Counts, was: Counts) -> dict[str, int]:
    """By how much the numbers of each contributor differ, up or down, atom by atom."""
    found: dict[str, int] = defaultdict(int)
    for atom in {*there, *was}:
        new, old = there.get(atom, {}), was.get(atom, {})
        for who in {*new, *old}:
            found[who] += abs(new.get(who, 0) - old.get(who, 0))
    return {who: number for who, number in found.items() if number}


def is_thin_change(cube: Cube, parts: Mapping[str, int]) -> bool:
    """Whether a change tells of too few organizations, or mostly of one."""
    total = sum(parts.values())
    if not total:
        return False
    if len(members(parts)) < cube.contributors:
        return True
    return 100 * max(shares_of(parts).values()) > cube.dominance * total


def _may_move(cube: Cube, there: Counts, was: Counts) -> bool:
    """Whether no measure changes by what too few reported."""
    return all(
        not is_thin_change(
            cube,
            change(
                {atom: parts for atom, parts in there.items() if atom.measure == measure},
                {atom: parts for atom, parts in was.items() if atom.measure == measure},
            ),
        )
        for measure in {atom.measure for atom in (*there, *was)}
    )


def _by_place(cube: Cube, counts: Counts) -> dict[Cell, dict[Atom, Parts]]:
    """Atoms by the innermost place of the cube, all measures together."""
    found: dict[Cell, dict[Atom, Parts]] = defaultdict(dict)
    for atom, parts in counts.items():
        leaf = leaf_of(cube, atom)
        if leaf is not None and any(parts.values()):
            found[leaf[:-1]][atom] = dict(parts)
    return found
