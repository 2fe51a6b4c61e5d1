"""How figures are counted: shares with bounds, and medians that keep what has not ended yet.

What is not known stays in the denominator and is told beside the figure; a rate lies between the one in which every
unknown were a no and the one in which it were a yes. Nothing of nothing is "no cases", never 0 %.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from casework.figures.facts import Answer

T = TypeVar("T")
FULL = 1.0


class Share(NamedTuple):
    """A share of something; `n` is what it is a share of, unknown ones included."""

    yes: int
    no: int
    unknown: int

    @property
    def n(self) -> int:
        """The denominator."""
        return self.yes + self.no + self.unknown

    @property
    def low(self) -> float | None:
        """As if every unknown were a no; `None` where there is nothing to count."""
        return self.yes / self.n if self.n else None

    @property
    def high(self) -> float | None:
        """As if every unknown were a yes; likewise."""
        return (self.yes + self.unknown) / self.n if self.n else None

    def rest(self) -> "Share":
        """The share of those that are not counted here, with the same unknown ones."""
        return Share(self.no, self.yes, self.unknown)


def share(things: Iterable[T], answer: Callable[[T], Answer | bool]) -> Share:
    """Count a question over things."""
    counts = {Answer.YES: 0, Answer.NO: 0, Answer.UNKNOWN: 0}
    for thing in things:
        found = answer(thing)
        counts[found if isinstance(found, Answer) else Answer.YES if found else Answer.NO] += 1
    return Share(counts[Answer.YES], counts[Answer.NO], counts[Answer.UNKNOWN])


class Wait(NamedTuple):
    """How long something took, in days; `ended` is false where it still goes on."""

    days: float
    ended: bool


@dataclass(frozen=True, slots=True)
class Median:
    """Days until an answer.

    Attributes:
        sent: How many were waited for.
        answered: How many of them ended.
        among_answered: Median of those that ended; flattering, as the slowest are missing.
        censored: Kaplan-Meier median, with those still open counted as long as they have lasted; `None` when fewer
            than half have ended by any day.
    """

    sent: int
    answered: int
    among_answered: float | None
    censored: float | None


def median(waits: Sequence[Wait]) -> Median:
    """Median of waits both ways (I3, I4, I21)."""
    ended = sorted(wait.days for wait in waits if wait.ended)
    return Median(len(waits), len(ended), _middle(ended), _survival_median(waits))


def _middle(days: Sequence[float]) -> float | None:
    if not days:
        return None
    half = len(days) // 2
    return days[half] if len(days) % 2 else (days[half - 1] + days[half]) / 2


def _survival_median(waits: Sequence[Wait]) -> float | None:
    """The first day on which the product-limit estimate is at 0.5 or below (Kaplan and Meier 1958).

    It is kept as a fraction of whole numbers, so that half of an even number is exactly half.
    """
    at_risk = len(waits)
    above, below = 1, 1  # the estimate is above / below
    for day in sorted({wait.days for wait in waits}):
        ended = sum(1 for wait in waits if wait.days == day and wait.ended)
        if ended:
            above, below = above * (at_risk - ended), below * at_risk
            if 2 * above <= below:
                return day
        at_risk -= sum(1 for wait in waits if wait.days == day)
    return None
