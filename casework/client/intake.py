"""Calls about anonymous reports, answered like `casework.tipdesk.TipDesk` does beside the node."""

from collections.abc import Sequence
from datetime import date
from uuid import NAMESPACE_OID, uuid5

from casework.client.line import Line
from casework.event import Statement
from casework.tips import Report
from casework.wire.cases import decode_day, encode_statement
from casework.wire.intake import decode_listed, receive_report
from casework.wire.services import INTAKE
from tocsin.casework.v1 import intake_service_pb2 as messages


class IntakeCalls(Line):
    """List, read, answer, open a case from, erase."""

    def tips(self) -> tuple[Report, ...]:
        """Every report, without words and files; none for who does not take reports in.

        Raises:
            OfficeUnavailableError: No answer.
        """
        answers = self._stream(
            INTAKE, "ListReports", messages.ListReportsRequest(), messages.ListReportsResponse
        )
        return tuple(decode_listed(one) for answer in answers for one in answer.reports)

    def tip(self, reference: str) -> Report:
        """One report with all messages and files.

        Raises:
            RefusedError: There is none, or it is not for this officer.
            TransferError: It did not arrive whole.
        """
        request = messages.GetReportRequest(reference=reference)
        return receive_report(self._stream(INTAKE, "GetReport", request, messages.GetReportResponse))

    def answer_tip(self, reference: str, text: str, *, request_id: str = "") -> None:
        """Answer a reporter; the same request, where it has an id, writes nothing twice.

        Raises:
            RefusedError: There is no such report, or the answer is empty or too long.
            OfficeUnavailableError: No answer.
        """
        request = messages.AnswerReportRequest(reference=reference, text=text)
        given = str(uuid5(NAMESPACE_OID, request_id)) if request_id else ""
        self._call("AnswerReport", request, messages.AnswerReportResponse(), service=INTAKE, request_id=given)

    def open_from_tip(
        self, reference: str, statement: Statement, owners: Sequence[str] = (), *, request_id: str = ""
    ) -> str:
        """Open a case from a report, and give its uid; the same request, where it has an id, opens no second one.

        Raises:
            RefusedError: There is no such report, or the case can not be opened.
            OfficeUnavailableError: No answer; the same words can be said again.
        """
        request = messages.OpenReportedCaseRequest(
            reference=reference, opening=encode_statement(statement), owners=owners
        )
        answer = messages.OpenReportedCaseResponse()
        return self._call("OpenReportedCase", request, answer, service=INTAKE, request_id=request_id).uid

    def propose_tip_erasure(self, reference: str) -> date:
        """Tell a reporter that their report is to be erased, and give the first day on which it can be.

        Raises:
            RefusedError: There is no such report.
            OfficeUnavailableError: No answer; the report tells whether it was done.
        """
        request = messages.ProposeReportErasureRequest(reference=reference)
        answer = messages.ProposeReportErasureResponse()
        found = self._call("ProposeReportErasure", request, answer, service=INTAKE, again=False)
        return decode_day("from_day", found.from_day)

    def erase_tip(self, reference: str) -> None:
        """Erase a report that another officer proposed to erase.

        Raises:
            RefusedError: Not by this officer, or not yet.
            OfficeUnavailableError: No answer; the list of reports tells whether it was done.
        """
        request = messages.EraseReportRequest(reference=reference)
        self._call("EraseReport", request, messages.EraseReportResponse(), service=INTAKE, again=False)
