"""Counts as a product of causes: a log-linear regression with more spread than chance alone makes (quasi-Poisson).

Fitted by iteratively reweighted least squares. McCullagh and Nelder, Generalized Linear Models, 2nd edition 1989,
chapters 2 and 6.
"""

from collections.abc import Sequence
from math import exp, log, sqrt
from typing import NamedTuple

_ROUNDS, _CLOSE = 50, 1e-8
_LEAST, _MOST = -20.0, 15.0  # of the logarithm of a mean: outside of these nothing is counted

Row = Sequence[float]


class Fit(NamedTuple):
    """A regression that was fitted.

    Attributes:
        effects: One for each column.
        means: The mean of each count, as fitted.
        spread: How many times the variance of chance alone; at least 1.
        inverse: Inverse of the information; times `spread` the covariance of the effects.
        weights: Of each count.
    """

    effects: tuple[float, ...]
    means: tuple[float, ...]
    spread: float
    inverse: tuple[tuple[float, ...], ...]
    weights: tuple[float, ...]

    def error(self, column: int) -> float:
        """Standard error of an effect."""
        return sqrt(self.spread * self.inverse[column][column])

    def mean(self, row: Row) -> float:
        """The mean that is expected with these values."""
        return exp(_bounded(_times(row, self.effects)))

    def pull(self, at: int, row: Row) -> float:
        """How far one count pulls its own mean towards itself (leverage): 0 to 1."""
        inner = sum(
            a * b * cell
            for a, line in zip(row, self.inverse, strict=True)
            for b, cell in zip(row, line, strict=True)
        )
        return self.weights[at] * self.means[at] * inner


def fit(rows: Sequence[Row], counts: Sequence[int], weights: Sequence[float] | None = None) -> Fit | None:
    """Fit counts; nothing where no one answer comes out, as where a column can not be told from others.

    Args:
        rows: Values of the columns, for each count.
        counts: What was counted; more of them than columns.
        weights: Of each count; all the same if left out.
    """
    weights = tuple(weights or [1.0] * len(counts))
    means = [number + 0.5 for number in counts]
    effects: tuple[float, ...] | None = None
    for _ in range(_ROUNDS):
        pulled = [w * mean for w, mean in zip(weights, means, strict=True)]
        aims = [log(mean) + (number - mean) / mean for number, mean in zip(counts, means, strict=True)]
        inverse = _inverse(_crossed(rows, pulled))
        if inverse is None:
            return None
        right = [
            sum(p * row[at] * aim for p, row, aim in zip(pulled, rows, aims, strict=True))
            for at in range(len(rows[0]))
        ]
        found = tuple(_times(line, right) for line in inverse)
        means = [exp(_bounded(_times(row, found))) for row in rows]
        if effects and max(abs(one - other) for one, other in zip(found, effects, strict=True)) < _CLOSE:
            information = _inverse(_crossed(rows, [w * mean for w, mean in zip(weights, means, strict=True)]))
            if information is None:
                return None
            return Fit(found, tuple(means), _spread(counts, means, weights, len(found)), information, weights)
        effects = found
    return None


def _spread(counts: Sequence[int], means: Sequence[float], weights: Sequence[float], columns: int) -> float:
    squares = sum(w * (number - m) ** 2 / m for w, number, m in zip(weights, counts, means, strict=True))
    return max(1.0, squares / (len(counts) - columns))


def _bounded(number: float) -> float:
    return max(_LEAST, min(_MOST, number))


def _times(row: Row, effects: Row) -> float:
    return sum(value * effect for value, effect in zip(row, effects, strict=True))


def _crossed(rows: Sequence[Row], weights: Row) -> list[list[float]]:
    width = range(len(rows[0]))
    return [
        [sum(w * row[a] * row[b] for w, row in zip(weights, rows, strict=True)) for b in width] for a in width
    ]


def _inverse(matrix: Sequence[Row]) -> tuple[tuple[float, ...], ...] | None:
    """The inverse of a square matrix by elimination; nothing where it has none."""
    size = len(matrix)
    lines = [[*row, *(1.0 if at == one else 0.0 for one in range(size))] for at, row in enumerate(matrix)]
    for at in range(size):
        best = max(range(at, size), key=lambda one: abs(lines[one][at]))
        lines[at], lines[best] = lines[best], lines[at]
        if abs(lines[at][at]) < 1e-9 * max(1.0, abs(matrix[at][at])):
            return None
        lines[at] = [cell / lines[at][at] for cell in lines[at]]
        for one in range(size):
            if one != at and lines[one][at]:
                lines[one] = [
                    cell - lines[one][at] * own for cell, own in zip(lines[one], lines[at], strict=True)
                ]
    return tuple(tuple(line[size:]) for line in lines)
