"""Indicators as lines of a table: the figure, its bounds, what it is a share of, and what is not known."""

from typing import NamedTuple

from casework.figures.counting import Median, Share
from casework.figures.indicators import Line
from casework.span import Range

NO_CASES = "no cases"
NOT_REACHED = "not reached"


class Printed(NamedTuple):
    """A line as it is printed, each field a column."""

    indicator: str
    name: str
    unit: str
    figure: str
    at_most: str | None
    n: int | None
    unknown: int | None


HEADER = tuple(name.replace("_", " ") for name in Printed._fields)


def print_line(line: Line) -> Printed:
    """A line as it is printed: a share as per cent, a median as days with those who still wait."""
    figure = line.figure
    at_most: str | None = None
    n: int | None = None
    unknown: int | None = None
    match figure:
        case Share():
            n, unknown = figure.n, figure.unknown
            text = _percent(figure.low)
            at_most = _percent(figure.high) if figure.unknown else None
        case Median():
            n, unknown = figure.sent, figure.sent - figure.answered
            text = NO_CASES if not figure.sent else _days(figure.censored)
            at_most = (
                f"{figure.among_answered:g} among the answered" if figure.among_answered is not None else None
            )
        case Range():
            text, at_most = str(figure.low), str(figure.high) if figure.high != figure.low else None
        case None:
            text = NO_CASES
        case float():
            text = f"{figure:.2f}"
        case _:
            text = str(figure)
    return Printed(line.indicator, line.name, line.unit, text, at_most, n, unknown)


def _percent(share: float | None) -> str:
    return NO_CASES if share is None else f"{share:.0%}"


def _days(days: float | None) -> str:
    return NOT_REACHED if days is None else f"{days:g}"
