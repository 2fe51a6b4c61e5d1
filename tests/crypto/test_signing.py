"""The one Ed25519 verifier against public vectors and against what other verifiers let pass."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.errors import KeyFileError, SignatureError
from crypto.signing import Signer, key_hash, verify_signature

GROUP_ORDER = 2**252 + 27742317777372353535851937790883648493  # RFC 8032 5.1
IDENTITY_POINT = bytes([1]) + bytes(31)


def _accepts(public_key: bytes, message: bytes, signature: bytes) -> bool:
    try:
        verify_signature(public_key, message, signature)
    except SignatureError:
        return False
    return True


def test_the_wycheproof_vectors_are_judged_as_published(shared: Path) -> None:
    groups = json.loads((shared / "vectors/wycheproof/ed25519_test.json").read_text())["testGroups"]
    cases = [(bytes.fromhex(group["publicKey"]["pk"]), case) for group in groups for case in group["tests"]]

    judged_otherwise = [
        case["tcId"]
        for key, case in cases
        if _accepts(key, bytes.fromhex(case["msg"]), bytes.fromhex(case["sig"]))
        != (case["result"] == "valid")
    ]

    assert len(cases) == 151
    assert judged_otherwise == []


@given(st.binary(max_size=300))
def test_what_a_signer_signs_verifies_with_its_public_key_only(message: bytes) -> None:
    signer = Signer.generate()
    signature = signer.sign(message)

    verify_signature(signer.public_key, message, signature)
    with pytest.raises(SignatureError):
        verify_signature(Signer.generate().public_key, message, signature)


@given(st.integers(0, 64 * 8 - 1))
def test_a_flipped_bit_of_the_signature_is_refused(bit: int) -> None:
    signer = Signer(bytes(32))
    flipped = (int.from_bytes(signer.sign(b"record"), "big") ^ 1 << bit).to_bytes(64, "big")

    with pytest.raises(SignatureError):
        verify_signature(signer.public_key, b"record", flipped)


def test_a_second_encoding_of_the_same_signature_is_refused() -> None:
    signer = Signer(bytes(32))
    signature = signer.sign(b"record")
    scalar = int.from_bytes(signature[32:], "little")
    unreduced = signature[:32] + (scalar + GROUP_ORDER).to_bytes(32, "little")

    assert not _accepts(signer.public_key, b"record", unreduced)


def test_a_key_under_which_every_message_is_signed_is_refused() -> None:
    signature_for_anything = IDENTITY_POINT + bytes(32)

    assert not _accepts(IDENTITY_POINT, b"record", signature_for_anything)


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_a_public_key_of_a_wrong_length_is_refused_before_it_is_read(length: int) -> None:
    with pytest.raises(SignatureError, match="public_key"):
        verify_signature(bytes(length), b"record", bytes(64))


@pytest.mark.parametrize("length", [0, 63, 65, 128])
def test_a_signature_of_a_wrong_length_is_refused_before_it_is_read(length: int) -> None:
    with pytest.raises(SignatureError, match="signature"):
        verify_signature(Signer(bytes(32)).public_key, b"record", bytes(length))


def test_the_start_of_a_message_can_not_pass_as_the_end_of_the_signature() -> None:
    signer = Signer(bytes(32))
    signature = signer.sign(b"record")

    with pytest.raises(SignatureError):
        verify_signature(signer.public_key, signature[63:] + b"record", signature[:63])


def test_a_signer_never_shows_its_seed() -> None:
    seed = bytes(range(32))
    shown = f"{Signer(seed)!r} {Signer(seed)!s}"

    assert seed.hex() not in shown
    assert repr(seed) not in shown
    assert key_hash(Signer(seed).public_key).hex()[:16] in shown


def test_a_seed_is_all_that_a_signer_needs_to_come_back() -> None:
    signer = Signer.generate()

    assert Signer(signer.seed).public_key == signer.public_key
    assert signer.key_hash == key_hash(signer.public_key)


def test_a_seed_of_a_wrong_length_is_refused_with_its_length() -> None:
    with pytest.raises(KeyFileError, match="31 bytes"):
        Signer(bytes(31))
