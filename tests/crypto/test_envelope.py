"""Envelopes: what is signed, who may have signed it, and what a log keeps of it."""

import json
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.envelope import (
    LEAF_BYTES,
    MAX_SIGNATURES,
    Envelope,
    Signature,
    add_signature,
    leaf,
    pae,
    sign_envelope,
    verify_envelope,
    verify_threshold,
)
from crypto.errors import CryptoError, EnvelopeError, SignatureError
from crypto.signing import Signer, key_hash, verify_signature

KIND = "application/vnd.tocsin.test.v1+protobuf"
OTHER_KIND = "application/vnd.tocsin.other.v1+protobuf"
SIGNER, OTHER, THIRD = Signer(b"a" * 32), Signer(b"b" * 32), Signer(b"c" * 32)
ENVELOPE = sign_envelope(SIGNER, KIND, b"payload")

text = st.text(st.characters(max_codepoint=127), max_size=20)


def test_the_published_encodings_come_out_byte_for_byte(shared: Path) -> None:
    rows = json.loads((shared / "vectors/dsse/pae.json").read_text())["pae"]
    ascii_rows = [row for row in rows if row["type"].isascii()]

    assert len(ascii_rows) == len(rows) - 1
    for row in ascii_rows:
        assert pae(row["type"], bytes.fromhex(row["body_hex"])).hex() == row["pae_hex"]


def test_a_type_outside_ascii_is_refused_because_implementations_count_it_differently() -> None:
    with pytest.raises(EnvelopeError, match="payload_type"):
        pae("tüp", b"")


@given(text, st.binary(max_size=20), text, st.binary(max_size=20))
def test_two_different_messages_never_have_the_same_encoding(
    kind: str, payload: bytes, other_kind: str, other_payload: bytes
) -> None:
    same = (kind, payload) == (other_kind, other_payload)

    assert (pae(kind, payload) == pae(other_kind, other_payload)) == same


@given(st.binary())
def test_verifying_names_the_key_that_signed(payload: bytes) -> None:
    envelope = sign_envelope(SIGNER, KIND, payload)

    assert verify_envelope(envelope, (KIND,), (OTHER.public_key, SIGNER.public_key)) == SIGNER.public_key


@pytest.mark.parametrize("hint", ["", "not hexadecimal", key_hash(OTHER.public_key).hex()[:16]])
def test_a_wrong_hint_changes_nothing(hint: str) -> None:
    (signature,) = ENVELOPE.signatures
    envelope = ENVELOPE._replace(signatures=(signature._replace(keyid=hint),))

    assert verify_envelope(envelope, (KIND,), (OTHER.public_key, SIGNER.public_key)) == SIGNER.public_key


def test_a_right_hint_does_not_let_another_key_in() -> None:
    with pytest.raises(SignatureError):
        verify_envelope(ENVELOPE, (KIND,), (OTHER.public_key,))
    with pytest.raises(SignatureError):
        verify_envelope(ENVELOPE, (KIND,), ())


def test_a_record_signed_for_one_place_is_refused_in_another() -> None:
    with pytest.raises(EnvelopeError, match="payload_type"):
        verify_envelope(ENVELOPE, (OTHER_KIND,), (SIGNER.public_key,))
    with pytest.raises(SignatureError):
        verify_envelope(ENVELOPE._replace(payload_type=OTHER_KIND), (OTHER_KIND,), (SIGNER.public_key,))


def test_a_single_type_by_mistake_does_not_accept_its_parts() -> None:
    with pytest.raises(AssertionError):
        verify_envelope(sign_envelope(SIGNER, "application", b""), KIND, (SIGNER.public_key,))


@pytest.mark.parametrize("count", [0, 2])
def test_a_record_has_exactly_one_signature(count: int) -> None:
    envelope = ENVELOPE._replace(signatures=ENVELOPE.signatures * count)

    with pytest.raises(EnvelopeError, match="signatures"):
        verify_envelope(envelope, (KIND,), (SIGNER.public_key,))
    with pytest.raises(EnvelopeError, match="signatures"):
        leaf(envelope, SIGNER.public_key)


@given(st.integers(0, len(ENVELOPE.payload) * 8 - 1))
def test_a_flipped_bit_of_the_payload_is_refused(bit: int) -> None:
    size = len(ENVELOPE.payload)
    flipped = (int.from_bytes(ENVELOPE.payload, "big") ^ 1 << bit).to_bytes(size, "big")

    with pytest.raises(SignatureError):
        verify_envelope(ENVELOPE._replace(payload=flipped), (KIND,), (SIGNER.public_key,))


def test_a_leaf_is_digest_signature_and_key_hash() -> None:
    data = leaf(ENVELOPE, SIGNER.public_key)

    assert len(data) == LEAF_BYTES
    assert data[:32] == sha256(b"DSSEv1 39 application/vnd.tocsin.test.v1+protobuf 7 payload").digest()
    assert data[32:96] == ENVELOPE.signatures[0].sig
    assert data[96:] == sha256(SIGNER.public_key).digest()


def test_a_leaf_is_not_made_of_a_signature_of_another_length() -> None:
    envelope = ENVELOPE._replace(signatures=(Signature(bytes(63), ""),))

    with pytest.raises(EnvelopeError, match="63 bytes"):
        leaf(envelope, SIGNER.public_key)


KEYS = (SIGNER.public_key, OTHER.public_key, THIRD.public_key)


def test_enough_signatures_make_a_document_whatever_stands_beside_them() -> None:
    junk = (Signature(bytes(64), "?"), Signature(b"short", ""), *ENVELOPE.signatures)
    document = add_signature(THIRD, ENVELOPE._replace(signatures=junk))

    assert verify_threshold(document, KIND, KEYS, 2) == (SIGNER.public_key, THIRD.public_key)


def test_a_key_counts_once_however_often_it_signs_or_is_listed() -> None:
    document = ENVELOPE._replace(signatures=ENVELOPE.signatures * 3)

    with pytest.raises(SignatureError, match="1 acceptable"):
        verify_threshold(document, KIND, (*KEYS, SIGNER.public_key), 2)


def test_hints_that_lie_change_nothing_and_true_ones_save_the_looks_at_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks: list[bytes] = []

    def counted(key: bytes, message: bytes, signature: bytes) -> None:
        looks.append(key)
        verify_signature(key, message, signature)

    monkeypatch.setattr("crypto.envelope.verify_signature", counted)
    document = add_signature(THIRD, ENVELOPE)
    assert verify_threshold(document, KIND, KEYS, 2) == (SIGNER.public_key, THIRD.public_key)
    assert looks == [SIGNER.public_key, THIRD.public_key]
    first, second = document.signatures
    swapped = (first._replace(keyid=second.keyid), second._replace(keyid=first.keyid))
    lying = document._replace(signatures=swapped)
    assert verify_threshold(lying, KIND, KEYS, 2) == (SIGNER.public_key, THIRD.public_key)


def test_strangers_do_not_count_towards_a_threshold() -> None:
    document = add_signature(OTHER, ENVELOPE)

    with pytest.raises(SignatureError, match="1 acceptable"):
        verify_threshold(document, KIND, (SIGNER.public_key, THIRD.public_key), 2)


def test_a_document_of_another_type_is_refused() -> None:
    with pytest.raises(EnvelopeError, match="payload_type"):
        verify_threshold(ENVELOPE, OTHER_KIND, KEYS, 1)


def test_a_document_with_a_flood_of_signatures_is_refused_unread() -> None:
    document = ENVELOPE._replace(signatures=ENVELOPE.signatures * (MAX_SIGNATURES + 1))

    with pytest.raises(EnvelopeError, match="65"):
        verify_threshold(document, KIND, KEYS, 1)


def test_a_threshold_of_nobody_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(RuntimeError):
        verify_threshold(ENVELOPE, KIND, KEYS, 0)


envelopes = st.builds(
    Envelope,
    st.binary(max_size=40),
    st.sampled_from([KIND, OTHER_KIND, "", "tüp", "\udc80"]),
    st.lists(st.builds(Signature, st.binary(max_size=70), st.text(max_size=20)), max_size=4).map(tuple),
)


@given(envelopes)
def test_whatever_an_envelope_holds_only_our_errors_come_out(envelope: Envelope) -> None:
    with pytest.raises(CryptoError):
        verify_envelope(envelope, (KIND, "tüp", "\udc80"), KEYS)
    with pytest.raises(CryptoError):
        verify_threshold(envelope, envelope.payload_type, KEYS, 1)
