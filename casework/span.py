"""Dates as they are known: an interval of days and how it came about; durations between them are intervals too.

Nothing is rounded and nothing is guessed: "March 2015" is the days 1 to 31, and from then to a day in April lie 1 to 61
days or so.
"""

import re
from calendar import monthrange
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from casework.errors import FieldError

_DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TEXT = re.compile(
    rf"(?P<year>[0-9]{{4}})(-(?P<month>[0-9]{{2}}))?|(?P<first>{_DAY})(\.\.(?P<last>{_DAY}))?(?P<estimate>~)?"
)


FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2999, 12, 31)  # with room to count from either


def check_day(field: str, *days: date) -> None:
    """See whether clocks and figures can be counted from days.

    Raises:
        FieldError: One of them is before 1900 or after 2999.
    """
    for day in days:
        if not FIRST_DAY <= day <= LAST_DAY:
            raise FieldError(
                field, "{day} is not between {first} and {last}", day=day, first=FIRST_DAY, last=LAST_DAY
            )


class Basis(StrEnum):
    """How firm the days are (HURIDOCS micro-thesaurus 48)."""

    EXACT = "exact"
    ESTIMATE = "estimate"
    MONTH = "month"
    YEAR = "year"


class Span(NamedTuple):
    """The days on which something can have happened, both inclusive."""

    earliest: date
    latest: date
    basis: Basis = Basis.EXACT

    def __str__(self) -> str:
        """Write it as `parse_span` reads it: 2015, 2015-03, 2015-03-14, 2015-03-14..2015-03-16, ~ for an estimate."""
        if self.basis is Basis.YEAR:
            return f"{self.earliest:%Y}"
        if self.basis is Basis.MONTH:
            return f"{self.earliest:%Y-%m}"
        days = str(self.earliest) if self.earliest == self.latest else f"{self.earliest}..{self.latest}"
        return days + ("~" if self.basis is Basis.ESTIMATE else "")


class Range(NamedTuple):
    """A whole number that is known to lie between two, both inclusive."""

    low: int
    high: int

    def __str__(self) -> str:
        """Write 7, or 7..9."""
        return str(self.low) if self.low == self.high else f"{self.low}..{self.high}"

    def __add__(self, other: object) -> "Range":
        """Add bound by bound."""
        if not isinstance(other, Range):
            return NotImplemented
        return Range(self.low + other.low, self.high + other.high)


def on(day: date) -> Span:
    """One exact day."""
    return Span(day, day)


def parse_span(text: str, field: str = "when") -> Span:
    """Read 2015, 2015-03, 2015-03-14, 2015-03-14..2015-03-16; a ~ at the end marks an estimate.

    Raises:
        FieldError: It is none of these, or ends before it begins.
    """
    found = _TEXT.fullmatch(text.strip())
    if found is None:
        raise FieldError(
            field,
            "{text!r} is no date; write 2015, 2015-03, 2015-03-14 or 2015-03-14..2015-03-16",
            text=text[:40],
        )
    try:
        if found["year"] is None:
            first = date.fromisoformat(found["first"])
            last = date.fromisoformat(found["last"] or found["first"])
            basis = Basis.ESTIMATE if found["estimate"] else Basis.EXACT
        elif found["month"] is None:
            first, last, basis = date(int(found["year"]), 1, 1), date(int(found["year"]), 12, 31), Basis.YEAR
        else:
            year, month = int(found["year"]), int(found["month"])
            first, last, basis = (
                date(year, month, 1),
                date(year, month, monthrange(year, month)[1]),
                Basis.MONTH,
            )
    except ValueError as error:  # calendar.IllegalMonthError is one too
        raise FieldError(field, "{text!r} names a day that does not exist", text=text[:40]) from error
    if last < first:
        raise FieldError(field, "{text!r} ends before it begins", text=text[:40])
    return Span(first, last, basis)


def parse_range(text: str, field: str) -> Range:
    """Read 7 or 7..9.

    Raises:
        FieldError: It is neither, negative, or ends below its beginning.
    """
    found = re.fullmatch(r"([0-9]{1,9})(?:\.\.([0-9]{1,9}))?", text.strip())
    if found is None:
        raise FieldError(field, "{text!r} is no number; write 7 or 7..9", text=text[:40])
    low = int(found[1])
    high = int(found[2] or found[1])
    if high < low:
        raise FieldError(field, "{text!r} ends below its beginning", text=text[:40])
    return Range(low, high)


def days_between(start: Span, end: Span) -> Range:
    """Days from one to the other, at least and at most; never below zero, as an end is not before its start."""
    return Range(max((end.earliest - start.latest).days, 0), max((end.latest - start.earliest).days, 0))


def covers(outer: Span, inner: Span) -> bool:
    """Tell whether two statements of one date agree: one lies inside the other."""
    return (outer.earliest <= inner.earliest and inner.latest <= outer.latest) or (
        inner.earliest <= outer.earliest and outer.latest <= inner.latest
    )
