"""A record tells the truth: it knows nothing of the future, and calls what is no better than naive by that name."""

from math import exp
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from node.outlook.backtest import (
    BETTER,
    BETTER_THAN_CHANCE,
    MERE_CHANCE,
    NOT_BETTER,
    TOO_FEW,
    Turned,
    Warned,
    added,
    foretold,
    turned,
    warned,
)
from node.outlook.history import History, Stretch, label, last_whole
from node.outlook.unusual import Method

START = 2015 * 12


def history(counts: list[int]) -> History:
    return History(("SSD",), START, tuple(counts))


def drawn(chance: Random, mean: float) -> int:
    """A number of a Poisson distribution."""
    number, left = 0, chance.random()
    while left > exp(-mean):
        left *= chance.random()
        number += 1
    return number


def steady(months: int = 150) -> list[int]:
    chance = Random(7)
    return [drawn(chance, 12) for _ in range(months)]


def stepped() -> list[int]:
    """Half years of 4 and of 16: a rise lasts."""
    chance = Random(7)
    return [drawn(chance, 16 if at // 9 % 3 == 2 else 4) for at in range(160)]


def test_around_a_steady_level_smoothing_is_better_and_its_interval_holds() -> None:
    found = foretold(history(steady()), 1).record

    assert found is not None
    assert found.verdict == BETTER
    assert found.error < found.naive
    assert found.kept is not None
    assert 70 < found.kept < 90
    assert (found.forecasts, found.then) == (120, 0)


def test_what_only_wanders_is_forecast_no_better_than_naive() -> None:
    chance, counts = Random(3), [60]
    for _ in range(149):
        counts.append(max(0, counts[-1] + chance.choice((-9, 9))))

    found = foretold(history(counts), 1).record

    assert found is not None
    assert found.verdict == NOT_BETTER


def test_few_forecasts_prove_nothing() -> None:
    found = foretold(history(steady(40)), 1)

    assert found.record is not None
    assert (found.record.verdict, found.record.kept) == (TOO_FEW, None)
    assert foretold(history([0] * 60), 1) == (None, None)


def test_warnings_of_rises_that_last_are_right_and_those_of_noise_are_not() -> None:
    lasting, noise = warned(history(stepped()), Method.C2), warned(history(steady()), Method.C1)

    assert lasting.right > lasting.wrong
    assert lasting.verdict in {BETTER, BETTER_THAN_CHANCE}
    assert noise.right == 0
    assert noise.verdict in {MERE_CHANCE, TOO_FEW}


def test_a_record_of_warnings_says_what_they_are_worth() -> None:
    assert Warned(2, 2, 0, 90).verdict == TOO_FEW
    assert Warned(10, 10, 20, 20, 5, 5).verdict == MERE_CHANCE
    assert Warned(10, 10, 5, 95, 10, 10).verdict == BETTER_THAN_CHANCE
    assert Warned(18, 2, 5, 95, 10, 20).verdict == BETTER
    assert added((Warned(1, 2, 3, 4, 5, 6, 7), Warned(1, 1, 1, 1, 1, 1, 1))) == (2, 3, 4, 5, 6, 7, 8)


def test_a_record_of_trends_says_what_they_are_worth() -> None:
    assert Turned(5, 4, 9).verdict == TOO_FEW
    assert Turned(10, 10, 0).verdict == MERE_CHANCE
    assert Turned(19, 1, 19).verdict == BETTER_THAN_CHANCE
    assert Turned(19, 1, 5).verdict == BETTER


def test_a_trend_that_goes_on_was_right_every_year() -> None:
    found = turned(history([round(20 * 1.15 ** (at / 12)) for at in range(150)]))

    assert (found.right, found.wrong, found.naive_right) == (9, 0, 9)


@settings(max_examples=20)
@given(
    st.lists(st.integers(0, 30), min_size=40, max_size=70),
    st.lists(st.integers(0, 99), min_size=3, max_size=3),
)
def test_nothing_is_judged_by_what_came_later(counts: list[int], future: list[int]) -> None:
    # Other months at the end change the record by those months alone: what was judged before stays as it was.
    one = warned(history(counts), Method.C2)
    other = warned(history([*counts[:-3], *future]), Method.C2)
    before = warned(history(counts[:-3]), Method.C2)

    for found in (one, other):
        assert all(now >= then for now, then in zip(found, before, strict=True))
        assert found.judged - before.judged <= 3
        assert found.right + found.missed + found.wrong + found.quiet == found.judged


def test_what_was_known_then_is_what_counts_where_it_is_known() -> None:
    # One of January known in February, a second only in April; one of March that was withdrawn in May.
    stretches = (
        Stretch(START, START + 1, None, 1),
        Stretch(START, START + 3, None, 1),
        Stretch(START + 2, START + 3, START + 5, 1),
    )
    told = History(("SSD",), START, (2, 0, 0, 0), stretches, (START + 1, START + 3), wait=0)

    assert [told.known(months) for months in (1, 2, 3, 4)] == [
        ((1,), True),
        ((2, 0), False),  # nothing became known in March, so nobody knew of all of February
        ((2, 0, 1), True),
        ((2, 0, 0, 0), False),
    ]
    assert told._replace(wait=2).known(1) == ((2,), True)
    assert last_whole(START + 3, 1) == START
    assert label(START + 3) == "2015-04"


@given(st.lists(st.integers(0, 5), min_size=2, max_size=30), st.integers(0, 3))
def test_where_all_is_known_at_once_nothing_was_ever_otherwise(counts: list[int], wait: int) -> None:
    stretches = tuple(Stretch(START + at, START + at + 1, None, number) for at, number in enumerate(counts))
    news = tuple(range(START + 1, START + len(counts) + 1))
    told = History(("SSD",), START, tuple(counts), stretches, news, wait)

    known = [told.known(months) for months in range(1, len(counts) + 1 - wait)]

    assert [one.counts for one in known] == [tuple(counts[:months]) for months in range(1, len(known) + 1)]
    assert all(one.then for one in known)
