"""What was measured, beside its yardstick, as lines of one table."""

from collections.abc import Callable
from typing import NamedTuple

from rich.console import Console
from rich.table import Table


class Bound(NamedTuple):
    """What a ratio is required to be."""

    text: str
    holds: Callable[[float], bool]


class Line(NamedTuple):
    """One measured thing: its value and its yardstick with units, and how they compare."""

    target: str
    what: str
    value: str
    yardstick: str
    ratio: float | None
    bound: Bound | None = None


def at_least(least: float) -> Bound:
    """A ratio that must not be lower."""
    return Bound(f">= {least:g}", lambda ratio: ratio >= least)


def at_most(most: float) -> Bound:
    """A ratio that must not be higher."""
    return Bound(f"<= {most:g}", lambda ratio: ratio <= most)


def show(lines: list[Line]) -> int:
    """Print the table and give the number of lines that miss their bound."""
    table = Table("#", "what", "value", "yardstick", "ratio", "required", "met")
    for column in (2, 3, 4):
        table.columns[column].justify = "right"
    missed = 0
    for line in lines:
        met = (
            ""
            if line.bound is None or line.ratio is None
            else "yes"
            if line.bound.holds(line.ratio)
            else "NO"
        )
        missed += met == "NO"
        ratio = "" if line.ratio is None else f"{line.ratio:.3g}"
        table.add_row(*line[:4], ratio, line.bound.text if line.bound else "", met)
    Console(width=140).print(table)
    return missed
