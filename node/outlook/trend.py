"""Whether there are more from year to year, and in which months, with how sure that is.

A quasi-Poisson regression over five years on time and one wave a year (Serfling, Public Health Reports 78 (1963),
494-506, on the logarithm). Months that follow each other are alike, so errors are widened by the likeness of neighbours
(Bence, Ecology 76 (1995), 628-639).
"""

from collections.abc import Sequence
from itertools import pairwise
from math import atan2, cos, exp, hypot, pi, sin, sqrt
from statistics import NormalDist
from typing import NamedTuple

from node.outlook.regression import Fit, fit

MONTHS = 60
LEAST_MONTHS, LEAST_COUNT = 36, 30
SURE = 0.95
_Z = NormalDist().inv_cdf((1 + SURE) / 2)


class Trend(NamedTuple):
    """How counts change.

    Attributes:
        yearly: Change from a year to the next, in percent.
        low: It is hardly less than this (95 %).
        high: It is hardly more than this (95 %).
        peak: The month of the year with most, 1 to 12; 0 where no season is to be seen.
        swing: How many times as much as in the month with least.
        chance: How often as much season would be seen in months that have none.
    """

    yearly: float
    low: float
    high: float
    peak: int
    swing: float
    chance: float

    @property
    def direction(self) -> int:
        """1 up, -1 down, 0 where it may be either."""
        return (self.low > 0) - (self.high < 0)


def trend(counts: Sequence[int], first: int) -> Trend | None:
    """The trend of the last five years; nothing where there are too few months or counts for one.

    Args:
        counts: One a month.
        first: The month of the first, of which December is eleven more than a multiple of twelve.
    """
    first += max(0, len(counts) - MONTHS)
    counts = counts[-MONTHS:]
    if len(counts) < LEAST_MONTHS or sum(counts) < LEAST_COUNT:
        return None
    rows = [_row(at, first + at) for at in range(len(counts))]
    found = fit(rows, counts)
    if found is None:
        return None
    wider = _likeness(found, counts)
    slope, error = found.effects[1], found.error(1) * sqrt(wider)
    season = found.effects[2:]
    chance = exp(-_distance(season, found, wider) / 2)  # of a chi square with two degrees
    seen = chance < 1 - SURE
    return Trend(
        _percent(slope),
        _percent(slope - _Z * error),
        _percent(slope + _Z * error),
        round(atan2(season[1], season[0]) / (2 * pi) * 12) % 12 + 1 if seen else 0,
        exp(2 * hypot(*season)) if seen else 1.0,
        chance,
    )


def _row(at: int, month: int) -> tuple[float, ...]:
    turn = 2 * pi * month / 12
    return 1.0, at / 12, cos(turn), sin(turn)


def _likeness(found: Fit, counts: Sequence[int]) -> float:
    """By what the variance of a mean is more because months are like the one before."""
    apart = [(number - mean) / sqrt(mean) for number, mean in zip(counts, found.means, strict=True)]
    squares = sum(one * one for one in apart)
    alike = sum(one * other for one, other in pairwise(apart)) / squares if squares else 0.0
    alike = max(0.0, min(0.9, alike))
    return (1 + alike) / (1 - alike)


def _distance(season: Sequence[float], found: Fit, wider: float) -> float:
    """How far both effects of the season are from nothing, in squares of their errors."""
    a, b, d = (found.inverse[one][other] * found.spread * wider for one, other in ((2, 2), (2, 3), (3, 3)))
    x, y = season
    return (d * x * x - 2 * b * x * y + a * y * y) / (a * d - b * b)


def _percent(effect: float) -> float:
    return 100 * (exp(effect) - 1)
