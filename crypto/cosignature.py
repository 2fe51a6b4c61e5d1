"""Cosignatures: the word of a witness that it has seen a checkpoint, and only ever one history of that log.

A signature line of a checkpoint as in C2SP tlog-cosignature: under the witness's own key name, over

    cosignature/v1
    time <seconds since 1970, UTC>
    <the text of the checkpoint>

so that one can pass neither for the log's own signature nor for one of another time.
"""

import base64
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import NamedTuple

from crypto.checkpoint import KEY_ID_BYTES
from crypto.errors import CheckpointError, SignatureError
from crypto.signing import Signer, verify_signature

_ED25519_COSIGNATURE = b"\x04"
_TIME_BYTES = 8
_DASH = "\N{EM DASH} "


class Cosignature(NamedTuple):
    """Who has seen a checkpoint, and when (seconds since 1970, UTC)."""

    name: str
    at: int


def cosign(note: bytes, name: str, signer: Signer, at: int) -> bytes:
    """Make the signature line of a witness for a checkpoint."""
    signature = signer.sign(_message(_text(note), at))
    blob = _key_id(name, signer.public_key) + at.to_bytes(_TIME_BYTES, "big") + signature
    return f"{_DASH}{name} {base64.b64encode(blob).decode()}\n".encode()


def cosignatures(note: bytes, keys: Mapping[str, Sequence[bytes]]) -> tuple[Cosignature, ...]:
    """Every witness among these who has cosigned a checkpoint, in the order of the note.

    Args:
        note: The checkpoint with all signature lines.
        keys: Ed25519 public keys of witnesses by key name, of each those of before too.

    Raises:
        CheckpointError: A line of one of them does not hold.
    """
    text, found = _text(note), []
    for line in note.decode(errors="replace").rpartition("\n\n")[2].splitlines():
        name, _, encoded = line.removeprefix(_DASH).partition(" ")
        if name not in keys:
            continue
        try:
            blob = base64.b64decode(encoded, validate=True)
        except ValueError as error:
            raise CheckpointError("signature: is not base64") from error
        if base64.b64encode(blob).decode() != encoded:
            raise CheckpointError("signature: is not canonical base64")
        head, rest = blob[:KEY_ID_BYTES], blob[KEY_ID_BYTES:]
        key = next((key for key in keys[name] if _key_id(name, key) == head), None)
        if key is None:
            raise CheckpointError("signature: the line of {name} is of another key", name=name)
        at = int.from_bytes(rest[:_TIME_BYTES], "big")
        try:
            verify_signature(key, _message(text, at), rest[_TIME_BYTES:])
        except SignatureError as error:
            raise CheckpointError("signature: {name} did not make it", name=name) from error
        found.append(Cosignature(name, at))
    return tuple(found)


def _text(note: bytes) -> str:
    text, separator, _ = note.decode(errors="replace").rpartition("\n\n")
    if not separator:
        raise CheckpointError("note: has no signatures")
    return text + "\n"


def _message(text: str, at: int) -> bytes:
    return f"cosignature/v1\ntime {at}\n{text}".encode()


def _key_id(name: str, public_key: bytes) -> bytes:
    return sha256(name.encode() + b"\n" + _ED25519_COSIGNATURE + public_key).digest()[:KEY_ID_BYTES]
