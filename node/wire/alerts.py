"""Requests and responses of the alert service as bytes."""

from typing import NamedTuple

from node.errors import PayloadError
from node.urgent import Pushed, Subscription
from node.wire.parsing import counted, parse, parse_exactly
from tocsin.node.v1 import alert_service_pb2 as messages

SERVICE = messages.DESCRIPTOR.services_by_name["AlertService"].full_name
SIGN_OF_LIFE = b""  # a response without an alert
MAX_FILTERS = 300  # more codes than any list has


class SubscribeCall(NamedTuple):
    """A request for alerts."""

    request_id: str
    subscription: Subscription


class AcknowledgeCall(NamedTuple):
    """The word that a person has taken note of an alert."""

    request_id: str
    sequence: int


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
        raise PayloadError("countries, means: more than {most}", most=MAX_FILTERS)
    after = counted("after_sequence", message.after_sequence)
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
    return AcknowledgeCall(message.request_id, counted("sequence", message.sequence))


def encode_acknowledged() -> bytes:
    """Response to Acknowledge."""
    return messages.AcknowledgeResponse().SerializeToString()


def decode_acknowledged(wire: bytes) -> None:
    """Read the response to Acknowledge.

    Raises:
        PayloadError: It is not one, or holds anything else.
    """
    parse_exactly(messages.AcknowledgeResponse(), wire)
