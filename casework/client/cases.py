"""Calls about single cases, answered like `casework.desk.Desk` does beside the node.

What a case says is folded here from the events that the server opened for this officer.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime

from casework.casefile import CaseFile, fold
from casework.client.line import Line
from casework.event import Statement
from casework.keyholder import WORK
from casework.span import check_day
from casework.wire.cases import decode_events, encode_statement
from tocsin.casework.v1 import case_pb2
from tocsin.casework.v1 import casework_service_pb2 as messages

PAGE_CASES = 100


class CaseCalls(Line):
    """List, find, read, open and say."""

    @property
    def today(self) -> date:
        """The UTC day."""
        return datetime.now(UTC).date()

    def open_for(self, statement: Statement, owners: Sequence[str] = (), *, request_id: str = "") -> str:
        """Open a case and give its uid; officers of these ids hold all its keys too.

        The same request, where it has an id, opens no second one.

        Raises:
            RefusedError: The server refused.
            OfficeUnavailableError: No answer.
        """
        request = messages.OpenCaseRequest(opening=encode_statement(statement), owners=owners)
        answer = messages.OpenCaseResponse()
        return self._call("OpenCase", request, answer, request_id=request_id).uid

    def find(self, reference: str) -> str:
        """Uid of the case that somebody names by the first signs of its name or uid.

        Raises:
            RefusedError: None, or several.
            OfficeUnavailableError: No answer.
        """
        request = messages.FindCaseRequest(reference=reference)
        return self._call("FindCase", request, messages.FindCaseResponse()).uid

    def read(
        self, uid: str, purpose: str = WORK, valid_as_of: date | None = None, known_as_of: date | None = None
    ) -> CaseFile:
        """Read a case as of two days.

        Raises:
            RefusedError: There is none, or it is not for this officer.
            OfficeUnavailableError: No answer.
        """
        request = messages.GetCaseRequest(uid=uid, purpose=purpose)
        case = self._call("GetCase", request, messages.GetCaseResponse()).case
        return self._fold(case, valid_as_of, known_as_of)

    def read_all(
        self, purpose: str = WORK, valid_as_of: date | None = None, known_as_of: date | None = None
    ) -> tuple[CaseFile, ...]:
        """Read every case of this officer, likewise.

        Raises:
            RefusedError: The server refused.
            OfficeUnavailableError: No answer.
        """
        return tuple(self._fold(case, valid_as_of, known_as_of) for case in self._cases(purpose))

    def say(self, uid: str, *statements: Statement, request_id: str = "") -> tuple[str, ...]:
        """Say something of a case, all or nothing, and give the ids; the same request writes nothing twice.

        Raises:
            RefusedError: The server refused.
            OfficeUnavailableError: No answer; the same words can be said again.
        """
        request = messages.ActRequest(uid=uid, statements=map(encode_statement, statements))
        answer = self._call("Act", request, messages.ActResponse(), request_id=request_id)
        return tuple(answer.event_ids)

    def _cases(self, purpose: str) -> Iterator[case_pb2.Case]:
        token = ""
        while True:
            request = messages.ListCasesRequest(page_size=PAGE_CASES, page_token=token, purpose=purpose)
            page = self._call("ListCases", request, messages.ListCasesResponse())
            yield from page.cases
            token = page.next_page_token
            if not token:
                return

    def _fold(self, case: case_pb2.Case, valid_as_of: date | None, known_as_of: date | None) -> CaseFile:
        days = (valid_as_of or self.today, known_as_of or self.today)
        check_day("as_of", *days)
        return fold(case.uid, decode_events(case), *days)
