"""Sums of shares are sums of numbers, whoever drops out, and one share alone fits every number equally well."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.errors import TotalError
from node.totals.shares import add, in_range, pad_from, split, verify_share

LENGTH, LARGEST = 3, 10**9
numbers = st.lists(st.integers(0, LARGEST), min_size=LENGTH, max_size=LENGTH)
pads = st.binary(min_size=8 * LENGTH, max_size=8 * LENGTH).map(pad_from)


@given(st.dictionaries(st.sampled_from("abcdefgh"), st.tuples(numbers, pads), min_size=1), st.data())
def test_the_total_is_that_of_whose_shares_both_hold(
    held: dict[str, tuple[list[int], tuple[int, ...]]], data: st.DataObject
) -> None:
    group = data.draw(st.sets(st.sampled_from(sorted(held)), min_size=1))
    first = add([split(*held[name], LARGEST) for name in group], LENGTH)
    second = add([held[name][1] for name in group], LENGTH)

    assert add([first, second], LENGTH) == tuple(
        map(sum, zip(*(held[name][0] for name in group), strict=True))
    )


@given(numbers, numbers, pads)
def test_each_view_of_one_server_is_that_of_any_other_numbers_as_well(
    one: list[int], other: list[int], pad: tuple[int, ...]
) -> None:
    """The map from pads to pads that keeps the first share is one to one, so both shares are as likely under each."""
    share = split(one, pad, LARGEST)
    fitting = tuple((number - part) % 2**64 for number, part in zip(other, share, strict=True))

    assert split(other, fitting, LARGEST) == share  # the first server sees the same
    back = tuple((number - part) % 2**64 for number, part in zip(one, share, strict=True))
    assert back == pad  # and no two pads become one
    # The second sees the pad, which is drawn before anybody looks at a number.


def test_the_first_share_is_spread_evenly_whatever_the_number() -> None:
    shares = [split([7], pad_from(at.to_bytes(8, "big")), 10)[0] for at in range(2**64 - 128, 2**64)]
    shares += [split([7], pad_from(at.to_bytes(8, "big")), 10)[0] for at in range(128)]

    assert sorted((share - 7) % 2**64 for share in shares) == sorted(
        {(-at) % 2**64 for at in range(-128, 128)}
    )


@pytest.mark.parametrize("wrong", [-1, 11])
def test_a_number_out_of_range_is_not_split(wrong: int) -> None:
    with pytest.raises(TotalError, match="is not a number from 0 to 10"):
        split([wrong], (0,), 10)


@pytest.mark.parametrize("wrong", [(1,), (1, 2, 3), (1, -1), (1, 2**64), (1, True), (1, 1.0)])
def test_what_is_no_share_is_refused(wrong: tuple[int, ...]) -> None:
    with pytest.raises(TotalError, match="a share has 2 numbers"):
        verify_share(wrong, 2)


def test_a_made_up_share_puts_the_total_out_of_range_unless_it_takes_off_no_more_than_was_there() -> None:
    for noise, honest in product((2**63, 2**64 - 51, 12_345_678_901), (0, 50)):
        assert not in_range(add([(noise,), (honest,)], 1), 5, 100)
    assert in_range(add([(2**64 - 50,), (50,)], 1), 5, 100)  # nobody notices; docs/private-totals.md says so
    assert in_range((500,), 5, 100)
    assert not in_range((501,), 5, 100)
