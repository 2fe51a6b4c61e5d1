"""What the next months may bring: simple exponential smoothing, and how wrong such forecasts were.

Brown, Statistical Forecasting for Inventory Control, 1959; in the words of Hyndman and Athanasopoulos, Forecasting:
Principles and Practice, 3rd edition 2021, section 8.1. It knows neither trend nor season, on purpose: over the years of
the Aid Worker Security Database both made forecasts worse (docs/outlook.md).
"""

from collections.abc import Sequence
from math import sqrt
from statistics import quantiles
from typing import NamedTuple

from node.outlook.history import mean

MEMORY = 60  # months that are looked at
LEAST_MONTHS, LEAST_COUNT = 24, 24  # of history, and incidents in it, or no forecast
LEAST_ERRORS = 20  # that an interval is made of
STEPS = 20  # smoothing is tried in as many
_BEGIN = 6  # months whose mean smoothing begins with


class Forecast(NamedTuple):
    """What a month may bring.

    Attributes:
        level: The most likely mean.
        low: Four of five such months had more, or as many.
        high: Four of five such months had less, or as many.
    """

    level: float
    low: float | None = None
    high: float | None = None


def level(counts: Sequence[int]) -> float | None:
    """The smoothed level after some months, with the smoothing that told the next month best; nothing if too few."""
    counts = counts[-MEMORY:]
    if len(counts) < LEAST_MONTHS or sum(counts) < LEAST_COUNT:
        return None
    tried = (_smoothed(counts, step / STEPS) for step in range(1, STEPS))
    return min(tried)[1]


def naive(counts: Sequence[int]) -> float:
    """The last month again."""
    return float(counts[-1])


def seasonal_naive(counts: Sequence[int], ahead: int) -> float:
    """The same month of the year before; `ahead` is 1 to 12."""
    return float(counts[-12 + ahead - 1])


def within(at: float, apart: Sequence[float]) -> Forecast:
    """A forecast with the interval that four of five earlier ones kept, by how far apart from each they were.

    Args:
        at: The level.
        apart: Of earlier forecasts: what came less the level, over the root of the level; see `scaled`.
    """
    if len(apart) < LEAST_ERRORS:
        return Forecast(at)
    tenths = quantiles(apart, n=10, method="inclusive")
    root = sqrt(max(1.0, at))
    return Forecast(at, max(0.0, at + tenths[0] * root), max(0.0, at + tenths[-1] * root))


def scaled(number: int, at: float) -> float:
    """How far what came lies from what was forecast, over the root of that: counts spread with their root."""
    return (number - at) / sqrt(max(1.0, at))


def _smoothed(counts: Sequence[int], pull: float) -> tuple[float, float]:
    """Squares of the errors one month ahead, and the level at the end."""
    at, squares = mean(counts[:_BEGIN]), 0.0
    for number in counts:
        squares += (number - at) ** 2
        at += pull * (number - at)
    return squares, at
