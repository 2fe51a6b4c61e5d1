"""Hide small cells of a table that leaves the node, and as many more as keep them from being found by subtraction.

A cell of 1 to 4 persons is hidden (casework 4). Whoever reads the table also sees the sums of its rows and columns, so
in each row and column that hides anything at least two cells are hidden and together hold at least five.
"""

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

SMALLEST_SHOWN = 5
Cells: TypeAlias = Sequence[Sequence[int]]


class Shown(NamedTuple):
    """A table as others may see it; `None` is hidden, never zero. Sums are those of all cells."""

    cells: tuple[tuple[int | None, ...], ...]
    rows: tuple[int | None, ...]
    columns: tuple[int | None, ...]
    total: int | None


def suppress(cells: Cells) -> Shown:
    """Hide what may not be seen of a table whose sums are shown beside it."""
    # The sums are cells like the others: an added row and column, in which each line again adds up.
    whole = [[*row, sum(row)] for row in cells]
    whole.append([sum(column) for column in zip(*whole, strict=True)])
    hidden = {
        (at, to) for at, row in enumerate(whole) for to, value in enumerate(row) if 0 < value < SMALLEST_SHOWN
    }
    while (weak := _weak_line(whole, hidden)) is not None:
        hidden.add(weak)
    shown = [
        [None if (at, to) in hidden else value for to, value in enumerate(row)]
        for at, row in enumerate(whole)
    ]
    return Shown(
        tuple(tuple(row[:-1]) for row in shown[:-1]),
        tuple(row[-1] for row in shown[:-1]),
        tuple(shown[-1][:-1]),
        shown[-1][-1],
    )


def _weak_line(whole: Cells, hidden: set[tuple[int, int]]) -> tuple[int, int] | None:
    """The next cell to hide in the first line that gives something away; `None` where none does."""
    height, width = len(whole), len(whole[0])
    rows = [[(at, to) for to in range(width)] for at in range(height)]
    columns = [[(at, to) for at in range(height)] for to in range(width)]
    for line in (*rows, *columns):
        secret = [cell for cell in line if cell in hidden]
        if not secret:
            continue
        together = sum(whole[at][to] for at, to in secret)
        free = [cell for cell in line if cell not in hidden]
        if free and (len(secret) < 2 or together < SMALLEST_SHOWN):
            # The smallest that holds anything costs least; a zero hides nothing unless there is nothing else.
            return min(free, key=lambda cell: (whole[cell[0]][cell[1]] == 0, whole[cell[0]][cell[1]], cell))
    return None
