"""Ed25519 signatures: the only place that makes or checks one.

Verifiers disagree about odd signatures (small-order points, unreduced scalars, other encodings of a point).
One crafted record could split a network whose nodes check with different libraries, so every signature of
every kind goes through `verify_signature`, and with it through libsodium's strict rules.
"""

import secrets
from functools import lru_cache
from hashlib import sha256
from typing import Self

from nacl.bindings import crypto_sign_open
from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey

from crypto.errors import KeyFileError, SignatureError

SEED_BYTES = 32
PUBLIC_KEY_BYTES = 32
SIGNATURE_BYTES = 64


class Signer:
    """A private Ed25519 key with one use; the same key never signs records and checkpoints."""

    __slots__ = ("_key", "key_hash", "public_key")

    def __init__(self, seed: bytes) -> None:
        """Take the 32-byte seed from which RFC 8032 5.1.5 derives the key pair.

        Raises:
            KeyFileError: The seed, which always comes out of a key file, has another length.
        """
        if len(seed) != SEED_BYTES:
            raise KeyFileError(
                "seed: {count} bytes, a signing key has {needed}", count=len(seed), needed=SEED_BYTES
            )
        self._key = SigningKey(seed)
        self.public_key = bytes(self._key.verify_key)
        self.key_hash = key_hash(self.public_key)

    @classmethod
    def generate(cls) -> Self:
        """Make a new key from the operating system's randomness."""
        return cls(secrets.token_bytes(SEED_BYTES))

    @property
    def seed(self) -> bytes:
        """The 32 secret bytes, for a key file and nothing else."""
        return bytes(self._key)

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte signature of `message`; the same message always gives the same bytes."""
        return self._key.sign(message).signature

    def __repr__(self) -> str:
        """Name the key by the start of its hash and leave its secret out."""
        return f"Signer({self.key_hash.hex()[:16]})"


def verify_signature(public_key: bytes, message: bytes, signature: bytes) -> None:
    """Check one signature by libsodium's rules.

    Raises:
        SignatureError: `public_key` did not sign `message`, or one of the lengths is wrong.
    """
    # The binding checks no lengths: it reads 32 key bytes, and the signature from the front of one buffer.
    if len(public_key) != PUBLIC_KEY_BYTES:
        raise SignatureError(
            "public_key: {count} bytes instead of {needed}", count=len(public_key), needed=PUBLIC_KEY_BYTES
        )
    if len(signature) != SIGNATURE_BYTES:
        raise SignatureError(
            "signature: {count} bytes instead of {needed}", count=len(signature), needed=SIGNATURE_BYTES
        )
    try:
        crypto_sign_open(signature + message, public_key)
    except BadSignatureError as error:
        raise SignatureError("signature: does not belong to this message and key") from error


@lru_cache(maxsize=4096)
def key_hash(public_key: bytes) -> bytes:
    """Return SHA-256 of the 32 public key bytes, the name of a key in leaves and logs."""
    return sha256(public_key).digest()
