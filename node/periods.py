"""Periods of time: the one before another, and the years that one consists of."""

from calendar import monthrange
from datetime import date, timedelta

MONTHS = {"year": 12, "quarter": 3, "month": 1}


def months_after(day: date, months: int, *, last: bool = False) -> date:
    """The same day so many months later, or the last one of a shorter month; `last` keeps the end of a month an end.

    Raises:
        OverflowError: There is no such day.
    """
    number = day.year * 12 + day.month - 1 + months
    year, month = divmod(number, 12)
    if not 1 <= year <= 9999:
        raise OverflowError(number)
    length = monthrange(year, month + 1)[1]
    ends = last and day.day == monthrange(day.year, day.month)[1]
    return date(year, month + 1, length if ends else min(day.day, length))


def period_before(first: date, last: date) -> tuple[date, date]:
    """The period that ends where another begins: as many months where it is whole months, else as many days.

    Raises:
        OverflowError: It would begin before there are dates.
    """
    end = first - timedelta(days=1)
    if first.day == 1 and (last + timedelta(days=1)).day == 1:
        months = (last.year - first.year) * 12 + last.month - first.month + 1
        return months_after(first, -months), end
    return first - (last - first) - timedelta(days=1), end


def bucket_after(label: str, grain: str) -> str:
    """The year, quarter or month after one, each as it stands in a table: 2015, 2015-Q3, 2015-03."""
    if grain == "year":
        return str(int(label) + 1)
    year, number = int(label[:4]), int(label.rpartition("Q" if grain == "quarter" else "-")[2])
    year, number = (year + 1, 1) if number == 12 // MONTHS[grain] else (year, number + 1)
    return f"{year}-Q{number}" if grain == "quarter" else f"{year}-{number:02}"


def bucket_of(day: date, grain: str) -> str:
    """The year, quarter or month of a day, as it stands in a table."""
    if grain == "year":
        return str(day.year)
    return f"{day.year}-Q{(day.month + 2) // 3}" if grain == "quarter" else f"{day.year}-{day.month:02}"


def whole_years(first: date | None, last: date | None) -> tuple[int, ...] | None:
    """The years that a period consists of; `None` if it has no end or does not consist of years."""
    if first is None or last is None or (first.month, first.day, last.month, last.day) != (1, 1, 12, 31):
        return None
    return tuple(range(first.year, last.year + 1))
