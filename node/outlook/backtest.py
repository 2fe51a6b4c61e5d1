"""How often it was right: every month of the past is judged and forecast anew, from nothing but what came before it.

Rolling origin (Tashman, International Journal of Forecasting 16 (2000), 437-450), against the naive forecast. Where it
is known what was known at that time, that is used; else what is known now, which flatters, as months that were not
whole then are whole now. Each record tells how often which was the case.
"""

from collections.abc import Iterable, Sequence
from math import sqrt
from statistics import stdev
from typing import NamedTuple

from node.outlook.forecast import LEAST_ERRORS, Forecast, level, naive, scaled, seasonal_naive, within
from node.outlook.history import History, Known, mean
from node.outlook.trend import trend
from node.outlook.unusual import Judgement, Method, judge

MOST = 120  # months of the past that are judged anew
AFTER, BEFORE, RISE = 3, 12, 1.5  # a rise: the next 3 months have 1.5 times the mean of the 12 before
LEAST_WARNINGS, LEAST_FORECASTS, LEAST_TRENDS = 5, 24, 10  # fewer prove nothing
_SURE = 1.64  # standard errors: 95 % on one side

BETTER, NOT_BETTER, TOO_FEW = "better than naive", "no better than naive", "too few to say"
BETTER_THAN_CHANCE, MERE_CHANCE = "better than chance, no better than naive", "no better than chance"


class Warned(NamedTuple):
    """What came of warnings; may be added up.

    Attributes:
        right: Warned, and a rise came.
        wrong: Warned, and none came.
        missed: Not warned, and a rise came.
        quiet: Not warned, and none came.
        naive_right: The naive warning, of a month with more than any of the twelve before, and a rise came.
        naive_wrong: The naive warning, and none came.
        then: How many of all were judged by what was known at that time.
    """

    right: int = 0
    wrong: int = 0
    missed: int = 0
    quiet: int = 0
    naive_right: int = 0
    naive_wrong: int = 0
    then: int = 0

    @property
    def judged(self) -> int:
        """How many months were judged."""
        return self.right + self.wrong + self.missed + self.quiet

    @property
    def verdict(self) -> str:
        """Whether rises came after its warnings more often than without them, and than after naive ones."""
        if self.right + self.wrong < LEAST_WARNINGS:
            return TOO_FEW
        if not _more_often((self.right, self.wrong), (self.missed, self.quiet)):
            return MERE_CHANCE
        better = _more_often((self.right, self.wrong), (self.naive_right, self.naive_wrong))
        return BETTER if better else BETTER_THAN_CHANCE


class Missed(NamedTuple):
    """How far forecasts were from what came.

    Attributes:
        error: Mean distance of the forecasts.
        naive: Mean distance of the last month taken again.
        seasonal: Mean distance of the same month of the year before.
        kept: Of how many that had an interval what came lay within it, in percent; nothing without any.
        forecasts: How many.
        then: How many of them were made from what was known at that time.
        verdict: Whether they were better than naive, beyond chance.
    """

    error: float
    naive: float
    seasonal: float
    kept: float | None
    forecasts: int
    then: int
    verdict: str


class Turned(NamedTuple):
    """What came of trends that said up or down, one a year: whether the next year had more or less than the last.

    Attributes:
        right: It did as the trend said.
        wrong: It did not.
        naive_right: It did as the year before against the one before that.
        then: How many were told from what was known at that time.
    """

    right: int = 0
    wrong: int = 0
    naive_right: int = 0
    then: int = 0

    @property
    def verdict(self) -> str:
        """Whether trends were right more often than a coin, and than going on as the last year."""
        told = self.right + self.wrong
        if told < LEAST_TRENDS:
            return TOO_FEW
        if self.right - self.wrong <= _SURE * sqrt(told):
            return MERE_CHANCE
        better = _more_often((self.right, self.wrong), (self.naive_right, told - self.naive_right))
        return BETTER if better else BETTER_THAN_CHANCE


class Outcome(NamedTuple):
    """A forecast and its record."""

    forecast: Forecast | None
    record: Missed | None


def warned(history: History, method: Method) -> Warned:
    """Judge every month that has three after it."""
    counts, found = history.counts, Warned()
    for months in range(max(BEFORE + 1, len(counts) - AFTER - MOST + 1), len(counts) - AFTER + 1):
        known = history.known(months)
        judgement = judge(known.counts, method)
        if not judgement.refused:
            found = added((found, _told(counts, months, known, judgement)))
    return found


def added(records: Iterable[Warned]) -> Warned:
    """Several records of warnings as one."""
    return Warned(*map(sum, zip(*records, strict=True)))


def added_trends(records: Iterable[Turned]) -> Turned:
    """Several records of trends as one."""
    return Turned(*map(sum, zip(*records, strict=True)))


def _told(counts: Sequence[int], months: int, known: Known, judgement: Judgement) -> Warned:
    before, after = mean(counts[months - 1 - BEFORE : months - 1]), mean(counts[months : months + AFTER])
    came = after >= RISE * before and after >= before + 1
    simply = known.counts[-1] > max(known.counts[-1 - BEFORE : -1])
    told = judgement.unusual
    return Warned(
        told and came,
        told and not came,
        came and not told,
        not (came or told),
        simply and came,
        simply and not came,
        known.then,
    )


def foretold(history: History, ahead: int) -> Outcome:
    """Forecast the month so many ahead, and every month of the past in the same way.

    Args:
        history: What is known.
        ahead: How many months after the last whole one; 1 to 12.
    """
    counts = history.counts
    misses: list[tuple[float, float, float]] = []
    apart: list[float] = []
    kept, then = [], 0
    for months in range(max(BEFORE + 1, len(counts) - MOST - ahead + 1), len(counts) - ahead + 1):
        known = history.known(months)
        at = level(known.counts)
        if at is None:
            continue
        came = counts[months + ahead - 1]
        # What came of the latest forecasts was not known yet.
        told = within(at, apart[: len(apart) - ahead + 1])
        if told.low is not None and told.high is not None:
            kept.append(told.low <= came <= told.high)
        apart.append(scaled(came, at))
        then += known.then
        misses.append(
            (abs(came - at), abs(came - naive(known.counts)), abs(came - seasonal_naive(known.counts, ahead)))
        )
    at = level(counts)
    record = _missed(misses, kept, then) if misses else None
    return Outcome(None if at is None else within(at, apart), record)


def _missed(misses: Sequence[tuple[float, float, float]], kept: Sequence[bool], then: int) -> Missed:
    errors = [mean(one) for one in zip(*misses, strict=True)]
    verdict = TOO_FEW
    if len(misses) >= LEAST_FORECASTS:
        gains = [simply - ours for ours, simply, _ in misses]
        verdict = BETTER if mean(gains) > _SURE * stdev(gains) / sqrt(len(gains)) else NOT_BETTER
    return Missed(
        errors[0],
        errors[1],
        errors[2],
        100 * mean(kept) if len(kept) >= LEAST_ERRORS else None,
        len(misses),
        then,
        verdict,
    )


def turned(history: History) -> Turned:
    """Take the trend once a year, as far back as there are months for it, and look what the year after it brought."""
    counts, found = history.counts, Turned()
    for months in range(len(counts) - BEFORE, max(2 * BEFORE, len(counts) - MOST - BEFORE), -BEFORE):
        known = history.known(months)
        told = trend(known.counts, history.start)
        if told is None or not told.direction:
            continue
        last, year = mean(counts[months - BEFORE : months]), mean(counts[months : months + BEFORE])
        earlier = mean(counts[months - 2 * BEFORE : months - BEFORE])
        right = told.direction * (year - last) > 0
        simply = (last - earlier) * (year - last) > 0
        found = added_trends((found, Turned(right, not right, simply, known.then)))
    return found


def _more_often(ones: tuple[int, int], others: tuple[int, int]) -> bool:
    """Whether the first of two kinds makes up more of one sample than of another, beyond chance (two proportions)."""
    one, other = sum(ones), sum(others)
    if not one or not other:
        return bool(ones[0])
    shares = (ones[0] + others[0]) / (one + other)
    error = sqrt(shares * (1 - shares) * (1 / one + 1 / other))
    return ones[0] / one - others[0] / other > _SURE * error
