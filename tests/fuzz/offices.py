"""What officers' programs and the office's server read of each other, as functions of any bytes."""

import inspect
import pkgutil
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any, TypeAlias, get_type_hints

from google.protobuf.descriptor import Descriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

import casework.wire
from casework.wire.cases import decode_span, decode_value
from casework.wire.intake import receive_report
from casework.wire.parsing import parse, request_id_of
from casework.wire.pieces import receive
from casework.wire.portfolio import decode_remains
from casework.wire.sentences import KEY, decode_sentence
from tocsin.casework.v1 import (
    access_service_pb2,
    case_pb2,
    casework_service_pb2,
    evidence_service_pb2,
    intake_service_pb2,
    portfolio_service_pb2,
)

Read: TypeAlias = Callable[[bytes], object]

MOST_BYTES = 1024  # of a file that comes in pieces
FILES = (
    access_service_pb2,
    casework_service_pb2,
    evidence_service_pb2,
    intake_service_pb2,
    portfolio_service_pb2,
)


def _decoders() -> dict[str, Callable[[Any], object]]:
    """What reads a message of `casework.wire` and nothing else, by the type of the message."""
    found: dict[str, Callable[[Any], object]] = {
        case_pb2.Value.DESCRIPTOR.full_name: lambda message: decode_value("value", message),
        case_pb2.Span.DESCRIPTOR.full_name: lambda message: decode_span("span", message),
        portfolio_service_pb2.ListRemainsResponse.DESCRIPTOR.full_name: lambda one: decode_remains([one]),
    }
    for module in pkgutil.iter_modules(casework.wire.__path__):
        for name, decode in inspect.getmembers(
            import_module(f"casework.wire.{module.name}"), inspect.isfunction
        ):
            kinds = [kind for given, kind in get_type_hints(decode).items() if given != "return"]
            if name.startswith("decode_") and len(kinds) == 1 and hasattr(kinds[0], "DESCRIPTOR"):
                found[kinds[0].DESCRIPTOR.full_name] = decode
    return found


DECODERS = _decoders()


def _reads(kind: type[Message]) -> Read:
    """Parse a message, and read whatever in it is more than what protobuf says it is."""

    def read(wire: bytes) -> object:
        return [DECODERS[one.DESCRIPTOR.full_name](one) for one in _parts(parse(kind(), wire))]

    return read


def _parts(message: Any) -> Iterator[Any]:
    """Those messages in a message, itself too, that somebody of ours reads further."""
    if message.DESCRIPTOR.full_name in DECODERS:
        yield message
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        if field.message_type.GetOptions().map_entry:
            of_messages = field.message_type.fields_by_name["value"].message_type is not None
            inner = value.values() if of_messages else ()
        else:
            inner = value if field.is_repeated else (value,)
        for one in inner:
            yield from _parts(one)


def _holds_more(kind: Descriptor, seen: frozenset[str] = frozenset()) -> bool:
    """Whether anything in a type is read further."""
    if kind.full_name in DECODERS:
        return True
    inner = (field.message_type for field in kind.fields if field.message_type is not None)
    return any(_holds_more(one, seen | {kind.full_name}) for one in inner if one.full_name not in seen)


def _messages() -> dict[str, type[Message]]:
    """The type of each request and answer in which something is read further."""
    services = [one for file in FILES for one in file.DESCRIPTOR.services_by_name.values()]
    methods = [one for service in services for one in service.methods]
    kinds = {kind.name: kind for one in methods for kind in (one.input_type, one.output_type)}
    return {f"case {name}": GetMessageClass(kind) for name, kind in kinds.items() if _holds_more(kind)}


def _in_pieces(data: bytes) -> Iterator[bytes]:
    """Several messages out of some bytes: each begins with its length."""
    while data:
        yield data[1 : 1 + data[0]]
        data = data[1 + data[0] :]


def _file(data: bytes) -> object:
    kind = evidence_service_pb2.AddEvidenceRequest
    return list(receive((parse(kind(), one) for one in _in_pieces(data)), MOST_BYTES))


def _report(data: bytes) -> object:
    kind = intake_service_pb2.GetReportResponse
    return receive_report(parse(kind(), one) for one in _in_pieces(data))


KINDS = _messages()
MESSAGES: dict[str, Read] = {name: _reads(kind) for name, kind in KINDS.items()}
READERS: dict[str, Read] = {
    "case file in pieces": _file,
    "case report in pieces": _report,
    "case request id": request_id_of,
    "case sentence": lambda data: decode_sentence("", ((KEY, data),)),
}
