"""How likely two reports are of one event: fixed weights, kept in one table with where they come from.

The weights are those of Fellegi and Sunter. They propose; people decide.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from difflib import SequenceMatcher
from functools import cache, lru_cache
from importlib.resources import files
from math import log2
from typing import NamedTuple, TypeAlias

from node.ladders import CACHED
from node.sight import Sight

Found: TypeAlias = tuple[tuple[str, str], ...]  # (dimension, level) of each that could be compared
UNKNOWN = "unknown"
SAME_DAYS, NEAR_DAYS = 2, 7
_SPELLED_ALIKE = 0.85  # of their signs, from which on two names are taken for one
_BY_MONTH = ("same_month", "next_month")
# Means that another list of codes, or another witness, gives for one deed.
_RELATED = (
    frozenset({"aerial_bombardment", "shelling", "landmine", "roadside_ied", "vehicle_borne_ied"})
    | {"body_borne_ied", "other_explosives", "complex_attack"},
    frozenset({"kidnapping", "kidnap_killing", "detention_arrest"}),
    frozenset({"robbery", "burglary", "looting"}),
    frozenset({"shooting", "bodily_assault", "complex_attack"}),
)


class Table(NamedTuple):
    """The weights, in hundredths of a bit, by dimension and level; `before` and `review` are on the same scale.

    Attributes:
        of_one: How often two reports of one event stand on a level (m).
        of_two: How often two of different events do (u).
    """

    version: str
    weights: Mapping[tuple[str, str], int]
    before: int
    review: int
    of_one: Mapping[tuple[str, str], float]
    of_two: Mapping[tuple[str, str], float]


class Likeness(NamedTuple):
    """How alike two reports are: what was found in each dimension that could be compared, and what it weighs.

    `weight` is the logarithm of the odds that they are of one event, in hundredths of a bit.
    """

    weight: int
    found: Found

    @property
    def probability(self) -> float:
        """That they are of one event, if the table is right."""
        return probability(self.weight)


def probability(weight: int) -> float:
    """The probability that a weight stands for."""
    return 1 / (1 + 2 ** (-weight / 100))


@cache
def weights() -> Table:
    """The table that this version works with."""
    lines = files("node").joinpath("match_weights.tsv").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if not line.startswith("#")][1:]
    bits = {(dimension, level): round(100 * log2(float(m) / float(u))) for dimension, level, m, u in rows}
    version = lines[0].partition("\t")[2]
    of_one, of_two = ({(row[0], row[1]): float(row[at]) for row in rows} for at in (2, 3))
    return Table(version, bits, bits.pop(("odds", "before")), bits.pop(("odds", "review")), of_one, of_two)


def levels(dimension: str, level: str) -> Sequence[str]:
    """What could have been found where this was: by day or by month, as both show it."""
    all_levels = [one for name, one in weights().weights if name == dimension]
    if dimension != "when":
        return all_levels
    return _BY_MONTH if level in _BY_MONTH else [one for one in all_levels if one not in _BY_MONTH]


def likeness(one: Sight, other: Sight) -> Likeness | None:
    """Compare two reports; `None` where they contradict each other. Either order gives the same."""
    found = [compare(one, other) for compare in (_when, _where, _what, _victims)]
    if "" in found:
        return None
    named = tuple(
        (dimension, level)
        for dimension, level in zip(("when", "where", "what", "victims"), found, strict=True)
        if level not in {UNKNOWN, ""}
    )
    table = weights()
    return Likeness(table.before + sum(table.weights[pair] for pair in named), named)


def days_apart(one: Sight, other: Sight) -> int | None:
    """Days between two reports; `None` where one does not show its day."""
    if one.day is None or other.day is None:
        return None
    return abs(_day(one) - _day(other))


@lru_cache(maxsize=CACHED)
def same_name(one: str, other: str) -> bool:
    """Whether two folded names of places are one name, perhaps spelled in two ways."""
    first, second = sorted((one, other))
    return first == second or SequenceMatcher(None, first, second).ratio() >= _SPELLED_ALIKE


def related(one: str, other: str) -> bool:
    """Whether two means of attack may be told of one deed."""
    return one == other or any(one in kin and other in kin for kin in _RELATED)


def _when(one: Sight, other: Sight) -> str:
    apart = days_apart(one, other)
    if apart is not None:
        if apart <= SAME_DAYS:
            return "within_2_days" if apart else "same_day"
        if apart <= NEAR_DAYS:
            return "within_7_days"
    months = one.month_number, other.month_number
    if months[0] is None or months[1] is None:
        return UNKNOWN if one.year == other.year else ""
    if abs(months[0] - months[1]) > 1:
        return ""
    if apart is not None:
        return "farther"
    return "same_month" if months[0] == months[1] else "next_month"


def _where(one: Sight, other: Sight) -> str:
    if one.country is None or other.country is None:
        return UNKNOWN
    if one.country != other.country:
        return ""
    if one.admin1 is None or other.admin1 is None:
        return UNKNOWN
    if not same_name(one.admin1, other.admin1):
        return "other_admin1"
    if one.admin2 is None or other.admin2 is None:
        return "same_admin1"
    return "same_admin2" if same_name(one.admin2, other.admin2) else "other_admin2"


def _what(one: Sight, other: Sight) -> str:
    causes = {one.cause or UNKNOWN, other.cause or UNKNOWN} - {UNKNOWN}
    if len(causes) > 1:
        return ""
    means = one.means or UNKNOWN, other.means or UNKNOWN
    if UNKNOWN in means:
        return UNKNOWN
    if means[0] == means[1]:
        return "same_means"
    return "related_means" if related(*means) else "other_means"


def _victims(one: Sight, other: Sight) -> str:
    if one.victims is None or other.victims is None:
        return UNKNOWN
    return "same_numbers" if one.victims == other.victims else "other_numbers"


@lru_cache(maxsize=CACHED)
def _days_before(year: int, month: int) -> int:
    return date(year, month, 1).toordinal()


def _day(shown: Sight) -> int:
    assert shown.month is not None, "a day comes with its month"
    assert shown.day is not None, "asked for only where it is shown"
    return _days_before(shown.year, shown.month) + shown.day - 1
