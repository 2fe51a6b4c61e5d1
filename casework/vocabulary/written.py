"""How the six languages write numbers, days, moments and names of States, as the Unicode CLDR has it.

The tables in `cldr` are made by `make locales`. They have a text for each month or quarter, into which a day is put.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from importlib.resources import files
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Written:
    """How one language writes.

    Attributes:
        right_to_left: Whether it is written from right to left.
        marks: What stands for the comma and the point of 1,234.5.
        days, months, short_months, moments: A text for each month.
        quarters: One for each quarter.
        years: The text of a year.
        halves: What a moment before noon is called, and one after.
        names_of_months: As they stand alone, in a list.
        states: Names of States and areas by their codes of three letters (ISO 3166-1).
    """

    right_to_left: bool
    marks: str
    days: Sequence[str]
    months: Sequence[str]
    short_months: Sequence[str]
    quarters: Sequence[str]
    years: str
    moments: Sequence[str]
    halves: Sequence[str]
    names_of_months: Sequence[str]
    states: Mapping[str, str]

    def number(self, number: float) -> str:
        """A number in groups of three, with at most three digits of what is less than one."""
        text = f"{Decimal(str(number)):,.3f}".rstrip("0").rstrip(".")
        return text.translate(str.maketrans(",.", self.marks))

    def day(self, day: date) -> str:
        """A day, with its month as a word; in English as the United Nations do, the day before the month."""
        return self.days[day.month - 1].format(at=day)

    def month(self, day: date) -> str:
        """The month of a day."""
        return self.months[day.month - 1].format(at=day)

    def short_month(self, day: date) -> str:
        """The same in short."""
        return self.short_months[day.month - 1].format(at=day)

    def quarter(self, day: date) -> str:
        """The quarter of a day."""
        return self.quarters[(day.month - 1) // 3].format(at=day)

    def year(self, day: date) -> str:
        """The year of a day."""
        return self.years.format(at=day)

    def moment(self, at: datetime) -> str:
        """A day in short, and a time to the second."""
        half = self.halves[at.hour // 12]
        return self.moments[at.month - 1].format(at=at, hour=at.hour % 12 or 12, half=half)


@cache
def written(language: str) -> Written:
    """How a language writes that is one of the six."""
    table = json.loads((files(__package__) / "cldr" / f"{language}.json").read_text("utf-8"))
    return Written(**table | {"states": MappingProxyType(table["states"])})
