"""Calls about all cases of an officer at once, answered like `casework.workplace.Workplace` does beside the node."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

from casework.board import Counting, Figures, Standing
from casework.client.line import Line
from casework.errors import TransferError
from casework.importing import Imported
from casework.joining import Candidate
from casework.joint import JointBoard
from casework.legal import Treaties
from casework.printing.data import read_page
from casework.remains import Remains
from casework.report.page import Page
from casework.reports import Ending, Wanted, WantedLetter
from casework.vocabulary.deadlines import Rules, read_rules
from casework.wire.pieces import receive, send
from casework.wire.portfolio import (
    decode_candidate,
    decode_ending,
    decode_figures,
    decode_imported,
    decode_joint_board,
    decode_remains,
    decode_standing,
    encode_wanted,
    encode_wanted_letter,
)
from casework.wire.services import PORTFOLIO
from casework.workplace import Export, Tables
from tocsin.casework.v1 import portfolio_service_pb2 as messages

MOST = 1024**3


class PortfolioCalls(Line):
    """Boards, figures, reports, letters, import and export, joint cases."""

    @cached_property
    def tables(self) -> Tables:
        """The tables of the organization.

        Raises:
            OfficeUnavailableError: No answer.
        """
        answer = messages.GetTablesResponse()
        found = self._call("GetTables", messages.GetTablesRequest(), answer, service=PORTFOLIO)
        return Tables(found.deadlines, found.treaty_actions, found.treaties_as_of)

    @cached_property
    def rules(self) -> Rules:
        """How long clocks run in this organization."""
        return read_rules(self.tables.deadlines)

    @property
    def treaties(self) -> Treaties:
        """Who is bound by which treaty, as the organization has it."""
        return self.tables.treaties

    def board(self) -> tuple[Standing, ...]:
        """Where every case of this officer stands.

        Raises:
            OfficeUnavailableError: No answer.
        """
        answers = self._stream(PORTFOLIO, "GetBoard", messages.GetBoardRequest(), messages.GetBoardResponse)
        return tuple(decode_standing(one) for answer in answers for one in answer.cases)

    def figures(self, asked: Counting) -> Figures:
        """The indicators over them.

        Raises:
            OfficeUnavailableError: No answer.
        """
        request = messages.GetFiguresRequest(
            state=asked.state,
            valid_as_of=str(asked.valid_as_of or ""),
            known_as_of=str(asked.known_as_of or ""),
            population=asked.population,
            staff=asked.staff,
        )
        answer = messages.GetFiguresResponse()
        return decode_figures(self._call("GetFigures", request, answer, service=PORTFOLIO))

    def report(self, wanted: Wanted, style: str) -> bytes:
        """A report as a file.

        Raises:
            RefusedError: The case is not for this officer, or may not stand in such a report.
            TransferError: It did not arrive whole.
        """
        request = encode_wanted(wanted, style)
        answers = self._stream(PORTFOLIO, "WriteReport", request, messages.WriteReportResponse)
        return b"".join(receive(answers, MOST))

    def letter(self, wanted: WantedLetter, style: str) -> tuple[bytes, int]:
        """A letter as a file, and how many open cases may not stand in it.

        Raises:
            RefusedError: It could not be sent, or what it needs is missing.
            TransferError: It did not arrive whole.
        """
        request = encode_wanted_letter(wanted, style)
        answers = self._stream(PORTFOLIO, "WriteLetter", request, messages.WriteLetterResponse)
        left_out = _first(answers).left_out
        return b"".join(receive(answers, MOST)), left_out

    def import_cases(self, text: str) -> tuple[Imported, ...]:
        """Import every case of a file that has no problem.

        Raises:
            RefusedError: It is no file of cases.
            OfficeUnavailableError: The line was cut; the same file again changes nothing that is done.
        """
        return tuple(self.importing(text))

    def importing(self, text: str) -> Iterator[Imported]:
        """The same, and tells of each case when it is done.

        Raises:
            RefusedError: It is no file of cases.
            OfficeUnavailableError: The line was cut; the same file again changes nothing that is done.
        """
        requests = send((text.encode(),), messages.ImportCasesRequest)
        answers = self._exchange(PORTFOLIO, "ImportCases", requests, messages.ImportCasesResponse)
        yield from (decode_imported(one) for answer in answers for one in answer.cases)

    def export_cases(self, uids: Sequence[str] = ()) -> Export:
        """Cases that this officer may export, of these or of all, as a file.

        Raises:
            RefusedError: One is not there, or not for this officer.
            TransferError: It did not arrive whole.
        """
        request = messages.ExportCasesRequest(uids=uids)
        answers = self._stream(PORTFOLIO, "ExportCases", request, messages.ExportCasesResponse)
        left_out = _first(answers).left_out
        text = b"".join(receive(answers, MOST)).decode()
        return Export(text, tuple(left_out.kept_back), left_out.not_allowed)

    def endings(self) -> tuple[Ending, ...]:
        """What is soon to be erased, or looked at for that.

        Raises:
            OfficeUnavailableError: No answer.
        """
        request = messages.ListEndingsRequest()
        answers = self._stream(PORTFOLIO, "ListEndings", request, messages.ListEndingsResponse)
        return tuple(decode_ending(one) for answer in answers for one in answer.endings)

    def remains(self) -> Remains:
        """What stays of what was erased, as far as this officer may know of it.

        Raises:
            OfficeUnavailableError: No answer.
        """
        request = messages.ListRemainsRequest()
        return decode_remains(self._stream(PORTFOLIO, "ListRemains", request, messages.ListRemainsResponse))

    def joint_candidates(self, uid: str) -> tuple[Candidate, ...]:
        """Cases of members that may be about the incident of this one.

        Raises:
            RefusedError: There is no such case, or nothing of it is published.
        """
        request, answer = messages.ListJointCandidatesRequest(uid=uid), messages.ListJointCandidatesResponse()
        found = self._call("ListJointCandidates", request, answer, service=PORTFOLIO)
        return tuple(map(decode_candidate, found.candidates))

    def joint_board(self, uid: str) -> JointBoard:
        """The joint board of a case.

        Raises:
            RefusedError: There is no such case, or it is not joint.
        """
        request, answer = messages.GetJointBoardRequest(uid=uid), messages.GetJointBoardResponse()
        return decode_joint_board(self._call("GetJointBoard", request, answer, service=PORTFOLIO))

    def confirm_joint(self, uid: str, member: str, member_ref: str = "") -> str:
        """Confirm that a case and a member's are about one incident; gives the joint reference.

        Raises:
            RefusedError: The engine refused, as `joining.confirm` says.
            OfficeUnavailableError: No answer; it may be confirmed or not.
        """
        request = messages.ConfirmJointRequest(uid=uid, member=member, member_ref=member_ref)
        answer = messages.ConfirmJointResponse()
        return self._call("ConfirmJoint", request, answer, service=PORTFOLIO, again=False).joint_ref

    def withdraw_joint(self, uid: str, member: str, member_ref: str = "") -> int:
        """Take such a confirmation back; gives the number of what the member is told.

        Raises:
            RefusedError: The engine refused, as `joining.withdraw` says.
            OfficeUnavailableError: No answer; it may be taken back or not.
        """
        request = messages.WithdrawJointRequest(uid=uid, member=member, member_ref=member_ref)
        answer = messages.WithdrawJointResponse()
        return self._call("WithdrawJoint", request, answer, service=PORTFOLIO, again=False).number

    def report_page(self, wanted: Wanted) -> Page:
        """A report as a page that can be shown.

        Raises:
            RefusedError: The case is not for this officer, or may not stand in such a report.
            TransferError: It did not arrive whole.
        """
        return read_page(self.report(wanted, "json"))


def _first(answers: Iterator[messages.WriteLetterResponse] | Iterator[messages.ExportCasesResponse]) -> Any:
    first = next(answers, None)
    if first is None or first.WhichOneof("part") != "left_out":
        raise TransferError("the answer did not arrive whole")
    return first
