"""What stands beside figures: periods before, differences, shares, and the largest groups with what is left out."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.errors import QueryError
from node.figures import Counted, Group, compared, figures, header, moved
from node.measures import make_query
from node.periods import MONTHS, bucket_after, bucket_of, months_after, period_before

TODAY = date(2026, 11, 23)
DAYS = st.dates(date(1990, 1, 1), date(2100, 12, 31))
COUNTED: st.SearchStrategy[dict[Group, tuple[int, ...]]] = st.dictionaries(
    st.tuples(
        st.sampled_from(["SSD", "SDN", "unknown"]), st.sampled_from(["shooting", "shelling", "unknown"])
    ),
    st.tuples(st.integers(0, 9), st.integers(0, 9)),
)


@pytest.mark.parametrize(
    ("first", "last", "before"),
    [
        ("2023-01-01", "2023-12-31", ("2022-01-01", "2022-12-31")),
        ("2024-01-01", "2024-12-31", ("2023-01-01", "2023-12-31")),
        ("2024-03-01", "2024-03-31", ("2024-02-01", "2024-02-29")),
        ("2023-01-01", "2023-06-30", ("2022-07-01", "2022-12-31")),
        ("2024-03-05", "2024-03-11", ("2024-02-27", "2024-03-04")),
    ],
)
def test_the_period_before_is_as_long_and_ends_where_it_begins(
    first: str, last: str, before: tuple[str, str]
) -> None:
    found = period_before(date.fromisoformat(first), date.fromisoformat(last))

    assert tuple(map(str, found)) == before


@given(DAYS, DAYS)
def test_no_day_lies_between_a_period_and_the_one_before(one: date, other: date) -> None:
    first, last = sorted((one, other))
    start, end = period_before(first, last)

    assert end + timedelta(days=1) == first
    assert start <= end


@given(DAYS, st.sampled_from(sorted(MONTHS)))
def test_the_bucket_after_that_of_a_day_is_that_of_a_day_so_many_months_later(day: date, grain: str) -> None:
    later = months_after(day, MONTHS[grain])

    assert bucket_after(bucket_of(day, grain), grain) == bucket_of(later, grain)
    assert bucket_of(months_after(later, -MONTHS[grain]), grain) == bucket_of(day, grain)


def test_the_end_of_a_month_stays_an_end() -> None:
    assert months_after(date(2024, 2, 29), -12, last=True) == date(2023, 2, 28)
    assert months_after(date(2023, 2, 28), 12, last=True) == date(2024, 2, 29)
    assert months_after(date(2024, 3, 31), -1) == date(2024, 2, 29)


def test_before_there_are_dates_nothing_can_be_compared() -> None:
    query = make_query(
        [], ["incidents"], [], as_of=TODAY, first=date(1, 1, 1), last=date(1, 12, 31), compare="previous"
    )
    with pytest.raises(QueryError, match="no dates before"):
        compared(query)


@given(COUNTED, COUNTED, st.integers(0, 4))
def test_figures_beside_each_other_agree_and_unknown_is_never_dropped(
    now: dict[Group, tuple[int, ...]], before: dict[Group, tuple[int, ...]], top: int
) -> None:
    query = make_query(
        ["country", "means"],
        ["incidents", "killed"],
        [],
        as_of=TODAY,
        compare="2016-01-01",
        share=["country"],
        top=top,
    )

    rows, rest = figures(query, now, before)

    names = header(query)
    told = [dict(zip(names, row, strict=True)) for row in rows]
    groups = {(row["country"], row["means"]) for row in told}
    everything = now.keys() | before.keys()
    assert {group for group in everything if "unknown" in group} <= groups
    assert len(groups) + rest.groups == len(everything)
    for at, name in enumerate(("incidents", "killed")):
        assert rest.sums[at] == sum(now[group][at] for group in now.keys() - groups)
        for row in told:
            group = (row["country"], row["means"])
            one, other = (numbers.get(group, (0, 0))[at] for numbers in (now, before))
            assert (row[name], row[f"{name}_before"], row[f"{name}_change"]) == (one, other, one - other)
            whole = sum(numbers[at] for (country, _), numbers in now.items() if country == row["country"])
            share = row[f"{name}_share"]
            assert (share is None) == (whole == 0 or group not in now)
            assert share is None or share == pytest.approx(100 * one / whole, abs=0.06)
    if top:
        shown = [now.get(group, (0,))[0] for group in groups if "unknown" not in group]
        hidden = [now.get(group, (0,))[0] for group in everything - groups]
        assert len(shown) <= top
        assert max(hidden, default=0) <= min(shown, default=0) or not shown


def test_a_year_is_compared_with_the_one_before_it_and_unknown_with_unknown() -> None:
    query = make_query(["year", "country"], ["killed"], [], as_of=TODAY, compare="previous")
    now: Counted = {(2014, "SSD"): (1,), (2015, "SSD"): (5,), (2015, "SDN"): (2,)}

    before = moved(query, now, now)

    assert before == {(2015, "SSD"): (1,)}
    assert figures(query, now, before)[0] == (
        (2014, "SSD", 1, 0, 1),
        (2015, "SDN", 2, 0, 2),
        (2015, "SSD", 5, 1, 4),
    )


def test_a_month_that_nobody_knows_is_compared_with_those_that_nobody_knew() -> None:
    query = make_query(
        ["month"],
        ["killed"],
        [],
        as_of=TODAY,
        first=date(2015, 1, 1),
        last=date(2015, 2, 28),
        compare="previous",
    )
    before = moved(query, {("2014-12",): (1,), ("2015-01",): (2,), ("unknown",): (3,)}, {("2015-01",): (2,)})

    assert before == {("2015-01",): (1,), ("2015-02",): (2,), ("unknown",): (3,)}


def test_incidents_that_count_several_times_have_no_sum() -> None:
    query = make_query(["country", "sex"], ["incidents", "affected"], [], as_of=TODAY, top=1)

    _, rest = figures(query, {("SSD", "male"): (3, 5), ("SDN", "female"): (1, 2)})

    assert rest == (1, (None, 2))
