"""The request and the response of the case status service, as bytes."""

from typing import NamedTuple

from crypto.envelope import Envelope
from node.errors import PayloadError
from node.wire.parsing import parse, parse_exactly
from node.wire.records import decode_envelope, encode_envelope
from tocsin.node.v1 import case_status_service_pb2 as messages

SERVICE = messages.DESCRIPTOR.services_by_name["CaseStatusService"].full_name
MAX_PLACE = 2**63 - 1  # what both databases can count


class DocumentsCall(NamedTuple):
    """A request for documents of a list behind a place."""

    request_id: str
    to_caller: bool
    after: int
    page_size: int = 0
    of_caller: bool = False


class Documents(NamedTuple):
    """Documents with their places, the last place of the list, and whether they are the caller's own."""

    documents: tuple[tuple[int, Envelope], ...]
    last: int
    of_caller: bool = False


def encode_documents_call(call: DocumentsCall) -> bytes:
    """Request for ListCaseDocuments."""
    return messages.ListCaseDocumentsRequest(**call._asdict()).SerializeToString()


def decode_documents_call(wire: bytes) -> DocumentsCall:
    """Read a request for ListCaseDocuments.

    Raises:
        PayloadError: It is not one, or its place is more than any.
    """
    message = parse(messages.ListCaseDocumentsRequest(), wire)
    return DocumentsCall(
        message.request_id,
        message.to_caller,
        _place("after", message.after),
        message.page_size,
        message.of_caller,
    )


def encode_documents(found: Documents) -> bytes:
    """Response to ListCaseDocuments."""
    return messages.ListCaseDocumentsResponse(
        documents=(
            messages.CaseDocument(place=place, envelope=encode_envelope(envelope))
            for place, envelope in found.documents
        ),
        last=found.last,
        of_caller=found.of_caller,
    ).SerializeToString()


def decode_documents(wire: bytes) -> Documents:
    """Read the response to ListCaseDocuments.

    Raises:
        PayloadError: It is not one, or holds anything else.
    """
    message = parse_exactly(messages.ListCaseDocumentsResponse(), wire)
    documents = tuple(
        (_place("place", one.place), decode_envelope(one.envelope)) for one in message.documents
    )
    return Documents(documents, _place("last", message.last), message.of_caller)


def _place(field: str, number: int) -> int:
    if number > MAX_PLACE:
        raise PayloadError("{field}: {number} is more than any list holds", field=field, number=number)
    return number
