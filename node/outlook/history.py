"""Counts by month: what is known now, and what was known when a month was judged.

A month is a number here, twelve times the year and one for each month of it; something that became known in the course
of a month is known from the first day of the next.
"""

from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple


class Stretch(NamedTuple):
    """How many of a month were known from the first day of another until that of a third, or still are."""

    month: int
    since: int
    until: int | None
    number: int


class Known(NamedTuple):
    """Counts of months in order, up to some month.

    Attributes:
        counts: One number a month.
        then: Whether this is what was known at that time; else it is what is known now.
    """

    counts: tuple[int, ...]
    then: bool


class History(NamedTuple):
    """What is known of one group, such as a country.

    Attributes:
        group: Its values, in the order in which was grouped.
        start: First month.
        counts: One number for each month from there that is whole, as known now.
        stretches: From when until when what was known; reports, each by itself.
        news: Months from which anything was known, of whatever group, in order.
        wait: Months after its end that a month needs to be whole.
    """

    group: tuple[str, ...]
    start: int
    counts: tuple[int, ...]
    stretches: tuple[Stretch, ...] = ()
    news: tuple[int, ...] = ()
    wait: int = 1

    def known(self, months: int) -> Known:
        """The first so many months, as they were known when the last of them was whole.

        Where nothing had become known by then after that month had ended, what is known now stands in for it.
        """
        day = self.start + months + self.wait
        at = bisect_right(self.news, day)
        if not at or self.news[at - 1] <= min(day - 1, self.start + months):
            return Known(self.counts[:months], then=False)
        counts = [0] * months
        for month, since, until, number in self.stretches:
            if self.start <= month < self.start + months and since <= day and (until is None or until > day):
                counts[month - self.start] += number
        return Known(tuple(counts), then=True)


def last_whole(news: int, wait: int) -> int:
    """The last month that is whole where the latest was known from the first day of a month."""
    return news - 2 - wait


def label(month: int) -> str:
    """A month as it stands in a table: 2015-03."""
    return f"{month // 12}-{month % 12 + 1:02}"


def mean(numbers: Sequence[float]) -> float:
    """The mean of some numbers; at least one."""
    return sum(numbers) / len(numbers)
