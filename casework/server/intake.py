"""Calls about anonymous reports, for who takes them in."""

from collections.abc import Iterator

from casework.server.call import Call, batches
from casework.wire.cases import decode_statement
from casework.wire.intake import encode_listed, send_report
from casework.wire.parsing import parse, request_id_of
from casework.workplace import Workplace
from tocsin.casework.v1 import intake_service_pb2 as messages


def list_reports(wire: bytes, work: Workplace) -> Iterator[messages.ListReportsResponse]:
    """ListReports."""
    parse(messages.ListReportsRequest(), wire)
    for some in batches(work.tips()):
        yield messages.ListReportsResponse(reports=map(encode_listed, some))


def get_report(wire: bytes, work: Workplace) -> Iterator[messages.GetReportResponse]:
    """GetReport."""
    return send_report(work.tip(parse(messages.GetReportRequest(), wire).reference))


def answer_report(wire: bytes, work: Workplace) -> messages.AnswerReportResponse:
    """AnswerReport."""
    asked = parse(messages.AnswerReportRequest(), wire)
    work.answer_tip(asked.reference, asked.text, request_id=request_id_of(wire))
    return messages.AnswerReportResponse()


def open_reported_case(wire: bytes, work: Workplace) -> messages.OpenReportedCaseResponse:
    """OpenReportedCase."""
    asked = parse(messages.OpenReportedCaseRequest(), wire)
    opening = decode_statement(asked.opening)
    uid = work.open_from_tip(asked.reference, opening, tuple(asked.owners), request_id=request_id_of(wire))
    return messages.OpenReportedCaseResponse(uid=uid)


def propose_report_erasure(wire: bytes, work: Workplace) -> messages.ProposeReportErasureResponse:
    """ProposeReportErasure."""
    asked = parse(messages.ProposeReportErasureRequest(), wire)
    return messages.ProposeReportErasureResponse(from_day=str(work.propose_tip_erasure(asked.reference)))


def erase_report(wire: bytes, work: Workplace) -> messages.EraseReportResponse:
    """EraseReport."""
    work.erase_tip(parse(messages.EraseReportRequest(), wire).reference)
    return messages.EraseReportResponse()


CALLS = {
    "ListReports": Call(list_reports, streams=True),
    "GetReport": Call(get_report, streams=True),
    "AnswerReport": Call(answer_report),
    "OpenReportedCase": Call(open_reported_case),
    "ProposeReportErasure": Call(propose_report_erasure),
    "EraseReport": Call(erase_report),
}
