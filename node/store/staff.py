"""Numbers of staff, which rates are taken of: what was said last, up to a day, counts."""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection, select

from node.figures import StaffNumbers
from node.store.database import insert_many, next_id
from node.store.records import day_number
from node.tables.incidents import staff_number


class StaffNumber(NamedTuple):
    """How many staff there were in a year; empty text stands for all countries, types of organization or of staff."""

    year: int
    country: str
    org_type: str  # in lower case
    staff: str
    number: int


def add_staff_numbers(connection: Connection, source: str, day: date, numbers: Iterable[StaffNumber]) -> int:
    """Take in what a source published on a day, and give how many numbers there were; what was said before stays."""
    first = next_id(connection, staff_number)
    rows = [(first + at, source, day_number(day), *one) for at, one in enumerate(numbers)]
    insert_many(connection, staff_number, rows)
    return len(rows)


def staff_numbers(connection: Connection, as_of: date) -> StaffNumbers:
    """Every number as it was known on a day."""
    rows = connection.execute(
        select(*staff_number.c[3:])
        .where(staff_number.c.published_on <= day_number(as_of))
        .order_by(staff_number.c.published_on, staff_number.c.id)
    )
    return {(year, country, org_type, staff): int(number) for year, country, org_type, staff, number in rows}
