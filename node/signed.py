"""What an organization signs about its incidents, and what a log entry holds, as values of our own.

The bytes of a payload are made and read by `node.wire` alone; the floors below it ask for the narrow `Codec`.
"""

from collections.abc import Mapping
from enum import IntEnum, StrEnum
from typing import NamedTuple, Protocol

from crypto.envelope import Envelope
from crypto.ladder import Opening
from node.audience import Purpose

INCIDENT_TYPE = "application/vnd.tocsin.incident.v1+protobuf"
RETRACTION_TYPE = "application/vnd.tocsin.retraction.v1+protobuf"
PADDING_TYPE = "application/vnd.tocsin.padding.v1+protobuf"
UID_BYTES = 16
MAX_ADVICE = 280  # characters


def is_plain(text: str) -> bool:
    """Whether a text may stand where advice stands: short, on one line, nothing that steers a terminal."""
    return len(text) <= MAX_ADVICE and text.isprintable()


class Label(IntEnum):
    """Traffic Light Protocol 2.0, from narrow to wide; a record without a label is refused (R3)."""

    RED = 1
    AMBER_STRICT = 2
    AMBER = 3
    GREEN = 4
    CLEAR = 5


class Reason(StrEnum):
    """Why a record was called back."""

    WITHDRAWN = "withdrawn"
    SHARED_IN_ERROR = "shared_in_error"
    SUPERSEDED = "superseded"  # it was merged or split: other records stand for it


class Position(NamedTuple):
    """One entry of a log: its index and its leaf hash, which only that entry has."""

    log_index: int
    leaf_hash: bytes


class RecordName(NamedTuple):
    """What two organizations call one record: whose it is, and its 16 random bytes."""

    origin_id: str
    uid: bytes


class IncidentRecord(NamedTuple):
    """The signed commitments of one revision.

    `replaces` is `None` for the first; `purpose` is `None` when it is one that this version does not know. `stands_for`
    are entries of other records that were merged into this one, or of which it is a part.
    """

    record_uid: bytes
    origin_id: str
    revision: int
    heads: tuple[bytes, ...]
    schema: int
    label: Label
    replaces: Position | None
    purpose: Purpose | None = Purpose.STAFF_SAFETY
    stands_for: tuple[Position, ...] = ()


class Retraction(NamedTuple):
    """The signed statement that a record is called back; `purge` asks to destroy what was opened of it."""

    record_uid: bytes
    origin_id: str
    revision: int
    reason: Reason
    replaces: Position
    purge: bool = False


class Padding(NamedTuple):
    """An entry that says nothing: it is there so that the size of a log does not tell how many records it holds."""

    origin_id: str
    noise: bytes  # 32 random bytes


class Entry(NamedTuple):
    """A log entry as a peer sees it: the leaf alone, or the envelope with what was opened for that peer."""

    leaf: bytes
    envelope: Envelope | None
    openings: tuple[Opening, ...]


class Codec(Protocol):
    """Between these values and bytes.

    Every `decode_*` raises `PayloadError` for bytes that are not such a message.
    """

    def encode_incident(self, record: IncidentRecord, /) -> bytes:
        """Payload of a record."""
        ...

    def encode_retraction(self, retraction: Retraction, /) -> bytes:
        """Payload of a retraction."""
        ...

    def encode_padding(self, padding: Padding, /) -> bytes:
        """Payload of an entry that says nothing."""
        ...

    def encode_entry(self, entry: Entry, /) -> bytes:
        """An entry as it is stored and sent."""
        ...

    def decode_incident(self, payload: bytes, /) -> IncidentRecord:
        """Read the payload of a record."""
        ...

    def decode_retraction(self, payload: bytes, /) -> Retraction:
        """Read the payload of a retraction."""
        ...

    def decode_padding(self, payload: bytes, /) -> Padding:
        """Read the payload of an entry that says nothing."""
        ...

    def decode_entry(self, wire: bytes, /) -> Entry:
        """Read an entry."""
        ...

    def peek_entry(self, wire: bytes, /) -> Entry:
        """Read the leaf or envelope of an entry and leave its openings and its form unseen.

        Raises:
            PayloadError: It is no entry.
        """
        ...

    def peek_leaf(self, wire: bytes, keys: Mapping[str, bytes], /) -> bytes | None:
        """Leaf of an entry, of its envelope with the key that its hint names; nothing where that is none of `keys`.

        Raises:
            PayloadError: It is no entry.
            EnvelopeError: Its envelope gives no leaf.
        """
        ...
