"""Sealed cells: one value under one key, bound to the place where it stands, so that it can not be moved.

A cell is a nonce of 24 bytes and the XChaCha20-Poly1305 ciphertext with its tag; the place is covered by the tag and
not kept. Values are filled up with zeros to the next multiple of 64 bytes behind a count of four, so that their size
tells little.
"""

import secrets
from hashlib import blake2b

from nacl import bindings as sodium
from nacl.exceptions import CryptoError as SodiumError

from crypto.errors import SealError

CELL_KEY_BYTES = 32
_NONCE_BYTES = sodium.crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
_COUNT_BYTES = 4
_STEP = 64


def new_cell_key() -> bytes:
    """Make a new key from the operating system's randomness."""
    return secrets.token_bytes(CELL_KEY_BYTES)


def derive_key(seed: bytes, purpose: str) -> bytes:
    """One of several 32-byte keys that come out of one secret, one for each purpose (BLAKE2b, keyed)."""
    return blake2b(purpose.encode(), key=seed, digest_size=CELL_KEY_BYTES, person=b"tocsin-derive").digest()


def seal_cell(key: bytes, value: bytes, place: bytes) -> bytes:
    """Seal a value for its place."""
    filled = len(value).to_bytes(_COUNT_BYTES, "big") + value
    filled += bytes(-len(filled) % _STEP)
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + bytes(sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(filled, place, nonce, key))


def open_cell(key: bytes, cell: bytes, place: bytes) -> bytes:
    """Return the value that was sealed for this place.

    Raises:
        SealError: It was sealed with another key or for another place, or is damaged.
    """
    filled = _decrypt(key, cell, place)
    count = int.from_bytes(filled[:_COUNT_BYTES], "big")
    value = filled[_COUNT_BYTES : _COUNT_BYTES + count]
    if len(value) != count:
        raise SealError("a sealed value is not filled up as it should be")
    return value


def _decrypt(key: bytes, cell: bytes, place: bytes) -> bytes:
    nonce, sealed = cell[:_NONCE_BYTES], cell[_NONCE_BYTES:]
    try:
        return bytes(sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(sealed, place, nonce, key))
    except (SodiumError, ValueError) as error:
        raise SealError("a sealed value is damaged, or is not the one of this place") from error
