"""The yearly table prints the published figures of 2015 and 2023 out of their counts; a dash is no zero."""

import pytest

from node.errors import QueryError
from node.yearly import COLUMNS, HEADER, UNRWA, UNSMS, Count, yearly

COUNTS = {
    (2015, UNSMS): {
        "affected": 1819,
        "deaths_violence": 23,
        "deaths_safety": 16,
        "injuries_violence": 99,
        "injuries_safety": 130,
        "abducted": 21,
        "detained": 69,
        "harassed": 405,
    },
    (2015, UNRWA): {"injuries": 21, "abducted": 3, "detained": 30, "harassed": 80},
    (2023, UNRWA): {"deaths": 141, "injuries": 57, "detained": 39, "harassed": 44},
    (2023, UNSMS): {
        "affected": 1915,
        "deaths_violence": 13,
        "deaths_safety": 19,
        "injuries_violence": 107,
        "injuries_safety": 177,
        "abducted": 17,
        "sexual_assault": 9,
        "detained": 103,
        "harassed": 399,
        "deaths_violence_local": 12,
        "deaths_safety_local": 14,
    },
}
NO = None
GOLDEN = (
    (2015, UNSMS, 1819, 39, 23, 16, 229, 99, 130, 21, NO, 69, 405, 1056, NO, NO),
    (2015, UNRWA, NO, NO, NO, NO, 21, NO, NO, 3, NO, 30, 80, NO, NO, NO),
    (2023, UNSMS, 1915, 32, 13, 19, 284, 107, 177, 17, 9, 103, 399, 1071, 12, 14),
    (2023, UNRWA, NO, 141, NO, NO, 57, NO, NO, NO, NO, 39, 44, NO, NO, NO),
)


def counts(*left_out: str) -> list[Count]:
    return [
        Count(*key, what, number)
        for key, told in COUNTS.items()
        for what, number in told.items()
        if what not in left_out
    ]


def test_the_published_rows_come_out_of_their_counts() -> None:
    assert yearly(counts()) == GOLDEN
    assert yearly(reversed(counts())) == GOLDEN
    assert len(HEADER) == len(GOLDEN[0])


def test_half_of_the_deaths_is_no_total_and_zero_is_no_dash() -> None:
    (line,) = yearly([Count(2020, UNSMS, "deaths_violence", 0), Count(2020, UNSMS, "abducted", 0)])
    found = dict(zip(HEADER, line, strict=True))

    assert {name for name in COLUMNS if found[name] == 0} == {"deaths_violence", "abducted"}
    assert {name for name in COLUMNS if found[name] is None} == set(COLUMNS) - {"deaths_violence", "abducted"}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (Count(2015, UNSMS, "deaths", 40), "deaths are 40, their parts 39"),
        (Count(2015, UNSMS, "abducted", 21), "stands twice"),
        (Count(2015, UNRWA, "deaths_violence_local", 1), "more than deaths_violence"),
        (Count(2015, UNRWA, "affected", 5), "129 more than the 5 affected"),
        (Count(2015, "NGO", "affected", 5), "not one of"),
        (Count(2015, UNRWA, "burglary", 5), "not one of"),
        (Count(2015, UNRWA, "deaths", -5), "-5"),
    ],
)
def test_numbers_that_contradict_each_other_are_refused(more: Count, said: str) -> None:
    with pytest.raises(QueryError, match=said):
        yearly([*counts(), more])
