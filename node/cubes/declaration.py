"""What a cube is: the figures that are released again and again, fixed before anything is counted.

Whoever asks for other figures asks for another cube, which the audit holds against all that was released before. There
are no free filters: questions that overlap are how one subtracts one answer from another.
"""

import tomllib
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, TypeAlias

from crypto.sentence import listed
from node.audience import Purpose
from node.errors import CubeError
from node.model import NOT_IN_NAMES, Outcome

Cell: TypeAlias = tuple[str, ...]
"""A place in a table: period, a value of each dimension, measure; `ALL` is the sum over a dimension."""

ALL = "all"
UNKNOWN = "unknown"
PERIODS = ("month", "quarter", "year")
CUBE_DIMENSIONS = ("country", "cause", "means", "location_type")
INCIDENTS, AFFECTED = "incidents", "affected"
OUTCOMES = tuple(map(str, Outcome))
CUBE_MEASURES = (INCIDENTS, AFFECTED, *OUTCOMES)
FEWEST_CONTRIBUTORS = 3
_MOST_PERCENT = 70
_KEYS = frozenset(
    {
        *("name", "version", "purpose", "period", "by", "measures", "contributors", "dominance", "smallest"),
        *("lag_days", "revisions", "public", "rounding", "aggregates"),
    }
)


@dataclass(frozen=True, slots=True)
class Cube:
    """One declaration.

    Attributes:
        name: One word.
        version: 1, 2, 3...: a changed declaration is another version, and another series of releases.
        purpose: Only records that were shared for it are counted (R16).
        period: `month`, `quarter` or `year`: each is a table of its own, without a sum over periods.
        by: Dimensions, each with its sum.
        measures: What is counted; `affected` stands alone or beside all of its parts.
        contributors: Fewest organizations that a figure rests on; at least 3, as with 2 each knows the other's.
        dominance: Most, in percent, that one organization may contribute to a figure.
        smallest: No figure below this is shown, but zero.
        lag_days: A period is released this long after its end.
        revisions: Days of each year, as 07-01, from which on the next release may change what was released.
        public: Dimensions of the public table; the others are summed up.
        rounding: To multiples of which the public table is rounded.
        aggregates: Whether members are asked for numbers of what they do not share as records.
    """

    name: str
    version: int
    purpose: Purpose
    period: str
    by: tuple[str, ...]
    measures: tuple[str, ...]
    contributors: int = FEWEST_CONTRIBUTORS
    dominance: int = _MOST_PERCENT
    smallest: int = 5
    lag_days: int = 30
    revisions: tuple[str, ...] = ()
    public: tuple[str, ...] = ()
    rounding: int = 5
    aggregates: bool = False

    @property
    def title(self) -> str:
        """How it is called: `yearly/1`."""
        return f"{self.name}/{self.version}"

    @property
    def fits_survivors(self) -> bool:
        """Whether it is coarse enough for sexual violence: year and country, nothing finer (R14)."""
        return self.period == "year" and set(self.by) <= {"country"}

    @property
    def leaves(self) -> tuple[str, ...]:
        """Measures that are no sum of others."""
        return tuple(
            one for one in self.measures if one != AFFECTED or not set(OUTCOMES) <= set(self.measures)
        )

    def is_closed(self, period: str, as_of: date) -> bool:
        """Whether a period ended long enough ago to be released."""
        return last_day(period) + timedelta(days=self.lag_days) <= as_of

    def revises(self, before: date, as_of: date) -> bool:
        """Whether a day of revision has come since the release before."""
        days = (
            date(year, int(text[:2]), int(text[3:]))
            for year in range(before.year, as_of.year + 1)
            for text in self.revisions
        )
        return any(before < day <= as_of for day in days)


def read_cube(text: str) -> Cube:
    """Read a declaration as somebody wrote it, in TOML.

    Raises:
        CubeError: It is not one; names the field.
    """
    try:
        fields = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise CubeError("the declaration is no TOML: {error}", error=error) from error
    return cube_from(fields)


def cube_from(fields: Mapping[str, Any]) -> Cube:
    """Check the fields of a declaration.

    Raises:
        CubeError: One is missing, unknown or out of its range.
    """
    for name in sorted(fields.keys() - _KEYS):
        raise CubeError("{name}: a declaration has no such field", name=name[:40])
    given: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()
    }
    try:
        cube = Cube(**{**given, "purpose": Purpose(given["purpose"])})
    except (KeyError, TypeError, ValueError) as error:
        raise CubeError(
            "a declaration needs name, version, purpose ({purposes}), period, by and measures",
            purposes=listed(Purpose),
        ) from error
    _check_names(cube)
    _check_numbers(cube)
    return cube


def plain_cube(cube: Cube) -> dict[str, Any]:
    """A declaration as JSON has it; `cube_from` reads it."""
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name in Cube.__slots__
        for value in [getattr(cube, name)]
    }


def period_of(cube: Cube, month: str) -> str:
    """The period of a cube that a month lies in; of a year without a month, one of its own: `2025-unknown`."""
    year, _, number = month.partition("-")
    if cube.period == "year" or year == UNKNOWN:
        return year
    if number == UNKNOWN or not number:
        return f"{year}-{UNKNOWN}"
    return month if cube.period == "month" else f"{year}-Q{(int(number) + 2) // 3}"


def last_day(period: str) -> date:
    """The last day of a period; what is dated nowhere never ends.

    Raises:
        CubeError: It is no period.
    """
    year, _, part = period.partition("-")
    if year == UNKNOWN:
        return date.max - timedelta(days=10_000)
    try:
        quarter = int(part[1:]) if part.startswith("Q") else 0
        month = 3 * quarter or (12 if part in {"", UNKNOWN} else int(part))
        return date(int(year), month, monthrange(int(year), month)[1])
    except ValueError as error:
        raise CubeError("{period!r} is no period", period=period[:20]) from error


def _check_names(cube: Cube) -> None:
    texts = (cube.name, cube.period, *cube.by, *cube.measures, *cube.revisions, *cube.public)
    if not all(isinstance(one, str) for one in texts) or not isinstance(cube.aggregates, bool):
        raise CubeError("names are texts, and `aggregates` is true or false")
    if not cube.name or len(cube.name) > 40 or NOT_IN_NAMES.search(cube.name) or "/" in cube.name:
        raise CubeError("name: not one word of at most 40 characters")
    if cube.period not in PERIODS:
        raise CubeError(
            "period: {period!r} is none of {periods}", period=cube.period[:40], periods=", ".join(PERIODS)
        )
    for field, names, allowed in (
        ("by", cube.by, CUBE_DIMENSIONS),
        ("measures", cube.measures, CUBE_MEASURES),
        ("public", cube.public, cube.by),
    ):
        if len(set(names)) != len(names):
            raise CubeError("{field}: something stands twice", field=field)
        for name in names:
            if name not in allowed:
                raise CubeError(
                    "{field}: {name!r} is none of {allowed}",
                    field=field,
                    name=name[:40],
                    allowed=", ".join(allowed),
                )
    _check_measures(cube)
    for text in cube.revisions:
        try:
            date.fromisoformat(f"2027-{text}")  # a year without 29 February
        except ValueError as error:
            raise CubeError("revisions: {text!r} is no day of a year like 07-01", text=text[:20]) from error


def _check_measures(cube: Cube) -> None:
    if not cube.measures:
        raise CubeError("measures: nothing is counted")
    parts = set(cube.measures) & set(OUTCOMES)
    if AFFECTED in cube.measures and parts and parts != set(OUTCOMES):
        raise CubeError(
            "measures: beside `affected` stand all of its parts or none; what is left out could be subtracted"
        )


def _check_numbers(cube: Cube) -> None:
    for field, least, most in (
        ("version", 1, 2**31 - 1),
        ("contributors", FEWEST_CONTRIBUTORS, 1_000),
        ("dominance", 34, 90),
        ("smallest", 3, 1_000),
        ("lag_days", 0, 3_650),
        ("rounding", 3, 1_000),
    ):
        number = getattr(cube, field)
        if not isinstance(number, int) or isinstance(number, bool) or not least <= number <= most:
            raise CubeError(
                "{field}: {number!r} is not a number between {least} and {most}",
                field=field,
                number=number,
                least=least,
                most=most,
            )
