"""The chain of a case: each event's header names the one before it and the digest of each sealed part, and is signed.

A header holds no content, so a part whose key was destroyed breaks nothing. What follows from a broken chain is an
error; nothing is repaired.
"""

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import NamedTuple

from casework.errors import TamperedError
from casework.vocabulary import Group
from crypto.envelope import pae
from crypto.errors import CryptoError
from crypto.signing import Signer, verify_signature

EVENT_TYPE = "application/vnd.tocsin.case-event.v1+json"
FIRST = bytes(32)  # stands where the first event of a case names the one before it


class Header(NamedTuple):
    """What is signed of an event.

    Attributes:
        case: 32 hexadecimal digits.
        sequence: 1, 2, 3...
        previous: Link of the event before, or `FIRST`.
        event_id: 32 hexadecimal digits.
        recorded_at: Seconds since 1970, UTC.
        officer: Id of who signed it.
        parts: SHA-256 of each sealed part.
    """

    case: str
    sequence: int
    previous: bytes
    event_id: str
    recorded_at: int
    officer: str
    parts: Mapping[Group, bytes]


class Signed(NamedTuple):
    """A header as it is stored: the bytes, and their signature."""

    payload: bytes
    signature: bytes


def place(case: str, sequence: int, group: Group) -> bytes:
    """Where a sealed part stands; it can be opened nowhere else."""
    return f"tocsin-case/1 {case} {sequence} {group}".encode()


def sign_header(signer: Signer, header: Header) -> Signed:
    """Write and sign a header."""
    fields = {
        "case": header.case,
        "sequence": header.sequence,
        "previous": header.previous.hex(),
        "event": header.event_id,
        "recorded_at": header.recorded_at,
        "officer": header.officer,
        "parts": {str(group): digest.hex() for group, digest in sorted(header.parts.items())},
    }
    payload = json.dumps(fields, separators=(",", ":")).encode()
    return Signed(payload, signer.sign(pae(EVENT_TYPE, payload)))


def read_header(payload: bytes) -> Header:
    """Read a header; whether it is signed is another question.

    Raises:
        TamperedError: It is none.
    """
    try:
        fields = json.loads(payload)
        return Header(
            fields["case"],
            fields["sequence"],
            bytes.fromhex(fields["previous"]),
            fields["event"],
            fields["recorded_at"],
            fields["officer"],
            {Group(group): bytes.fromhex(digest) for group, digest in fields["parts"].items()},
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise TamperedError("the header of an event can not be read") from error


def link(payload: bytes) -> bytes:
    """What the next event names this one by: SHA-256 of what was signed."""
    return sha256(pae(EVENT_TYPE, payload)).digest()


def verify_header(
    signed: Signed, key: bytes, case: str, sequence: int, previous: bytes, parts: Mapping[Group, bytes]
) -> Header:
    """Check that an event is signed, stands in its place, follows the one before, and has its parts as they were.

    Args:
        signed: As stored.
        key: Ed25519 public key of the officer whom the header names.
        case: Uid of the case in which it stands.
        sequence: At which place.
        previous: Link of the event before, or `FIRST`.
        parts: Sealed parts as stored; one may be missing, as keys and what they sealed can be destroyed.

    Raises:
        TamperedError: One of these does not hold.
    """
    header = read_header(signed.payload)
    where = f"case {case[:8]}, event {sequence}"
    try:
        verify_signature(key, pae(EVENT_TYPE, signed.payload), signed.signature)
    except CryptoError as error:
        raise TamperedError("{where}: the signature does not hold", where=where) from error
    if (header.case, header.sequence) != (case, sequence):
        raise TamperedError("{where}: it was written for another place", where=where)
    if header.previous != previous:
        raise TamperedError("{where}: it does not follow the event before it", where=where)
    if any(header.parts.get(group) != sha256(part).digest() for group, part in parts.items()):
        raise TamperedError("{where}: a sealed part is not the one that was signed", where=where)
    return header
