"""Methods give the figures of published examples, and refuse where there is too little to say anything."""

from math import log, sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.outlook.forecast import level, naive, scaled, seasonal_naive, within
from node.outlook.regression import fit
from node.outlook.trend import trend
from node.outlook.unusual import (
    ALPHA,
    TOO_FEW,
    TOO_SHORT,
    Method,
    down_weighted,
    exceeding,
    judge,
    quantile,
)

counts = st.integers(0, 40)
MANY = st.lists(counts, min_size=1, max_size=90)
SEVEN = (1, 2, 3, 4, 5, 6, 7)  # mean 4, deviation the root of 14/3


def test_a_regression_gives_the_effects_of_the_textbook() -> None:
    # Dobson, An Introduction to Generalized Linear Models (1990), page 93: counts of a randomized trial.
    numbers = (18, 17, 15, 20, 10, 20, 25, 13, 12)
    rows = [
        (1.0, *(float(at % 3 == one) for one in (1, 2)), *(float(at // 3 == one) for one in (1, 2)))
        for at in range(9)
    ]

    found = fit(rows, numbers)

    assert found is not None
    assert [round(one, 4) for one in found.effects] == [3.0445, -0.4543, -0.2930, 0.0, 0.0]
    plain = [sqrt(found.inverse[at][at]) for at in range(3)]
    assert [round(one, 4) for one in plain] == [0.1709, 0.2022, 0.1927]
    assert 2 * sum(
        number * log(number / mean) for number, mean in zip(numbers, found.means, strict=True)
    ) == pytest.approx(5.1291, abs=1e-4)
    assert found.spread == pytest.approx(1.2933, abs=1e-4)  # Pearson's 5.1732 over 4 degrees


def test_columns_that_can_not_be_told_apart_give_no_fit() -> None:
    assert fit([(1.0, 2.0)] * 5, (1, 2, 3, 4, 5)) is None


@pytest.mark.parametrize(
    ("spread", "bound", "number", "chance"),
    [(1.5, 10, 11, 0.03763657), (1.0, 9, 11, 0.01369527)],
)
def test_bounds_and_chances_are_those_of_the_reference_of_the_method(
    spread: float, bound: int, number: int, chance: float
) -> None:
    # Figures of the tests of the R package surveillance, for a mean of 5 and 5 %.
    assert quantile(0.95, 5, spread) == bound
    assert exceeding(number, 5, spread) == pytest.approx(chance, abs=1e-8)


def test_old_rises_weigh_less() -> None:
    # Worked by hand in the tests of the R package surveillance.
    assert down_weighted([0] * 5 + [2] * 5, beyond=0) == pytest.approx([1.6] * 5 + [0.4] * 5)
    assert down_weighted([2.0, -5.0]) == (1.0, 1.0)


@given(st.floats(0.1, 60), st.floats(1, 5), st.floats(0.5, 0.999))
def test_a_bound_is_the_least_that_is_exceeded_as_seldom_as_asked(
    expected: float, spread: float, share: float
) -> None:
    bound = quantile(share, expected, spread)

    assert exceeding(bound + 1, expected, spread) <= 1 - share + 1e-9
    assert bound == 0 or exceeding(bound, expected, spread) > 1 - share - 1e-9


@pytest.mark.parametrize(
    ("months", "method", "bound"),
    [
        ((*SEVEN, 11), Method.C1, 4 + 3 * sqrt(14 / 3)),
        ((*SEVEN, 9, 9, 11), Method.C2, 4 + 3 * sqrt(14 / 3)),
        # Two months of C3 before: both at 4 + 2 deviations, one deviation each of the two that are enough.
        ((5, 5, 5, 5, 5, 5, 5, 5, 5, 6, 6, 5), Method.C3, 5 + 0.5 * (3 - 1 - 1)),
        ((3,) * 7 + (3,), Method.C1, 3 + 3 * 0.5),
    ],
)
def test_ears_is_what_its_papers_say(months: tuple[int, ...], method: Method, bound: float) -> None:
    found = judge(months, method)

    assert found.bound == pytest.approx(bound)
    assert found.unusual == (months[-1] > bound)


def test_c3_goes_on_with_a_warning_for_as_long_as_the_rise_may_be_new() -> None:
    rise = [5] * 11 + [20, 20, 5, 0]

    told = [judge(rise[:months], Method.C3).unusual for months in (11, 12, 13, 14, 15)]

    assert told == [False, True, True, True, False]


@pytest.mark.parametrize("method", Method)
def test_too_little_is_no_judgement(method: Method) -> None:
    assert judge([9] * 30 + [1, 1, 1, 1], method).refused == TOO_FEW
    assert judge([9] * 7, method).refused == TOO_SHORT
    assert judge([], method).refused == TOO_FEW
    assert not judge([], method).unusual


def test_farrington_wants_three_years_and_sees_through_an_old_rise() -> None:
    calm = [4, 5, 6, 5] * 18
    risen = [*calm[:40], 40, 45, *calm[42:]]

    assert judge(calm[:38], Method.FARRINGTON).refused == TOO_SHORT
    assert judge([*calm, 9], Method.FARRINGTON).bound < 14
    assert judge([*risen, 30], Method.FARRINGTON).unusual


@given(MANY, st.sampled_from([Method.C1, Method.C2, Method.C3]))
def test_more_is_never_less_unusual(months: list[int], method: Method) -> None:
    found, more = judge(months, method), judge([*months[:-1], months[-1] + 5], method)

    assert not found.unusual or more.unusual
    assert found.refused or (found.bound >= 0 and found.expected >= 0)


@given(st.integers(1, 50), st.integers(24, 80))
def test_a_level_that_never_changed_is_forecast(number: int, months: int) -> None:
    assert level([number] * months) == pytest.approx(number)


@settings(max_examples=25)
@given(st.lists(counts, min_size=24, max_size=90))
def test_a_forecast_lies_within_what_there_was(months: list[int]) -> None:
    found = level(months)

    assert found is None or min(months[-60:]) - 1e-9 <= found <= max(months[-60:]) + 1e-9


def test_a_forecast_follows_a_step_and_is_refused_for_too_little() -> None:
    assert level([2] * 30 + [20] * 6) == pytest.approx(20, abs=0.5)
    assert level([3] * 23) is None
    assert level([0] * 40 + [1] * 20) is None


def test_naive_guesses_are_the_last_month_and_the_same_month_of_the_year_before() -> None:
    months = list(range(100, 124))  # the next is 124, and 112 the one a year before it

    assert naive(months) == 123
    assert [seasonal_naive(months, ahead) for ahead in (1, 2, 12)] == [112, 113, 123]


def test_an_interval_holds_the_tenths_of_earlier_errors() -> None:
    found = within(4.0, [scaled(number, 4.0) for number in range(21)])  # 0 to 20: tenths at 2 and 18

    assert list(found) == pytest.approx([4, 2, 18])
    assert within(4.0, [0.0] * 19).low is None


def test_a_trend_is_read_off_growth_and_season() -> None:
    first = 2015 * 12
    growing = [round(40 * 1.1 ** (at / 12)) for at in range(60)]
    seasonal = [30 + (20 if at % 12 in {6, 7, 8} else 0) for at in range(60)]

    grown, summer = trend(growing, first), trend(seasonal, first)

    assert grown is not None
    assert summer is not None
    assert (round(grown.yearly), grown.peak, grown.direction) == (10, 0, 1)
    assert (summer.peak, summer.direction) == (8, 0)
    assert 1.5 < summer.swing < 2.2
    assert trend([1] * 35, first) is None
    assert trend([0] * 40 + [1] * 20, first) is None


@settings(max_examples=15)
@given(st.lists(counts, min_size=36, max_size=80), st.integers(0, 11))
def test_a_trend_lies_between_its_bounds_and_knows_which_years_it_looks_at(
    months: list[int], first: int
) -> None:
    found = trend(months, 24000 + first)

    if found is not None:
        assert found.low <= found.yearly <= found.high
        assert found == trend(months[-60:], 24000 + first + max(0, len(months) - 60))
        assert (found.peak == 0) == (found.swing == 1.0)


def test_the_level_of_chance_is_the_one_that_docs_name() -> None:
    assert ALPHA == 0.01
