"""The one Ed25519 verifier against public vectors and against what other verifiers let pass."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.errors import KeyFileError, SignatureError
from crypto.signing import Signer, key_hash, verify_signature
from tests.support.edwards import signed_with_a_mixed_key, signed_with_a_mixed_nonce, small_order

GROUP_ORDER = 2**252 + 27742317777372353535851937790883648493  # RFC 8032 5.1
MESSAGES = [bytes([number]) for number in range(32)]

# RFC 8032 7.1: seed, public key, message, signature.
RFC_8032 = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
    (
        "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
    ),
]


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


@pytest.mark.parametrize(("seed", "public_key", "message", "signature"), RFC_8032)
def test_the_examples_of_the_standard_come_out(
    seed: str, public_key: str, message: str, signature: str
) -> None:
    signer, said = Signer(bytes.fromhex(seed)), bytes.fromhex(message)

    assert signer.public_key.hex() == public_key
    assert signer.sign(said).hex() == signature
    verify_signature(signer.public_key, said, bytes.fromhex(signature))


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


def test_a_key_of_small_order_signs_nothing() -> None:
    """With one of these eight points, in whichever encoding, S = 0 would sign one message of eight for anybody."""
    points = small_order()

    assert len(points) == 14
    assert not [
        (key, point)
        for key in points
        for point in points
        for said in MESSAGES
        if _accepts(key, said, point + bytes(32))
    ]


def test_a_key_mixed_with_a_point_of_small_order_is_judged_by_the_equation_without_the_cofactor() -> None:
    """Verifiers that multiply by eight take all of these; what others of this network refuse, every node refuses."""
    odd = [signed_with_a_mixed_key(said) for said in MESSAGES]

    assert {one.factor == 0 for one in odd} == {True, False}
    assert [_accepts(*one[:3]) for one in odd] == [one.factor == 0 for one in odd]


def test_a_signature_mixed_with_a_point_of_small_order_is_refused() -> None:
    """Likewise taken by verifiers that multiply by eight."""
    assert not [said for said in MESSAGES if _accepts(*signed_with_a_mixed_nonce(said)[:3])]


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
