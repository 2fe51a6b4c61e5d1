"""A declaration that can not be meant is refused with the name of its field."""

from datetime import date

import pytest

from node.cubes.declaration import cube_from, period_of, plain_cube, read_cube
from node.errors import CubeError
from tests.support.cubes import yearly


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"period": "day"}, "period"),
        ({"by": ["country", "country"]}, "by: something stands twice"),
        ({"by": ["admin2"]}, "by: 'admin2' is none of country"),
        ({"measures": []}, "measures: nothing"),
        ({"measures": ["affected", "killed"]}, "all of its parts or none"),
        ({"public": ["means"]}, "public"),
        ({"contributors": 2}, "contributors: 2 is not a number between 3"),
        ({"dominance": 95}, "dominance"),
        ({"smallest": True}, "smallest"),
        ({"rounding": 1}, "rounding"),
        ({"revisions": ["02-30"]}, "revisions"),
        ({"name": "a/b"}, "name"),
        ({"purpose": "fun"}, "purpose"),
        ({"noise": 1}, "noise: a declaration has no such field"),
    ],
)
def test_what_can_not_be_meant_is_refused(changed: dict[str, object], said: str) -> None:
    with pytest.raises(CubeError, match=said):
        yearly(**changed)


def test_a_declaration_is_read_as_it_was_written() -> None:
    cube = yearly(contributors=4)

    assert cube_from(plain_cube(cube)) == cube
    with pytest.raises(CubeError, match="no TOML"):
        read_cube("name = ")


@pytest.mark.parametrize(
    ("period", "month", "found"),
    [
        ("year", "2025-03", "2025"),
        ("quarter", "2025-03", "2025-Q1"),
        ("quarter", "2025-10", "2025-Q4"),
        ("month", "2025-10", "2025-10"),
        ("quarter", "2025-unknown", "2025-unknown"),
        ("year", "unknown", "unknown"),
    ],
)
def test_a_month_lies_in_a_period(period: str, month: str, found: str) -> None:
    assert period_of(yearly(period=period), month) == found


def test_a_period_is_released_when_it_has_been_over_for_long_enough() -> None:
    cube = yearly(period="quarter", lag_days=30)

    assert not cube.is_closed("2025-Q1", date(2025, 4, 29))
    assert cube.is_closed("2025-Q1", date(2025, 4, 30))
    assert cube.is_closed("2025-unknown", date(2026, 1, 30))
    assert not cube.is_closed("unknown", date(2100, 1, 1))
