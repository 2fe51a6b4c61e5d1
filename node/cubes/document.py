"""What is signed when figures are released: the table, what it means, and which release it follows.

It is JSON, so that anybody can read it in thirty years. A hidden figure is `null`, never zero.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any, TypeAlias

from node.cubes.declaration import ALL, Cell, Cube, cube_from, plain_cube
from node.errors import CubeError

RELEASE_TYPE = "application/vnd.tocsin.cube-release.v1+json"
PUBLIC_TYPE = "application/vnd.tocsin.cube-release-public.v1+json"
NOTICE_TYPE = "application/vnd.tocsin.cube-notice.v1+json"
COVERAGE = "what organizations reported voluntarily; no report does not mean that nothing happened"

Figures: TypeAlias = Mapping[Cell, int | None]


@dataclass(frozen=True, slots=True)
class Release:
    """A release as it is read.

    Attributes:
        coordinator: Who counted and signs.
        cube: The declaration.
        number: 1, 2, 3... in the series of the cube.
        previous: SHA-256 of the payload of the release before, hexadecimal; empty in the first.
        issued_on: UTC day.
        as_of: Day as of which new periods are counted.
        definition: Version of what the measures mean.
        revised: Periods whose figures are otherwise than in the release before.
        figures: By place; `None` is hidden. What stands nowhere is zero: nobody reported anything.
    """

    coordinator: str
    cube: Cube
    number: int
    previous: str
    issued_on: date
    as_of: date
    definition: str
    revised: tuple[str, ...]
    figures: Figures

    @property
    def hidden(self) -> frozenset[Cell]:
        """Places of which the figure is hidden."""
        return frozenset(cell for cell, value in self.figures.items() if value is None)

    @property
    def periods(self) -> tuple[str, ...]:
        """Periods that it tells."""
        return tuple(sorted({cell[0] for cell in self.figures}))


@dataclass(frozen=True, slots=True)
class Notice:
    """A word on a release that stands no longer as it is: which periods, and why; never whose numbers."""

    coordinator: str
    cube: str
    number: int
    release: str  # SHA-256 of its payload, hexadecimal
    issued_on: date
    periods: tuple[str, ...]
    reason: str


def digest_of(payload: bytes) -> str:
    """How a release is named by the one that follows."""
    return sha256(payload).hexdigest()


def public_figures(release: Release) -> dict[Cell, int | None]:
    """The public table: coarser, rounded, and worked out of what the release shows anyway, so that it tells no more."""
    cube = release.cube
    found: dict[Cell, int | None] = {}
    for cell, value in release.figures.items():
        values = dict(zip(cube.by, cell[1:-1], strict=True))
        if all(one == ALL for name, one in values.items() if name not in cube.public):
            place = (cell[0], *(values[name] for name in cube.by if name in cube.public), cell[-1])
            found[place] = None if value is None else rounded(value, cube.rounding)
    return found


def rounded(value: int, base: int) -> int:
    """The nearest multiple; from the middle up."""
    return (2 * value + base) // (2 * base) * base


def write_release(release: Release) -> bytes:
    """Write what is signed; always the same for the same release."""
    return _json(
        {
            "coordinator": release.coordinator,
            "cube": plain_cube(release.cube),
            "number": release.number,
            "previous": release.previous,
            "issued_on": str(release.issued_on),
            "as_of": str(release.as_of),
            "definition": release.definition,
            "coverage": COVERAGE,
            "revised": list(release.revised),
            "figures": [[list(cell), value] for cell, value in sorted(release.figures.items())],
        }
    )


def write_public(release: Release) -> bytes:
    """Write the public table."""
    cube = release.cube
    return _json(
        {
            "coordinator": release.coordinator,
            "cube": cube.title,
            "number": release.number,
            "issued_on": str(release.issued_on),
            "as_of": str(release.as_of),
            "definition": release.definition,
            "coverage": COVERAGE,
            "rounded_to": cube.rounding,
            "header": [cube.period, *(name for name in cube.by if name in cube.public), "measure"],
            "figures": [[list(cell), value] for cell, value in sorted(public_figures(release).items())],
        }
    )


def read_release(payload: bytes) -> Release:
    """Read what `write_release` wrote.

    Raises:
        CubeError: It is something else.
    """
    try:
        fields = json.loads(payload)
        figures: dict[Cell, int | None] = {}
        for cell, value in fields["figures"]:
            if not (value is None or (type(value) is int and value >= 0)):
                raise CubeError("a figure is no number")
            figures[tuple(map(str, cell))] = value
        return Release(
            str(fields["coordinator"]),
            cube_from(fields["cube"]),
            int(fields["number"]),
            str(fields["previous"]),
            date.fromisoformat(fields["issued_on"]),
            date.fromisoformat(fields["as_of"]),
            str(fields["definition"]),
            tuple(map(str, fields["revised"])),
            figures,
        )
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise CubeError("it is no release of figures") from error


def write_notice(notice: Notice) -> bytes:
    """Write what is signed."""
    return _json({name: _plain(getattr(notice, name)) for name in Notice.__slots__})


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value if isinstance(value, int) else str(value)


def _json(fields: Mapping[str, Any]) -> bytes:
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()
