"""Calls about evidence: files come in and go out in pieces, whole or not at all."""

from collections.abc import Iterator

from casework.errors import CallError
from casework.package import Leaving
from casework.server.call import Call
from casework.wire.cases import decode_statement, decode_value
from casework.wire.parsing import parse, request_id_of
from casework.wire.pieces import receive, send
from casework.workplace import Workplace
from tocsin.casework.v1 import evidence_service_pb2 as messages

MAX_FILE_BYTES = 4 * 1024**3


def add_evidence(wires: Iterator[bytes], work: Workplace) -> messages.AddEvidenceResponse:
    """AddEvidence."""
    first = next(wires, b"")
    asked = parse(messages.AddEvidenceRequest(), first)
    if asked.WhichOneof("part") != "item":
        raise CallError("item: the first message says what is added")
    pieces = (parse(messages.AddEvidenceRequest(), wire) for wire in wires)
    made = work.add_evidence(
        asked.item.uid,
        decode_statement(asked.item.said),
        receive(pieces, MAX_FILE_BYTES),
        asked.item.copy_of,
        request_id=request_id_of(first),
    )
    return messages.AddEvidenceResponse(evidence=made.id, sha256=made.digest)


def handle_evidence(wire: bytes, work: Workplace) -> messages.HandleEvidenceResponse:
    """HandleEvidence."""
    asked = parse(messages.HandleEvidenceRequest(), wire)
    if asked.act == "access":
        raise CallError("act: an access is written down when the content is asked for")
    fields = {name: decode_value(name, value) for name, value in sorted(asked.fields.items())}
    event_id = work.handle_evidence(
        asked.uid, asked.evidence, asked.act, fields, request_id=request_id_of(wire)
    )
    return messages.HandleEvidenceResponse(event_id=event_id)


def destroy_evidence(wire: bytes, work: Workplace) -> messages.DestroyEvidenceResponse:
    """DestroyEvidence."""
    asked = parse(messages.DestroyEvidenceRequest(), wire)
    work.destroy_evidence(asked.uid, asked.evidence, asked.purpose, request_id=request_id_of(wire))
    return messages.DestroyEvidenceResponse()


def get_evidence_content(wire: bytes, work: Workplace) -> Iterator[messages.GetEvidenceContentResponse]:
    """GetEvidenceContent."""
    asked = parse(messages.GetEvidenceContentRequest(), wire)
    content = work.evidence_content(asked.uid, asked.evidence, asked.purpose)
    return send(content, messages.GetEvidenceContentResponse)


def export_evidence(wire: bytes, work: Workplace) -> Iterator[messages.ExportEvidenceResponse]:
    """ExportEvidence."""
    asked = parse(messages.ExportEvidenceRequest(), wire)
    terms = Leaving(asked.recipient, asked.purpose, asked.to_host_government)
    for name, content in work.evidence_package(asked.uid, tuple(asked.evidence), terms):
        yield messages.ExportEvidenceResponse(file=name)
        yield from send(content, messages.ExportEvidenceResponse)
    yield messages.ExportEvidenceResponse(first_key=work.first_key)


CALLS = {
    "AddEvidence": Call(add_evidence, uploads=True),
    "HandleEvidence": Call(handle_evidence),
    "DestroyEvidence": Call(destroy_evidence),
    "GetEvidenceContent": Call(get_evidence_content, streams=True),
    "ExportEvidence": Call(export_evidence, streams=True),
}
