"""Alerts, and the requests and responses of the alert service, as bytes; the `AlertCodec` of the floors below."""

from typing import NamedTuple

from crypto.envelope import Envelope
from node.errors import PayloadError
from node.signed import UID_BYTES
from node.urgent import Alert, Kind, Pushed, Subscription
from node.wire.parsing import HASH_BYTES, from_stamp, member_of, parse, parse_exactly, sized, to_stamp
from node.wire.records import decode_envelope, encode_envelope
from tocsin.node.v1 import alert_pb2
from tocsin.node.v1 import alert_service_pb2 as messages

SERVICE = messages.DESCRIPTOR.services_by_name["AlertService"].full_name
SIGN_OF_LIFE = b""  # a response without an alert
MAX_SEQUENCE = 2**63 - 1  # what both databases can count
MAX_FILTERS = 300  # more codes than any list has


class SubscribeCall(NamedTuple):
    """A request for alerts."""

    request_id: str
    subscription: Subscription


class AcknowledgeCall(NamedTuple):
    """The word that a person has taken note of an alert."""

    request_id: str
    sequence: int


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
    log_index = _counted("log_index", message.log_index) if message.HasField("log_index") else None
    if not message.sequence:
        raise PayloadError("sequence: missing")
    return Alert(
        sized("alert_uid", message.alert_uid, UID_BYTES),
        message.origin_id,
        _counted("sequence", message.sequence),
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


def encode_alert_envelope(envelope: Envelope) -> bytes:
    """A signed alert as it is stored and sent."""
    return encode_envelope(envelope)


def decode_alert_envelope(wire: bytes) -> Envelope:
    """Read a signed alert.

    Raises:
        PayloadError: It is not one.
    """
    return decode_envelope(wire)


def encode_pushed(pushed: Pushed) -> bytes:
    """One message of Subscribe."""
    return messages.SubscribeResponse(envelope=pushed.envelope, entry=pushed.entry).SerializeToString()


def decode_pushed(wire: bytes) -> Pushed | None:
    """Read one message of Subscribe; nothing when it is only a sign of life.

    Raises:
        PayloadError: It is not one, or holds anything else.
    """
    if wire == SIGN_OF_LIFE:
        return None
    message = parse_exactly(messages.SubscribeResponse(), wire)
    return Pushed(message.envelope, message.entry)


def encode_subscribe_call(call: SubscribeCall) -> bytes:
    """Request for Subscribe."""
    asked = call.subscription
    return messages.SubscribeRequest(
        request_id=call.request_id,
        after_sequence=asked.after,
        countries=sorted(asked.countries),
        means=sorted(asked.means),
    ).SerializeToString()


def decode_subscribe_call(wire: bytes) -> SubscribeCall:
    """Read a request for Subscribe.

    Raises:
        PayloadError: It is not one.
    """
    message = parse(messages.SubscribeRequest(), wire)
    if len(message.countries) > MAX_FILTERS or len(message.means) > MAX_FILTERS:
        raise PayloadError(f"countries, means: more than {MAX_FILTERS}")
    after = _counted("after_sequence", message.after_sequence)
    return SubscribeCall(
        message.request_id, Subscription(after, frozenset(message.countries), frozenset(message.means))
    )


def encode_acknowledge_call(call: AcknowledgeCall) -> bytes:
    """Request for Acknowledge."""
    return messages.AcknowledgeRequest(request_id=call.request_id, sequence=call.sequence).SerializeToString()


def decode_acknowledge_call(wire: bytes) -> AcknowledgeCall:
    """Read a request for Acknowledge.

    Raises:
        PayloadError: It is not one.
    """
    message = parse(messages.AcknowledgeRequest(), wire)
    return AcknowledgeCall(message.request_id, _counted("sequence", message.sequence))


def encode_acknowledged() -> bytes:
    """Response to Acknowledge."""
    return messages.AcknowledgeResponse().SerializeToString()


def decode_acknowledged(wire: bytes) -> None:
    """Read the response to Acknowledge.

    Raises:
        PayloadError: It is not one, or holds anything else.
    """
    parse_exactly(messages.AcknowledgeResponse(), wire)


def _counted(field: str, number: int) -> int:
    if number > MAX_SEQUENCE:
        raise PayloadError(f"{field}: larger than any counter")
    return number
