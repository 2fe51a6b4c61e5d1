"""Calls about who may read a case and who has, answered like `casework.workplace.Workplace` does beside the node."""

from datetime import date

from casework.access import Grant
from casework.auditing import Audited, Verdict
from casework.check import CaseFault, Checked
from casework.client.line import Line
from casework.officer import Officer
from casework.vocabulary import Group
from casework.wire.access import decode_audited, decode_colleague, decode_grant, decode_verdict
from casework.wire.parsing import MAX_PAGE
from casework.wire.services import ACCESS
from tocsin.casework.v1 import access_service_pb2 as messages


class AccessCalls(Line):
    """Grants, and the log of reads."""

    def grants(self, uid: str) -> tuple[Grant, ...]:
        """The grant that counts of each officer who was ever let into a case.

        Raises:
            RefusedError: There is no such case, or it is not for this officer.
            OfficeUnavailableError: No answer.
        """
        found: list[Grant] = []
        token = ""
        while True:
            request = messages.ListGrantsRequest(uid=uid, page_size=MAX_PAGE, page_token=token)
            page = self._call("ListGrants", request, messages.ListGrantsResponse(), service=ACCESS)
            found += (decode_grant(uid, one) for one in page.grants)
            token = page.next_page_token
            if not token:
                return tuple(found)

    def let_in(
        self, uid: str, officer_id: str, rights: frozenset[str], reason: str, expires_on: date | None = None
    ) -> Grant:
        """Let an officer into a case, or change their rights to it.

        Raises:
            RefusedError: It may not be given, or not by this officer.
            OfficeUnavailableError: No answer; `grants` tells whether it was done.
        """
        request = messages.LetInRequest(
            uid=uid,
            officer_id=officer_id,
            rights=sorted(rights),
            reason=reason,
            expires_on=str(expires_on or ""),
        )
        answer = self._call("LetIn", request, messages.LetInResponse(), service=ACCESS, again=False)
        return decode_grant(uid, answer.grant)

    def shut_out(self, uid: str, officer_id: str, reason: str, *, for_good: bool = False) -> None:
        """Take all rights back.

        Raises:
            RefusedError: Not by this officer, or nobody would be left who can act on the case.
            OfficeUnavailableError: No answer; `grants` tells whether it was done.
        """
        request = messages.ShutOutRequest(uid=uid, officer_id=officer_id, reason=reason, for_good=for_good)
        self._call("ShutOut", request, messages.ShutOutResponse(), service=ACCESS, again=False)

    def colleagues(self) -> tuple[Officer, ...]:
        """Everybody who works or has worked on cases here.

        Raises:
            OfficeUnavailableError: No answer.
        """
        found: list[Officer] = []
        token = ""
        while True:
            request = messages.ListOfficersRequest(page_size=MAX_PAGE, page_token=token)
            page = self._call("ListOfficers", request, messages.ListOfficersResponse(), service=ACCESS)
            found += map(decode_colleague, page.officers)
            token = page.next_page_token
            if not token:
                return tuple(found)

    def admit(
        self, officer_id: str, roles: frozenset[str], keys: tuple[bytes, bytes] | None = None
    ) -> Officer:
        """Admit an officer, or give one who is known other roles.

        Raises:
            RefusedError: Not by this officer, or no keys of that one are known.
            OfficeUnavailableError: No answer; `colleagues` tells whether it was done.
        """
        signing, seal = keys or (b"", b"")
        request = messages.AdmitOfficerRequest(
            officer_id=officer_id, roles=sorted(roles), signing_key=signing, seal_key=seal
        )
        answer = messages.AdmitOfficerResponse()
        return decode_colleague(
            self._call("AdmitOfficer", request, answer, service=ACCESS, again=False).officer
        )

    def erase(self, uid: str, proposal_id: str) -> frozenset[Group]:
        """Destroy the keys that another person proposed to destroy.

        Raises:
            RefusedError: Not by this officer, not yet, or a legal hold blocks it.
            OfficeUnavailableError: No answer; the case tells whether it was done.
        """
        request = messages.EraseCaseRequest(uid=uid, proposal_id=proposal_id)
        answer = messages.EraseCaseResponse()
        found = self._call("EraseCase", request, answer, service=ACCESS, again=False)
        return frozenset(map(Group, found.key_groups))

    def check(self) -> Checked:
        """Have everything opened that this officer can open.

        Raises:
            OfficeUnavailableError: No answer.
        """
        request = messages.CheckCasesRequest()
        answers = tuple(self._stream(ACCESS, "CheckCases", request, messages.CheckCasesResponse))
        faults = tuple(CaseFault(one.where, one.what) for answer in answers for one in answer.faults)
        return Checked(sum(answer.verified for answer in answers), faults)

    def read_log(self, case: str = "", officer_id: str = "") -> tuple[Audited, ...]:
        """Entries of the audit log, of one case or officer or all.

        Raises:
            RefusedError: It is not for this officer.
            OfficeUnavailableError: No answer.
        """
        request = messages.ReadAuditLogRequest(case=case, officer_id=officer_id)
        answers = self._stream(ACCESS, "ReadAuditLog", request, messages.ReadAuditLogResponse)
        return tuple(decode_audited(one) for answer in answers for one in answer.entries)

    def verify_log(self) -> Verdict:
        """Have the audit log, and all that it tells of, held against its checkpoints.

        Raises:
            RefusedError: It belongs to auditors.
            OfficeUnavailableError: No answer.
        """
        request = messages.VerifyAuditLogRequest()
        answers = self._stream(ACCESS, "VerifyAuditLog", request, messages.VerifyAuditLogResponse)
        found = tuple(map(decode_verdict, answers))
        return Verdict(
            tuple(fault for one in found for fault in one.faults),
            tuple(checkpoint for one in found for checkpoint in one.checkpoints),
            found[0].without_witnesses if found else "",
        )
