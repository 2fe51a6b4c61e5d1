"""Every way to change one field of a message, also of the messages that lie as bytes inside it."""

from collections.abc import Iterator
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from node.signed import INCIDENT_TYPE, PADDING_TYPE, RETRACTION_TYPE
from node.urgent import ALERT_TYPE
from tocsin.node.v1 import alert_pb2, envelope_pb2, record_pb2

INSIDE: dict[str, type[Message]] = {
    "tocsin.node.v1.ListEntriesResponse.entries": record_pb2.Entry,
    "tocsin.node.v1.SubscribeResponse.entry": record_pb2.Entry,
    "tocsin.node.v1.SubscribeResponse.envelope": envelope_pb2.Envelope,
    "tocsin.node.v1.CaseDocument.envelope": envelope_pb2.Envelope,
}
"""Fields of bytes in which a message lies."""
PAYLOADS: dict[str, type[Message]] = {
    INCIDENT_TYPE: record_pb2.IncidentRecord,
    RETRACTION_TYPE: record_pb2.Retraction,
    PADDING_TYPE: record_pb2.Padding,
    ALERT_TYPE: alert_pb2.Alert,
}


def mutants(message: Message, path: str = "") -> Iterator[tuple[str, bytes]]:
    """Give (name of the field and what was done to it, the whole message with only that changed)."""
    for field, value in message.ListFields():
        name = f"{path}{field.name}"
        if not field.is_repeated:
            for how, changed in _changed(message, field, value, name):
                copy = _copy_without(message, field)
                if isinstance(changed, Message):
                    getattr(copy, field.name).CopyFrom(changed)
                else:
                    setattr(copy, field.name, changed)
                yield how, copy.SerializeToString()
        else:
            yield from _repeated(message, field, list(value), name)
        yield f"{name} dropped", _copy_without(message, field).SerializeToString()
    yield f"{path or 'message'} with an unknown field", message.SerializeToString() + b"\x98\x06\x01"


def flips(wire: bytes, *, every_bit: bool = False) -> Iterator[tuple[int, bytes]]:
    """Give (position, the bytes with one bit flipped there), one bit of each byte or every bit of it."""
    for at in range(len(wire)):
        for bit in range(8) if every_bit else (at % 8,):
            yield at, wire[:at] + bytes([wire[at] ^ 1 << bit]) + wire[at + 1 :]


def _repeated(
    message: Message, field: FieldDescriptor, values: list[Any], name: str
) -> Iterator[tuple[str, bytes]]:
    def with_values(changed: list[Any]) -> bytes:
        copy = _copy_without(message, field)
        getattr(copy, field.name).extend(changed)
        return bytes(copy.SerializeToString())

    for at, value in enumerate(values):
        for how, changed in _changed(message, field, value, f"{name}[{at}]"):
            yield how, with_values([*values[:at], changed, *values[at + 1 :]])
        yield f"{name}[{at}] left out", with_values(values[:at] + values[at + 1 :])
        yield f"{name}[{at}] twice", with_values([*values[: at + 1], *values[at:]])
    for at in range(len(values) - 1):
        if values[at] != values[at + 1]:
            swapped = [*values[:at], values[at + 1], values[at], *values[at + 2 :]]
            yield f"{name}[{at}] swapped with the next", with_values(swapped)


def _changed(message: Message, field: FieldDescriptor, value: Any, name: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Message):
        kind = type(value)
        yield from ((how, kind.FromString(wire)) for how, wire in mutants(value, f"{name}."))
    elif isinstance(value, bytes):
        inner = _inside(message, field)
        if inner is not None:
            yield from mutants(inner.FromString(value), f"{name}.")
        yield f"{name} emptied", b""
        yield f"{name} shortened", value[:-1]
        yield f"{name} lengthened", value + b"\0"
        yield f"{name} flipped", value[:-1] + bytes([value[-1] ^ 1])
    elif isinstance(value, str):
        yield f"{name} emptied", ""
        yield f"{name} shortened", value[:-1]
        yield f"{name} lengthened", f"{value}0"
        yield f"{name} flipped", value[:-1] + chr(ord(value[-1]) ^ 1)
    elif isinstance(value, bool):
        yield f"{name} negated", not value
    else:
        yield f"{name} one more", value + 1


def _inside(message: Message, field: FieldDescriptor) -> type[Message] | None:
    if field.full_name == "tocsin.node.v1.Envelope.payload":
        assert isinstance(message, envelope_pb2.Envelope)
        return PAYLOADS.get(message.payload_type)
    return INSIDE.get(field.full_name)


def _copy_without(message: Message, field: FieldDescriptor) -> Any:
    copy = type(message).FromString(message.SerializeToString())
    copy.ClearField(field.name)
    return copy
