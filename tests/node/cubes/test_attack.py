"""The attacker finds exactly what trying all numbers finds."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.cubes.attack import Interval, Sum, intervals, narrow

LARGEST = 4
systems = st.tuples(
    st.lists(st.integers(0, LARGEST), min_size=4, max_size=4),
    st.lists(st.sets(st.integers(0, 3), min_size=1), min_size=1, max_size=4),
)


@given(systems)
def test_the_least_and_the_most_are_those_of_all_solutions(system: tuple[list[int], list[set[int]]]) -> None:
    truth, sums = system
    known = [Sum(tuple(sorted(one)), *[sum(truth[at] for at in one)] * 2) for one in sums]
    bounded = set().union(*sums)
    most = sum(truth)
    solutions = [
        numbers
        for numbers in product(*(range(most + 1) if at in bounded else (truth[at],) for at in range(4)))
        if all(sum(numbers[at] for at in one.parts) == one.least for one in known)
    ]

    found = intervals(known, [(at,) for at in range(4)])

    for at, interval in enumerate(found):
        if at in bounded:
            values = {numbers[at] for numbers in solutions}
            assert interval == Interval(min(values), max(values))
        else:
            assert interval == Interval(0, None)
    assert narrow(known, [(at,) for at in range(4)], truth) == [
        at for at, interval in enumerate(found) if interval.is_narrow
    ]


def test_in_three_dimensions_fractions_are_no_solution() -> None:
    known = [Sum(pair, 0, 1) for pair in ((0, 1), (1, 2), (0, 2))]  # halves would add up to 1.5

    assert intervals(known, [(0, 1, 2)]) == [Interval(0, 1)]


def test_what_is_plain_is_pinned() -> None:
    assert narrow([], [()], []) == [0]
    assert intervals([Sum((0,), 7, 7)], [(0,), (1,)]) == [Interval(7, 7), Interval(0, None)]


@pytest.mark.parametrize(("most", "pinned"), [(2, True), (3, False), (None, False)])
def test_an_interval_of_three_is_wide_enough(most: int | None, pinned: bool) -> None:  # noqa: FBT001 - a column
    assert Interval(0, most).is_narrow == pinned
