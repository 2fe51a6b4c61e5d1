"""Sealed cells against public vectors, and against whoever moves or changes them."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto import cell
from crypto.cell import CELL_KEY_BYTES, derive_key, new_cell_key, open_cell, seal_cell
from crypto.errors import SealError

KEY = bytes(range(CELL_KEY_BYTES))


def test_the_wycheproof_vectors_are_opened_as_published(shared: Path) -> None:
    groups = json.loads((shared / "vectors/wycheproof/xchacha20_poly1305_test.json").read_text())[
        "testGroups"
    ]
    cases = [case for group in groups for case in group["tests"]]
    assert len(cases) == 315
    for case in cases:
        key, iv, ct, tag, place = (bytes.fromhex(case[name]) for name in ("key", "iv", "ct", "tag", "aad"))
        try:
            opened = cell._decrypt(key, iv + ct + tag, place)
        except SealError:
            assert case["result"] == "invalid", case["tcId"]
        else:
            assert (case["result"], opened.hex()) == ("valid", case["msg"]), case["tcId"]


def test_keys_are_derived_with_blake2b_as_published(shared: Path) -> None:
    """The function that `derive_key` calls, as the published rows name salts and lengths of their own."""
    file = shared / "vectors/libsodium/crypto-test-vectors-blake2-salt-personalization.txt"
    rows = [line.split("\t") for line in file.read_text().splitlines() if line and not line.startswith("#")]
    assert len(rows) == 40
    for message, key, salt, person, size, output in rows:
        said, with_key, salted, personal = map(bytes.fromhex, (message, key, salt, person))
        made = cell.blake2b(  # type: ignore[attr-defined]
            said, key=with_key, salt=salted, person=personal, digest_size=int(size)
        )
        assert made.hexdigest() == output


def test_a_derived_key_is_frozen() -> None:
    assert derive_key(KEY, "one").hex() == "8f58984ee5f1e76fe1bd8297a211f50ec0f9697f3396527af7197c6668a57a5a"
    assert derive_key(KEY, "one") != derive_key(KEY, "two") != derive_key(bytes(32), "two")


@given(st.binary(max_size=300), st.binary(max_size=40))
def test_what_was_sealed_for_a_place_opens_there_alone(value: bytes, place: bytes) -> None:
    sealed = seal_cell(KEY, value, place)

    assert open_cell(KEY, sealed, place) == value
    assert (len(sealed) - 24 - 16) % 64 == 0
    for key, where in ((KEY, place + b"x"), (new_cell_key(), place)):
        with pytest.raises(SealError):
            open_cell(key, sealed, where)


@given(st.data())
def test_a_flipped_bit_or_a_cut_anywhere_is_refused(data: st.DataObject) -> None:
    sealed = seal_cell(KEY, b"value", b"place")
    bit, end = data.draw(st.integers(0, len(sealed) * 8 - 1)), data.draw(st.integers(0, len(sealed) - 1))
    flipped = (int.from_bytes(sealed, "big") ^ 1 << bit).to_bytes(len(sealed), "big")

    for wrong in (flipped, sealed[:end]):
        with pytest.raises(SealError):
            open_cell(KEY, wrong, b"place")
