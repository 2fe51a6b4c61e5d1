"""Signed envelopes: DSSE v1, with Ed25519 and ASCII payload types only.

The signature covers the payload bytes as they were sent: nobody serializes a message again to check it, and
nothing parses a payload before `verify_envelope` has returned. What a payload means is no matter of this
module.
"""

from collections.abc import Collection
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple

from crypto.errors import EnvelopeError, SignatureError
from crypto.signing import SIGNATURE_BYTES, Signer, key_hash, verify_signature

LEAF_BYTES = 128
HASH_BYTES = 32
MAX_SIGNATURES = 64  # on a document with many signers; each may cost one verification per key
KEYID_DIGITS = 16  # hexadecimal digits of the key hash


class Signature(NamedTuple):
    """One signature; `keyid` is an unauthenticated hint which key to try first (DSSE v1, protocol)."""

    sig: bytes
    keyid: str


class Envelope(NamedTuple):
    """A payload exactly as received, its type, and who claims to have signed it."""

    payload: bytes
    payload_type: str
    signatures: tuple[Signature, ...]


def pae(payload_type: str, payload: bytes) -> bytes:
    """Return the pre-authentication encoding that is signed; lengths count bytes (DSSE v1, protocol).

    Raises:
        EnvelopeError: The type is not ASCII; implementations disagree about the length of such a type.
    """
    try:
        kind = payload_type.encode("ascii")
    except UnicodeEncodeError as error:
        raise EnvelopeError("payload_type: has a character outside ASCII") from error
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def sign_envelope(signer: Signer, payload_type: str, payload: bytes) -> Envelope:
    """Sign `payload` with one key."""
    signature = Signature(signer.sign(pae(payload_type, payload)), keyid(signer.public_key))
    return Envelope(payload, payload_type, (signature,))


def add_signature(signer: Signer, envelope: Envelope) -> Envelope:
    """Return the envelope with the signature of one more key at the end."""
    (signature,) = sign_envelope(signer, envelope.payload_type, envelope.payload).signatures
    return envelope._replace(signatures=(*envelope.signatures, signature))


def verify_envelope(envelope: Envelope, payload_types: Collection[str], keys: Collection[bytes]) -> bytes:
    """Check an envelope with one signature and return the public key that made it.

    Only then may the payload be parsed.

    Args:
        envelope: As received.
        payload_types: The types that may stand in this place.
        keys: 32-byte public keys that may sign here.

    Raises:
        EnvelopeError: Another type, or not exactly one signature.
        SignatureError: None of `keys` made the signature.
    """
    assert not isinstance(payload_types, str), "`in` would accept any part of a single type"
    if envelope.payload_type not in payload_types:
        raise EnvelopeError("payload_type: not one that is expected here")
    signature = _only_signature(envelope)
    message = pae(envelope.payload_type, envelope.payload)
    for key in sorted(keys, key=lambda key: keyid(key) != signature.keyid):
        try:
            verify_signature(key, message, signature.sig)
        except SignatureError:
            continue
        return key
    raise SignatureError("signatures: none of the {count} acceptable keys made it", count=len(keys))


def verify_threshold(
    envelope: Envelope, payload_type: str, keys: Collection[bytes], threshold: int
) -> tuple[bytes, ...]:
    """Check a document that several parties sign and return the public keys that did, in the order of `keys`.

    A key counts once however often it is given or signs, and a signature for one key at most; invalid and unknown
    signatures beside enough valid ones do no harm (the (t, n) rule of DSSE v1).

    Raises:
        EnvelopeError: Another type, or more than `MAX_SIGNATURES` signatures.
        SignatureError: Fewer than `threshold` of `keys` signed.
    """
    if threshold < 1:
        raise RuntimeError("a threshold below one would accept an unsigned document")
    if envelope.payload_type != payload_type:
        raise EnvelopeError("payload_type: not the one that is expected here")
    if len(envelope.signatures) > MAX_SIGNATURES:
        raise EnvelopeError(
            "signatures: {count}, at most {most} are looked at",
            count=len(envelope.signatures),
            most=MAX_SIGNATURES,
        )
    message = pae(payload_type, envelope.payload)
    signers = _signers(tuple(dict.fromkeys(keys)), message, envelope.signatures)
    if len(signers) < threshold:
        raise SignatureError(
            "signatures: {count} acceptable keys signed, {threshold} are needed",
            count=len(signers),
            threshold=threshold,
        )
    return signers


def leaf(envelope: Envelope, public_key: bytes) -> bytes:
    """Return what a log keeps of a record: SHA-256(PAE) || signature || SHA-256(public key), 128 bytes.

    It holds no content, so erasing a record never breaks the log (the leaf of the Sigsum log format).

    Raises:
        EnvelopeError: Not exactly one signature of 64 bytes, or a type outside ASCII.
    """
    return leaf_of(envelope.payload_type, envelope.payload, _only_signature(envelope).sig, public_key)


def leaf_of(payload_type: str, payload: bytes, signature: bytes, public_key: bytes) -> bytes:
    """Return the leaf of the envelope that holds these and nothing else.

    Raises:
        EnvelopeError: A signature of another length than 64 bytes, or a type outside ASCII.
    """
    if len(signature) != SIGNATURE_BYTES:
        raise EnvelopeError(
            "signatures: {count} bytes instead of {needed}", count=len(signature), needed=SIGNATURE_BYTES
        )
    return sha256(pae(payload_type, payload)).digest() + signature + key_hash(public_key)


def leaf_keyid(leaf_bytes: bytes) -> str:
    """Return the hint of the key that made the signature in a leaf."""
    return leaf_bytes[-HASH_BYTES:].hex()[:KEYID_DIGITS]


@lru_cache(maxsize=4096)
def keyid(public_key: bytes) -> str:
    """Return the hint that says which key made a signature: the start of the key's hash."""
    return key_hash(public_key).hex()[:KEYID_DIGITS]


def _only_signature(envelope: Envelope) -> Signature:
    if len(envelope.signatures) != 1:
        raise EnvelopeError("signatures: {count} instead of one", count=len(envelope.signatures))
    return envelope.signatures[0]


def _signers(keys: tuple[bytes, ...], message: bytes, signatures: tuple[Signature, ...]) -> tuple[bytes, ...]:
    """The keys that made one of these signatures each; a hint only says which are tried first."""
    found: set[bytes] = set()
    left = list(signatures)
    pairs = [(key, one) for key in keys for one in signatures]
    for key, one in sorted(pairs, key=lambda pair: keyid(pair[0]) != pair[1].keyid):
        if key not in found and one in left and _signed_by(key, message, one):
            found.add(key)
            left.remove(one)
    return tuple(key for key in keys if key in found)


def _signed_by(key: bytes, message: bytes, signature: Signature) -> bool:
    try:
        verify_signature(key, message, signature.sig)
    except SignatureError:
        return False
    return True
