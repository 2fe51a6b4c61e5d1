"""CW-16: the yearly table prints the published figures of 2015 and 2023 from their counts; a dash is no zero."""

from casework.report.counts import Row, yearly
from casework.report.page import Table
from casework.report.telling import DASH
from tests.casework.test_cw_17_reports import telling

PUBLISHED = {
    "2015": (1819, 23, 16, 99, 130, 21, None, 69, 405),
    "2023": (1915, 13, 19, 107, 177, 17, 9, 103, 399),
}
NAMES = (
    "affected",
    "deaths_violence",
    "deaths_safety",
    "injuries_violence",
    "injuries_safety",
    "abducted",
    "sexual_assault",
    "detained",
    "harassed",
)


def test_the_published_rows_come_out_of_their_counts() -> None:
    rows = tuple(
        Row(year, {name: number for name, number in zip(NAMES, numbers, strict=True) if number is not None})
        for year, numbers in PUBLISHED.items()
    )

    table = yearly(rows, telling()).sections[0]

    assert isinstance(table, Table)
    printed = [tuple(row[1:]) for row in table.rows[: len(NAMES)]]
    expected = [
        tuple(DASH if number is None else f"{number:,}" for number in pair)
        for pair in zip(*PUBLISHED.values(), strict=True)
    ]
    assert printed == expected


def test_what_nobody_reported_is_a_dash_and_nobody_is_a_zero() -> None:
    table = yearly((Row("2020", {"affected": 0}),), telling()).sections[0]

    assert isinstance(table, Table)
    assert [row[1] for row in table.rows[:3]] == ["0", DASH, DASH]
