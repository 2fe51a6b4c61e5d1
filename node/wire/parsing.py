"""Read a message, or say which field is wrong."""

from datetime import UTC, datetime
from enum import IntEnum
from functools import lru_cache
from typing import TypeVar

from google.protobuf.message import DecodeError, Message
from google.protobuf.timestamp_pb2 import Timestamp

from node.errors import PayloadError

HASH_BYTES = 32
_MAX_COUNTER = 2**63 - 1  # what both databases can count

M = TypeVar("M", bound=Message)
E = TypeVar("E", bound=IntEnum)


def parse(message: M, wire: bytes) -> M:
    """Fill an empty message; fields of another version are kept.

    Raises:
        PayloadError: The bytes are no such message.
    """
    try:
        message.ParseFromString(wire)
    except (DecodeError, ValueError) as error:
        raise PayloadError("not a {name} message", name=message.DESCRIPTOR.name) from error
    return message


def parse_exactly(message: M, wire: bytes) -> M:
    """Fill an empty message from exactly the bytes that this version would write for it.

    Raises:
        PayloadError: The bytes are no such message, or hold anything else.
    """
    parse(message, wire)
    message.DiscardUnknownFields()
    verify_exact(message.DESCRIPTOR.name, message.SerializeToString(deterministic=True), wire)
    return message


def verify_exact(name: str, written: bytes, wire: bytes) -> None:
    """Refuse bytes that are not those that this version writes for what was read from them.

    Raises:
        PayloadError: They are not.
    """
    if written != wire:
        raise PayloadError("{name}: holds fields of another version, or in another order", name=name)


def sized(field: str, value: bytes, size: int) -> bytes:
    """Give the value if it has this many bytes.

    Raises:
        PayloadError: It has not.
    """
    if len(value) != size:
        raise PayloadError(
            "{field}: {count} bytes where {size} are needed", field=field, count=len(value), size=size
        )
    return value


def counted(field: str, number: int) -> int:
    """Give the number if both databases can count so far.

    Raises:
        PayloadError: They can not.
    """
    if number > _MAX_COUNTER:
        raise PayloadError("{field}: larger than any counter", field=field)
    return number


def member_of(field: str, kind: type[E], number: int) -> E:
    """Give the member of a closed list that a number stands for.

    Raises:
        PayloadError: It stands for none.
    """
    try:
        return kind(number)
    except ValueError as error:
        raise PayloadError("{field}: missing or unknown", field=field) from error


def to_stamp(when: datetime) -> Timestamp:
    """Write an aware time."""
    stamp = Timestamp()
    stamp.FromDatetime(when)
    return stamp


def from_stamp(field: str, stamp: Timestamp) -> datetime:
    """Read a time as aware UTC.

    Raises:
        PayloadError: It is outside the years 1 to 9999.
    """
    try:
        return _datetime(stamp.seconds, stamp.nanos)
    except (ValueError, OverflowError) as error:
        raise PayloadError("{field}: not a time", field=field) from error


@lru_cache(maxsize=4096)  # the keys of a thousand members hold for a few spans
def _datetime(seconds: int, nanos: int) -> datetime:
    return Timestamp(seconds=seconds, nanos=nanos).ToDatetime(tzinfo=UTC)
