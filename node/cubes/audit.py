"""Look at a release as somebody does who wants to know what it hides, before it is published.

The audit takes nothing from whoever built the release but the numbers by contributor: it works everything else out
again, and holds the release against every other that has been published.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from crypto.sentence import Sentence
from node.cubes.declaration import Cell, Cube
from node.cubes.document import Release, public_figures, rounded
from node.cubes.knowledge import Knowledge, Told
from node.cubes.protect import is_thin
from node.cubes.revision import change, is_thin_change
from node.cubes.table import Counts, figures_of, leaf_of, tables


class Finding(NamedTuple):
    """One thing for which a release may not be published: a word for it, where, and a sentence."""

    kind: str
    where: str
    why: str


class Counted(NamedTuple):
    """A release and the numbers behind it."""

    release: Release
    counts: Counts

    @property
    def told(self) -> Told:
        """What it tells."""
        return Told(self.release.cube, self.counts, self.release.hidden)


def audit(counted: Counted, history: Sequence[Counted]) -> list[Finding]:
    """Everything that is wrong with a release.

    Args:
        counted: The release.
        history: Every release that has been published by this coordinator, of whichever cube, in order.

    Raises:
        SolverError: No solver is installed.
    """
    found = [*_figures(counted), *_periods(counted.release), *_public(counted.release)]
    same = [one for one in history if one.release.cube.title == counted.release.cube.title]
    if same:
        found += _changes(counted, same[-1])
    told = [*(one.told for one in history), counted.told]
    for pinned in Knowledge(told).pinned():
        at, cell = pinned.place
        whose = (
            Sentence("this release")
            if at == len(history)
            else Sentence(
                "release {number} of {title}", number=history[at].release.number, title=told[at].cube.title
            )
        )
        by = (
            Sentence("by all other organizations for {org_id}", org_id=pinned.alone)
            if pinned.alone
            else Sentence("by anybody")
        )
        found.append(
            Finding(
                "solved",
                place_text(cell),
                Sentence("what {whose} hides can be worked out {by}", whose=whose, by=by),
            )
        )
    return found


def place_text(cell: Cell) -> str:
    """A place as people read it."""
    return " ".join(cell)


def _figures(counted: Counted) -> Iterator[Finding]:
    release = counted.release
    found = tables(release.cube, counted.counts)
    places = {cell for table in found.values() for cell in table.figures}
    for cell in sorted({*places, *release.figures}):
        where = place_text(cell)
        table = found.get(cell[0])
        value = release.figures.get(cell, 0)
        if value is None:
            if cell not in places:
                yield Finding(
                    "zero-hidden", where, "nobody reported anything of it, and it is shown as hidden"
                )
        elif table is None or table.value(cell) != value:
            yield Finding("otherwise", where, "the figure is not what was counted")
        elif is_thin(release.cube, table.parts(cell)):
            yield Finding("thin", where, _why_thin(release.cube))


def _why_thin(cube: Cube) -> str:
    return Sentence(
        "it is shown, and rests on fewer than {least} organizations, more than {dominance} % on one,"
        " or is below {smallest}",
        least=cube.contributors,
        dominance=cube.dominance,
        smallest=cube.smallest,
    )


def _periods(release: Release) -> Iterator[Finding]:
    for period in release.periods:
        if not release.cube.is_closed(period, release.as_of):
            yield Finding(
                "early",
                period,
                Sentence("it ended less than {lag_days} days before", lag_days=release.cube.lag_days),
            )


def _public(release: Release) -> Iterator[Finding]:
    """The public table holds nothing but rounded figures of the release."""
    shown = {rounded(value, release.cube.rounding) for value in release.figures.values() if value is not None}
    for cell, value in public_figures(release).items():
        if value is not None and value not in shown:
            yield Finding("public", place_text(cell), "the public figure is not one of the release, rounded")


def _changes(counted: Counted, before: Counted) -> Iterator[Finding]:
    """What a reader of both releases sees change."""
    cube, old = counted.release.cube, before.release
    revises = cube.revises(old.as_of, counted.release.as_of)
    by_period = tables(cube, counted.counts)
    for period in old.periods:
        cells = {cell for one in (old, counted.release) for cell in one.figures if cell[0] == period}
        for cell in sorted(cells):
            new_value, old_value = counted.release.figures.get(cell, 0), old.figures.get(cell, 0)
            if new_value == old_value:
                continue
            if not revises:
                yield Finding(
                    "changed", place_text(cell), "it was released otherwise, and no revision is due"
                )
                continue
            if period not in by_period and new_value is not None:
                yield Finding("changed", place_text(cell), "it was released and is gone")
                continue
            parts = change(_behind(cube, counted.counts, cell), _behind(cube, before.counts, cell))
            if new_value is not None and old_value is not None and is_thin_change(cube, parts):
                yield Finding("changed", place_text(cell), "the change rests on too few organizations")


def _behind(cube: Cube, counts: Counts, cell: Cell) -> Counts:
    return {
        atom: parts
        for atom, parts in counts.items()
        if (leaf := leaf_of(cube, atom)) is not None and cell in figures_of(cube, leaf)
    }
