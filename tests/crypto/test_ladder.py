"""Ladders: the frozen format, and the laws that make an opening trustworthy and a closed level secret."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crypto.errors import CryptoError, OpeningError
from crypto.ladder import (
    MAX_LEVELS,
    MAX_NAME_BYTES,
    MAX_VALUE_BYTES,
    SALT_BYTES,
    Ladder,
    Opening,
    build_ladder,
    derive,
    narrow_opening,
    verify_opening,
)

UID = bytes(range(16))
SECRET = bytes(range(32))
DATE = (b"2026", b"2026-03", b"2026-03-14")
WHEN = build_ladder(UID, SECRET, "when", 0, DATE)
NOWHERE = bytes(32)
Levels = list[tuple[bytes, bytes]]  # salt and value, coarse to fine

values = st.lists(st.binary(max_size=40), min_size=1, max_size=MAX_LEVELS)


def test_the_known_answer_is_frozen() -> None:
    assert WHEN.head.hex() == "308663d84050c49a7c02bd04e3e53731bce0dc1ce4b6aa5ab5a4e84d386d8aec"


def test_the_derivation_is_hmac_sha256_as_published(shared: Path) -> None:
    groups = json.loads((shared / "vectors/wycheproof/hmac_sha256_test.json").read_text())["testGroups"]
    cases = [(group["tagSize"] // 8, case) for group in groups for case in group["tests"]]

    judged_otherwise = [
        case["tcId"]
        for size, case in cases
        if (derive(bytes.fromhex(case["key"]), bytes.fromhex(case["msg"]))[:size].hex() == case["tag"])
        != (case["result"] == "valid")
    ]

    assert len(cases) == 174
    assert judged_otherwise == []


@given(values, st.integers(0, MAX_LEVELS), st.integers(0, MAX_LEVELS))
@example(list(DATE), 2, 0)
@example(list(DATE), 1, 1)
def test_an_opening_that_is_narrowed_is_the_one_that_the_owner_would_give(
    values: list[bytes], held: int, shown: int
) -> None:
    ladder = build_ladder(UID, SECRET, "what", 3, values)

    narrowed = narrow_opening(UID, "what", ladder.open(held), shown)

    assert narrowed == ladder.open(min(held, shown))


@given(st.binary(min_size=16, max_size=16), st.binary(min_size=32, max_size=32), values)
def test_every_opening_of_a_ladder_shows_the_values_down_to_its_level(
    uid: bytes, secret: bytes, values: list[bytes]
) -> None:
    ladder = build_ladder(uid, secret, "what", 3, values)

    for level in range(len(values)):
        opening = ladder.open(level)
        assert opening.dimension == 3
        assert verify_opening(uid, "what", ladder.head, opening) == tuple(values[: level + 1])


def test_opening_deeper_than_the_ladder_opens_all_of_it() -> None:
    assert WHEN.open(99) == WHEN.open(2)
    assert verify_opening(UID, "when", WHEN.head, WHEN.open(99)) == DATE


@given(values, values, st.binary(min_size=32, max_size=32))
def test_what_is_closed_leaves_no_trace_but_one_hash(
    shown: list[bytes], closed: list[bytes], secret: bytes
) -> None:
    deep = build_ladder(UID, secret, "when", 0, (shown + closed)[:MAX_LEVELS])
    flat = build_ladder(UID, secret, "when", 0, shown)
    level = len(shown) - 1

    assert deep.open(level)[:3] == flat.open(level)[:3]
    assert len(deep.open(level).next) == len(flat.open(level).next) == 32


@given(values)
def test_no_two_levels_dimensions_or_records_share_a_salt(values: list[bytes]) -> None:
    ladders = [
        build_ladder(UID, SECRET, "when", 0, values),
        build_ladder(UID, SECRET, "where", 1, values),
        build_ladder(UID, bytes(32), "when", 0, values),
    ]
    salts = [salt for ladder in ladders for salt in _salts(ladder.salts)]

    assert len(set(salts)) == len(salts)


def _flip(data: bytes, bit: int) -> bytes:
    size = len(data)
    return (int.from_bytes(data, "big") ^ 1 << bit % (8 * size)).to_bytes(size, "big")


def _salts(joined: bytes) -> list[bytes]:
    return [joined[start : start + SALT_BYTES] for start in range(0, len(joined), SALT_BYTES)]


@given(st.integers(0, 2), st.data())
def test_a_flipped_bit_anywhere_is_refused(level: int, data: st.DataObject) -> None:
    opening = WHEN.open(level)
    bit = data.draw(st.integers(0, 300))
    index = data.draw(st.integers(0, level))
    forged_value = _flip(opening.values[index], bit)
    forged_values = (*opening.values[:index], forged_value, *opening.values[index + 1 :])
    forged = data.draw(
        st.sampled_from(
            [
                (_flip(UID, bit), WHEN.head, opening),
                (UID, _flip(WHEN.head, bit), opening),
                (UID, WHEN.head, opening._replace(next=_flip(opening.next, bit))),
                (UID, WHEN.head, opening._replace(salts=_flip(opening.salts, bit))),
                (UID, WHEN.head, opening._replace(values=forged_values)),
            ]
        )
    )
    uid, head, forged_opening = forged

    with pytest.raises(OpeningError):
        verify_opening(uid, "when", head, forged_opening)


def test_a_value_signed_for_one_dimension_is_refused_in_another() -> None:
    with pytest.raises(OpeningError):
        verify_opening(UID, "where", WHEN.head, WHEN.open(1))


@pytest.mark.parametrize(
    "forge",
    [
        lambda levels: levels[1:],
        lambda levels: levels[:1] + levels[2:],
        lambda levels: levels[::-1],
        lambda levels: levels + levels[-1:],
        lambda levels: levels[:0],
    ],
    ids=["without the coarsest", "with a gap", "upside down", "with one twice", "empty"],
)
def test_levels_stand_in_their_order_without_a_gap(
    forge: Callable[[Levels], Levels],
) -> None:
    opening = WHEN.open(2)
    levels = forge(list(zip(_salts(opening.salts), opening.values, strict=True)))
    forged = opening._replace(
        salts=b"".join(salt for salt, _ in levels), values=tuple(value for _, value in levels)
    )

    with pytest.raises(OpeningError):
        verify_opening(UID, "when", WHEN.head, forged)


def test_an_opening_of_nothing_proves_nothing() -> None:
    with pytest.raises(OpeningError, match="0 levels"):
        verify_opening(UID, "when", WHEN.head, Opening(0, b"", (), WHEN.head))


def test_an_opening_deeper_than_any_ladder_is_refused() -> None:
    with pytest.raises(OpeningError, match="17 levels"):
        verify_opening(UID, "when", NOWHERE, Opening(0, bytes(17 * SALT_BYTES), (b"",) * 17, NOWHERE))


def test_bytes_can_not_move_between_the_parts_of_a_level() -> None:
    opening = WHEN.open(0)
    (value,) = opening.values
    longer_salt = opening._replace(salts=opening.salts + b"\0")
    longer_next = opening._replace(values=(value[:-1],), next=value[-1:] + opening.next)

    for forged in (longer_salt, longer_next):
        with pytest.raises(OpeningError, match="wrong length"):
            verify_opening(UID, "when", WHEN.head, forged)


def test_a_ladder_has_bounds() -> None:
    assert verify_opening(UID, "when", *_opened(build_ladder(UID, SECRET, "when", 0, [b""] * MAX_LEVELS)))
    assert verify_opening(
        UID, "when", *_opened(build_ladder(UID, SECRET, "when", 0, [bytes(MAX_VALUE_BYTES)]))
    )
    for too_much in ([], [b""] * (MAX_LEVELS + 1), [bytes(MAX_VALUE_BYTES + 1)]):
        with pytest.raises(RuntimeError):
            build_ladder(UID, SECRET, "when", 0, too_much)
    for name in ("", "x" * 256):
        with pytest.raises(RuntimeError):
            build_ladder(UID, SECRET, name, 0, DATE)
    with pytest.raises(RuntimeError):
        WHEN.open(-1)


def test_the_bounds_are_those_of_the_format() -> None:
    assert (MAX_LEVELS, MAX_VALUE_BYTES, MAX_NAME_BYTES) == (16, 65_535, 255)
    assert build_ladder(UID, SECRET, "x", 0, DATE).head != build_ladder(UID, SECRET, "x" * 255, 0, DATE).head
    assert len(WHEN.salts) == len(DATE) * SALT_BYTES


@pytest.mark.parametrize(
    ("uid", "secret", "values"),
    [
        (UID[:-1], SECRET, DATE),
        (UID, SECRET[:-1], DATE),
        (UID, SECRET, (b"", bytes(MAX_VALUE_BYTES + 1))),
    ],
)
def test_what_is_too_short_or_too_long_is_not_committed_to(
    uid: bytes, secret: bytes, values: tuple[bytes, ...]
) -> None:
    with pytest.raises(RuntimeError):
        build_ladder(uid, secret, "when", 0, values)


def test_a_part_of_a_wrong_length_is_refused_before_anything_is_hashed() -> None:
    opening = WHEN.open(0)
    too_long = opening._replace(values=(b"", bytes(MAX_VALUE_BYTES + 1)), salts=bytes(2 * SALT_BYTES))

    for uid, head, forged in (
        (UID[:-1], WHEN.head, opening),
        (UID, WHEN.head[:-1], opening),
        (UID, WHEN.head, opening._replace(next=opening.next[:-1])),
        (UID, WHEN.head, opening._replace(salts=opening.salts[:-1])),
        (UID, WHEN.head, too_long),
    ):
        with pytest.raises(OpeningError, match="wrong length"):
            verify_opening(uid, "when", head, forged)


def _opened(ladder: Ladder) -> tuple[bytes, Opening]:
    return ladder.head, ladder.open(MAX_LEVELS)


def test_a_ladder_keeps_its_values_out_of_logs() -> None:
    assert "2026" not in repr(WHEN)


openings = st.builds(
    Opening,
    st.integers(),
    st.binary(max_size=(MAX_LEVELS + 1) * SALT_BYTES)
    | st.integers(0, MAX_LEVELS + 1).map(lambda n: bytes(n * SALT_BYTES)),
    st.lists(st.binary(max_size=20), max_size=MAX_LEVELS + 1).map(tuple),
    st.binary(max_size=40),
)


@given(st.binary(max_size=20), st.binary(max_size=40), openings)
def test_whatever_an_opening_holds_only_our_errors_come_out(
    uid: bytes, head: bytes, opening: Opening
) -> None:
    with pytest.raises(CryptoError):
        verify_opening(uid, "when", head, opening)
