"""Records, retractions, alerts, envelopes and log entries as bytes; the codec that the floors below ask for.

A repeated field is read as a slice of itself: that is made at once, and walking through it takes twice as long.
"""

from collections.abc import Mapping
from functools import lru_cache
from itertools import accumulate, pairwise

from crypto.envelope import LEAF_BYTES, Envelope, Signature, leaf, leaf_of
from crypto.ladder import SALT_BYTES, Opening
from node.audience import Purpose
from node.errors import PayloadError
from node.signed import UID_BYTES, Entry, IncidentRecord, Label, Padding, Position, Reason, Retraction
from node.urgent import Alert, Kind
from node.wire.parsing import (
    HASH_BYTES,
    counted,
    from_stamp,
    member_of,
    parse,
    parse_exactly,
    sized,
    to_stamp,
)
from tocsin.node.v1 import alert_pb2, envelope_pb2, record_pb2

_MAX_DIMENSIONS = 256
_OF_A_HASH = frozenset({HASH_BYTES})
_REASONS = {
    record_pb2.RETRACTION_REASON_WITHDRAWN: Reason.WITHDRAWN,
    record_pb2.RETRACTION_REASON_SHARED_IN_ERROR: Reason.SHARED_IN_ERROR,
    record_pb2.RETRACTION_REASON_SUPERSEDED: Reason.SUPERSEDED,
}
_PURPOSES = {
    record_pb2.PURPOSE_UNSPECIFIED: Purpose.STAFF_SAFETY,
    record_pb2.PURPOSE_ANALYSIS: Purpose.ANALYSIS,
    record_pb2.PURPOSE_ADVOCACY: Purpose.ADVOCACY,
    record_pb2.PURPOSE_STATISTICS: Purpose.STATISTICS,
    record_pb2.PURPOSE_STAFF_SAFETY: Purpose.STAFF_SAFETY,
}
PURPOSE_NUMBERS = {
    purpose: number for number, purpose in _PURPOSES.items()
}  # of two, the number that says it
_REASON_NUMBERS = {reason: number for number, reason in _REASONS.items()}


def encode_incident(record: IncidentRecord) -> bytes:
    """Payload of an incident record."""
    assert record.purpose is not None, "we sign for purposes that we know"
    message = record_pb2.IncidentRecord(
        record_uid=record.record_uid,
        origin_id=record.origin_id,
        revision=record.revision,
        ladder_schema=record.schema,
        heads=record.heads,
        label=record_pb2.Label.ValueType(record.label),
        purpose=PURPOSE_NUMBERS[record.purpose],
        stands_for=[record_pb2.StandsFor(index=index, leaf=leaf) for index, leaf in record.stands_for],
    )
    if record.replaces is not None:
        message.supersedes_leaf = record.replaces.leaf_hash
        message.supersedes_index = record.replaces.log_index
    return message.SerializeToString()


def decode_incident(payload: bytes) -> IncidentRecord:
    """Read the payload of an incident record.

    Raises:
        PayloadError: It is not one, or a field is missing or of the wrong size.
    """
    message = parse(record_pb2.IncidentRecord(), payload)
    sized("record_uid", message.record_uid, UID_BYTES)
    heads = tuple(message.heads[:])
    if set(map(len, heads)) - _OF_A_HASH:
        for head in heads:
            sized("heads", head, HASH_BYTES)
    replaces = None
    if message.revision > 1 or message.supersedes_leaf or message.HasField("supersedes_index"):
        sized("supersedes_leaf", message.supersedes_leaf, HASH_BYTES)
        replaces = Position(message.supersedes_index, message.supersedes_leaf)
    if message.revision < 1 or (message.revision == 1) != (replaces is None):
        raise PayloadError("revision: does not agree with supersedes_leaf")
    return IncidentRecord(
        message.record_uid,
        message.origin_id,
        message.revision,
        heads,
        message.ladder_schema,
        member_of("label", Label, message.label),
        replaces,
        _PURPOSES.get(message.purpose),
        tuple(
            [Position(one.index, sized("stands_for", one.leaf, HASH_BYTES)) for one in message.stands_for[:]]
        ),
    )


def encode_retraction(retraction: Retraction) -> bytes:
    """Payload of a retraction."""
    return record_pb2.Retraction(
        record_uid=retraction.record_uid,
        origin_id=retraction.origin_id,
        revision=retraction.revision,
        target_leaf=retraction.replaces.leaf_hash,
        target_index=retraction.replaces.log_index,
        reason=_REASON_NUMBERS[retraction.reason],
        purge=retraction.purge,
    ).SerializeToString()


def decode_retraction(payload: bytes) -> Retraction:
    """Read the payload of a retraction.

    Raises:
        PayloadError: It is not one, or a field is missing or of the wrong size.
    """
    message = parse(record_pb2.Retraction(), payload)
    sized("record_uid", message.record_uid, UID_BYTES)
    sized("target_leaf", message.target_leaf, HASH_BYTES)
    if message.reason not in _REASONS:
        raise PayloadError("reason: missing or unknown")
    return Retraction(
        message.record_uid,
        message.origin_id,
        message.revision,
        _REASONS[message.reason],
        Position(message.target_index, message.target_leaf),
        message.purge,
    )


def encode_alert(alert: Alert) -> bytes:
    """Payload of an alert."""
    return alert_pb2.Alert(
        alert_uid=alert.uid,
        origin_id=alert.origin_id,
        sequence=alert.sequence,
        kind=alert_pb2.AlertKind.ValueType(alert.kind),
        record_uid=alert.record_uid,
        leaf_hash=alert.leaf_hash,
        log_index=alert.log_index,
        issue_time=to_stamp(alert.issued),
        expire_time=to_stamp(alert.expires),
        log_by_time=to_stamp(alert.log_by),
        advice=alert.advice,
        reviewed=alert.reviewed,
    ).SerializeToString()


def decode_alert(payload: bytes) -> Alert:
    """Read the payload of an alert.

    Raises:
        PayloadError: It is not one, or a field is missing or of the wrong size.
    """
    message = parse(alert_pb2.Alert(), payload)
    if message.leaf_hash:
        sized("leaf_hash", message.leaf_hash, HASH_BYTES)
    log_index = counted("log_index", message.log_index) if message.HasField("log_index") else None
    if not message.sequence:
        raise PayloadError("sequence: missing")
    return Alert(
        sized("alert_uid", message.alert_uid, UID_BYTES),
        message.origin_id,
        counted("sequence", message.sequence),
        member_of("kind", Kind, message.kind),
        sized("record_uid", message.record_uid, UID_BYTES),
        message.leaf_hash,
        log_index,
        from_stamp("issue_time", message.issue_time),
        from_stamp("expire_time", message.expire_time),
        from_stamp("log_by_time", message.log_by_time),
        message.advice,
        message.reviewed,
    )


def encode_padding(padding: Padding) -> bytes:
    """Payload of an entry that says nothing."""
    return record_pb2.Padding(origin_id=padding.origin_id, noise=padding.noise).SerializeToString()


def decode_padding(payload: bytes) -> Padding:
    """Read the payload of an entry that says nothing.

    Raises:
        PayloadError: It is not one, or its noise is of the wrong size.
    """
    message = parse(record_pb2.Padding(), payload)
    return Padding(message.origin_id, sized("noise", message.noise, HASH_BYTES))


def encode_entry(entry: Entry) -> bytes:
    """Entry as it is stored beside the row and sent: peers get these very bytes."""
    if entry.envelope is None:
        return record_pb2.Entry(leaf=entry.leaf).SerializeToString()
    return record_pb2.Entry(
        envelope=envelope_message(entry.envelope), openings=_openings_message(entry.openings)
    ).SerializeToString()


def decode_entry(wire: bytes) -> Entry:
    """Read an entry.

    Raises:
        PayloadError: It is not one, or holds more or less than an entry does.
    """
    message = parse_exactly(record_pb2.Entry(), wire)
    if not message.HasField("envelope"):
        sized("leaf", message.leaf, LEAF_BYTES)
        if message.HasField("openings"):
            raise PayloadError("openings: without an envelope")
        return Entry(message.leaf, None, ())
    if message.leaf:
        raise PayloadError("leaf: beside an envelope")
    openings = _openings(message.openings) if message.HasField("openings") else ()
    return Entry(b"", envelope_of(message.envelope), openings)


def peek_entry(wire: bytes) -> Entry:
    """Read the leaf or envelope of an entry and leave its openings and its form unseen.

    Raises:
        PayloadError: It is no entry.
    """
    message = parse(record_pb2.Entry(), wire)
    if not message.HasField("envelope"):
        return Entry(sized("leaf", message.leaf, LEAF_BYTES), None, ())
    return Entry(b"", envelope_of(message.envelope), ())


def peek_leaf(wire: bytes, keys: Mapping[str, bytes]) -> bytes | None:
    """Leaf of an entry, its openings and its form left unseen; an envelope gives it with the key that its hint names.

    Nothing where the hint names none of `keys`. No value is made of what is only looked at.

    Raises:
        PayloadError: It is no entry.
        EnvelopeError: Its envelope has not exactly one signature of 64 bytes, or a type outside ASCII.
    """
    message = parse(record_pb2.Entry(), wire)
    if not message.HasField("envelope"):
        return sized("leaf", message.leaf, LEAF_BYTES)
    envelope = message.envelope
    signatures = envelope.signatures
    public_key = keys.get(signatures[0].keyid) if signatures else None
    if public_key is None:
        return None
    if len(signatures) > 1:
        return leaf(envelope_of(envelope), public_key)
    return leaf_of(envelope.payload_type, envelope.payload, signatures[0].sig, public_key)


def encode_envelope(envelope: Envelope) -> bytes:
    """Envelope as it is kept or sent on its own."""
    return envelope_message(envelope).SerializeToString()


def decode_envelope(wire: bytes) -> Envelope:
    """Read an envelope.

    Raises:
        PayloadError: It is not one.
    """
    return envelope_of(parse_exactly(envelope_pb2.Envelope(), wire))


def envelope_message(envelope: Envelope) -> envelope_pb2.Envelope:
    """Envelope inside another message."""
    return envelope_pb2.Envelope(
        payload=envelope.payload,
        payload_type=envelope.payload_type,
        signatures=[envelope_pb2.Signature(sig=one.sig, keyid=one.keyid) for one in envelope.signatures],
    )


def envelope_of(message: envelope_pb2.Envelope) -> Envelope:
    """Read an envelope that stands inside another message."""
    signatures = tuple([Signature(one.sig, one.keyid) for one in message.signatures[:]])
    return Envelope(message.payload, message.payload_type, signatures)


def _openings_message(openings: tuple[Opening, ...]) -> envelope_pb2.Openings | None:
    if not openings:
        return None
    last = openings[-1].dimension
    assert last < _MAX_DIMENSIONS, "no ladder schema has so many"
    depths = [0] * (last + 1)
    for opening in openings:
        depths[opening.dimension] = len(opening.values)
    return envelope_pb2.Openings(
        depths=depths,
        salts=b"".join(opening.salts for opening in openings),
        values=[value for opening in openings for value in opening.values],
        nexts=b"".join(opening.next for opening in openings),
    )


def _openings(message: envelope_pb2.Openings) -> tuple[Opening, ...]:
    depths, values = tuple(message.depths[:]), tuple(message.values[:])
    if not depths or not depths[-1]:
        raise PayloadError("depths: none, or the last is 0")
    if sum(depths) != len(values):
        raise PayloadError("depths: not as many levels as values")
    salts = sized("salts", message.salts, SALT_BYTES * len(values))
    nexts = sized("nexts", message.nexts, HASH_BYTES * (len(depths) - depths.count(0)))
    return tuple(
        [Opening(at, salts[salt], values[value], nexts[hash_]) for at, salt, value, hash_ in _layout(depths)]
    )


@lru_cache(maxsize=256)  # the views of a tier have few layouts
def _layout(depths: tuple[int, ...]) -> tuple[tuple[int, slice, slice, slice], ...]:
    """Where the salts, values and hash of each opened dimension lie; the sum of the depths has been checked."""
    shown = [(at, depth) for at, depth in enumerate(depths) if depth]
    ends = list(accumulate((depth for _, depth in shown), initial=0))
    return tuple(
        (
            at,
            slice(start * SALT_BYTES, end * SALT_BYTES),
            slice(start, end),
            slice(place * HASH_BYTES, (place + 1) * HASH_BYTES),
        )
        for place, ((at, _), (start, end)) in enumerate(zip(shown, pairwise(ends), strict=True))
    )
