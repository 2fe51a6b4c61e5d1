"""Shares of a key: so many give it, fewer tell nothing, and what was copied wrongly is told at once."""

from itertools import combinations

import pytest
from Cryptodome.Protocol.SecretSharing import Shamir
from hypothesis import assume, given
from hypothesis import strategies as st

from crypto.errors import (
    KeyShareDamagedError,
    KeySharesError,
    KeySharesMixedError,
    KeySharesTooFewError,
)
from crypto.keyshare import KeyShare, combine, put_in, read_share, split, write_share

SECRET = bytes(range(16))
SET = "0badcafe"
# Made by ssss-split -x -D -s 128; published with PyCryptodome's own tests, in the public domain.
SSSS = (
    (
        2,
        "000102030405060708090a0b0c0d0e0f",
        (
            "0b8cbb92e2a750defa563537d72942a2",
            "171a7120c941abb4ecb77472ba459753",
            "1c97c8b12fe3fd6d1ee84b4e6161dbfe",
        ),
    ),
    (
        3,
        "ec96aa5c14c9faa699354cf1da74e904",
        (
            "64579fbf1908d66f7239bf6e2b4e41e1",
            "6cd9428df8017b52322561e8c672ae3e",
            "e418776ef5c0579bd9299277374806dd",
            "ab3f77a0107398d23b323e581bb43f5d",
            "23fe42431db2b41bd03ecdc7ea8e97ac",
        ),
    ),
)

secrets = st.binary(min_size=16, max_size=16)
sizes = st.integers(2, 16).flatmap(lambda of: st.tuples(st.integers(2, of), st.just(of)))


@pytest.mark.parametrize(("needed", "secret", "values"), SSSS)
def test_shares_of_another_program_give_its_secret(needed: int, secret: str, values: tuple[str, ...]) -> None:
    shares = [
        KeyShare(SET, needed, len(values), number, bytes.fromhex(value))
        for number, value in enumerate(values, 1)
    ]
    for some in combinations(shares, needed):
        assert combine(some).hex() == secret


def test_a_share_that_was_written_down_years_ago_still_reads() -> None:
    """The form is for ever: people keep these on paper."""
    share = KeyShare("3f9a11c2", 3, 5, 2, bytes.fromhex("6cd9428df8017b52322561e8c672ae3e"))
    text = "02FWT 27106 182DK CM53F R05XN 4CH5C 7MCCW NE7R0 RGFCK"

    assert write_share(share) == text
    assert read_share(text) == share


@given(secrets, sizes)
def test_shares_and_those_of_pycryptodome_are_of_one_form(secret: bytes, size: tuple[int, int]) -> None:
    needed, of = size
    ours = [(share.number, share.value) for share in split(secret, needed, of, SET)]
    theirs = [KeyShare(SET, needed, of, *one) for one in Shamir.split(needed, of, secret, ssss=True)]

    assert Shamir.combine(ours[-needed:], ssss=True) == secret
    assert combine(theirs[-needed:]) == secret


@pytest.mark.slow
@given(secrets, sizes, st.randoms(use_true_random=False))
def test_any_so_many_give_the_secret_in_any_order(
    secret: bytes, size: tuple[int, int], chance: object
) -> None:
    needed, of = size
    shares = list(split(secret, needed, of, SET))
    chance.shuffle(shares)  # type: ignore[attr-defined]

    assert combine(shares[:needed]) == secret
    assert combine(shares) == secret
    with pytest.raises(KeySharesTooFewError, match=f"{needed} are needed, and there are {needed - 1}"):
        combine(shares[: needed - 1])


def test_with_one_less_every_secret_is_as_likely() -> None:
    """Two of three shares fit any secret: for each there is a third that gives it."""
    shares = split(SECRET, 3, 3, SET)
    others = {combine((*shares[:2], shares[2]._replace(value=bytes((one,)) * 16))) for one in range(256)}

    assert len(others) == 256


def test_each_split_is_another() -> None:
    assert split(SECRET, 2, 2, SET) != split(SECRET, 2, 2, SET)


@pytest.mark.parametrize(("needed", "of"), [(1, 5), (0, 0), (4, 3), (2, 17), (-1, 3)])
def test_what_can_not_be_is_refused(needed: int, of: int) -> None:
    with pytest.raises(KeySharesTooFewError):
        split(SECRET, needed, of, SET)


@given(secrets, sizes, st.data())
def test_a_share_reads_back_however_it_is_typed(
    secret: bytes, size: tuple[int, int], data: st.DataObject
) -> None:
    share = data.draw(st.sampled_from(split(secret, *size, SET)))
    text = write_share(share)
    typed = data.draw(
        st.sampled_from(
            (text, text.lower(), text.replace(" ", "-"), text.replace("0", "o").replace("1", "l"))
        )
    )

    assert read_share(f" {typed}\n") == share


@given(st.data())
def test_one_wrong_sign_or_two_changed_places_never_read(data: st.DataObject) -> None:
    share = data.draw(st.sampled_from(split(SECRET, 3, 5, SET)))
    signs = list(write_share(share).replace(" ", ""))
    at = data.draw(st.integers(0, len(signs) - 1))
    if data.draw(st.booleans()):
        signs[at] = data.draw(
            st.sampled_from("0123456789ABCDEFGHJKMNPQRSTVWXYZ*").filter(lambda one: one != signs[at])
        )
    else:
        other = data.draw(st.integers(0, len(signs) - 1))
        assume(signs[at] != signs[other])
        signs[at], signs[other] = signs[other], signs[at]

    with pytest.raises(KeyShareDamagedError, match="share: "):
        read_share("".join(signs))


@given(st.text())
def test_whatever_somebody_types_is_a_share_or_a_named_error(text: str) -> None:
    with pytest.raises(KeyShareDamagedError):
        read_share(text)


def test_mixed_sets_and_one_share_twice_are_told_as_soon_as_they_are_put_in() -> None:
    first, second, *_ = split(SECRET, 2, 3, SET)
    stranger = split(SECRET, 2, 3, "00000001")[1]

    for wrong, why in (
        (stranger, "of set 00000001, the others are of set 0badcafe"),
        (first, "number 1 was put in"),
    ):
        with pytest.raises(KeySharesMixedError, match=why):
            put_in((first,), wrong)
        with pytest.raises(KeySharesError):
            combine((first, wrong))
    assert combine(put_in((first,), second)) == SECRET


def test_its_value_is_in_no_print() -> None:
    (first, *_) = split(SECRET, 2, 3, SET)

    assert repr(first) == "KeyShare(1 of 3 of set 0badcafe)"
    assert first.value.hex() not in f"{first}"
