"""However a member spreads its calls, it never makes more than it may, and never waits longer than it is told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.allowance import SAVED_SECONDS, Allowance, Purse, spend
from node.errors import TooManyCallsError

rates = st.integers(1, 1000)


@given(rates, st.lists(st.floats(0, 5), max_size=300))
def test_in_no_time_more_calls_pass_than_its_rate_and_what_was_saved(rate: int, pauses: list[float]) -> None:
    allowance, purse, now = Allowance(rate), None, 1e6
    passed: list[float] = []
    for pause in pauses:
        now += pause
        try:
            purse = spend(allowance, purse, now)
        except TooManyCallsError:
            continue
        passed.append(now)
    for at, start in enumerate(passed):
        assert len(passed) - at <= rate * (SAVED_SECONDS + passed[-1] - start) + 1e-3


@given(rates, st.floats(0, 0.999))
def test_after_the_pause_that_was_told_a_call_passes(rate: int, left: float) -> None:
    empty, now = Purse(left, 50.0), 50.0
    with pytest.raises(TooManyCallsError) as caught:
        spend(Allowance(rate), empty, now)

    assert 0 < caught.value.retry_seconds <= 1 / rate
    spend(Allowance(rate), empty, now + caught.value.retry_seconds + 1e-9)


def test_who_rests_saves_up_no_more_than_ten_seconds() -> None:
    purse = spend(Allowance(3), Purse(0, 0), 10_000)
    assert purse.calls == 3 * SAVED_SECONDS - 1
