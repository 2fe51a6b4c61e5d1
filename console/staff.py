"""Numbers of staff out of a file into a node."""

from collections.abc import Iterator
from datetime import date

from node.dimensions import values_of
from node.errors import ColumnsError, QueryError
from node.intake.table import read_table
from node.store.database import Store
from node.store.staff import StaffNumber, add_staff_numbers

MAX_NUMBER = 100_000_000
_COLUMNS = ("year", "country", "org_type", "staff", "number")


def take_in(store: Store, data: bytes, source: str, published: date) -> int:
    """Take in the numbers of a file, all of them or none, and give how many there were.

    Raises:
        IntakeError: It is no table, or lacks a column.
        QueryError: A cell is no number of staff, no year or no code.
    """
    numbers = list(_read(data))
    with store.write() as connection:
        return add_staff_numbers(connection, source, published, numbers)


def _read(data: bytes) -> Iterator[StaffNumber]:
    head, *records = read_table(data).records
    titles = [cell.strip().lower() for cell in head.cells]
    missing = [name for name in _COLUMNS if name not in titles]
    if missing:
        raise ColumnsError(
            "These columns were expected and not found: {missing}.", missing=", ".join(missing)
        )
    seen = set()
    for record in records:
        cells = dict(zip(titles, map(str.strip, record.cells), strict=False))
        year, country, org_type, staff, number = (cells.get(name, "") for name in _COLUMNS)
        if not (year.isdecimal() and number.isdecimal() and int(number) <= MAX_NUMBER):
            raise QueryError("row {number}: year and number are whole numbers", number=record.number)
        for name, value in (("country", country), ("org_type", org_type.upper()), ("staff", staff)):
            if value and value not in values_of(name):
                raise QueryError(
                    "row {number}: {value!r} is no {name}", number=record.number, value=value[:40], name=name
                )
        one = StaffNumber(int(year), country, org_type.lower(), staff, int(number))
        if one[:4] in seen:
            raise QueryError("row {number}: the same staff stands twice", number=record.number)
        seen.add(one[:4])
        yield one
