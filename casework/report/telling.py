"""How values are told to readers of a level, in their language: coarser days, and bands of persons (casework 5.5)."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from casework.span import Range, Span
from casework.values import Gap, Value
from casework.vocabulary import Field, Form
from casework.vocabulary.words import Words
from casework.vocabulary.written import Written, written

DASH = "\N{EN DASH}"  # between two numbers, and where nothing was reported
TO = f" {DASH} "  # between two days
_BANDS = ((1, "1"), (4, "2-4"), (9, "5-9"))  # persons, as in a summary for members (casework 5.6)


class Level(StrEnum):
    """Who will read it."""

    INTERNAL = "internal"
    PARTNER = "partner"
    PUBLIC = "public"


@dataclass(frozen=True, slots=True)
class Telling:
    """Tells values in one language at one level."""

    words: Words
    level: Level

    def day(self, day: date) -> str:
        """A day as this level may know it: the day itself, its month, or its quarter."""
        if self.level is Level.INTERNAL:
            return self._written.day(day)
        return self._written.month(day) if self.level is Level.PARTNER else self._written.quarter(day)

    def month(self, day: date) -> str:
        """A month in short, as it stands on the scale of a picture."""
        return self._written.short_month(day)

    @property
    def _written(self) -> Written:
        return written(self.words.language)

    def span(self, span: Span | None) -> str:
        """An interval, no finer than the level allows, and never finer than it is known."""
        if span is None:
            return ""
        first, last = span.earliest, span.latest
        if (first.month, first.day, last.month, last.day) == (1, 1, 12, 31) and first.year == last.year:
            return self._written.year(first)
        if first == last:
            return self.day(first)
        if first.day == 1 and (last + timedelta(days=1)).day == 1 and first.month == last.month:
            return self._written.month(first) if self.level is not Level.PUBLIC else self.day(first)
        told = self.day(first), self.day(last)
        return told[0] if told[0] == told[1] else f"{told[0]}{TO}{told[1]}"

    def number(self, number: Range | int | None) -> str:
        """A number, or both its bounds."""
        if number is None:
            return ""
        low, high = (number, number) if isinstance(number, int) else number
        return DASH.join(self._written.number(one) for one in dict.fromkeys((low, high)))

    def persons(self, number: int) -> str:
        """How many persons: as they are internally, and as a band for everybody else."""
        if self.level is Level.INTERNAL:
            return self.number(number)
        if number < 1:
            return "0"
        return next((band for most, band in _BANDS if number <= most), "10+")

    def waiting(self, days: Range | None) -> str:
        """How long somebody waits: in days internally, in whole months for everybody else."""
        if days is None:
            return ""
        if self.level is Level.INTERNAL:
            return self.number(days)
        return self.number(Range(days.low // 30, days.high // 30))

    def value(self, field: Field | None, value: Value) -> str:
        """The value of a field, in words."""
        if isinstance(value, Gap):
            return self.words.code("gap", value)
        if isinstance(value, Span):
            return self.span(value)
        if isinstance(value, Range):
            return self.number(value)
        if isinstance(value, date):
            return self.day(value)
        many = value if isinstance(value, tuple) else (value,)
        return self.words.listed(self._one(field, str(one)) for one in many)

    def _one(self, field: Field | None, text: str) -> str:
        if field is not None and field.codes:
            return self.words.code(field.codes, text)
        if field is not None and field.form in {Form.STATE, Form.STATES}:
            return self.words.state(text)
        return text
