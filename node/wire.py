"""The only translator between our values and protobuf messages.

Signed payloads may carry fields that this version does not know: they are covered by the signature and kept. What is
not signed (entries, openings, pages) must be exactly what this version would write; a message with anything else in it
is refused, so that nothing can be smuggled, hidden or lost between two nodes.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TypeVar

from google.protobuf.message import DecodeError, Message
from google.protobuf.timestamp_pb2 import Timestamp

from crypto.envelope import LEAF_BYTES, Envelope, Signature
from crypto.ladder import Opening, Step
from node.directory import ALGORITHM, Directory, Member, MemberKey, OrganizationType, Status
from node.errors import PayloadError
from node.rules import Tier
from node.signed import UID_BYTES, Entry, IncidentRecord, Label, Position, Reason, Retraction
from node.verify import Page
from tocsin.node.v1 import directory_pb2, envelope_pb2, exchange_service_pb2, record_pb2

HASH_BYTES = 32
_REASONS = {
    record_pb2.RETRACTION_REASON_WITHDRAWN: Reason.WITHDRAWN,
    record_pb2.RETRACTION_REASON_SHARED_IN_ERROR: Reason.SHARED_IN_ERROR,
}
_REASON_NUMBERS = {reason: number for number, reason in _REASONS.items()}

M = TypeVar("M", bound=Message)


def encode_incident(record: IncidentRecord) -> bytes:
    """Payload of an incident record."""
    message = record_pb2.IncidentRecord(
        record_uid=record.record_uid,
        origin_id=record.origin_id,
        revision=record.revision,
        ladder_schema=record.schema,
        heads=record.heads,
        label=record_pb2.Label.Name(record.label),
    )
    if record.replaces is not None:
        message.supersedes_leaf = record.replaces.leaf_hash
        message.supersedes_index = record.replaces.index
    return message.SerializeToString()


def decode_incident(payload: bytes) -> IncidentRecord:
    """Read the payload of an incident record.

    Raises:
        PayloadError: It is not one, or a field is missing or of the wrong size.
    """
    message = _parse(record_pb2.IncidentRecord(), payload)
    _size("record_uid", message.record_uid, UID_BYTES)
    heads = tuple(message.heads)
    for head in heads:
        _size("heads", head, HASH_BYTES)
    replaces = None
    if message.revision > 1 or message.supersedes_leaf or message.HasField("supersedes_index"):
        _size("supersedes_leaf", message.supersedes_leaf, HASH_BYTES)
        replaces = Position(message.supersedes_index, message.supersedes_leaf)
    if message.revision < 1 or (message.revision == 1) != (replaces is None):
        raise PayloadError("revision: does not agree with supersedes_leaf")
    return IncidentRecord(
        message.record_uid,
        message.origin_id,
        message.revision,
        heads,
        message.ladder_schema,
        _enum("label", Label, message.label),
        replaces,
    )


def encode_retraction(retraction: Retraction) -> bytes:
    """Payload of a retraction."""
    return record_pb2.Retraction(
        record_uid=retraction.record_uid,
        origin_id=retraction.origin_id,
        revision=retraction.revision,
        target_leaf=retraction.replaces.leaf_hash,
        target_index=retraction.replaces.index,
        reason=_REASON_NUMBERS[retraction.reason],
    ).SerializeToString()


def decode_retraction(payload: bytes) -> Retraction:
    """Read the payload of a retraction.

    Raises:
        PayloadError: It is not one, or a field is missing or of the wrong size.
    """
    message = _parse(record_pb2.Retraction(), payload)
    _size("record_uid", message.record_uid, UID_BYTES)
    _size("target_leaf", message.target_leaf, HASH_BYTES)
    if message.reason not in _REASONS:
        raise PayloadError("reason: missing or unknown")
    return Retraction(
        message.record_uid,
        message.origin_id,
        message.revision,
        _REASONS[message.reason],
        Position(message.target_index, message.target_leaf),
    )


def encode_entry(entry: Entry) -> bytes:
    """Entry as it is stored beside the row and sent: peers get these very bytes."""
    if entry.envelope is None:
        return record_pb2.Entry(leaf=entry.leaf).SerializeToString()
    openings = [
        envelope_pb2.Opening(
            dimension=opening.dimension,
            steps=[envelope_pb2.Step(salt=step.salt, value=step.value) for step in opening.steps],
            next=opening.next,
        )
        for opening in entry.openings
    ]
    return record_pb2.Entry(envelope=_envelope_message(entry.envelope), openings=openings).SerializeToString()


def decode_entry(wire: bytes) -> Entry:
    """Read an entry.

    Raises:
        PayloadError: It is not one, or holds more or less than an entry does.
    """
    message = _parse_exactly(record_pb2.Entry(), wire)
    if not message.HasField("envelope"):
        _size("leaf", message.leaf, LEAF_BYTES)
        if message.openings:
            raise PayloadError("openings: without an envelope")
        return Entry(message.leaf, None, ())
    if message.leaf:
        raise PayloadError("leaf: beside an envelope")
    openings = tuple(
        [
            Opening(opening.dimension, tuple([Step(step.salt, step.value) for step in opening.steps]), opening.next)
            for opening in message.openings
        ]
    )
    return Entry(b"", _envelope(message.envelope), openings)


def encode_page(entries: Iterable[bytes], proof: Iterable[bytes], next_token: str) -> bytes:
    """Response to ListEntries; the entries are joined as they are."""
    return exchange_service_pb2.ListEntriesResponse(
        entries=entries, consistency_proof=proof, next_page_token=next_token
    ).SerializeToString()


def decode_page(wire: bytes) -> Page:
    """Read the response to ListEntries.

    Raises:
        PayloadError: It is not one, or holds anything else.
    """
    message = _parse_exactly(exchange_service_pb2.ListEntriesResponse(), wire)
    for node in message.consistency_proof:
        _size("consistency_proof", node, HASH_BYTES)
    return Page(tuple(message.entries), tuple(message.consistency_proof), message.next_page_token)


def encode_envelope(envelope: Envelope) -> bytes:
    """Envelope as a file or message of its own."""
    return _envelope_message(envelope).SerializeToString()


def decode_envelope(wire: bytes) -> Envelope:
    """Read an envelope.

    Raises:
        PayloadError: It is not one.
    """
    return _envelope(_parse_exactly(envelope_pb2.Envelope(), wire))


def encode_directory(directory: Directory) -> bytes:
    """Payload of a directory document."""
    return directory_pb2.Directory(
        network=directory.network,
        version=directory.version,
        issue_time=_timestamp(directory.issued),
        expire_time=_timestamp(directory.expires),
        members=map(_member_message, sorted(directory.members)),
    ).SerializeToString()


def decode_directory(payload: bytes) -> Directory:
    """Read the payload of a directory document.

    Raises:
        PayloadError: It is not one, or a field is missing or of the wrong size.
    """
    message = _parse(directory_pb2.Directory(), payload)
    return Directory(
        message.network,
        message.version,
        _time("issue_time", message.issue_time),
        _time("expire_time", message.expire_time),
        tuple(map(_member, message.members)),
    )


def encode_request(member: Member) -> bytes:
    """Payload of a membership request."""
    return directory_pb2.MembershipRequest(member=_member_message(member)).SerializeToString()


def decode_request(payload: bytes) -> Member:
    """Read the payload of a membership request.

    Raises:
        PayloadError: It is not one, or a field is missing or of the wrong size.
    """
    return _member(_parse(directory_pb2.MembershipRequest(), payload).member)


def _envelope_message(envelope: Envelope) -> envelope_pb2.Envelope:
    return envelope_pb2.Envelope(
        payload=envelope.payload,
        payload_type=envelope.payload_type,
        signatures=[envelope_pb2.Signature(sig=one.sig, keyid=one.keyid) for one in envelope.signatures],
    )


def _envelope(message: envelope_pb2.Envelope) -> Envelope:
    signatures = tuple([Signature(one.sig, one.keyid) for one in message.signatures])
    return Envelope(message.payload, message.payload_type, signatures)


def _member_message(member: Member) -> directory_pb2.Member:
    return directory_pb2.Member(
        org_id=member.org_id,
        type=directory_pb2.OrganizationType.Name(member.type),
        status=directory_pb2.MemberStatus.Name(member.status),
        tier=directory_pb2.Tier.Name(member.tier),
        signing_keys=map(_key_message, member.signing_keys),
        log_key=_key_message(member.log_key),
        tls_certificate=member.tls_certificate,
        endpoint=member.endpoint,
    )


def _member(message: directory_pb2.Member) -> Member:
    return Member(
        message.org_id,
        _enum("type", OrganizationType, message.type),
        _enum("status", Status, message.status),
        _enum("tier", Tier, message.tier),
        tuple(map(_key, message.signing_keys)),
        _key(message.log_key),
        message.tls_certificate,
        message.endpoint,
    )


def _key_message(key: MemberKey) -> directory_pb2.MemberKey:
    return directory_pb2.MemberKey(
        public_key=key.public_key,
        alg=ALGORITHM,
        valid_from_time=_timestamp(key.valid_from),
        valid_until_time=_timestamp(key.valid_until),
    )


def _key(message: directory_pb2.MemberKey) -> MemberKey:
    _size("public_key", message.public_key, HASH_BYTES)
    if message.alg != ALGORITHM:
        raise PayloadError(f"alg: {message.alg[:20]!r} is not {ALGORITHM}")
    return MemberKey(
        message.public_key,
        _time("valid_from_time", message.valid_from_time),
        _time("valid_until_time", message.valid_until_time),
    )


def _timestamp(when: datetime) -> Timestamp:
    stamp = Timestamp()
    stamp.FromDatetime(when)
    return stamp


def _time(field: str, stamp: Timestamp) -> datetime:
    try:
        return stamp.ToDatetime(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise PayloadError(f"{field}: not a time") from error


E_ = TypeVar("E_", Label, OrganizationType, Status, Tier)


def _enum(field: str, kind: type[E_], number: int) -> E_:
    try:
        return kind(number)
    except ValueError as error:
        raise PayloadError(f"{field}: missing or unknown") from error


def _size(field: str, value: bytes, size: int) -> None:
    if len(value) != size:
        raise PayloadError(f"{field}: {len(value)} bytes where {size} are needed")


def _parse(message: M, wire: bytes) -> M:
    try:
        message.ParseFromString(wire)
    except (DecodeError, ValueError) as error:
        raise PayloadError(f"not a {message.DESCRIPTOR.name} message") from error
    return message


def _parse_exactly(message: M, wire: bytes) -> M:
    _parse(message, wire)
    message.DiscardUnknownFields()
    if message.ByteSize() != len(wire):
        raise PayloadError(f"{message.DESCRIPTOR.name}: holds fields of another version")
    return message
