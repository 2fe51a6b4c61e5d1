"""Whether a month has more than was to be expected, by published methods and nothing else.

EARS C1, C2 and C3: Hutwagner, Thompson, Seeman and Treadwell, The bioterrorism preparedness and response Early
Aberration Reporting System (EARS), Journal of Urban Health 80 (2003), i89-i96; C3 in the form of Fricker, Hegler and
Dunfee, Statistics in Medicine 27 (2008), 3407-3429. They were made for days and are used on months here.

Farrington, in its flexible form: Noufaily, Enki, Farrington, Garthwaite, Andrews and Charlett, An improved algorithm
for outbreak detection in multiple surveillance systems, Statistics in Medicine 32 (2013), 1206-1222. Made for weeks.
"""

from collections.abc import Sequence
from enum import StrEnum
from math import exp, log, pow, sqrt  # noqa: A004 - of floats alone
from statistics import stdev
from typing import NamedTuple

from node.outlook.history import mean
from node.outlook.regression import Fit, Row, fit

BASELINE = 7  # months that EARS compares with
LAG = 2  # months that C2 and C3 leave out before the one that is judged, as a rise may have begun in them
DEVIATIONS, C3_LIMIT = 3.0, 2.0
LEAST_DEVIATION = 0.5  # ours: seven equal months are no reason to warn of one more

YEARS, LEFT_OUT, PARTS = 5, 3, 4  # of history, months before the one that is judged, seasons around it
ALPHA = 0.01
OUTLYING = 2.58  # residuals beyond it weigh less, so that old rises do not hide new ones

LEAST_COUNT, LEAST_MONTHS = (
    5,
    4,
)  # so many in the last months, the one that is judged among them, or no judgement
LEAST_HISTORY, LEAST_PAST = 36, 10  # months and counts for Farrington

TOO_FEW, TOO_SHORT, NO_ANSWER = "too few", "too short", "no fit"


class Method(StrEnum):
    """By what a month is judged."""

    C1 = "ears-c1"
    C2 = "ears-c2"
    C3 = "ears-c3"
    FARRINGTON = "farrington"


class Judgement(NamedTuple):
    """What a method says of the last of some months.

    Attributes:
        number: What was counted.
        expected: What was to be expected; nothing where there is no judgement.
        bound: More than this is unusual.
        refused: Why there is no judgement, or nothing.
    """

    number: int
    expected: float = 0.0
    bound: float = 0.0
    refused: str = ""

    @property
    def unusual(self) -> bool:
        """Whether there is more than the bound."""
        return not self.refused and self.number > self.bound


def judge(counts: Sequence[int], method: Method = Method.C2) -> Judgement:
    """Judge the last of some months by those before it."""
    if sum(counts[-LEAST_MONTHS:]) < LEAST_COUNT:
        return Judgement(counts[-1] if counts else 0, refused=TOO_FEW)
    if method is Method.FARRINGTON:
        return farrington(counts)
    needed = BASELINE + {Method.C1: 0, Method.C2: LAG, Method.C3: 2 * LAG}[method]
    if len(counts) <= needed:
        return Judgement(counts[-1], refused=TOO_SHORT)
    return _ears(counts, method)


def _ears(counts: Sequence[int], method: Method) -> Judgement:
    lag = 0 if method is Method.C1 else LAG
    expected, deviation = _baseline(counts, lag)
    limit = DEVIATIONS
    if method is Method.C3:
        limit = C3_LIMIT + 1 - sum(_beyond(counts[:-back]) for back in (1, 2))
        if limit < 1:  # the months before are enough for a warning, but a month without any is none
            return Judgement(counts[-1], expected, 0.0)
    return Judgement(counts[-1], expected, expected + limit * deviation)


def _beyond(counts: Sequence[int]) -> float:
    """How many deviations more than one the last month is above its baseline."""
    expected, deviation = _baseline(counts, LAG)
    return max(0.0, (counts[-1] - expected) / deviation - 1)


def _baseline(counts: Sequence[int], lag: int) -> tuple[float, float]:
    months = counts[-1 - lag - BASELINE : -1 - lag]
    return mean(months), max(LEAST_DEVIATION, stdev(months))


def farrington(counts: Sequence[int]) -> Judgement:
    """Judge the last month by a regression over five years: trend, season, and old rises weighed down."""
    last = len(counts) - 1
    past = range(max(0, last - 12 * YEARS - 1), last - LEFT_OUT)
    numbers = [counts[at] for at in past]
    if len(numbers) < LEAST_HISTORY or sum(numbers) < LEAST_PAST:
        return Judgement(counts[-1], refused=TOO_SHORT)
    for trend in (True, False):
        rows = [_row(at - last, trend=trend) for at in past]
        found = _reweighted(rows, numbers)
        if found is None:
            continue
        expected = found.mean(_row(0, trend=trend))
        if trend and expected > max(numbers):
            continue  # a trend is not drawn out beyond what there ever was
        return Judgement(counts[-1], expected, float(quantile(1 - ALPHA, expected, found.spread)))
    return Judgement(counts[-1], refused=NO_ANSWER)


def _row(months: int, *, trend: bool) -> tuple[float, ...]:
    """One, years from the month that is judged, and which part of the year it is: its own quarter is the first."""
    part = (months + 1) % 12 // 3
    return (1.0, *((months / 12,) if trend else ()), *(float(part == one) for one in range(1, PARTS)))


def _reweighted(rows: Sequence[Row], counts: Sequence[int]) -> Fit | None:
    first = fit(rows, counts)
    if first is None:
        return None
    return fit(
        rows,
        counts,
        down_weighted(
            [
                anscombe(first, at, row, number)
                for at, (row, number) in enumerate(zip(rows, counts, strict=True))
            ]
        ),
    )


def anscombe(found: Fit, at: int, row: Row, number: int) -> float:
    """How far a count lies from its mean: about a deviation each, whatever the mean."""
    expected = found.means[at]
    apart = 1.5 * (pow(number, 2 / 3) / pow(expected, 1 / 6) - sqrt(expected))
    return apart / sqrt(found.spread * max(1e-6, 1 - found.pull(at, row)))


def down_weighted(residuals: Sequence[float], beyond: float = OUTLYING) -> tuple[float, ...]:
    """Weights that add up to the number of residuals, those beyond a limit with one over their square."""
    weights = [1 / one**2 if one > beyond else 1.0 for one in residuals]
    whole = sum(weights)
    return tuple(one * len(weights) / whole for one in weights)


def quantile(share: float, expected: float, spread: float) -> int:
    """The least count that a share of months does not exceed: negative binomial, or Poisson without more spread."""
    count, total = 0, 0.0
    chance = _nothing(expected, spread)
    while total + chance < share and count < 10 * expected + 1000:
        total += chance
        chance *= _step(count, expected, spread)
        count += 1
    return count


def exceeding(number: int, expected: float, spread: float) -> float:
    """Chance of so many or more."""
    total, chance = 0.0, _nothing(expected, spread)
    for count in range(number):
        total += chance
        chance *= _step(count, expected, spread)
    return max(0.0, 1 - total)


def _nothing(expected: float, spread: float) -> float:
    return exp(-expected) if spread <= 1 else exp(-log(spread) * expected / (spread - 1))


def _step(count: int, expected: float, spread: float) -> float:
    """By what the chance of one more is the chance of a count."""
    if spread <= 1:
        return expected / (count + 1)
    return (expected / (spread - 1) + count) / (count + 1) * (1 - 1 / spread)
