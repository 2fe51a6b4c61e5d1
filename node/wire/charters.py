"""Charters of audiences as bytes; the `CharterCodec` of the floors below."""

from node.audience import Purpose, Tier
from node.charter import Charter
from node.errors import PayloadError
from node.signed import UID_BYTES
from node.wire.parsing import from_stamp, member_of, parse_exactly, sized, to_stamp
from node.wire.records import PURPOSE_NUMBERS, decode_envelope, encode_envelope
from tocsin.node.v1 import directory_pb2, sharing_pb2

__all__ = ["decode_charter", "decode_envelope", "encode_charter", "encode_envelope"]

_PURPOSES: dict[int, Purpose] = {number: purpose for purpose, number in PURPOSE_NUMBERS.items()}


def encode_charter(charter: Charter) -> bytes:
    """Payload of a charter."""
    return sharing_pb2.Charter(
        owner_id=charter.owner_id,
        audience_uid=charter.uid,
        version=charter.version,
        name=charter.name,
        members=sorted(charter.members),
        tier=directory_pb2.Tier.ValueType(charter.tier or 0),
        countries=sorted(charter.countries),
        purposes=sorted(PURPOSE_NUMBERS[purpose] for purpose in charter.purposes),
        members_hidden=charter.hidden,
        issue_time=to_stamp(charter.issued),
    ).SerializeToString()


def decode_charter(payload: bytes) -> Charter:
    """Read the payload of a charter.

    Raises:
        PayloadError: It is not one, or holds anything else.
    """
    message = parse_exactly(sharing_pb2.Charter(), payload)
    charter = Charter(
        message.owner_id,
        sized("audience_uid", message.audience_uid, UID_BYTES),
        message.version,
        message.name,
        frozenset(message.members),
        member_of("tier", Tier, message.tier) if message.tier else None,
        frozenset(message.countries),
        frozenset(map(read_purpose, message.purposes)),
        message.members_hidden,
        from_stamp("issue_time", message.issue_time).replace(microsecond=0),
    )
    if encode_charter(charter) != payload:
        raise PayloadError("Charter: something stands twice or in another order")
    return charter


def read_purpose(number: int) -> Purpose:
    """The purpose that a number stands for.

    Raises:
        PayloadError: It stands for none.
    """
    if number not in _PURPOSES:
        raise PayloadError("purpose: missing or unknown")
    return _PURPOSES[number]
