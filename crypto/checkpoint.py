"""Checkpoints: what a log says of itself, as C2SP signed notes.

A checkpoint states the size and the root hash of one log in text that ordinary transparency tools read and
check:

    <origin: the unique name of the log>
    <number of leaves>
    <root hash, base64>

    — <key name> <base64 of key id and signature>

Below the empty line stand one or more signatures, also those of other parties. Keep the bytes as signed: two
checkpoints of one size with different roots prove that a log told two stories. The rules are those of the
C2SP documents signed-note and tlog-checkpoint.
"""

import base64
import re
from collections.abc import Mapping
from hashlib import sha256
from typing import NamedTuple

from crypto.errors import CheckpointError, SignatureError
from crypto.signing import Signer, verify_signature

MAX_NOTE_BYTES = 65_536
MAX_SIGNATURES = 100
MAX_SIZE = 2**63 - 1  # the widest integer of both databases
KEY_ID_BYTES = 4

_ED25519 = b"\x01"
_DASH = "\N{EM DASH} "
# Extension lines may follow the root; tlog-checkpoint tells readers to pass over them.
_BODY = re.compile(r"(?P<origin>.+)\n(?P<size>0|[1-9][0-9]{0,18})\n(?P<root>[A-Za-z0-9+/]{43}=)\n(?:.+\n)*")


class Checkpoint(NamedTuple):
    """The state of the log with the unique name `origin`: `size` leaves under the 32-byte hash `root`."""

    origin: str
    size: int
    root: bytes


class Note(NamedTuple):
    """A signed text, and the key names of those whose signature was verified, in the order of the note."""

    text: str
    signers: tuple[str, ...]


def note_key_id(name: str, public_key: bytes) -> bytes:
    """Return the 4 bytes that say which key made a signature line (signed-note, Ed25519)."""
    return sha256(name.encode() + b"\n" + _ED25519 + public_key).digest()[:KEY_ID_BYTES]


def sign_checkpoint(checkpoint: Checkpoint, name: str, signer: Signer) -> bytes:
    """Return the checkpoint as a note, signed under the key name `name`: of a log's own key, its origin.

    Raises:
        CheckpointError: The origin, size, root or key name can not stand in a checkpoint.
    """
    text = _render(checkpoint)
    key_id = note_key_id(name, signer.public_key)
    signature = base64.b64encode(key_id + signer.sign(text.encode())).decode()
    note = f"{text}\n{_DASH}{name} {signature}\n".encode()
    # A log that issues what nobody can open has lost its voice: no name or number may break the form.
    if _parse(open_note(note, {(name, key_id): signer.public_key}).text) != checkpoint:
        raise CheckpointError("origin: can not stand in a checkpoint")
    return note


def verify_checkpoint(note: bytes, origin: str, *public_keys: bytes) -> Checkpoint:
    """Read a checkpoint that the log `origin` signed with one of its keys; other signatures are not checked.

    Raises:
        CheckpointError: Malformed, of another log, or not signed by a key of it.
    """
    text = open_note(note, {(origin, note_key_id(origin, key)): key for key in public_keys}).text
    checkpoint = _parse(text)
    if checkpoint.origin != origin:
        raise CheckpointError("origin: the checkpoint is of another log")
    return checkpoint


def stated_size(note: bytes) -> int:
    """Number of leaves that a checkpoint of our own states; its signatures are not looked at.

    Raises:
        CheckpointError: Malformed.
    """
    return _parse(_split(note)[0]).size


def open_note(note: bytes, keys: Mapping[tuple[str, bytes], bytes]) -> Note:
    """Check the form of a signed note and every signature whose key is known.

    Args:
        note: As received, at most 64 KiB and 100 signatures.
        keys: Ed25519 public keys by key name and `note_key_id`.

    Raises:
        CheckpointError: Malformed; a known key's signature is wrong; or there is none of a known key.
    """
    text, lines = _split(note)
    message = text.encode()
    verified: list[tuple[str, bytes]] = []
    for line in lines:
        name, key_id, signature = _parse_signature(line)
        key = keys.get((name, key_id))
        if key is None or (name, key_id) in verified:
            continue
        try:
            verify_signature(key, message, signature)
        except SignatureError as error:
            raise CheckpointError("signature: a known key did not make it") from error
        verified.append((name, key_id))
    if not verified:
        raise CheckpointError("signature: there is none of a known key")
    return Note(text, tuple(name for name, _ in verified))


def _split(note: bytes) -> tuple[str, list[str]]:
    """Return the signed text with its last newline, and the signature lines."""
    if len(note) > MAX_NOTE_BYTES:
        raise CheckpointError(
            "note: {count} bytes, at most {most} are read", count=len(note), most=MAX_NOTE_BYTES
        )
    try:
        content = note.decode()
    except UnicodeDecodeError as error:
        raise CheckpointError("note: is not UTF-8") from error
    if any(char < " " and char != "\n" for char in content):
        raise CheckpointError("note: has a control character")
    text, separator, signatures = content.rpartition("\n\n")
    if not separator or not signatures.endswith("\n"):
        raise CheckpointError("note: has no signatures, or ends in the middle of one")
    lines = signatures.removesuffix("\n").split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise CheckpointError(
            "note: {count} signatures, at most {most} are read", count=len(lines), most=MAX_SIGNATURES
        )
    return text + "\n", lines


def _parse_signature(line: str) -> tuple[str, bytes, bytes]:
    """Return key name, key id and signature of a line `— NAME BASE64`."""
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    try:
        signature = base64.b64decode(encoded, validate=True)
    except ValueError as error:
        raise CheckpointError("signature: is not base64") from error
    if base64.b64encode(signature).decode() != encoded:
        raise CheckpointError("signature: is not canonical base64")
    if not line.startswith(_DASH) or not _is_key_name(name) or len(signature) <= KEY_ID_BYTES:
        raise CheckpointError("signature: a line does not have the form of one")
    return name, signature[:KEY_ID_BYTES], signature[KEY_ID_BYTES:]


def _is_key_name(name: str) -> bool:
    return name != "" and "+" not in name and not any(char.isspace() for char in name)


def _render(checkpoint: Checkpoint) -> str:
    return f"{checkpoint.origin}\n{checkpoint.size}\n{base64.b64encode(checkpoint.root).decode()}\n"


def _parse(text: str) -> Checkpoint:
    body = _BODY.fullmatch(text)
    if body is None:
        raise CheckpointError("checkpoint: is not made of origin, size and root hash")
    checkpoint = Checkpoint(body["origin"], int(body["size"]), base64.b64decode(body["root"]))
    if checkpoint.size > MAX_SIZE:
        raise CheckpointError("size: {size} is more than a log can hold", size=checkpoint.size)
    if not text.startswith(_render(checkpoint)):
        raise CheckpointError("root: is not the canonical base64 of a hash")
    return checkpoint
