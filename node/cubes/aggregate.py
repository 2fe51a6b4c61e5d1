"""Numbers without records: what an organization gives for a cube and shares with nobody as a record.

Each number comes as a range. The least counts what the organization knows first-hand; the most counts everything that
it holds, some of which others may report as well. Nothing in it is finer than the cube.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from node.cubes.declaration import Cell, Cube, cube_from, plain_cube
from node.cubes.table import Atom
from node.errors import CubeError

AGGREGATE_TYPE = "application/vnd.tocsin.aggregate.v1+json"
MAX_CELLS = 100_000
_LARGEST = 2**53  # that every reader of JSON reads as it is


@dataclass(frozen=True, slots=True)
class Aggregate:
    """What one organization gives.

    Attributes:
        organization: Who signs.
        coordinator: For whom it is, and for nobody else.
        cube: The declaration that it answers.
        as_of: Day as of which it was counted.
        ranges: The least and the most, by innermost cell; none of nothing.
    """

    organization: str
    coordinator: str
    cube: Cube
    as_of: date
    ranges: Mapping[Cell, tuple[int, int]]


def write_aggregate(aggregate: Aggregate) -> bytes:
    """Write what is signed."""
    return json.dumps(
        {
            "organization": aggregate.organization,
            "coordinator": aggregate.coordinator,
            "cube": plain_cube(aggregate.cube),
            "as_of": str(aggregate.as_of),
            "ranges": [[list(cell), *both] for cell, both in sorted(aggregate.ranges.items())],
        },
        ensure_ascii=False,
        separators=(",", ":"),
    ).encode()


def read_aggregate(payload: bytes) -> Aggregate:
    """Read what `write_aggregate` wrote.

    Raises:
        CubeError: It is something else, a cell is none of the cube's, or a range is none.
    """
    try:
        fields = json.loads(payload)
        cube = cube_from(fields["cube"])
        ranges: dict[Cell, tuple[int, int]] = {}
        for cell, least, most in fields["ranges"]:
            place = tuple(map(str, cell))
            if not (type(least) is type(most) is int and 0 <= least <= most <= _LARGEST and most):
                raise CubeError("a range is none")
            if len(place) != len(cube.by) + 2 or place[-1] not in cube.leaves or place in ranges:
                raise CubeError("a cell is none of the cube's, or stands twice")
            ranges[place] = least, most
        if len(ranges) > MAX_CELLS:
            raise CubeError("more than {most} numbers", most=MAX_CELLS)
        return Aggregate(
            str(fields["organization"]),
            str(fields["coordinator"]),
            cube,
            date.fromisoformat(fields["as_of"]),
            ranges,
        )
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise CubeError("these are no numbers for a cube") from error


def atoms_of(aggregate: Aggregate) -> dict[Atom, int]:
    """What it adds to a release: the most of each range, in a place of the cube alone."""
    return {
        Atom(cell[0], cell[1:-1], cell[-1], aggregate.cube.title): most
        for cell, (_, most) in aggregate.ranges.items()
    }
